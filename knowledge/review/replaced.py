"""Facts that rest on a law which has been changed or replaced since they were checked.

Which law changes which is read from the titles of our own Sources ("Nghị định 238/2026/NĐ-CP sửa
đổi Nghị định 168/2024/NĐ-CP"), and from `replaced_by`, which an editor writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.load import Library
from knowledge.model import AnyEntry, Fact, Source
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import facts_of
from knowledge.yaml_file import Loc

_NUMBER = re.compile(r"\b\d{1,4}/\d{4}/[A-ZĐ]+\d*(?:-[A-ZĐ]+\d*)*")
_CHANGES = re.compile(r"\b(?:sửa đổi|sửa|bổ sung|thay thế|bãi bỏ)\b(?!\s+(?:bởi|theo|năm))")
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?$")


@dataclass(frozen=True)
class Changed:
    """A Source that says no longer all that it said."""

    source: Source
    by: str
    """What changes or replaces it."""
    on: date | None
    """The day of that, if it is known; of a month, the first."""
    newer: str | None
    """The id of the Source that changes it, if we have it."""


def review(library: Library, today: date) -> Iterator[Finding]:
    """One finding an Entry and Source; what is still to come into force is told as well."""
    changed = changed_sources(library)
    for entry in library:
        for change, loc in concerned(entry, changed):
            message = f"{change.source.id} is changed by {change.by}: compare and correct"
            yield Finding(Kind.CHANGED_SOURCE, entry.id, loc, message)


def changed_sources(library: Library) -> list[Changed]:
    """Every Source that another one changes, or that an editor says is replaced."""
    sources = list(library.sources.values())
    by_number: dict[str, list[Source]] = {}
    for source in sources:
        if found := _NUMBER.search(source.title):
            by_number.setdefault(found[0], []).append(source)
    marked = [Changed(s, s.replaced_by, None, None) for s in sources if s.replaced_by]
    return marked + [
        Changed(old, newer.title, _day(newer.published), newer.id)
        for newer in sources
        for number in _changed_by(newer.title)
        for old in by_number.get(number, ())
        if old.id != newer.id
    ]


def concerned(entry: AnyEntry, changed: Sequence[Changed]) -> Iterator[tuple[Changed, Loc]]:
    """The changes that a Fact of the Entry does not know of yet, each with the first such Fact."""
    facts = list(facts_of(entry))
    for change in changed:
        unaware = (loc for loc, fact in facts if _is_unaware(fact, change))
        if (first := next(unaware, None)) is not None:
            yield change, first


def _is_unaware(fact: Fact, change: Changed) -> bool:
    if change.source.id not in fact.sources or change.newer in fact.sources:
        return False
    return change.on is None or fact.checked_on < change.on


def _changed_by(title: str) -> list[str]:
    """Numbers of the laws that a title says are changed: those behind the word."""
    own = _NUMBER.search(title)
    word = _CHANGES.search(title, own.end()) if own else None
    return _NUMBER.findall(title, word.end()) if word else []


def _day(published: str | None) -> date | None:
    found = _DAY.match(published or "")
    return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
