"""The course as the assistant sees it: which Questions are its own, and what it keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.compose import Composer
from bot.course.lines import Lines, text
from bot.course.links import Links
from bot.course.plan import Plan
from bot.course.progress import Progress
from bot.course.services import Facilities, Services
from bot.course.store import Change, Learners
from bot.course.talk import Moved, Talk
from bot.course.wish import Wish, is_fresh, wish_of
from bot.draft import Context, Known
from bot.journal import Journal
from bot.messages import say
from bot.model import Answer, Channel, Question, Status

DENSE = (Channel.ZALO_OA, Channel.ZALO_BOT, Channel.TERMINAL)
"""Channels on which a Lesson's cards come in one message: Zalo counts messages."""

KEPT = timedelta(days=365)
"""How long a learner who does not come back is kept."""

_NO_INTERRUPTION = (
    Status.ANSWERED_EMERGENCY,  # nobody in danger is to be led back to a lesson
    Status.ANSWERED_FEEDBACK,
    Status.ANSWERED_DATA_DELETED,
)


class Course:
    """Answers what is asked of the course, and leads back to it. Thread-safe."""

    def __init__(self, journal: Journal, facilities: Facilities | None = None) -> None:
        self._journal = journal
        self._learners = Learners(journal.engine)
        self._services = Services(Links(journal.engine), facilities or Facilities())

    def reply(
        self, question: Question, context: Context, known: Known, today: date
    ) -> Answer | None:
        """The Answer to a Question that is the course's own."""
        conversation = self._journal.pseudonym(question)
        progress = self._learners.progress(conversation)
        talk = _talk(question, known, today)
        wish = wish_of(question, context, progress, talk, known)
        if wish is None:
            return None
        answer = self._services.obey(question, conversation, wish.action, talk, progress, today)
        return answer or self._obey(question, talk, wish)

    def after(self, question: Question, answer: Answer, known: Known, today: date) -> Answer:
        """The Answer of whatever else was asked: a Lesson that was found begins, and somebody in
        the midst of one is told, once, how it goes on."""
        progress = self._learners.progress(self._journal.pseudonym(question))
        talk = _talk(question, known, today)
        lesson = talk.under_way(progress)
        if answer.status is Status.ANSWERED_LESSON and answer.entry_id:
            again = lesson and lesson.id == answer.entry_id and not question.action
            action = "course:on" if again else f"course:begin:{answer.entry_id}"
            return self._obey(question, talk, Wish(action))
        leads_away = answer.status.family == "answered" and answer.status not in _NO_INTERRUPTION
        if lesson is None or not leads_away or not is_fresh(progress):
            return answer
        line = text(say("course.go_on", title=lesson.title))
        led_back = answer.model_copy(update={"blocks": (*answer.blocks, line)})
        return self._change(question, lambda former: (_paused(former), led_back))

    def forget(self, question: Question) -> bool:
        """Delete what is kept of whoever learns here, and their reminders. Whether there was
        anything."""
        conversation = self._journal.pseudonym(question)
        learned = self._learners.forget(conversation)
        reminded = [self._services.forget(name) for name in {conversation, *learned}]
        return bool(learned) or any(reminded)

    def quiet(self, question: Question) -> bool:
        """Remind whoever asks of learning no more. Whether they were reminded."""
        return self._services.forget(self._journal.pseudonym(question))

    def purge(self) -> int:
        """Delete learners who have not come back for KEPT; returns how many."""
        return self._learners.purge(KEPT)

    def _obey(self, question: Question, talk: Talk, wish: Wish) -> Answer:
        def obey(progress: Progress) -> Moved:
            moved, answer = talk.obey(progress, wish.action, wish.reply)
            return (_seen(moved) if moved != progress or progress.last else moved), answer

        return self._change(question, obey)

    def _change(self, question: Question, change: Change) -> Answer:
        conversation = self._journal.pseudonym(question)
        return self._learners.change(conversation, question.id, change)


def _talk(question: Question, known: Known, today: date) -> Talk:
    library = known.edition.library
    dense = question.channel in DENSE
    composer = Composer(library, known.edition.number, today)
    return Talk(Plan(library), Lines(composer, dense), today, dense)


def _seen(progress: Progress) -> Progress:
    return progress.model_copy(update={"at": datetime.now(UTC), "paused": False})


def _paused(progress: Progress) -> Progress:
    return progress.model_copy(update={"paused": True})
