"""Reminding learners who asked for it: once a day, at their hour, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bot.course.reminders import PUNCTUAL, UNANSWERED, Due, Reminders, is_punctual
from bot.course.store import Learners
from bot.journal import Journal
from knowledge.clock import VIETNAM, today


class Reminding:
    """Makes notices of the reminders whose time has come. Thread-safe."""

    def __init__(
        self,
        reminders: Reminders,
        journal: Journal,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reminders, self._journal, self._clock = reminders, journal, clock
        self._learners = Learners(journal.engine)

    def remind(self) -> None:
        """Put whatever is due."""
        now = self._clock()
        for due in self._reminders.due(now):
            self._one(due, now)

    def _one(self, due: Due, now: datetime) -> None:
        notices = self._reminders.notices
        may = is_punctual(due, now) and notices.may_write(due.conversation, now)
        if not may or self._has_learned(due, now):
            self._reminders.put_off(due, now)
            return
        heard_at = self._journal.heard_at(due.conversation)
        answered = due.sent_at is None or (heard_at is not None and heard_at > due.sent_at)
        unanswered = 1 if answered else due.unanswered + 1
        # In this order: after a crash in between it is put again, under the same key.
        notices.put(
            f"course:{due.conversation}:{due.at.astimezone(VIETNAM):%Y%m%d}",
            due.conversation,
            "course:due:last" if unanswered >= UNANSWERED else "course:due",
            now,
            until=due.at + PUNCTUAL,
            by_day=True,
        )
        self._reminders.sent(due, now, unanswered)

    def _has_learned(self, due: Due, now: datetime) -> bool:
        """Whether the learner has been at it today: then nobody needs to say so."""
        at = self._learners.progress(due.conversation).at
        return at is not None and today(at) == today(now)
