"""An Entry as its page shows it: every Fact of the record, in order, with its marks and sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.compose import CHANGE_SHOWN_BEFORE, STEP_FACETS, day, remarks
from bot.messages import say
from knowledge.freshness import OLD_AFTER
from knowledge.load import Library
from knowledge.model import (
    AnyEntry,
    Caution,
    Confidence,
    Entry,
    Facet,
    Fact,
    Guide,
    Lesson,
    Procedure,
    Source,
)
from knowledge.pages import page_of
from knowledge.places import PROVINCES

_ISO_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")

MARKS = {Confidence.HIGH: "", Confidence.MEDIUM: "(*)", Confidence.LOW: "(**)"}


@dataclass(frozen=True)
class Line:
    """A Fact as a line of the page."""

    text: str
    condition: str
    places: str
    mark: str
    remarks: tuple[str, ...]
    """Its period and its own caution, as sentences."""
    past: bool
    refs: tuple[int, ...]
    """Numbers of its sources in the page's list."""
    checked: str
    """The day, only where it is not the page's."""


@dataclass(frozen=True)
class Part:
    """A heading of the page with its lines."""

    id: str
    heading: str
    lines: tuple[Line, ...]
    ordered: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The whole page of an Entry."""

    entry: AnyEntry
    path: str
    about: tuple[tuple[str, str], ...]
    """Label and value: code, field, period, …"""
    warnings: tuple[str, ...]
    parts: tuple[Part, ...]
    sources: tuple[tuple[Source, str], ...]
    """Each with its kind and own date in words; number n is at n - 1."""
    related: tuple[tuple[str, str], ...]
    """Path and title."""
    notes: tuple[str, ...]
    """What the marks used on this page mean."""
    solution: Line | None
    """The explained answer to a Lesson's exercise."""


def sheet(entry: AnyEntry, library: Library, edition: int, today: date) -> Sheet:
    """Lay a record out for its page, as of a day."""
    numbers = {source: number for number, source in enumerate(entry.source_ids, 1)}
    lines = _Lines(entry.checked_on, numbers, today)
    parts = tuple(_parts(entry, lines))
    exercise = entry.exercise if isinstance(entry, Lesson) else None
    solution = lines([exercise.answer])[0] if exercise else None
    marks = {line.mark for part in parts for line in part.lines}
    marks |= {solution.mark} if solution else set()
    sources = [library.sources[i] for i in entry.source_ids]
    related = [library.entries[i] for i in entry.related if i in library.entries]
    return Sheet(
        entry=entry,
        path=page_of(entry),
        about=tuple((say(f"web.page.{key}"), value) for key, value in _about(entry, edition)),
        warnings=tuple(_warnings(entry, numbers, today)),
        parts=parts,
        sources=tuple((source, _kind(source)) for source in sources),
        related=tuple((page_of(other), other.title) for other in related),
        notes=tuple(_notes(entry, marks)),
        solution=solution,
    )


def lines_of(
    facts: Sequence[Fact], library: Library, today: date
) -> tuple[tuple[Line, ...], tuple[tuple[Source, str], ...]]:
    """Some Facts as Lines in their order, and the sources that the Lines' numbers mean: number n is
    at n - 1."""
    used = list(dict.fromkeys(source for fact in facts for source in fact.sources))
    numbers = {source: number for number, source in enumerate(used, 1)}
    checked_on = min((fact.checked_on for fact in facts), default=today)
    lines = _Lines(checked_on, numbers, today)
    told = tuple(line for fact in facts for line in lines([fact]))
    sources = [library.sources[source] for source in used]
    return told, tuple((source, _kind(source)) for source in sources)


def _notes(entry: AnyEntry, marks: set[str]) -> Iterator[str]:
    for confidence in (Confidence.MEDIUM, Confidence.LOW):
        if MARKS[confidence] in marks:
            yield say(f"web.page.{confidence}")
    if any(fact.quoted for fact in entry.all_facts()):
        yield say("web.page.quoted")


def linked_data(entry: Procedure, url: str) -> dict[str, Any]:
    """The record as schema.org's GovernmentService, for search engines."""
    areas = [{"@type": "AdministrativeArea", "name": PROVINCES[r].name} for r in entry.regions]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": entry.title,
        "description": entry.summary,
        "serviceType": entry.field,
        "url": url,
        "areaServed": areas or {"@type": "Country", "name": "Việt Nam"},
    }
    if entry.aliases:
        data["alternateName"] = list(entry.aliases)
    if entry.code:
        code = {"@type": "PropertyValue", "name": say("web.page.code"), "value": entry.code}
        data["identifier"] = code
    if entry.portal_url:
        channel = {"@type": "ServiceChannel", "serviceUrl": entry.portal_url}
        data["availableChannel"] = channel
    return data


