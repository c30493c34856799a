"""Somebody's checklists at work: each is looked at, changed and laid out for one Question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.checklist.changes import changed
from bot.checklist.deeds import Deed, marked, told_deeds, told_wrong
from bot.checklist.lines import Lines, action, how_many, told, unmarked
from bot.checklist.lines import text as line
from bot.checklist.marks import Standing, standing
from bot.checklist.reminder import told_when
from bot.checklist.store import CheckLists, Kept
from bot.checklist.words import Verb
from bot.draft import Context
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Question, Status
from knowledge.load import Library
from knowledge.model import AnyEntry, Procedure

SHOWN = 10
"""Checklists that are named to somebody who asks for theirs."""


@dataclass(frozen=True)
class Turn:
    """A Question with what is needed to answer it."""

    question: Question
    conversation: str
    """The Journal's pseudonym."""
    context: Context
    library: Library
    lines: Lines

    def entry(self, entry_id: str | None) -> AnyEntry | None:
        return self.library.entries.get(entry_id or "")


class Lists:
    """What can be done with checklists. Thread-safe."""

    def __init__(self, store: CheckLists) -> None:
        self._store = store

    def open(self, turn: Turn, entry: AnyEntry) -> Answer:
        """The whole list, which is prepared from now on; of an Entry without papers what is
        known."""
        if isinstance(entry, Procedure) and turn.lines.papers(entry).papers:
            return self._change(turn, entry, lambda kept: (), whole=True)
        return unmarked(entry, turn.lines)

    def mark(
        self, turn: Turn, entry: Procedure, deeds: Sequence[Deed], wrong: Sequence[int] = ()
    ) -> Answer:
        """The list after some deeds; `wrong` are numbers that there are no papers of."""
        return self._change(turn, entry, lambda kept: deeds, wrong=wrong)

    def mark_all(self, turn: Turn, entry: Procedure) -> Answer:
        """The list after somebody said that they have all that everybody needs."""
        return self._mark_open(turn, entry, Verb.HAVE, lambda stand: stand.missing)

    def no_case(self, turn: Turn, entry: Procedure) -> Answer:
        """The list after somebody said that they need none of what only some need."""
        return self._mark_open(turn, entry, Verb.NOT_NEEDED, lambda stand: stand.unsettled)

    def cases(self, turn: Turn, entry: Procedure) -> Answer:
        """Ask which of the cases that papers are for are not theirs."""
        kept = self._store.kept(turn.conversation, entry.id)
        stand = standing(turn.lines.papers(entry), kept.marks if kept else {})
        return turn.lines.cases(entry, stand) if stand.unsettled else self.mark(turn, entry, ())

    def due(self, turn: Turn, entry: AnyEntry | None) -> Answer:
        """The moment of a reminder has come: nothing is said of what is complete, was given up or
        is no more."""
        kept = self._store.kept(turn.conversation, entry.id) if entry else None
        if kept is None or not isinstance(entry, Procedure):
            return _NOTHING
        papers = turn.lines.papers(entry)
        if not papers.papers or standing(papers, kept.marks).complete:
            return _NOTHING
        first = [line(say("checklist.remind.due"))]
        return self._change(turn, entry, lambda kept: (), first=first)

    def drop(self, turn: Turn, entry: AnyEntry) -> Answer:
        """Prepare an Entry no more."""
        self._store.drop(turn.conversation, entry.id)
        return told([line(say("checklist.dropped", title=entry.title))])

    def mine(self, turn: Turn, key: str = "checklist.mine.title") -> Answer:
        """All that is being prepared in this conversation."""
        lines: list[str] = []
        choices: list[Choice] = []
        for kept in self._store.all(turn.conversation):
            entry = turn.entry(kept.entry)
            if not isinstance(entry, Procedure) or len(choices) == SHOWN:
                continue
            state = how_many(standing(turn.lines.papers(entry), kept.marks))
            of_it = say("checklist.mine.line", title=entry.title, state=state)
            lines.append(" ".join(filter(None, (of_it, told_when(kept, turn.question)))))
            choices.append(Choice(label=entry.title, action=action(entry.id)))
        if not choices:
            return told([line(say("checklist.mine.none"))])
        listed = Block(kind=BlockKind.ITEMS, lines=tuple(lines))
        return told([line(say(key)), listed], choices)

    def _mark_open(
        self,
        turn: Turn,
        entry: Procedure,
        verb: Verb,
        which: Callable[[Standing], Sequence[int]],
    ) -> Answer:
        papers = turn.lines.papers(entry)

        def deeds(kept: Kept) -> list[Deed]:
            numbers = which(standing(papers, kept.marks))
            return [Deed(verb, papers.papers[number - 1].id) for number in numbers]

        return self._change(turn, entry, deeds)

    def _change(
        self,
        turn: Turn,
        entry: Procedure,
        deeds: Callable[[Kept], Sequence[Deed]],
        *,
        wrong: Sequence[int] = (),
        whole: bool = False,
        first: Sequence[Block] = (),
    ) -> Answer:
        """Carry deeds out, and tell how the list stands."""
        papers = turn.lines.papers(entry)

        def change(former: Kept | None) -> tuple[Kept, Answer]:
            kept = former or Kept(entry=entry.id)
            marks, done = marked(papers.papers, kept.marks, deeds(kept))
            stand = standing(papers, marks)
            news = turn.lines.changed(changed(kept.shown, papers.papers), kept.shown_on)
            said = [*first, *news, *told_deeds(stand, done), *told_wrong(stand, wrong)]
            lay_out = turn.lines.whole if whole else turn.lines.after
            seen = {
                "marks": dict(stand.marks),
                "shown": {paper.id: paper.fact.text for paper in papers.papers},
                "shown_on": turn.lines.today,
            }
            return kept.model_copy(update=seen), lay_out(entry, stand, said)

        return self._store.change(turn.conversation, entry.id, turn.question.id, change)


_NOTHING = Answer(status=Status.ANSWERED_NOTHING, blocks=())
