"""From a question to passages: text, diacritics, vectors, words, ranking."""