class _Lines:
    """Turns Facts into Lines, as of a day, with the page's numbers of sources."""

    def __init__(self, checked_on: date, numbers: dict[str, int], today: date) -> None:
        self._checked_on, self._numbers, self._today = checked_on, numbers, today

    def __call__(self, facts: Sequence[Fact]) -> tuple[Line, ...]:
        """The Facts as Lines, those no longer in force last."""
        ordered = sorted(facts, key=lambda fact: fact.expired_on(self._today))
        return tuple(self._line(fact) for fact in ordered)

    def _line(self, fact: Fact) -> Line:
        other_day = fact.checked_on != self._checked_on
        condition = fact.condition or ""
        return Line(
            text=say("answer.quoted", text=fact.text) if fact.quoted else fact.text,
            condition=condition[:1].upper() + condition[1:],
            places=_places(fact.regions),
            mark=MARKS[fact.confidence],
            remarks=tuple(remarks(fact, self._today)),
            past=fact.expired_on(self._today),
            refs=tuple(self._numbers[source] for source in fact.sources),
            checked=say("web.page.fact_checked", date=day(fact.checked_on)) if other_day else "",
        )


def _parts(entry: AnyEntry, lines: _Lines) -> Iterator[Part]:
    match entry:
        case Procedure():
            for facet in Facet:
                if facts := entry.facts.get(facet):
                    steps = facet in STEP_FACETS and len(facts) > 1
                    heading = say(f"facets.{facet}")
                    warnings = tuple(c.text for c in entry.cautions if _home(c, entry) is facet)
                    yield Part(facet.replace("_", "-"), heading, lines(facts), steps, warnings)
        case Guide():
            for number, section in enumerate(entry.sections, 1):
                yield Part(f"phan-{number}", section.heading or "", lines(section.points))
        case Lesson():
            yield Part("noi-dung-bai", say("web.page.cards"), lines(entry.cards), ordered=True)


def _about(entry: AnyEntry, edition: int) -> Iterator[tuple[str, str]]:
    match entry:
        case Procedure():
            if entry.code:
                yield "code", entry.code
            yield "field", entry.field
            if entry.levels:
                yield "level", ", ".join(say(f"web.levels.{level}") for level in entry.levels)
        case Guide():
            yield "topic", say(f"web.topics.{entry.topic}")
        case Lesson():
            yield "course_level", say(f"web.course_levels.{entry.level}")
            yield "tracks", ", ".join(say(f"web.tracks.{track}") for track in entry.tracks)
            yield "skill", say(f"web.skills.{entry.skill}")
            yield "minutes", say("web.page.minutes_value", minutes=entry.minutes)
    if entry.regions:
        yield "regions", _places(entry.regions)
    if period := _period(entry):
        yield "valid", period
    yield "checked", say("web.page.checked_value", date=day(entry.checked_on))
    yield "edition", str(edition)


def _period(entry: Entry) -> str:
    start, end = entry.valid_from, entry.valid_until
    if start and end:
        return say("web.page.valid_both", start=day(start), end=day(end))
    if start:
        return say("web.page.valid_from", start=day(start))
    return say("web.page.valid_until", end=day(end)) if end else ""


def _warnings(entry: Entry, numbers: dict[str, int], today: date) -> Iterator[str]:
    """What concerns the whole Entry."""
    if entry.valid_until and entry.valid_until < today:
        yield say("answer.expired", date=day(entry.valid_until))
    yield from (caution.text for caution in entry.cautions if _home(caution, entry) is None)
    for change in sorted(entry.changes, key=lambda change: change.effective_on):
        past = change.effective_on <= today
        if past or change.effective_on - today <= CHANGE_SHOWN_BEFORE:
            key = "answer.change_past" if past else "answer.change_coming"
            refs = "".join(f" [{numbers[source]}]" for source in change.sources)
            yield say(key, date=day(change.effective_on), text=change.text) + refs
    if today - entry.checked_on > OLD_AFTER:
        yield say("answer.old_record", date=day(entry.checked_on))


def _kind(source: Source) -> str:
    """What sort of source it is and of when: "báo chí, 14/08/2026"."""
    kind = say(f"web.source_kinds.{source.kind}")
    if not source.published:
        return kind
    written = _ISO_DATE.sub(lambda m: "/".join(reversed(m[0].split("-"))), source.published)
    return f"{kind}, {written.replace('≤', say('web.page.at_latest'))}"


def _home(caution: Caution, entry: Entry) -> Facet | None:
    """The part of the page that a caution stands in; None: it stands once, above all of them."""
    shown = entry.facts if isinstance(entry, Procedure) else {}
    facets = [facet for facet in caution.facets if facet in shown]
    return facets[0] if len(facets) == 1 else None


def _places(regions: Sequence[str]) -> str:
    return ", ".join(PROVINCES[region].name for region in regions)
