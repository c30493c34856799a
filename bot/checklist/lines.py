"""What is said of a checklist: the papers, what was marked, what is missing, where to hand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.checklist.changes import Changed
from bot.checklist.marks import Mark, Standing, standing, written
from bot.checklist.papers import Paper, Papers, papers_of
from bot.compose import MAX_CHOICES, Composer, day
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Status
from bot.place.offices import offices
from knowledge.model import AnyEntry, Facet, Procedure
from knowledge.pages import checklist_of
from knowledge.places import Place
from knowledge.wording import shortened

ACTION = "checklist"
SIGNS = {Mark.HAVE: "✔", Mark.NOT_NEEDED: "–", None: "☐"}
SHORT = 70
"""Letters of a paper in a list that was told in full before."""
CASES = 12
"""Cases that are asked about at once."""


@dataclass(frozen=True)
class Lines:
    """Lays checklists out for somebody in a place, as of a day."""

    composer: Composer
    place: Place | None
    today: date
    reminds: bool = False
    """Whether they can be reminded."""

    def papers(self, entry: AnyEntry) -> Papers:
        """The papers of an Entry that hold there; none of a Guide or a Lesson."""
        if not isinstance(entry, Procedure):
            return Papers(())
        facets = (Facet.DOCUMENTS, Facet.FORM)
        documents, forms = (self.composer.here(entry, facet, self.place) for facet in facets)
        return papers_of(documents, forms, self.today)

    def with_offer(self, answer: Answer, entry: AnyEntry, facets: Sequence[Facet]) -> Answer:
        """An Answer on a Procedure's papers, with the Choice to tick them before the others."""
        told = answer.status is Status.ANSWERED_FACET and Facet.DOCUMENTS in facets
        if not told or not self.papers(entry).papers:
            return answer
        tick = Choice(label=say("checklist.begin"), action=action(entry.id))
        return answer.model_copy(update={"choices": (tick, *answer.choices)[:MAX_CHOICES]})

    def whole(self, entry: Procedure, stand: Standing, told: Sequence[Block] = ()) -> Answer:
        """The list in full, with what is told beside it; first what is `told`."""
        papers = self.papers(entry)
        blocks = [title("checklist.title", entry), *told]
        blocks.append(texts(self._line(stand, paper, whole=True) for paper in stand.papers))
        beside = [self.composer.line(fact, self.place) for fact in papers.remarks]
        for form in papers.forms:
            beside.append(say("checklist.form", text=self.composer.line(form, self.place)))
        if beside:
            listed = Block(kind=BlockKind.ITEMS, lines=tuple(beside))
            blocks += [text(say("checklist.remarks")), listed]
        blocks += _standing(stand)
        if not stand.complete:
            blocks.append(text(say("checklist.how")))
        facets = (Facet.DOCUMENTS,)
        choices = self._choices(entry, stand, whole=True)
        status = Status.ANSWERED_CHECKLIST
        answer = self.composer.part(status, entry, blocks, papers.facts, choices, facets)
        return self._with_page(answer, entry, stand, Facet.DOCUMENTS)

    def after(self, entry: Procedure, stand: Standing, told: Sequence[Block]) -> Answer:
        """What was marked, and the list in short; of a complete one where it is handed in."""
        blocks = [title("checklist.title", entry), *told]
        blocks.append(texts(self._line(stand, paper, whole=False) for paper in stand.papers))
        choices = self._choices(entry, stand, whole=False)
        status = Status.ANSWERED_CHECKLIST
        answer = self.composer.part(status, entry, [*blocks, *_standing(stand)], (), choices)
        if stand.complete:
            return self._complete(answer, entry, stand)
        update = {"numbered": len(stand.papers), "facet": Facet.DOCUMENTS, "sources": ()}
        return answer.model_copy(update=update)

    def cases(self, entry: Procedure, stand: Standing) -> Answer:
        """Ask which of the cases that papers are for are not theirs."""
        choices = tuple(
            Choice(label=shortened(_case(paper), SHORT), action=action(entry.id, "c", paper.id))
            for paper in _first_of_cases(stand)
        )
        others = tuple(
            Choice(label=say(f"checklist.buttons.{key}"), action=action(entry.id, deed))
            for key, deed in (("none", "none"), ("whole", ""))
        )
        asked = told([text(say("checklist.which_cases"))], (*choices[:CASES], *others))
        return asked.model_copy(update={"entry_id": entry.id})

    def changed(self, news: Changed, shown_on: date | None) -> list[Block]:
        """What is new in the list since it was shown."""
        if not news or shown_on is None:
            return []
        lines = [say("checklist.changed", date=day(shown_on))]
        if news.added:
            lines.append(say("checklist.added", numbers=numbers(news.added)))
        if news.reworded:
            lines.append(say("checklist.reworded", numbers=numbers(news.reworded)))
        lines += [say("checklist.gone", text=shortened(gone, SHORT)) for gone in news.gone]
        return [Block(kind=BlockKind.WARNING, lines=(" ".join(lines),))]

    def _complete(self, answer: Answer, entry: Procedure, stand: Standing) -> Answer:
        where = self.composer.answer(entry, (Facet.WHERE,), self.place)
        blocks = [b for b in where.blocks if b.kind is not BlockKind.TITLE]
        ask = offices(entry, self.place, self.today).ask
        if ask:
            blocks.append(text(ask))
        handed = [text(f"{say('facets.where')}:"), *blocks, text(say("checklist.show_page"))]
        update = {
            "blocks": (*answer.blocks, *handed),
            "sources": where.sources,
            "checked_on": where.checked_on,
        }
        return self._with_page(answer.model_copy(update=update), entry, stand, Facet.WHERE)

    def _with_page(self, answer: Answer, entry: Procedure, stand: Standing, facet: Facet) -> Answer:
        by_province = any(fact.regions for fact in entry.facts.get(Facet.DOCUMENTS, ()))
        page = checklist_of(entry, written(stand.marks), self.place if by_province else None)
        update = {"page": page, "facet": facet, "numbered": len(stand.papers)}
        return answer.model_copy(update=update)

    def _line(self, stand: Standing, paper: Paper, whole: bool) -> str:
        line = self.composer.line(paper.fact, self.place)
        [number] = stand.numbers([paper.id])
        sign = SIGNS[stand.mark(paper)]
        line = f"{sign} {number}. {line if whole else shortened(line, SHORT)}"
        needless = stand.mark(paper) is Mark.NOT_NEEDED
        return f"{line} {say('checklist.not_needed')}" if needless else line

    def _choices(self, entry: Procedure, stand: Standing, whole: bool) -> tuple[Choice, ...]:
        """A Choice a paper, in the list's order; then what else can be done."""
        choices = []
        for number, paper in enumerate(stand.papers, 1):
            have = stand.mark(paper) is None
            label = say("checklist.buttons.have" if have else "checklist.buttons.clear", n=number)
            choices.append(
                Choice(label=label, action=action(entry.id, "y" if have else "n", paper.id))
            )
        more = []
        if stand.unsettled:
            more.append(("cases", action(entry.id, "cases")))
        if self.reminds and not stand.complete:
            more.append(("remind", action(entry.id, "remind")))
        if not whole:
            more.append(("whole", action(entry.id)))
        if stand.complete:
            more.append(("drop", action(entry.id, "drop")))
        choices += [Choice(label=say(f"checklist.buttons.{key}"), action=a) for key, a in more]
        return tuple(choices)


