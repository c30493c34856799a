"""Sentences on which people lose the thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from knowledge.load import Library
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import texts_of

LONGEST_SENTENCE = 40
"""Words (syllables, as Vietnamese is written)."""
_END = re.compile(r"(?<=[.!?…])[”\")]?\s+(?=[^\W\d_]|\d|[“\"(])")


def review(library: Library, today: date) -> Iterator[Finding]:
    """Sentences over the limit in everything that citizens read."""
    for entry in library:
        for loc, text in texts_of(entry):
            for sentence in _END.split(text):
                words = len(sentence.split())
                if words > LONGEST_SENTENCE:
                    message = f"{words} words in one sentence, at most {LONGEST_SENTENCE}: {text}"
                    yield Finding(Kind.LONG_SENTENCE, entry.id, loc, message[:120])
