"""Telephone numbers in a masked message: what is left of them tells where a call came from.
Whose one is, no list can say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.protect import MASKS
from bot.scam.model import Finding, Kind

_FEW = 10
"""Words beside a number, up to which the message is about it."""

_FOREIGN = re.compile(rf"\+[1-9]\d{{0,2}} {re.escape(MASKS['phone'])}")
_HOTLINE = re.compile(r"(?<!\d)1[89]00[ .]?(?:\d{4}|\d{2} \d{2})(?!\d)")
_KNOWN = ("18001096", "19000368", "19009068", "19006769")
"""Of the guide duong-day-nong: the portal, VNeID, social insurance, power in the north."""


def has_number(text: str) -> bool:
    """Whether a telephone number stands in a masked text."""
    return MASKS["phone"] in text or _HOTLINE.search(text) is not None


def look(text: str) -> Iterator[Finding]:
    """Numbers from abroad, and those that are dear to call."""
    if _FOREIGN.search(text):
        yield Finding(Kind.FOREIGN_NUMBER)
    lines = {re.sub(r"\D", "", number) for number in _HOTLINE.findall(text)}
    if any(number.startswith("1900") for number in lines.difference(_KNOWN)):
        yield Finding(Kind.DEAR_NUMBER)


def foreign_alone(text: str) -> bool:
    """Whether a number from abroad is what a masked message is about: "+224 … gọi nhỡ"."""
    found = _FOREIGN.search(text)
    return bool(found) and len(_FOREIGN.sub("", text).split()) <= _FEW
