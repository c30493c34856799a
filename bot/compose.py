"""An Entry and the facets asked → the Answer, laid out from the record without any model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, ShownSource, Status
from bot.place.offices import Offices, offices, set_by_province
from knowledge.freshness import OLD_AFTER
from knowledge.load import Library
from knowledge.model import (
    AnyEntry,
    Confidence,
    Entry,
    Facet,
    Fact,
    Guide,
    Lesson,
    Procedure,
)
from knowledge.pages import page_of
from knowledge.places import PROVINCES, Place

OVERVIEW_FACETS = (Facet.WHERE, Facet.TIME, Facet.FEE)
"""What an overview tells at once, one fact each; the papers are counted."""

STEP_FACETS = (Facet.ONLINE, Facet.IN_PERSON)
CHANGE_SHOWN_BEFORE = timedelta(days=180)
MAX_CHOICES = 5
MANY_PROVINCES = 3
"""So many provinces' own facts are still listed to somebody who has not said where they live."""

_CHOICE_ORDER = (
    Facet.DOCUMENTS,
    Facet.FEE,
    Facet.TIME,
    Facet.WHERE,
    Facet.ONLINE,
    Facet.BENEFIT,
    Facet.IN_PERSON,
    Facet.WHO,
    Facet.CONDITIONS,
    Facet.DEADLINE,
    Facet.PENALTY,
    Facet.FORM,
    Facet.RESULT,
    Facet.LEGAL_BASIS,
)


