"""Dates that are past, and dates that are near."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.load import Library
from knowledge.model import AnyEntry
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import facts_of
from knowledge.yaml_file import Loc

SOON = timedelta(days=60)
"""Long enough to find the new rule and publish it before the old one ends."""


def review(library: Library, today: date) -> Iterator[Finding]:
    """Entries and Facts that have ended or end soon; changes in force or soon to be."""
    for entry in library:
        for last_day, loc, what in _ends(entry):
            if last_day < today:
                message = f"{what} ended on {last_day}: correct or remove"
                yield Finding(Kind.EXPIRED, entry.id, loc, message)
            elif last_day - today <= SOON:
                message = f"{what} ends on {last_day}: find out what holds afterwards"
                yield Finding(Kind.SOON, entry.id, loc, message)
        for number, change in enumerate(entry.changes):
            loc = ("changes", number, "effective_on")
            if change.effective_on <= today:
                message = f"in force since {change.effective_on}: bring the facts up to date"
                yield Finding(Kind.CHANGE_IN_FORCE, entry.id, loc, message)
            elif change.effective_on - today <= SOON:
                message = f"comes into force on {change.effective_on}: prepare the facts"
                yield Finding(Kind.SOON, entry.id, loc, message)


def _ends(entry: AnyEntry) -> Iterator[tuple[date, Loc, str]]:
    """Last days with the first place that has each, and what ends there."""
    if entry.valid_until:
        yield entry.valid_until, ("valid_until",), "the entry"
    places: defaultdict[date, list[Loc]] = defaultdict(list)
    for loc, fact in facts_of(entry):
        if fact.valid_until:
            places[fact.valid_until].append((*loc, "valid_until"))
    for last_day, locs in places.items():
        more = len(locs) - 1
        yield last_day, locs[0], f"this fact, with {more} more," if more else "this fact"
