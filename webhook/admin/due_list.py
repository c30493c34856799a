"""Which Entries somebody should compare with their Sources again, and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.freshness import LOOK_AGAIN_AFTER
from knowledge.load import Library
from knowledge.model import AnyEntry, Source
from knowledge.review import dates, replaced
from knowledge.review.finding import Kind


class Reason(StrEnum):
    """The most urgent first."""

    ENDED = "ended"
    """A Fact or the Entry has ended, or a change has come into force."""
    CHANGED = "changed"
    """A law that it rests on was changed or replaced since."""
    SOON = "soon"
    """One of these dates is near."""
    OLD = "old"
    """Sources were read too long ago."""


_REASONS = {
    Kind.EXPIRED: Reason.ENDED,
    Kind.CHANGE_IN_FORCE: Reason.ENDED,
    Kind.SOON: Reason.SOON,
}


@dataclass(frozen=True)
class Due:
    """An Entry to look at again."""

    entry: AnyEntry
    checked_on: date
    """The oldest check of a Fact."""
    reasons: tuple[Reason, ...]
    sources: tuple[Source, ...]
    """Those to compare with."""
    changes: tuple[tuple[str, str], ...]
    """(title of a Source, what changes it)."""


class DueList:
    """Worked out once a day and Edition: all Facts of thousands of Entries are looked at."""

    def __init__(self) -> None:
        self._worked_out: tuple[int, date, list[Due]] | None = None

    def of(self, library: Library, edition: int, today: date) -> list[Due]:
        """The longest unchecked first."""
        kept = self._worked_out
        if kept is None or kept[:2] != (edition, today):
            kept = (edition, today, _due(library, today))
            self._worked_out = kept
        return kept[2]


def _due(library: Library, today: date) -> list[Due]:
    reasons: defaultdict[str, set[Reason]] = defaultdict(set)
    for finding in dates.review(library, today):
        reasons[finding.entry_id].add(_REASONS[finding.kind])
    changed, found = replaced.changed_sources(library), []
    for entry in library:
        changes = list({c.source.id: c for c, _ in replaced.concerned(entry, changed)}.values())
        old = _old_sources(entry, library, today)
        why = reasons[entry.id]
        why |= {Reason.CHANGED} if changes else set()
        why |= {Reason.OLD} if old else set()
        if why:
            named = {**old, **{change.source.id: change.source for change in changes}}
            found.append(
                Due(
                    entry,
                    entry.checked_on,
                    tuple(reason for reason in Reason if reason in why),
                    tuple(named.values()),
                    tuple((change.source.title, change.by) for change in changes),
                )
            )
    return sorted(found, key=lambda due: (due.checked_on, due.entry.id))


def _old_sources(entry: AnyEntry, library: Library, today: date) -> dict[str, Source]:
    """The Sources that were read longer ago than their kind allows, by id."""
    return {
        source.id: source
        for fact in entry.all_facts()
        for source in (library.sources[key] for key in fact.sources)
        if today - fact.checked_on > LOOK_AGAIN_AFTER[source.kind]
    }