class Composer:
    """Lays out Answers over one Edition's library, as of a day."""

    def __init__(self, library: Library, edition: int, today: date) -> None:
        self._library, self._edition, self._today = library, edition, today

    def answer(
        self, entry: AnyEntry, facets: Sequence[Facet] = (), place: Place | None = None
    ) -> Answer:
        """The Answer about an Entry: the facets asked, or the whole of it, for somebody there."""
        match entry:
            case Guide():
                return self._guide(entry, place)
            case Lesson():
                return self._lesson(entry)
            case Procedure():
                asked: list[Facet] = [facet for facet in facets if facet is not Facet.OVERVIEW]
                if not asked:
                    return self._overview(entry, place)
                return self._facets(entry, asked, place)

    def choices(self, entry: AnyEntry, but: Iterable[Facet] = ()) -> tuple[Choice, ...]:
        """The next steps: the Entry's other facets, then the Entries it leads to."""
        shown = set(but)
        offered = []
        if isinstance(entry, Procedure):
            offered = [
                Choice(label=say(f"facets.{facet}"), action=f"entry:{entry.id}:{facet}")
                for facet in _CHOICE_ORDER
                if facet in entry.facts and facet not in shown
            ]
        related = [self._library.entries[i] for i in entry.related if i in self._library.entries]
        leads = [Choice(label=other.title, action=f"entry:{other.id}") for other in related]
        return tuple((offered[: MAX_CHOICES - min(1, len(leads))] + leads)[:MAX_CHOICES])

    def _facets(self, entry: Procedure, asked: list[Facet], place: Place | None) -> Answer:
        here = {facet: self._here(entry.facts.get(facet, ()), place) for facet in asked}
        known = [facet for facet in asked if here[facet]]
        blocks: list[Block] = []
        shown: list[Fact] = []
        there = self._offices(entry, place) if Facet.WHERE in known else Offices()
        for facet in known:
            facts = here[facet]
            shown += facts
            kind = BlockKind.STEPS if facet in STEP_FACETS and len(facts) > 1 else BlockKind.ITEMS
            lines = [self._line(fact, place) for fact in facts]
            if facet is Facet.WHERE:
                lines += there.lines
            if facet is Facet.FEE:
                lines += _fee_elsewhere(entry, place)
            if place is None and len(facts) < len(entry.facts[facet]):
                lines.append(say("place.provinces_differ"))
            blocks += [_title(entry, [facet]), Block(kind=kind, lines=tuple(lines))]
        if missing := [facet for facet in asked if facet not in known]:
            elsewhere = any(entry.facts.get(facet) for facet in missing)
            blocks += [_title(entry, missing), *self._facet_unknown(entry, elsewhere, place)]
        blocks += self._warnings(entry, shown, asked)
        status = Status.ANSWERED_FACET if known else Status.ANSWERED_FACET_UNKNOWN
        answer = self._answer(
            status, entry, blocks, shown, self.choices(entry, asked), (known or asked)[0]
        )
        return self._with_sources(answer, there)

    def _offices(self, entry: Procedure, place: Place | None) -> Offices:
        """The offices there, if this Edition has the sources of what is said of them."""
        there = offices(entry, place, self._today)
        return there if self._library.sources.keys() >= set(there.sources) else Offices()

    def _with_sources(self, answer: Answer, there: Offices) -> Answer:
        sources = [self._library.sources[i] for i in there.sources]
        shown = (ShownSource(title=s.title, url=s.url, published=s.published) for s in sources)
        return answer.model_copy(
            update={"sources": tuple(dict.fromkeys((*answer.sources, *shown)))}
        )

    def _facet_unknown(self, entry: Procedure, elsewhere: bool, place: Place | None) -> list[Block]:
        lines = [say("answer.facet_unknown")]
        if elsewhere and place:
            lines.insert(0, say("place.not_here", province=place.province.short_name))
        elif elsewhere:
            lines = [say("place.provinces_differ")]
        if entry.portal_url:
            lines.append(say("answer.portal", url=entry.portal_url))
        return [Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines]

    def _overview(self, entry: Procedure, place: Place | None) -> Answer:
        lines, shown = [], []
        there = self._offices(entry, place) if place else Offices()
        for facet in OVERVIEW_FACETS:
            facts = self._here(entry.facts.get(facet, ()), place)
            if not facts:
                continue
            shown.append(facts[0])
            line = f"{say(f'facets.{facet}')}: {self._line(facts[0], place)}"
            if len(facts) > 1:
                rest = say("answer.more_facts", facet=say(f"facets.{facet}"))
                line = f"{line} {rest}"
            lines.append(line)
            if facet is Facet.WHERE:
                lines += there.lines[:1]
        if entry.facts.get(Facet.DOCUMENTS):
            lines.insert(0, f"{say('facets.documents')}: {say('answer.documents_listed')}")
        if not shown:
            shown = [f for f in entry.all_facts() if place is None or _holds_in(f, place)][:1]
            lines += [self._line(fact, place) for fact in shown]
        blocks = [
            Block(kind=BlockKind.TITLE, lines=(entry.title,)),
            Block(kind=BlockKind.TEXT, lines=(entry.summary,)),
            *([Block(kind=BlockKind.ITEMS, lines=tuple(lines))] if lines else []),
            *self._warnings(entry, shown, [Facet.OVERVIEW, *OVERVIEW_FACETS]),
        ]
        choices = self.choices(entry)
        answer = self._answer(Status.ANSWERED_OVERVIEW, entry, blocks, shown, choices)
        return self._with_sources(answer, there)

    def _guide(self, entry: Guide, place: Place | None) -> Answer:
        blocks = [
            Block(kind=BlockKind.TITLE, lines=(entry.title,)),
            Block(kind=BlockKind.TEXT, lines=(entry.summary,)),
        ]
        if place and entry.regions and place.province_id not in entry.regions:
            names, here = _names(entry.regions), place.province.short_name
            line = say("place.programme", places=names, province=here)
            blocks.append(Block(kind=BlockKind.TEXT, lines=(line,)))
        shown: list[Fact] = []
        for section in entry.sections:
            # What other provinces do is part of what a Guide tells; each is marked with its name.
            facts = self._here(section.points, place) or self._here(section.points, None)
            if section.heading:
                blocks.append(Block(kind=BlockKind.TEXT, lines=(section.heading + ":",)))
            blocks.append(
                Block(kind=BlockKind.ITEMS, lines=tuple(self._line(f, place) for f in facts))
            )
            shown += facts
        blocks += self._warnings(entry, shown, [])
        choices = self.choices(entry)
        return self._answer(Status.ANSWERED_GUIDE, entry, blocks, shown, choices)

    def _lesson(self, entry: Lesson) -> Answer:
        """All cards at once, and what to try. The exercise and the quiz are the course's: see
        `bot.course`."""
        blocks = [
            Block(kind=BlockKind.TITLE, lines=(entry.title,)),
            Block(kind=BlockKind.TEXT, lines=(say("answer.lesson_goal", goal=entry.goal),)),
            Block(kind=BlockKind.STEPS, lines=tuple(self.line(card) for card in entry.cards)),
            Block(kind=BlockKind.TEXT, lines=(say("answer.lesson_try", text=entry.try_now),)),
        ]
        answer = self.part(Status.ANSWERED_LESSON, entry, blocks, entry.cards, self.choices(entry))
        return answer.model_copy(update={"page": page_of(entry)})

    def here(self, entry: Procedure, facet: Facet, place: Place | None) -> list[Fact]:
        """The facts of a facet that hold in a place, in the order in which they are told."""
        return self._here(entry.facts.get(facet, ()), place)

    def line(self, fact: Fact, place: Place | None = None) -> str:
        """A fact as a line, for somebody in a place, or anywhere."""
        return self._line(fact, place)

    def part(
        self,
        status: Status,
        entry: AnyEntry,
        blocks: Sequence[Block],
        facts: Sequence[Fact],
        choices: tuple[Choice, ...],
        facets: Sequence[Facet] = (),
    ) -> Answer:
        """An Answer of some facts of an Entry: the blocks that tell them, and what must be said
        beside them and beside those facets."""
        warned = self._warnings(entry, facts, facets) if facts else []
        answer = self._answer(status, entry, [*blocks, *warned], list(facts), choices)
        return answer.model_copy(update={"page": None})

    def facts(self, entry: Guide | Procedure, facts: Sequence[Fact], title: str = "") -> Answer:
        """An Answer of some facts of an Entry, for somebody anywhere: a title, if there is one,
        the facts, and what must be said beside them."""
        lines = tuple(self.line(fact) for fact in facts)
        blocks = [Block(kind=BlockKind.ITEMS, lines=lines)]
        if title:
            blocks.insert(0, Block(kind=BlockKind.TITLE, lines=(title,)))
        blocks += self._warnings(entry, facts, [])
        answer = self._answer(Status.ANSWERED_FACET, entry, blocks, list(facts), ())
        return answer.model_copy(update={"page": None})

    def _answer(
        self,
        status: Status,
        entry: AnyEntry,
        blocks: list[Block],
        shown: list[Fact],
        choices: tuple[Choice, ...],
        facet: Facet | None = None,
    ) -> Answer:
        return Answer(
            status=status,
            blocks=tuple(blocks),
            choices=choices,
            sources=self._sources(shown, entry, self._today),
            checked_on=min((fact.checked_on for fact in shown), default=None),
            edition=self._edition,
            entry_id=entry.id,
            facet=facet,
            page=page_of(entry),
        )

    def _here(self, facts: Sequence[Fact], place: Place | None) -> list[Fact]:
        """The facts that hold in a place: those in force today first, and of them its own first.

        Without a place, all of them, unless so many provinces have their own that nobody would read
        them: then what holds everywhere.
        """
        many = len({region for fact in facts for region in fact.regions}) > MANY_PROVINCES
        here = [f for f in facts if (_holds_in(f, place) if place else not (many and f.regions))]
        if place:
            here.sort(key=lambda fact: not fact.regions)
        today = self._today
        return sorted(here, key=lambda fact: (fact.expired_on(today), not fact.holds_on(today)))

    def _line(self, fact: Fact, place: Place | None) -> str:
        """One fact as a line: condition, text, period, caution, and a mark if it is not certain."""
        text = say("answer.quoted", text=fact.text) if fact.quoted else fact.text
        if fact.condition:
            text = say("answer.condition", condition=_capital(fact.condition), text=text)
        if fact.regions and not (place and _holds_in(fact, place)):
            text = say("answer.region", places=_names(fact.regions), text=text)
        if fact.confidence is not Confidence.HIGH:
            text += say("answer.unsure_mark")
        for remark in remarks(fact, self._today):
            text += " " + remark
        return text

    def _warnings(
        self, entry: Entry, shown: Sequence[Fact], facets: Sequence[Facet]
    ) -> list[Block]:
        lines = [*_period(entry, self._today)]
        if any(fact.confidence is not Confidence.HIGH for fact in shown):
            lines.append(say("answer.unsure"))
        if any(fact.quoted for fact in shown):
            lines.append(say("answer.quoted_note"))
        lines += [
            say("answer.caution", text=caution.text)
            for caution in entry.cautions
            if not caution.facets or set(caution.facets) & set(facets)
        ]
        for change in entry.changes:
            if change.effective_on <= self._today:
                lines.append(
                    say("answer.change_past", date=day(change.effective_on), text=change.text)
                )
            elif change.effective_on - self._today <= CHANGE_SHOWN_BEFORE:
                lines.append(
                    say("answer.change_coming", date=day(change.effective_on), text=change.text)
                )
        oldest = min((fact.checked_on for fact in shown), default=self._today)
        if self._today - oldest > OLD_AFTER:
            lines.append(say("answer.old_record", date=day(oldest)))
        return [Block(kind=BlockKind.WARNING, lines=(line,)) for line in lines]

    def _sources(self, shown: Sequence[Fact], entry: Entry, today: date) -> tuple[ShownSource, ...]:
        """Copies of the sources of what is shown, the most used first."""
        used = [source for fact in shown for source in fact.sources]
        for change in entry.changes:
            if change.effective_on - today <= CHANGE_SHOWN_BEFORE:
                used += change.sources
        ids = sorted(dict.fromkeys(used), key=lambda source: -used.count(source))
        sources = [self._library.sources[i] for i in ids]
        return tuple(ShownSource(title=s.title, url=s.url, published=s.published) for s in sources)


