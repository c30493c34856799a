"""A conversation over shipped Entries, without search: what the web pages are tried with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.compose import Composer
from bot.decide import nothing_found
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Question, Status
from knowledge.load import SHIPPED, Library, read_entry, read_sources
from knowledge.model import Facet
from knowledge.store import Edition
from knowledge.wording import fold

TODAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Shown:
    """A published state, as pages see it."""

    edition: Edition


def published(names: Sequence[str], number: int = 3) -> Shown:
    """An Edition of some shipped Entries ("procedures/khai-sinh") with all shipped Sources."""
    entries = [read_entry(SHIPPED / f"{name}.yaml") for name in names]
    sources = [s for path in SHIPPED.glob("sources/*.yaml") for s in read_sources(path)]
    library = Library({e.id: e for e in entries}, {s.id: s for s in sources})
    return Shown(Edition(number, "0" * 64, datetime.now(UTC), library))


class DeskReplies:
    """Finds an Entry whose name is in the question. The same question id gets the same Answer."""

    def __init__(self, shown: Shown) -> None:
        self._edition = shown.edition
        self._stored: dict[str, Answer] = {}
        self.asked: list[Question] = []
        self.broken = False
        """Whether to fail, as when the Journal is out of reach."""

    def reply(self, question: Question) -> Answer:
        if self.broken:
            raise ConnectionError("the journal is out of reach")
        if question.id not in self._stored:
            self.asked.append(question)
            answer = self._answer(question)
            numbered = answer.model_copy(update={"id": f"a{len(self.asked)}"})
            self._stored[question.id] = numbered
        return self._stored[question.id]

    def _answer(self, question: Question) -> Answer:
        action = question.action or ""
        if action.startswith("fb"):
            return _says(Status.ANSWERED_FEEDBACK, say("journal.thanks_up"))
        if fold(question.text) == "xoa du lieu cua toi":
            return _says(Status.ANSWERED_DATA_DELETED, say("journal.deleted", count=2))
        if action.startswith("entry:"):
            _, entry_id, *facets = action.split(":")
            return self._about(entry_id, [Facet(facet) for facet in facets])
        text = fold(question.text)
        for entry in self._edition.library:
            if any(fold(name) in text for name in (entry.title, *entry.aliases)):
                return self._about(entry.id, [])
        lost = nothing_found(self._edition.library, (), self._edition.number)
        heard = Block(kind=BlockKind.TEXT, lines=(f"Bạn hỏi: {question.text}",))
        return lost.model_copy(update={"blocks": (heard, *lost.blocks)})

    def _about(self, entry_id: str, facets: list[Facet]) -> Answer:
        composer = Composer(self._edition.library, self._edition.number, TODAY)
        return composer.answer(self._edition.library.entries[entry_id], facets)


def _says(status: Status, line: str) -> Answer:
    return Answer(status=status, blocks=(Block(kind=BlockKind.TEXT, lines=(line,)),))
