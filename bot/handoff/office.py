"""Where people are helped in person, as far as the records say it: the office of the procedure
spoken of, or of their commune; the numbers to call. What no record has is not told, and that is
said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bot.compose import Composer
from bot.messages import say
from bot.model import Answer, Block, BlockKind, ShownSource, Status
from bot.place.offices import names_in
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Fact, Guide, Procedure
from knowledge.places import Place
from knowledge.store import Edition
from knowledge.wording import fold

OFFICES = "chinh-quyen-hai-cap"
"""The Guide that says which office is for what."""
HOTLINES = "duong-day-nong"
"""The Guide that has the numbers to call."""

_FREE = re.compile(r"1800[ .]?\d{4}\b")
_OF_SUBJECT = {
    "1900 0368": re.compile(r"vneid|can cuoc|dinh danh"),
    "1900 9068": re.compile(r"bao hiem|bhxh|bhyt|huu tri|luong huu|thai san|om dau|tu tuat"),
}
"""Numbers that are worth their cost to whoever asks about what their record says they are for, by
words of the Entry's title and field."""
_EMERGENCY = re.compile(r"\b11[1-5]\b")
_HOURS = re.compile(r"gio (hanh chinh|lam viec).* thu (2|hai)\b")


def where_to_go(
    edition: Edition, today: date, place: Place, entry: AnyEntry | None, *before: str
) -> Answer:
    """The office and the numbers for somebody there, who may have spoken of an Entry; `before`
    stands above them."""
    library = edition.library
    composer = Composer(library, edition.number, today)
    lines = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in before if line)
    parts = [Answer(status=Status.ANSWERED_HANDOFF, blocks=lines)]
    hours: list[Fact] = []
    if isinstance(entry, Procedure) and entry.facts.get(Facet.WHERE):
        parts.append(composer.answer(entry, [Facet.WHERE], place))
        hours = _hours(entry, place, today)
        parts += [composer.facts(entry, hours)] if hours else []
    else:
        parts += _office(library, composer, place, today)
    parts += _numbers(library, composer, place, entry, today)
    missing = "handoff.no_number" if hours else "handoff.no_number_no_hours"
    told = _merged(parts, say(missing))
    return told.model_copy(
        update={
            "entry_id": entry.id if entry else None,
            "facet": Facet.WHERE if isinstance(entry, Procedure) else None,
            "edition": edition.number,
        }
    )


def _office(library: Library, composer: Composer, place: Place, today: date) -> list[Answer]:
    """Which office is for what, by the Guide's points that name one, and its name there."""
    guide = library.entries.get(OFFICES)
    if not isinstance(guide, Guide):
        return []
    facts: list[Fact] = []
    names: list[str] = []
    sources: list[str] = []
    for fact in guide.all_facts():
        found = names_in(fact, place, today)
        if found and library.sources.keys() >= set(found.sources):
            facts.append(fact)
            names += found.lines
            sources += found.sources
    if not facts:
        return []
    answer = composer.facts(guide, facts, say("handoff.office", place=place.name))
    there = say("place.office", place=place.name, offices="; ".join(dict.fromkeys(names)))
    block = Block(kind=BlockKind.TEXT, lines=(there,))
    shown = (
        ShownSource(title=s.title, url=s.url, published=s.published)
        for s in (library.sources[i] for i in dict.fromkeys(sources))
    )
    return [
        answer.model_copy(
            update={
                "blocks": (*answer.blocks[:2], block, *answer.blocks[2:]),
                "sources": (*answer.sources, *shown),
            }
        )
    ]


def _numbers(
    library: Library,
    composer: Composer,
    place: Place,
    entry: AnyEntry | None,
    today: date,
) -> list[Answer]:
    """The free number, those of the province, and the one for what was spoken of."""
    guide = library.entries.get(HOTLINES)
    if not isinstance(guide, Guide):
        return []
    about = fold(f"{entry.title} {entry.field}") if isinstance(entry, Procedure) else ""
    about = fold(entry.title) if isinstance(entry, Guide) else about
    facts = [
        fact
        for fact in guide.all_facts()
        if fact.holds_on(today) and not _EMERGENCY.match(fact.text) and _is_for(fact, place, about)
    ]
    return [composer.facts(guide, facts, say("handoff.call"))] if facts else []


def _is_for(fact: Fact, place: Place, about: str) -> bool:
    if fact.regions:
        return place.province_id in fact.regions
    if _FREE.match(fact.text):
        return True
    return any(
        fact.text.startswith(number) and subject.search(about)
        for number, subject in _OF_SUBJECT.items()
    )


def _hours(entry: Procedure, place: Place, today: date) -> list[Fact]:
    """What the record says of when the office takes people in."""
    facts = [*entry.facts.get(Facet.WHERE, ()), *entry.facts.get(Facet.IN_PERSON, ())]
    return [
        fact
        for fact in facts
        if fact.holds_on(today)
        and (not fact.regions or place.province_id in fact.regions)
        and _HOURS.search(fold(fact.text))
    ][:1]


def _merged(parts: Sequence[Answer], last: str) -> Answer:
    """One Answer of several: what is told, then `last`, then the warnings, once each."""
    blocks = [block for part in parts for block in part.blocks]
    told = [block for block in blocks if block.kind is not BlockKind.WARNING]
    warned = dict.fromkeys(block for block in blocks if block.kind is BlockKind.WARNING)
    checked = [part.checked_on for part in parts if part.checked_on]
    sources = {source.title: source for part in parts for source in part.sources}
    return Answer(
        status=Status.ANSWERED_HANDOFF,
        blocks=(*told, Block(kind=BlockKind.TEXT, lines=(last,)), *warned),
        sources=tuple(sources.values()),
        checked_on=min(checked, default=None),
        page=next((part.page for part in parts if part.page), None),
    )