def unmarked(entry: AnyEntry, lines: Lines) -> Answer:
    """The list of an Entry before anybody has marked it; if it has none, what is known of it."""
    papers = lines.papers(entry)
    if isinstance(entry, Procedure) and papers.papers:
        return lines.whole(entry, standing(papers, {}))
    answer = lines.composer.answer(entry, (Facet.DOCUMENTS,), lines.place)
    return answer.model_copy(update={"blocks": (text(say("checklist.none")), *answer.blocks)})


def how_many(stand: Standing) -> str:
    """How a list stands, in few words."""
    if stand.complete:
        return say("checklist.state.complete")
    missing, unsettled = len(stand.missing), len(stand.unsettled)
    if not missing:
        return say("checklist.state.unsettled", count=unsettled)
    if not unsettled:
        return say("checklist.state.missing", count=missing)
    return say("checklist.state.both", missing=missing, unsettled=unsettled)


def action(entry_id: str, deed: str = "", paper: str = "") -> str:
    """What a Choice of ours sends: "checklist:khai-sinh:ybcdfgh"; at most 58 letters."""
    return f"{ACTION}:{entry_id}" + (f":{deed}{paper}" if deed else "")


def numbers(found: Sequence[int]) -> str:
    """Numbers as they are read out: "1, 2, 4"."""
    return ", ".join(map(str, found))


def title(key: str, entry: AnyEntry) -> Block:
    return Block(kind=BlockKind.TITLE, lines=(say(key, title=entry.title),))


def text(line: str) -> Block:
    return Block(kind=BlockKind.TEXT, lines=(line,))


def texts(lines: Iterator[str]) -> Block:
    return Block(kind=BlockKind.TEXT, lines=tuple(lines))


def told(blocks: Sequence[Block], choices: Sequence[Choice] = ()) -> Answer:
    """An Answer of ours without facts of the record."""
    return Answer(status=Status.ANSWERED_CHECKLIST, blocks=tuple(blocks), choices=tuple(choices))


def _standing(stand: Standing) -> list[Block]:
    """What is missing, and which papers somebody may not need."""
    if stand.complete:
        return [text(say("checklist.complete"))]
    lines = []
    if stand.missing:
        count = len(stand.missing)
        lines.append(say("checklist.missing", count=count, numbers=numbers(stand.missing)))
    elif stand.common:
        lines.append(say("checklist.all_common"))
    if unsettled := stand.unsettled:
        first = unsettled[0]
        lines.append(say("checklist.unsettled", numbers=numbers(unsettled), n=first))
    return [texts(iter(lines))]


def _first_of_cases(stand: Standing) -> Iterator[Paper]:
    """Of the papers of each case that is open, the first."""
    asked: set[str] = set()
    for paper in stand.papers:
        if paper.optional and stand.mark(paper) is None and _case(paper) not in asked:
            asked.add(_case(paper))
            yield paper


def _case(paper: Paper) -> str:
    """The case a paper is for, in the record's words."""
    case = paper.case or paper.fact.text
    return case[:1].upper() + case[1:]
