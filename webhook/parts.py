"""Where the real parts are put together: Editions, index, encoder, assistant."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.assistant import Assistant
from bot.checklist.store import CheckLists
from bot.course.course import Course
from bot.course.reminders import Reminders
from bot.course.reminding import Reminding
from bot.course.services import Facilities
from bot.curated.shelf import Shelf
from bot.curated.store import CuratedAnswers
from bot.draft import Known
from bot.figures import Figures
from bot.handoff.desks import Desks
from bot.handoff.outbox import holds_back
from bot.handoff.step import no_desk
from bot.handoff.store import Handoffs
from bot.handoff.talk import HandoffTalk
from bot.journal import Journal
from bot.notices import Notices
from bot.pipeline import Pipeline
from bot.team.book import Book
from knowledge.passages import Passage, passages
from knowledge.store import Edition, Editions, NothingPublished
from retrieval.asked import asked_passages
from retrieval.encoder import EMBEDDED, Encoder, load_encoder
from retrieval.index import Progress, open_index
from retrieval.outside import outside_passages
from retrieval.search import Searcher
from retrieval.slips import Slips
from webhook.certificates import certify
from webhook.metrics import Metrics
from webhook.outreach import Prepared
from webhook.sealing import Seal
from webhook.settings import Settings

if TYPE_CHECKING:
    from bot.llm import Rewriter

log = logging.getLogger(__name__)

ADD_UP_EVERY_S = 10.0
"""How often what was counted is added up; a page that shows it does so too."""
WATCH_EVERY_S = 5.0
"""How often it is looked which handoffs the clock ends."""
FOLLOW_EVERY_S = 1.0
"""How often a process looks for a newer Edition."""


class Follower:
    """The newest Edition with its search, followed while it serves.

    A newer Edition is indexed in a thread of its own; until it is ready, the former one answers.
    """

    def __init__(
        self, editions: Editions, settings: Settings, progress: Progress = lambda done, total: None
    ) -> None:
        self._editions = editions
        self._folder = settings.data_dir / "index"
        self._encoder: Encoder = load_encoder(
            settings.encoder or EMBEDDED, settings.data_dir / "encoder"
        )
        self._slips = Slips.load()
        self._looking = threading.Lock()
        self._looked_at = time.monotonic()
        number = editions.newest_number()
        if number is None:
            raise NothingPublished("Nothing is published yet. Run `binhdan kb publish`.")
        self._known = self._build(editions.get(number), progress)
        self._known.searcher.search(self._known.searcher.read("khai sinh"))  # warms the encoder

    @contextmanager
    def following(self) -> Iterator[None]:
        """Look for newer Editions while this lasts, whether or not anybody asks something."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(FOLLOW_EVERY_S):
                self.current()

        looking = threading.Thread(target=look, name="look-for-editions", daemon=True)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join()

    def current(self) -> Known:
        """The Edition to answer from."""
        if time.monotonic() - self._looked_at > FOLLOW_EVERY_S and self._looking.acquire(False):
            threading.Thread(target=self._follow, name="follow-editions", daemon=True).start()
        return self._known

    def near(self, texts: Sequence[str], count: int) -> list[list[tuple[Passage, float]]]:
        """The passages of that Edition that are nearest in meaning to each text."""
        return self.current().searcher.near(texts, count)

    def candidate(self, edition: Edition) -> Known:
        """An Edition that nobody is answered from, with its search: one about to be published, or
        a former one. Its index stays on the disk, so that publishing it finds it built."""
        return self._build(edition)

    def _follow(self) -> None:
        try:
            number = self._editions.newest_number()
            if number is not None and number != self._known.edition.number:
                self._known = self._build(self._editions.get(number))
                log.info("now answering from edition %d", number)
        except Exception:
            log.exception("could not follow to the newest edition; the former one answers on")
        finally:
            self._looked_at = time.monotonic()
            self._looking.release()

    def _build(self, edition: Edition, progress: Progress = lambda done, total: None) -> Known:
        searched = [
            *passages(edition.library),
            *asked_passages(edition.library.entries.keys()),
            *outside_passages(),
        ]
        index = open_index(self._folder, searched, self._encoder, progress)
        return Known(edition, Searcher(index, self._encoder, self._slips, edition.library))


