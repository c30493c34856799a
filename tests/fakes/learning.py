"""What a course is tried with: all Lessons and a few Procedures, found without real weights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from bot.assistant import Assistant
from bot.course.course import Course
from bot.course.services import Facilities
from bot.draft import Known
from bot.journal import Journal
from bot.model import Answer, Channel, Question
from bot.notices import Notices
from bot.pipeline import Pipeline
from knowledge.load import SHIPPED
from knowledge.model import Lesson
from knowledge.passages import passages
from knowledge.store import connect
from retrieval.index import open_index
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.desk import published
from tests.fakes.encoder import BagOfSyllables
from webhook.database import migrate
from webhook.sealing import Seal

TODAY = date(2026, 11, 22)
LESSONS = tuple(f"lessons/{path.stem}" for path in sorted(SHIPPED.glob("lessons/*.yaml")))
PROCEDURES = ("procedures/khai-sinh", "procedures/ket-hon", "procedures/tam-tru")


@cache
def known() -> Known:
    """The shipped Lessons and PROCEDURES as an Edition, with search over them."""
    edition = published((*LESSONS, *PROCEDURES)).edition
    encoder = BagOfSyllables()
    index = open_index(Path(mkdtemp("course")), [*passages(edition.library)], encoder)
    return Known(edition, Searcher(index, encoder, Slips.load(), edition.library))


def lesson(number: int) -> Lesson:
    """A shipped Lesson by its number in the course."""
    found = (entry for entry in known().edition.library if isinstance(entry, Lesson))
    return next(entry for entry in found if entry.order == number)


def journal_in(folder: Path) -> Journal:
    """An empty Journal, its tables beside those of the course."""
    url = f"sqlite:///{folder / 'course.db'}"
    migrate(url)
    return Journal(connect(url), b"key")


def notices_in(
    journal: Journal, channels: frozenset[Channel], clock: Callable[[], datetime]
) -> Notices:
    """The notices beside a Journal, on these channels."""
    seal = Seal("k" * 40, "reminders")
    return Notices(journal.engine, seal, channels, journal.heard_at, clock)


class Calendar:
    """Which day it is; a test turns it on."""

    def __init__(self) -> None:
        self.day = TODAY

    def today(self) -> date:
        return self.day


class Learner:
    """A person who learns in one conversation of a channel."""

    def __init__(
        self,
        journal: Journal,
        channel: Channel = Channel.TELEGRAM,
        name: str = "777",
        facilities: Facilities | None = None,
    ) -> None:
        self.calendar = Calendar()
        self.assistant = Assistant(
            known, journal, Pipeline(), self.calendar.today, Course(journal, facilities)
        )
        self._channel, self._name = channel, name
        self._numbers = count(1)
        self.last: Answer

    def question(self, text: str = "", action: str | None = None) -> Question:
        number = next(self._numbers)
        return Question(
            id=f"{self._channel}:{self._name}:{number:06}",
            channel=self._channel,
            conversation=self._name,
            text=text,
            action=action,
        )

    def ask(self, question: Question) -> str:
        """The words of the Answer."""
        self.last = self.assistant.reply(question)
        return "\n".join(line for block in self.last.blocks for line in block.lines)

    def say(self, text: str) -> str:
        return self.ask(self.question(text))

    def press(self, label: str) -> str:
        """Press the button of the last Answer whose label holds this."""
        choice = next(choice for choice in self.last.choices if label in choice.label)
        return self.ask(self.question(action=choice.action))

    def act(self, action: str) -> str:
        """Press a button of long ago."""
        return self.ask(self.question(action=action))

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.last.choices]
