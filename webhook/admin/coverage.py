"""The page on what people ask for and what the records have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from bot.coverage import Counted, Share, count_endings, shares
from bot.messages import node
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure
from knowledge.places import PROVINCES
from webhook.admin.access import HOME, Gate
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.site import Published

COVERAGE = f"{HOME}/do-phu"
PERIODS = (7, 30, 90)
"""Days."""
MANY = 20
"""Questions from which a row may be called thin: of fewer, shares say nothing."""
THIN = 2.0
"""A field is thin if its share of the questions is so many times its share of the Entries."""
_SHOWN = 100
"""Entries nobody asked for, and facets that lack, on the page at most."""


@dataclass(frozen=True)
class Row:
    """A field or a province."""

    name: str
    share: Share
    has: int
    """Entries of the field; Facts of the province's own."""
    is_thin: bool


@dataclass(frozen=True)
class Lacking:
    """A facet that was asked for, of an Entry that does not have it."""

    entry: AnyEntry
    facet: str
    count: int


def coverage_router(gate: Gate, engine: Engine, known: Callable[[], Published]) -> APIRouter:
    """One page."""
    router = APIRouter(route_class=FriendlyRoute)
    reader = gate.needs(May.READ)

    @router.get(COVERAGE)
    def coverage(ngay: int = PERIODS[1], session: Session = reader) -> Response:
        days = ngay if ngay in PERIODS else PERIODS[1]
        library = known().edition.library
        counted = count_endings(engine, datetime.now(UTC) - timedelta(days=days))
        silent = _never_asked(counted, library)
        return page(
            "coverage",
            session,
            days=days,
            periods=PERIODS,
            total=sum(each.count for each in counted),
            tables={"field": by_field(counted, library), "province": by_province(counted, library)},
            lacking=_lacking(counted, library)[:_SHOWN],
            silent=silent[:_SHOWN],
            silent_count=len(silent),
            facets=node("facets"),
        )

    return router


def by_field(counted: Sequence[Counted], library: Library) -> list[Row]:
    """Procedures by their field, Guides and Lessons each as one."""
    named = {entry.id: _field(entry) for entry in library}
    has = Counter(named.values())
    outside = WORDS.say("coverage.no_field")
    found = shares((named.get(each.entry_id, outside), each) for each in counted)
    asked = sum(share.total for share in found.values()) or 1
    return [
        Row(
            name,
            share,
            has[name],
            name != outside
            and share.total >= MANY
            and share.total / asked > THIN * has[name] / len(named),
        )
        for name, share in found.items()
    ]


def by_province(counted: Sequence[Counted], library: Library) -> list[Row]:
    """Provinces, with the Facts of their own."""
    has = Counter(
        region
        for entry in library
        for fact in entry.all_facts()
        for region in {*fact.regions, *entry.regions}
    )
    unsaid = WORDS.say("coverage.no_province")
    return [
        Row(
            PROVINCES[name].name if name in PROVINCES else unsaid,
            share,
            has[name],
            name in PROVINCES and share.total >= MANY and not has[name],
        )
        for name, share in shares((each.province, each) for each in counted).items()
    ]


def _field(entry: AnyEntry) -> str:
    return entry.field if isinstance(entry, Procedure) else WORDS.say(f"kinds.{entry.kind}")


def _never_asked(counted: Sequence[Counted], library: Library) -> list[AnyEntry]:
    """Entries that nobody was answered from. Imported ones do not count: there are thousands."""
    asked = {each.entry_id for each in counted if each.answered_from}
    return [
        entry
        for entry in library
        if entry.id not in asked and not (isinstance(entry, Procedure) and entry.imported)
    ]


def _lacking(counted: Sequence[Counted], library: Library) -> list[Lacking]:
    """The most asked first. What the record has got meanwhile is left out."""
    sums: Counter[tuple[str, Facet]] = Counter()
    for each in counted:
        if each.lacking:
            sums[each.entry_id, each.lacking] += each.count
    return [
        Lacking(entry, facet, count)
        for (entry_id, facet), count in sums.most_common()
        if isinstance(entry := library.entries.get(entry_id), Procedure)
        and not entry.facts.get(facet)
    ]
