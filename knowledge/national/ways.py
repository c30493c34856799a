"""The portal's table of ways to apply, flattened into one text → its lines, read apart.

    Trực tuyến10 Ngày làm việc2,000 Việt Nam Đồng(2.000 đồng/trang)Nộp qua…Trực tiếp1Miễn phí

is two lines: channel, length, one or more charges with a note in brackets, and a description. The
separators are lost, so a line is taken only where channel, length and charge stand in this order
and in the portal's own spelling; "Trực tiếp: tại…" in a description does not begin one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.figures import UNITS
from knowledge.model import Duration

HEADING = "Hình thức nộpThời gianPhí, lệ phíMô tả"
NOTHING = "Không có thông tin"
FREE = "Miễn phí"


class Way(StrEnum):
    """How an application reaches the office, as the portal names it."""

    IN_PERSON = "Trực tiếp"
    ONLINE = "Trực tuyến"
    POST = "Dịch vụ bưu chính"


@dataclass(frozen=True)
class Charge:
    """One entry of the column "Phí, lệ phí"."""

    text: str
    """As it stands there, without its note: "2,000 Việt Nam Đồng", "Miễn phí"."""
    number: str | None
    """"2,000"; None for "Miễn phí"."""
    currency: str | None
    note: str
    """What stands in brackets behind it."""
    closed: bool
    """Whether the note's brackets are balanced, so that its end is known."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    way: Way
    length: str
    """As it stands there: "10 Ngày làm việc", "1", "Không có thông tin", or ""."""
    duration: Duration | None
    """Where the length has a number and a unit."""
    charges: tuple[Charge, ...]
    """None: the portal has no information on money."""
    glued: bool
    """A number touches the charge's: "120,000 VNĐ" may be 120.000, or 1 and 20.000."""
    note: str
    """The description."""


_UNIT = "Ngày làm việc|Ngày|Giờ|Tháng|Năm"
_NUMBER = r"\d[\d.,]*"
_MONEY = rf"{_NUMBER} (?:VNĐ|Việt Nam Đồng|USD)"
_CHARGE = rf"(?:{FREE}|{NOTHING}|{_MONEY})"
_LENGTH = (
    rf"(?:{_NUMBER} (?:{_UNIT})|{NOTHING}|\d{{1,3}}(?={FREE}|{NOTHING})"
    r"|[^\d\W][^\d(:.]{0,90}?|)"  # "Không quy định", or nothing
)
_START = re.compile(rf"({'|'.join(Way)})({_LENGTH})(?={_CHARGE})")
_ONE_CHARGE = re.compile(rf"({_NUMBER}) (VNĐ|Việt Nam Đồng|USD)|{FREE}")
_DURATION = re.compile(rf"(\d{{1,4}}) ({_UNIT})")


def read_ways(text: str) -> tuple[Line, ...] | None:
    """The table's lines; empty if it says nothing, None if it can't be read from its beginning."""
    text = text.removeprefix(HEADING).strip()
    if not text or text == NOTHING:
        return ()
    starts = list(_START.finditer(text))
    if not starts or starts[0].start() != 0:
        return None
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return tuple(
        _line(start, text[start.end() : end]) for start, end in zip(starts, ends, strict=True)
    )


def _line(start: re.Match[str], rest: str) -> Line:
    length = start[2].strip()
    charges, note = _charges(rest)
    number = _DURATION.fullmatch(length)
    duration = None
    if number and int(number[1]):
        duration = Duration(value=int(number[1]), unit=UNITS[number[2].lower()])
    glued = not length and bool(charges) and charges[0].number is not None
    return Line(Way(start[1]), length, duration, charges, glued, note.strip())


def _charges(rest: str) -> tuple[tuple[Charge, ...], str]:
    """The charges at the beginning of what follows a length, and the description after them."""
    if rest.startswith(NOTHING):
        return (), rest.removeprefix(NOTHING)
    charges = []
    while match := _ONE_CHARGE.match(rest):
        note, rest, closed = _bracket(rest[match.end() :])
        charges.append(Charge(match[0], match[1], match[2], note, closed))
    return tuple(charges), rest


def _bracket(text: str) -> tuple[str, str, bool]:
    """The note in brackets that a text begins with, what follows it, and whether it is closed."""
    if not text.startswith("("):
        return "", text, True
    for depth, end in _depths(text):
        if depth == 0:
            return " ".join(text[1:end].split()), text[end + 1 :], True
    return " ".join(text[1:].split()), "", False


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """After every bracket: how many are open, and where."""
    depth = 0
    for place, char in enumerate(text):
        if char in "()":
            depth += 1 if char == "(" else -1
            yield depth, place
