"""What was said at a desk, on its way to the person: by a notice, or fetched by the web page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.draft import Known
from bot.handoff import lines
from bot.handoff.desks import Desk, Desks
from bot.handoff.office import where_to_go
from bot.handoff.store import Handoff, Handoffs
from bot.handoff.turns import Said, Turn
from bot.journal import FRESH, Journal
from bot.messages import say
from bot.model import Answer, Question


@dataclass(frozen=True)
class News:
    """What a page is to show, and what was said, by number. The state is "waiting", "taken", "told"
    where something said was not shown yet, or ""."""

    state: str
    turns: tuple[tuple[int, Answer], ...] = ()


class Telling:
    """Tells people what was said. Thread-safe."""

    def __init__(
        self,
        journal: Journal,
        known: Callable[[], Known],
        handoffs: Handoffs,
        desks: Desks,
        today: Callable[[], date],
    ) -> None:
        self._journal, self._known, self._today = journal, known, today
        self._handoffs, self._desks = handoffs, desks

    def state(self, question: Question) -> str:
        """What is on in the conversation of a web page: the state of its News."""
        conversation = self._journal.pseudonym(question)
        if handoff := self._handoffs.current(conversation):
            return "taken" if handoff.taken else "waiting"
        since = self._handoffs.clock() - FRESH
        return "told" if self._handoffs.turns.untold(conversation, since) else ""

    def news(self, question: Question, after: int) -> News:
        """That, and what was said there since a turn, which counts as told from here on."""
        conversation, now = self._journal.pseudonym(question), self._handoffs.clock()
        found = self._handoffs.turns.told_to(conversation, after, now - FRESH)
        self._handoffs.turns.sent([turn.id for turn in found], now)
        told = [(turn.id, answer) for turn in found if (answer := self._answer(turn))]
        return News(self.state(question), tuple(told))

    def by_notice(self, number: str, question: Question) -> Answer:
        """A turn, now that its notice has come. Nothing if it is another conversation's: then the
        notice was made by hand."""
        found = self._handoffs.turns.get(int(number)) if number.isdigit() else None
        if found is None or found[1] != self._journal.pseudonym(question):
            return lines.silence()
        self._handoffs.turns.sent([found[0].id], self._handoffs.clock())
        return self._answer(found[0]) or lines.silence()

    def on_page(self, question: Question) -> Answer:
        """What was said since, to a page without script."""
        conversation, now = self._journal.pseudonym(question), self._handoffs.clock()
        found = self._handoffs.turns.show_in(conversation, question.id, now)
        answers = [answer for turn in found if (answer := self._answer(turn))]
        if not answers:
            return lines.told(say("handoff.nothing_new"))
        blocks = tuple(block for answer in answers for block in answer.blocks)
        return answers[-1].model_copy(update={"blocks": blocks})

    def _answer(self, turn: Turn) -> Answer | None:
        """What a turn tells the person."""
        handoff = self._handoffs.get(turn.handoff_id)
        desk = self._desks.get(handoff.desk_id) if handoff else None
        if handoff is None or desk is None:
            return None
        match turn.kind:
            case Said.CLERK:
                return lines.said(desk, handoff, turn.text)
            case Said.TAKEN:
                return lines.taken(desk, handoff)
            case Said.GIVEN_BACK:
                return lines.given_back(desk, handoff)
            case Said.IDLE:
                return lines.idle(desk, handoff)
            case Said.NOT_TAKEN:
                return self._not_taken(desk, handoff)
        return None

    def _not_taken(self, desk: Desk, handoff: Handoff) -> Answer:
        line, edition = lines.not_taken(desk, handoff), self._known().edition
        place = handoff.where
        if place is None:
            return lines.told(line)
        entry = edition.library.entries.get(handoff.entry_id or "")
        return where_to_go(edition, self._today(), place, entry, line)
