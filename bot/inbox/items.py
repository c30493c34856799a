"""What of the Journal belongs in the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from bot.inbox.tables import answers, feedback, items, questions
from bot.journal import FRESH
from bot.model import Answer, BlockKind, Status
from bot.typed import is_number
from knowledge.clock import in_utc
from knowledge.load import Library
from knowledge.model import Procedure
from retrieval.outside import subject_of


class Kind(StrEnum):
    """Why a Question is in the inbox."""

    UNANSWERED = "unanswered"
    """Nothing was found."""
    OUTSIDE = "outside"
    """Declined as outside the bot's field."""
    DOUBTFUL = "doubtful"
    """Asked back and nothing chosen, or answered only just."""
    UNHELPFUL = "unhelpful"
    """Somebody pressed 👎."""


SETTLED = timedelta(minutes=30)
"""How long somebody has to choose after the bot asked back."""
ONLY_JUST = 0.10
"""An Answer is doubtful whose probability of being right is at most so much over the threshold."""

_ASKED_BACK = (Status.CLARIFICATION_ENTRY, Status.CLARIFICATION_TOPIC)
_KINDS = {
    Status.UNANSWERABLE_NOTHING_FOUND: Kind.UNANSWERED,
    Status.REFUSED_OUT_OF_SCOPE: Kind.OUTSIDE,
}


@dataclass(frozen=True)
class Item:
    """A Question for the inbox."""

    question_id: str
    kind: Kind
    text: str
    """As it is masked in the Journal."""
    asked_at: datetime
    channel: str
    province: str
    """Id; empty if it was not said."""
    field: str
    """Of the Entry that was answered from or is nearest; empty if that is no Procedure."""
    conversation: str


@dataclass(frozen=True)
class Found:
    """What one look through the Journal gave."""

    items: tuple[Item, ...]
    looked_until: datetime
    """From where to look the next time."""


def find(db: Connection, library: Library, since: datetime, now: datetime, at_most: int) -> Found:
    """Questions answered, or judged by people, since a moment that are not in the inbox yet, the
    oldest first. A Question's kind can only become UNHELPFUL later; then it is found again."""
    answered = db.execute(_answered(since, now).limit(at_most)).all()
    judged = db.execute(_judged(since).limit(at_most)).all()
    until = now - SETTLED
    if len(answered) == at_most:
        until = min(until, in_utc(answered[-1].answered_at))
    if len(judged) == at_most:
        until = min(until, in_utc(judged[-1].given_at))
    rows = {row.id: row for row in (*answered, *judged) if not _was_chosen(db, row)}
    return Found(tuple(_item(row, library) for row in rows.values()), max(since, until))


_COLUMNS = (
    questions.c.id,
    questions.c.text,
    questions.c.channel,
    questions.c.asked_at,
    questions.c.conversation,
    answers.c.answered_at,
    answers.c.status,
    answers.c.entry_id,
    answers.c.place,
    answers.c.scores,
    answers.c.body,
    feedback.c.helpful,
    feedback.c.given_at,
)
_ALL = (
    questions.join(answers, answers.c.question_id == questions.c.id)
    .outerjoin(feedback, feedback.c.answer_id == answers.c.id)
    .outerjoin(items, items.c.question_id == questions.c.id)
)


def _answered(since: datetime, now: datetime) -> Any:
    asked_back = and_(answers.c.status.in_(_ASKED_BACK), answers.c.answered_at <= now - SETTLED)
    return (
        select(*_COLUMNS)
        .select_from(_ALL)
        .where(answers.c.answered_at >= since, items.c.question_id.is_(None))
        .where(or_(answers.c.status.in_(_KINDS), asked_back, _only_just()))
        .order_by(answers.c.answered_at)
    )


def _only_just() -> ColumnElement[bool]:
    first = answers.c.scores
    over = first[(0, "right")].as_float() - first[(0, "sure_from")].as_float()
    return and_(
        answers.c.status.like("answered_%"),
        answers.c.entry_id == first[(0, "entry")].as_string(),
        over.between(0, ONLY_JUST),
    )


def _judged(since: datetime) -> Any:
    new = or_(items.c.question_id.is_(None), items.c.kind != Kind.UNHELPFUL)
    return (
        select(*_COLUMNS)
        .select_from(_ALL)
        .where(feedback.c.helpful == "no", feedback.c.given_at >= since, new)
        .order_by(feedback.c.given_at)
    )


def _was_chosen(db: Connection, row: Row[Any]) -> bool:
    """Whether somebody who was asked back got to one of the Entries offered."""
    if row.status not in _ASKED_BACK or row.helpful == "no":
        return False
    choices = Answer.model_validate(row.body).choices
    offered = {choice.action.partition(":")[2].partition(":")[0] for choice in choices}
    later = select(answers.c.entry_id).where(
        answers.c.conversation == row.conversation,
        answers.c.answered_at > row.answered_at,
        answers.c.answered_at < in_utc(row.answered_at) + FRESH,
    )
    reached = {entry for entry in db.scalars(later) if entry}
    return bool(reached & offered if offered else reached)


def _item(row: Row[Any], library: Library) -> Item:
    nearest = library.entries.get(_nearest(row, library))
    kind = _KINDS.get(Status(row.status), Kind.DOUBTFUL)
    return Item(
        question_id=row.id,
        kind=Kind.UNHELPFUL if row.helpful == "no" else kind,
        text=asked(row.text, row.body),
        asked_at=in_utc(row.asked_at),
        channel=row.channel,
        province=(row.place or "").split("/")[0],
        field=nearest.field if isinstance(nearest, Procedure) else "",
        conversation=row.conversation,
    )


def _nearest(row: Row[Any], library: Library) -> str:
    scored = [str(score["entry"]) for score in row.scores if "entry" in score]
    named = [row.entry_id or "", *(entry for entry in scored if not subject_of(entry))]
    return next((entry for entry in named if entry in library.entries), "")


def asked(text: str, body: dict[str, Any]) -> str:
    """What somebody asked in words: of a pressed button or a typed number, the title of what it
    led to."""
    if text.strip() and not is_number(text):
        return text
    titles: Sequence[str] = [
        line
        for block in body.get("blocks", ())
        if block["kind"] == BlockKind.TITLE
        for line in block["lines"]
    ]
    return titles[0] if titles else text
