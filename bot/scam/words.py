"""A message's words as they are meant: without marks, and without the tricks that hide them."""

from __future__ import annotations

import re

from bot.protect import MASKS
from bot.scam.links import without_links
from knowledge.wording import fold
from retrieval.text import clean

DISGUISES = 2
"""Words with a letter replaced or apart from which it is no slip."""

_APART = re.compile(r"(?<!\w)\w(?:[.*_-]\w){1,7}(?!\w)|(?<!\w)\w(?: \w){2,}(?!\w)")
_DATE = re.compile(r"[\d.*_ -]+")
_MIXED = re.compile(r"(?<![\w.,])(?=[a-z\d!]*[a-z])(?=[a-z\d!]*[\d!])[a-z\d!]+(?![\w.,]\d)")
_UNIT = re.compile(
    r"\d+[a-z]{1,4}\d{0,3}|[a-z]{1,4}\d{1,2}|[a-z]+!|[a-z]{1,3}\d+[a-z]?|\d+[a-z]{1,3}|.*\d{4}.*"
)
"""Mixed by right: "100k", "3tr5", "g7", "24h", a code."""
_INSIDE = re.compile(r"[a-z]+\d[a-z]+")
"""May be a unit ("h2o") or a word ("nh4p"): read where others are surely words."""
_SURE = ("0tp", "ph1", "l1nk")
_LETTERS = str.maketrans("013457!", "oieasti")
_DOUBLED = re.compile(r"([a-z])\1+")


_SHAPES = {
    MASKS["secret"]: "000000",
    MASKS["phone"]: "0900000000",
    MASKS["account"]: "0000000000",
    MASKS["identity"]: "000000000000",
}
"""Numbers again in the place of masks, whose words would be taken for the sender's."""


class Words:
    """A message's words, read in every way at once; each web address is the word <link>."""

    def __init__(self, text: str) -> None:
        for masked, shape in _SHAPES.items():
            text = text.replace(masked, shape)
        wide = re.sub(r"(?<=\w)[ \u00a0]{2,}(?=\w)", " / ", text)  # "C H U Y E N  K H O A N"
        plain = fold(clean(without_links(text)))
        together, apart = _closed_up(fold(clean(without_links(wide))))
        read, swapped = _read_digits(together)
        self.disguised = apart + swapped >= DISGUISES
        undoubled = _DOUBLED.sub(r"\1", read)
        self.readings = tuple(dict.fromkeys((plain, together, read, undoubled)))
        """Without diacritics, in small letters; the first as typed."""


def _closed_up(text: str) -> tuple[str, int]:
    """The text with "k.h.o.a" and "O T P" closed up, and how many words that were."""
    count = 0

    def close(found: re.Match[str]) -> str:
        nonlocal count
        if _DATE.fullmatch(found[0]):
            return found[0]
        count += 1
        return re.sub(r"[.*_ -]", "", found[0])

    return _APART.sub(close, text).replace(" / ", " "), count


def _read_digits(text: str) -> tuple[str, int]:
    """The text with "kh0ng" and "ng4n" read, and how many words that were."""
    mixed = _MIXED.findall(text)
    sure = [word for word in mixed if word in _SURE or not _UNIT.fullmatch(word)]
    if not sure:
        return text, 0

    def read(found: re.Match[str]) -> str:
        word = found[0]
        inside = word in sure or _INSIDE.fullmatch(word)
        return word.translate(_LETTERS) if inside else word

    return _MIXED.sub(read, text), len(sure)
