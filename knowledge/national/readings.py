"""How sure a number in a line of the portal's table is: a value, or the reason for none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from knowledge.figures import (
    SMALLEST_FEE,
    is_conditional,
    is_miswritten,
    lengths_in,
    speaks_of_lengths_in_words,
    sums_in,
)
from knowledge.model import Duration
from knowledge.national.ways import NOTHING, Charge, Line, Way

LONGEST_NOTE = 300
"""Characters of a charge's note that can stand in one sentence with it."""

NO_INFORMATION = "no information"
NO_UNIT = "number without a unit"
FREE_OF_WHAT = "“Miễn phí” may mean that the province decides"

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """A number read from a line, or why it was not."""

    value: Value | None
    reason: str = ""

    @property
    def in_doubt(self) -> bool:
        """Whether something is said that could not be read with certainty."""
        return self.value is None and self.reason not in (NO_INFORMATION, NO_UNIT, FREE_OF_WHAT)


def agreed(lines: Sequence[Line], readings: Sequence[Reading[Value]]) -> Value | None:
    """The value of a whole table: the one its lines say, if none says another or is in doubt.

    The lines are mostly copies of one another. Where they differ they speak of different cases,
    which the portal has often put on different ways of applying.
    """
    by_way: dict[Way, set[Value | None]] = {}
    for line, reading in zip(lines, readings, strict=True):
        by_way.setdefault(line.way, set()).add(reading.value)
    said = set().union(*by_way.values()) - {None}
    if len(said) != 1 or any(reading.in_doubt for reading in readings):
        return None
    return said.pop() if all(len(values) == 1 for values in by_way.values()) else None


def length_of(line: Line) -> Reading[Duration]:
    """The line's length of time, if nothing in the line speaks of another one."""
    if line.length == NOTHING or line.glued:
        return Reading(None, NO_UNIT if line.glued else NO_INFORMATION)
    if line.duration is None:
        bare = line.length.isdigit()
        return Reading(None, NO_UNIT if bare else "not a whole number with a unit")
    if lengths_in(line.note) - {line.duration} or speaks_of_lengths_in_words(line.note):
        return Reading(None, "the description speaks of other lengths")
    return Reading(line.duration)


def sum_of(line: Line) -> Reading[int]:
    """The line's one charge in đồng, if nothing in the line speaks of another one."""
    if not line.charges:
        return Reading(None, NO_INFORMATION)
    if len(line.charges) > 1:
        return Reading(None, "several charges in one line")
    charge = line.charges[0]
    if charge.number is None:
        return Reading(None, FREE_OF_WHAT)
    if reason := doubt(charge, line.glued):
        return Reading(None, reason)
    amount = int(charge.number.replace(",", ""))
    notes = f"{charge.note} {line.note}"
    if sums_in(notes) - {amount} or is_miswritten(notes):
        return Reading(None, "the notes speak of other sums")
    if is_conditional(charge.note) or ("phí" in line.note and is_conditional(line.note)):
        return Reading(None, "the notes speak of a reduction, limit or period")
    if len(charge.note) > LONGEST_NOTE:
        return Reading(None, "the note is long")
    return Reading(amount)


GLUED = "touches another number"
UNREADABLE = {GLUED, "number without thousands", "a sum this small is a unit error"}
"""Reasons for which the number itself must not be shown, not even quoted."""


def doubt(charge: Charge, glued: bool) -> str:
    """Why a charge's own number is not certain; "" if it is."""
    if glued:
        return GLUED
    if charge.currency == "USD":
        return "not in đồng"
    number = charge.number or ""
    if number.isdigit() and int(number) < SMALLEST_FEE:
        return "a sum this small is a unit error"
    if not _GROUPED.fullmatch(number):
        return "number without thousands"
    return "" if charge.closed else "the note's brackets are not closed"
