"""Texts from elsewhere made fit for a record: cleaned, folded, cut into lines and pieces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 700
"""Characters of one Fact, as the record allows."""
LONGEST_TITLE = 160

UPPER = "A-Z" + "".join(c for c in map(chr, range(0xC0, 0x1EFA)) if c.isupper())
LOWER = "a-z" + "".join(c for c in map(chr, range(0xDF, 0x1EFA)) if c.islower())
"""Letters, for character classes: between "À" and "Ỹ" stand small ones too."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ue000-\uf8ff]"
)
_MARKER = re.compile(r"^(?:[a-zđ]\d?|[a-zđ]\.\d|\d{1,2}(?:\.\d{1,2})*)[.)/]\s*(?=\D)")
_SENTENCE = re.compile(rf"(?<=[.;:])\s+(?=[\"“(+•{UPPER}-])")

_PLANES = (range(0x20000), range(0xE0000, 0xE0200))
"""Where Unicode has marks that stand on a letter."""
_MARKS = {c: None for plane in _PLANES for c in plane if unicodedata.category(chr(c)) == "Mn"} | {
    ord("đ"): "d"
}


def visible(text: str) -> str:
    """NFC, without the invisible characters that pages and cells are full of, one space between
    words; line breaks stay."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text).replace("\xa0", " "))
    return re.sub(r"[ \t\r\f\v]+", " ", text).strip()


def fold(text: str) -> str:
    """Lower-case without diacritics: "Đăng ký" → "dang ky"."""
    apart = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", apart.translate(_MARKS)).lower()


def one_line(text: str) -> str:
    """The text without line breaks, and without the marks of a list in front."""
    return re.sub(r"^(?:[-–+*•.;:,]\s*)+", "", " ".join(text.split())).strip()


def shortened(name: str, limit: int = LONGEST_TITLE) -> str:
    """The name, cut between words if it is long."""
    name = name.rstrip(". ")
    if len(name) <= limit:
        return name
    return name[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def sentence(text: str) -> str:
    """With a capital and one full stop, as a line of a list."""
    return text[:1].upper() + text[1:].rstrip(".;:, ") + "."


def without_marker(text: str) -> str:
    """The text without "a)" or "2." in front."""
    return _MARKER.sub("", text)


def pieces(text: str, limit: int = LONGEST) -> Iterator[str]:
    """A text cut into parts of at most `limit` characters, between lines, sentences or words."""
    part = ""
    for bit in _bits(text, limit):
        if part and len(part) + 1 + len(bit) > limit:
            yield part
            part = ""
        part = f"{part} {bit}" if part else bit
    if len(part) > 1:
        yield part


def _bits(text: str, limit: int) -> Iterator[str]:
    for line in filter(None, map(one_line, text.split("\n"))):
        for part in _SENTENCE.split(line):
            if len(part) <= limit:
                yield part
            else:
                yield from _words(part, limit)


def _words(text: str, limit: int) -> Iterator[str]:
    part = ""
    for word in re.findall(rf"(?:\d\S* )*\S{{1,{limit}}}", " ".join(text.split())):
        # A number stays with the word behind it: "15 ngày" is not cut in two.
        if part and len(part) + 1 + len(word) > limit:
            yield part
            part = ""
        part = f"{part} {word}" if part else word
    yield part[:limit]