def _holds_in(fact: Fact, place: Place) -> bool:
    return not fact.regions or place.province_id in fact.regions


def _names(regions: Iterable[str]) -> str:
    return ", ".join(PROVINCES[region].name for region in regions)


def _fee_elsewhere(entry: Procedure, place: Place | None) -> list[str]:
    """Where to look for a fee that provinces set, if nothing is known of this one's."""
    facts = entry.facts.get(Facet.FEE, ())
    here = any(place and place.province_id in fact.regions for fact in facts)
    if place is None or here or not set_by_province(facts):
        return []
    province = place.province.short_name
    if entry.portal_url:
        return [say("place.fee_by_province_portal", province=province, url=entry.portal_url)]
    return [say("place.fee_by_province", province=province)]


def _title(entry: Entry, facets: Sequence[Facet]) -> Block:
    names = ", ".join(say(f"facets.{facet}") for facet in facets)
    return Block(kind=BlockKind.TITLE, lines=(say("answer.title", facet=names, title=entry.title),))


def remarks(fact: Fact, today: date) -> Iterator[str]:
    """What must be said beside a Fact: the period it holds in, and its caution."""
    yield from _period(fact, today)
    if fact.caution:
        yield say("answer.caution", text=fact.caution)


def _period(record: Entry | Fact, today: date) -> Iterator[str]:
    """The period a Fact or an Entry holds in, if it has one."""
    if record.valid_until and record.valid_until < today:
        yield say("answer.expired", date=day(record.valid_until))
    elif record.valid_from and record.valid_from > today:
        yield say("answer.not_yet", date=day(record.valid_from))
    elif record.valid_until:
        yield say("answer.until", date=day(record.valid_until))


def day(value: date) -> str:
    """A date as people here write it: 01/03/2027."""
    return value.strftime("%d/%m/%Y")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
