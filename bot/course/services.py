"""What the course does beside teaching: joins conversations, reminds, certifies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.course.lines import award_name, button, text, told
from bot.course.links import CODE_LENGTH, Linked, Links
from bot.course.plan import Award
from bot.course.progress import Progress
from bot.course.reminders import Reminders, time_of
from bot.course.talk import Talk
from bot.messages import say
from bot.model import Answer, Choice, Question
from bot.notices import FIRST, LAST, WINDOWS

HOURS = ("0700", "1200", "1900", "2000")
"""Offered to somebody who has not said when."""

Certify = Callable[[Award, date], str]
"""What was learned, and on which day it was certified → the path of a page of ours that says so."""


@dataclass(frozen=True)
class Facilities:
    """What the course needs of the rest of the server, where it has it."""

    reminders: Reminders | None = None
    certify: Certify | None = None


class Services:
    """Wishes that concern more than the learner's progress. Thread-safe."""

    def __init__(self, links: Links, facilities: Facilities) -> None:
        self._links, self._facilities = links, facilities

    def obey(
        self, question: Question, conversation: str, action: str, talk: Talk, progress: Progress,
        today: date,
    ) -> Answer | None:  # fmt: skip
        """What becomes of a wish; None if it is of the talk alone. `conversation` is the Journal's
        pseudonym."""
        match action.split(":")[1:]:
            case ["link", *code]:
                return self._link(question, conversation, code)
            case ["remind", *at]:
                return self._remind(question, conversation, at)
            case ["quiet"]:
                ended = self.forget(conversation)
                return _says("course.remind.stopped" if ended else "course.remind.none")
            case ["due", *last]:
                return talk.reminder(progress, bool(last))
            case ["awards"]:
                return self._awards(talk.awards(progress), today)
            case ["award", name]:
                named = [award for award in talk.awards(progress) if award.name == name]
                return self._awards(named, today)
        return None

    def forget(self, conversation: str) -> bool:
        """Remind nobody there any more. Whether somebody was to be reminded."""
        reminders = self._facilities.reminders
        return reminders is not None and reminders.stop(conversation)

    def _link(self, question: Question, conversation: str, code: list[str]) -> Answer:
        if _is_group(question):
            return _says("course.private")
        if not code:
            new = self._links.new_code(conversation)
            shown = f"{new[: CODE_LENGTH // 2]}-{new[CODE_LENGTH // 2 :]}"
            return told([text(say("course.link.code", code=shown))])
        match self._links.redeem(conversation, code[0]):
            case Linked.YES:
                return _says("course.link.linked", button("progress", "course:progress"))
            case Linked.ALREADY:
                return _says("course.link.already")
            case Linked.TOO_MANY:
                return _says("course.link.too_many")
        return _says("course.link.unknown")

    def _remind(self, question: Question, conversation: str, written: list[str]) -> Answer:
        if _is_group(question):
            return _says("course.private")
        reminders = self._facilities.reminders
        if reminders is None or not reminders.notices.reachable(question):
            return _says("course.remind.not_here")
        if not written:
            return _says("course.remind.when", *_hours())
        at = time_of(written[0])
        if at is None or not FIRST <= at <= LAST:
            return _says("course.remind.by_day", *_hours())
        reminders.ask(question, conversation, at)
        blocks = [text(say("course.remind.set", time=f"{at:%H:%M}"))]
        if question.channel in WINDOWS:
            blocks.append(text(say("course.remind.window")))
        return told(blocks)

    def _awards(self, awards: list[Award], today: date) -> Answer:
        if self._facilities.certify is None:
            return _says("course.certificate.not_here")
        if not awards:
            return _says("course.certificate.none", button("progress", "course:progress"))
        if len(awards) > 1:
            choices = [
                Choice(label=_capital(award_name(a.name)), action=f"course:award:{a.name}")
                for a in awards
            ]
            return _says("course.certificate.which", *choices)
        [award] = awards
        answer = told([text(say("course.certificate.ready", award=award_name(award.name)))])
        return answer.model_copy(update={"page": self._facilities.certify(award, today)})


def _hours() -> list[Choice]:
    return [
        Choice(
            label=say("course.remind.at", time=f"{hour[:2]}:{hour[2:]}"),
            action=f"course:remind:{hour}",
        )
        for hour in HOURS
    ]


def _is_group(question: Question) -> bool:
    """In groups conversations are named by the chat and the person; others read along."""
    return "/" in question.conversation


def _says(key: str, *choices: Choice) -> Answer:
    return told([text(say(key))], choices)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