@contextmanager
def adding_up(figures: Figures) -> Iterator[None]:
    """Add up what was counted, every now and then while this lasts, and once at its end."""
    ended = threading.Event()

    def add_up() -> None:
        going_on = True
        while going_on:
            going_on = not ended.wait(ADD_UP_EVERY_S)
            try:
                figures.roll_up()
            except SQLAlchemyError as error:
                log.warning("figures are added up later: %s", type(error).__name__)

    adding = threading.Thread(target=add_up, name="add-up-figures", daemon=True)
    adding.start()
    try:
        yield
    finally:
        ended.set()
        adding.join()


@contextmanager
def watching(talk: HandoffTalk, metrics: Metrics) -> Iterator[None]:
    """Let the clock end handoffs while this lasts, and count who waits."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_EVERY_S):
            try:
                talk.outbox.look()
                metrics.handoffs_waiting.set(talk.handoffs.waiting())
            except SQLAlchemyError as error:
                log.warning("handoffs are looked at later: %s", type(error).__name__)

    thread = threading.Thread(target=watch, name="watch-handoffs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def build_assistant(
    settings: Settings, engine: Engine, known: Callable[[], Known], talk: HandoffTalk | None = None
) -> Assistant:
    """The assistant over the current Edition, with the model tier if one is configured; without
    `talk` nobody can be handed over to a person."""
    journal = open_journal(settings, engine)
    keep = timedelta(days=settings.journal_days)
    journal.purge(keep)
    Book(engine).purge(keep)
    CheckLists(engine).purge(keep)
    notices = open_notices(settings, engine)
    notices.purge(keep)
    course = Course(journal, Facilities(Reminders(engine, notices), certify(settings)))
    course.purge()
    curated = CuratedAnswers(engine)
    rewriter, offer = _rewriter(settings, Figures(engine)), talk.offer if talk else no_desk
    if talk:
        talk.handoffs.purge(keep)
    return Assistant(
        known,
        journal,
        Pipeline(rewriter, Shelf(curated), offer),
        course=course,
        given=curated.hit,
        notices=notices,
        handoffs=talk,
    )


def build_talk(settings: Settings, engine: Engine, known: Callable[[], Known]) -> HandoffTalk:
    """What hands conversations over to people."""
    return HandoffTalk(
        open_journal(settings, engine),
        known,
        Handoffs(engine),
        Desks(engine),
        notices=open_notices(settings, engine),
    )


def build_waiting(settings: Settings, engine: Engine) -> Prepared:
    """What is to be sent of our own accord, with the reminders of learners."""
    notices = open_notices(settings, engine)
    reminding = Reminding(Reminders(engine, notices), open_journal(settings, engine))
    return Prepared(notices, reminding.remind)


def open_journal(settings: Settings, engine: Engine) -> Journal:
    """The Journal under this installation's key."""
    return Journal(engine, settings.cookie_key().encode())


def open_notices(settings: Settings, engine: Engine) -> Notices:
    """The notices under this installation's key."""
    seal = Seal(settings.cookie_key(), "reminders")  # so named when only learners were reminded
    heard_at = open_journal(settings, engine).heard_at
    held = partial(holds_back, Handoffs(engine))
    return Notices(engine, seal, settings.written_to, heard_at, held=held)


def _rewriter(settings: Settings, figures: Figures) -> Rewriter | None:
    if not settings.model_provider:
        return None
    from bot.llm import ModelSettings, Rewriter, connect

    model = ModelSettings(
        provider=settings.model_provider,
        name=settings.model_name,
        url=settings.model_url,
        key=settings.model_key,
        timeout_s=settings.model_timeout_s,
    )
    return Rewriter(connect(model), settings.model_timeout_s, figures.note_model)
