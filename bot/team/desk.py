"""What members of a team may say beside questions: join, leave, log a visit, promise to come back,
ask the leader. Everything else goes on to the pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from sqlalchemy import Engine

from bot.compose import day
from bot.draft import Context
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Question, Status
from bot.notices import Notices
from bot.smalltalk import small_talk
from bot.team.book import Asked, Book, Due
from bot.team.store import Joined, Team, Teams
from bot.team.telling import Visit, names_somebody, read_return, read_visit, with_reply
from bot.typed import picked
from knowledge.wording import fold

KEPT = "[tin của tổ]"
"""What the Journal keeps of a message to a team: not the code, nor what was told."""
NEWS = "team:news"
"""The action of a notice that the leader has answered."""
MOST_OFFERED = 5
"""Revisits that can be ticked off from one message."""
_LONGEST_QUESTION = 1000

_JOIN = re.compile(
    r"(?:/vaoto(?:@\w+)?|(?:toi |xin |cho toi )*(?:vao|gia nhap) to)\s+([a-z0-9]{8})"
)
_LEAVE = re.compile(r"/roito(@\w+)?|(toi |xin |cho toi )*(roi|ra khoi) to( cong nghe so)?")
_VISIT = re.compile(r"(?:/ghi(?:@\w+)?|ghi(?: luot| lai)?)\s*(?::|(?=giup\b|da giup\b|$))\s*")
_TAKE_BACK = re.compile(r"bo ghi( lan vua roi)?")
_RETURN = re.compile(r"(?:/henlai(?:@\w+)?|hen (?:quay )?lai)\b\s*:?\s*")
_RETURNS = re.compile(
    r"/viec(@\w+)?|(cac |nhung )?viec (can|phai) quay lai|danh sach quay lai|hen quay lai"
)
_ASK = re.compile(r"(?:/hoito(?:@\w+)?|(?:xin )?hoi to truong)\b\s*:?\s*")
_RULES = re.compile(r"/noiquy(@\w+)?|noi quy( nhom| to)?")
_HELP = re.compile(r"/to(@\w+)?|to cong nghe so( lam gi)?|lenh cua to")
_STOP = frozenset(("thoi", "bo qua", "huy", "dung", "khong ghi nua"))


class TeamDesk:
    """Hears what is for a team. Thread-safe."""

    def __init__(
        self,
        engine: Engine,
        pseudonym: Callable[[Question], str],
        notices: Notices | None = None,
    ) -> None:
        self._teams, self._book = Teams(engine), Book(engine)
        self._pseudonym, self._notices = pseudonym, notices

    def reply(
        self, question: Question, context: Context, today: date
    ) -> tuple[Question, Answer] | None:
        """The Answer, and the Question as it may be kept: what is written down here is kept in the
        team's book alone. None if the message is no team's affair."""
        text = question.text.strip()
        typed = fold(text).strip(" .!")
        kept = question.model_copy(update={"text": KEPT})
        if answer := self._of_anybody(question, typed):
            return kept, answer
        telling = self._telling(question)
        kind, _, rest = (question.action or _picked(question, context)).partition(":")
        if kind != "team" and not telling and not _for_members(text, typed):
            return None
        conversation = self._pseudonym(question)
        team = self._teams.team_of(conversation)
        if team is None:
            return (kept, _told("not_a_member")) if _surely(typed) else None
        if question.action == NEWS:
            return question, Answer(status=Status.ANSWERED_NOTHING, blocks=())
        if self._notices and _ASK.match(typed):
            self._notices.keep(question, conversation)  # the answer comes by itself
        member = _Member(self._book, team, conversation, question, today)
        if kind == "team" and not telling:
            return question, self._chosen(member, rest)
        return kept, self._said(member, text, typed)

    def waiting(self, question: Question) -> list[Asked]:
        """What the leader has answered whoever writes, and they have not been told."""
        return self._book.untold(self._pseudonym(question))

    def told(self, question: Question, waiting: list[Asked]) -> None:
        """Note that they have been told."""
        if waiting:
            self._book.told(self._pseudonym(question), waiting)

    def hinted(self, question: Question, answer: Answer) -> Answer:
        """The Answer; where nothing was found, a member is told that the leader can be asked."""
        lost = answer.status is Status.UNANSWERABLE_NOTHING_FOUND
        if not lost or self._teams.team_of(self._pseudonym(question)) is None:
            return answer
        hint = Block(kind=BlockKind.TEXT, lines=(say("team.ask_hint"),))
        return answer.model_copy(update={"blocks": (*answer.blocks, hint)})

    def forget(self, question: Question) -> bool:
        """End the membership of whoever writes; whether there was one."""
        return self._teams.leave(self._pseudonym(question))

    def _of_anybody(self, question: Question, typed: str) -> Answer | None:
        """Joining, leaving, the rules of a group."""
        if question.action:
            return None
        if _RULES.fullmatch(typed):
            return _told("rules", "rules_private", "rules_call")
        if _LEAVE.fullmatch(typed):
            left = self._teams.leave(self._pseudonym(question))
            return _told("left" if left else "not_a_member")
        code = _JOIN.fullmatch(typed)
        if code is None:
            return None
        conversation = self._pseudonym(question)
        joined = self._teams.join(conversation, question.channel, question.id, code[1])
        if joined is not Joined.IN:
            return _told(str(joined))
        team = self._teams.team_of(conversation)
        welcome = say("team.joined", team=team.name if team else "")
        return _lines(welcome, say("team.can"), say("team.never_who"))

    def _telling(self, question: Question) -> bool:
        """Whether somebody is in the midst of telling a visit."""
        text = question.text.strip()
        if question.action or not text or "?" in text or text.startswith("/"):
            return False
        urgent = small_talk(text)
        if urgent and urgent.status is Status.ANSWERED_EMERGENCY:
            return False
        return self._book.unfinished(self._pseudonym(question)) is not None

    def _said(self, member: _Member, text: str, typed: str) -> Answer:
        if _HELP.fullmatch(typed):
            return _told("can", "never_who")
        if _TAKE_BACK.fullmatch(typed):
            return member.take_back()
        if _RETURNS.fullmatch(typed):
            return member.returns()
        if found := _RETURN.match(fold(text)):
            return member.promise(text[found.end() :])
        if found := _ASK.match(fold(text)):
            return member.ask(text[found.end() :])
        if found := _VISIT.match(fold(text)):
            return member.visit(read_visit(text[found.end() :]), text[found.end() :])
        return member.go_on(text, typed)

    def _chosen(self, member: _Member, rest: str) -> Answer:
        kind, _, number = rest.partition(":")
        if kind == "done" and number.isdigit():
            return member.done(int(number))
        return member.returns()


class _Member:
    """A member at the moment of one Question."""

    def __init__(
        self, book: Book, team: Team, conversation: str, question: Question, today: date
    ) -> None:
        self._book, self._team, self._today = book, team, today
        self._conversation, self._question = conversation, question.id

    def visit(self, visit: Visit, text: str) -> Answer:
        """Log a visit, or ask for what is missing of it."""
        if names_somebody(text):
            self._book.keep_unfinished(self._conversation, None)
            return _told("who_refused")
        if missing := visit.missing:
            self._book.keep_unfinished(self._conversation, visit)
            return _told(f"missing.{missing}", "missing.stop")
        self._book.write(self._team.id, self._conversation, self._question, visit, self._today)
        self._book.keep_unfinished(self._conversation, None)
        words = say(
            "team.visit",
            subject=visit.subject,
            hamlet=visit.hamlet,
            people=visit.people,
            minutes=visit.minutes,
        )
        return _lines(words, say("team.visit_back"))

    def go_on(self, text: str, typed: str) -> Answer:
        """What was asked for of an unfinished visit."""
        visit = self._book.unfinished(self._conversation)
        if visit is None or typed in _STOP:
            self._book.keep_unfinished(self._conversation, None)
            return _told("missing.stopped")
        return self.visit(with_reply(visit, text), text)

    def take_back(self) -> Answer:
        gone = self._book.take_back(self._conversation)
        if gone is None:
            return _told("nothing_to_take_back")
        return _lines(say("team.taken_back", subject=gone.subject, hamlet=gone.hamlet))

    def promise(self, text: str) -> Answer:
        """Note a hamlet to come back to."""
        if names_somebody(text):
            return _told("who_refused")
        promised = read_return(text, self._today)
        if promised is None:
            return _told("return_missing")
        self._book.promise(self._team.id, self._conversation, self._question, promised)
        words = say(
            "team.return",
            date=day(promised.due),
            hamlet=promised.hamlet,
            subject=promised.subject,
        )
        return _lines(words, say("team.return_list"))

    def returns(self) -> Answer:
        """What to come back for, with a button to tick each off."""
        due = self._book.due(self._team.id)
        if not due:
            return _told("returns_none")
        title = Block(kind=BlockKind.TITLE, lines=(say("team.returns", count=len(due)),))
        items = Block(kind=BlockKind.ITEMS, lines=tuple(self._line(one) for one in due[:20]))
        choices = tuple(
            Choice(
                label=say("team.done", hamlet=one.hamlet, subject=one.subject)[:60],
                action=f"team:done:{one.id}",
            )
            for one in due[:MOST_OFFERED]
        )
        return Answer(status=Status.ANSWERED_TEAM, blocks=(title, items), choices=choices)

    def done(self, revisit_id: int) -> Answer:
        done = self._book.done(self._team.id, revisit_id, self._today)
        if done is None:
            return _told("returns_none")
        return _lines(say("team.ticked", hamlet=done.hamlet, subject=done.subject))

    def ask(self, text: str) -> Answer:
        """Put a question to the leader."""
        text = text.strip()[:_LONGEST_QUESTION]
        if not re.search(r"\w{2}", text):
            return _told("ask_empty")
        if names_somebody(text):
            return _told("who_refused")
        self._book.ask(self._team.id, self._conversation, self._question, text)
        return _told("asked", "asked_wait")

    def _line(self, one: Due) -> str:
        late = say("team.late") if one.due < self._today else ""
        return say(
            "team.return_line",
            date=day(one.due),
            hamlet=one.hamlet,
            subject=one.subject,
            late=late,
        ).strip()


def _picked(question: Question, context: Context) -> str:
    """The action of the Choice that is typed by its number or label."""
    choice = picked(question.text, context.choices)
    return choice.action if choice else ""


def _for_members(text: str, typed: str) -> bool:
    """Whether the message may be one of a member's; the words are ordinary ones."""
    wholes = (_TAKE_BACK, _RETURNS, _HELP)
    if _ASK.match(typed) or any(pattern.fullmatch(typed) for pattern in wholes):
        return True
    return "?" not in text and bool(_RETURN.match(typed) or _VISIT.match(typed))


def _surely(typed: str) -> bool:
    """Whether a stranger's message can only be meant for a team."""
    return bool(_ASK.match(typed) or _RETURNS.fullmatch(typed) or typed.startswith("ghi:"))


def with_news(answer: Answer, waiting: list[Asked]) -> Answer:
    """The Answer with the leader's answers before it."""
    if not waiting:
        return answer
    nothing = answer.status is Status.ANSWERED_NOTHING
    blocks = [block for told in waiting for block in _leaders_answer(told)]
    return answer.model_copy(
        update={
            "status": Status.ANSWERED_TEAM if nothing else answer.status,
            "blocks": (*blocks, *answer.blocks),
        }
    )


def _leaders_answer(told: Asked) -> list[Block]:
    title = Block(kind=BlockKind.TITLE, lines=(say("team.leader_answers"),))
    asked = Block(kind=BlockKind.TEXT, lines=(say("team.you_asked", text=told.text),))
    return [title, asked, Block(kind=BlockKind.TEXT, lines=(told.answer,))]


def _told(*keys: str) -> Answer:
    return _lines(*(say(f"team.{key}") for key in keys))


def _lines(*lines: str) -> Answer:
    blocks = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
    return Answer(status=Status.ANSWERED_TEAM, blocks=blocks)
