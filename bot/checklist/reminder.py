"""Reminders of a checklist, for those who ask for one: once, at a moment they name."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.checklist.lines import ACTION, action, text, told
from bot.checklist.moment import FURTHEST, after_days, moment_in
from bot.checklist.store import CheckLists, Kept
from bot.compose import day
from bot.messages import say
from bot.model import Answer, Choice, Question
from bot.notices import WINDOWS, Notices, is_by_day
from knowledge.clock import VIETNAM
from knowledge.model import Procedure

WAITS = timedelta(days=3)
"""How long after its moment a reminder may still come, where a channel's window was closed."""
OFFERED = (1, 3, 7)
"""Days that are offered to somebody who has not said when."""


class ReminderDesk:
    """Sets and ends reminders. Thread-safe."""

    def __init__(self, lists: CheckLists, notices: Notices | None) -> None:
        self._lists, self._notices = lists, notices

    def reaches(self, question: Question) -> bool:
        """Whether whoever asks can be reminded."""
        return self._notices is not None and self._notices.reachable(question)

    def ask(self, question: Question, entry: Procedure) -> Answer:
        """What becomes of a wish to be reminded that a message or a button names no moment in."""
        return self._refused(question) or _when(entry, "checklist.remind.when")

    def wished(self, question: Question, conversation: str, entry: Procedure) -> Answer:
        """What becomes of a message that wishes to be reminded."""
        at = moment_in(question.text, question.asked_at)
        return self._at(question, conversation, entry, at)

    def in_days(self, question: Question, conversation: str, entry: Procedure, days: int) -> Answer:
        """What becomes of a button that wishes to be reminded in so many days."""
        at = after_days(days, question.asked_at)
        return self._at(question, conversation, entry, at)

    def quiet(self, question: Question, conversation: str) -> bool:
        """Remind of no checklist any more. Whether there was a reminder to come."""
        waiting = [kept for kept in self._lists.all(conversation) if _is_waiting(kept, question)]
        if self._notices is not None:
            self._notices.drop(conversation, f"{ACTION}:")
        for kept in waiting:
            self._note(question, conversation, kept.entry, None, _says("checklist.remind.stopped"))
        return bool(waiting)

    def _at(
        self, question: Question, conversation: str, entry: Procedure, at: datetime | None
    ) -> Answer:
        if refused := self._refused(question):
            return refused
        if at is None:
            return _when(entry, "checklist.remind.when")
        if not is_by_day(at):
            return _when(entry, "checklist.remind.by_day")
        if at - question.asked_at > FURTHEST:
            return _when(entry, "checklist.remind.too_far")
        self._put(question, conversation, entry, at)
        return self._note(question, conversation, entry.id, at, _set(question, entry, at))

    def _refused(self, question: Question) -> Answer | None:
        if self.reaches(question):
            return None
        private = "/" in question.conversation
        return _says("checklist.remind.private" if private else "checklist.remind.not_here")

    def _put(self, question: Question, conversation: str, entry: Procedure, at: datetime) -> None:
        """The reminder that was wished for, instead of a former one of this list."""
        if self._notices is None:
            raise RuntimeError("there is nobody to remind by")
        prefix = f"{ACTION}:{entry.id}:"
        wish = hashlib.sha256(f"{conversation} {question.id}".encode()).hexdigest()[:16]
        self._notices.keep(question, conversation)
        self._notices.drop(conversation, prefix)
        self._notices.put(
            prefix + wish,
            conversation,
            action(entry.id, "due"),
            at,
            until=at + WAITS,
            by_day=True,
        )

    def _note(
        self, question: Question, conversation: str, entry: str, at: datetime | None, answer: Answer
    ) -> Answer:
        def change(kept: Kept | None) -> tuple[Kept, Answer]:
            kept = kept or Kept(entry=entry)
            return kept.model_copy(update={"remind_at": at}), answer

        return self._lists.change(conversation, entry, question.id, change)


def told_when(kept: Kept, question: Question) -> str:
    """When somebody is reminded, if they still are; else ""."""
    if not _is_waiting(kept, question) or kept.remind_at is None:
        return ""
    here = kept.remind_at.astimezone(VIETNAM)
    return say("checklist.remind.is_set", time=f"{here:%H:%M}", date=day(here.date()))


def _is_waiting(kept: Kept, question: Question) -> bool:
    return kept.remind_at is not None and kept.remind_at > question.asked_at


def _set(question: Question, entry: Procedure, at: datetime) -> Answer:
    here = at.astimezone(VIETNAM)
    time, date = f"{here:%H:%M}", day(here.date())
    blocks = [text(say("checklist.remind.set", time=time, date=date, title=entry.title))]
    window = WINDOWS.get(question.channel)
    if window is not None and at - question.asked_at > window:
        blocks.append(text(say("checklist.remind.window", days=WAITS.days)))
    back = Choice(label=say("checklist.buttons.whole"), action=action(entry.id))
    return told(blocks, [back]).model_copy(update={"entry_id": entry.id})


def _when(entry: Procedure, key: str) -> Answer:
    choices = [
        Choice(label=say(f"checklist.remind.days.{days}"), action=action(entry.id, f"r{days}"))
        for days in OFFERED
    ]
    return told([text(say(key))], choices).model_copy(update={"entry_id": entry.id})


def _says(key: str) -> Answer:
    return told([text(say(key))])
