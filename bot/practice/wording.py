"""Whether a model's wording of a learner's prompt asks for the same, and brings in nothing."""

from __future__ import annotations

import re

from retrieval.text import is_syllable

MOST_WORDS = 120
KEPT = 0.6
"""Share of the learner's words that must be there again."""
ADDED = 0.5
"""Share of the wording's own words that may be new."""

_ALLOWED = re.compile(r"""(?:[^\W\d_]|[\s\d.,:;!?…"'()“”%/-])*""")
_LINK = re.compile(r"\w\.\w|/\S*/|www|http", re.IGNORECASE)


def breach(wording: str, prompt: str) -> str | None:
    """The rule that a wording breaks; None if it may be shown. Names the rule, holds no text."""
    said, told = _words(prompt), _words(wording)
    new = [word for word in told if word not in said]
    if not told or len(told) > MOST_WORDS:
        return "is empty or runs on"
    if not _ALLOWED.fullmatch(wording) or _LINK.search(wording):
        return "has a link or a sign of its own"
    if any(re.search(r"\d", word) for word in new):
        return "has a figure of its own"
    if len(set(said) & set(told)) < KEPT * len(set(said)):
        return "asks for something else"
    if len(new) > ADDED * len(told) or not all(map(is_syllable, new)):
        return "brings in words of its own"
    names = {word for word in re.findall(r"(?<=[\w,] )[^\W\d_]+", wording) if word[0].isupper()}
    return "names somebody" if {name.lower() for name in names} - set(said) else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
