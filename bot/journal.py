"""The Journal: conversations, questions, answers as shown, feedback. Masked, with a retention time.

It copies what was shown and refers to nothing in the knowledge store, so that an answer can be read
as it was whatever has been published since. A conversation is kept under a keyed hash of its
channel id: who asked cannot be read from it, and yet it can be found again to be deleted.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from bot.draft import Context
from bot.model import Answer, Choice, Question, Status
from bot.place.replies import asks_place
from knowledge.model import Facet
from knowledge.places import Place

metadata = MetaData()

_questions = Table(
    "questions",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("conversation", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    Column("action", String(64)),
    Index("ix_questions_conversation", "conversation", "asked_at"),
    Index("ix_questions_asked_at", "asked_at"),
)
_answers = Table(
    "answers",
    metadata,
    Column("id", String(16), primary_key=True),
    Column(
        "question_id", ForeignKey("questions.id", ondelete="CASCADE"), unique=True, nullable=False
    ),
    Column("conversation", String(32), nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Column("status", String(40), nullable=False),
    Column("entry_id", String(48)),
    Column("facet", String(16)),
    Column("edition", Integer),
    Column("place", String(24)),
    Column("scores", JSON, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_answers_conversation", "conversation", "answered_at"),
)
_feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("helpful", String(4), nullable=False),
    Column("reason", String(16)),
    Column("given_at", DateTime(timezone=True), nullable=False),
)

FRESH = timedelta(hours=2)
"""How long a conversation's last Answer stays what "2" and "thế còn phí?" refer to."""

_LOOKED_BACK = 8
"""Answers read to know what a conversation was about: two Entries with some facets each."""


class Journal:
    """The store of what was asked and answered. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        """`key` pseudonymises conversations; losing it means they can no longer be found."""
        self.engine, self._key = engine, key

    def answer_to(self, question_id: str) -> Answer | None:
        """The Answer already given to a Question, if there is one."""
        with self.engine.connect() as db:
            body = db.scalar(select(_answers.c.body).where(_answers.c.question_id == question_id))
        return Answer.model_validate(body) if body else None

    def context(self, question: Question) -> Context:
        """What the conversation was about, as far as it is fresh."""
        recent = (
            select(_answers.c.body, _answers.c.entry_id, _answers.c.facet, _answers.c.place)
            .where(_answers.c.conversation == self.pseudonym(question))
            .where(_answers.c.answered_at > datetime.now(UTC) - FRESH)
            .order_by(_answers.c.answered_at.desc())
            .limit(_LOOKED_BACK)
        )
        with self.engine.connect() as db:
            rows = db.execute(recent).all()
        if not rows:
            return Context()
        spoken = [row for row in rows if row.entry_id]
        about = next(iter(spoken), None)
        earlier = next((row for row in spoken if about and row.entry_id != about.entry_id), None)
        # An empty place was given up ("đổi nơi ở"); none was not spoken of.
        place = next((row.place for row in rows if row.place is not None), "")
        answers = [Answer.model_validate(row.body) for row in rows]
        return Context(
            entry_id=about.entry_id if about else None,
            facet=Facet(about.facet) if about and about.facet else None,
            earlier_id=earlier.entry_id if earlier else None,
            earlier_facet=Facet(earlier.facet) if earlier and earlier.facet else None,
            choices=_choices(answers),
            opinion_on=next((answer.id for answer in answers if answer.asks_opinion), None),
            place=Place.parse(place),
            asked_place=asks_place(answers[0]),
        )

    def record(
        self,
        question: Question,
        answer: Answer,
        place: Place | None = None,
        scores: Sequence[dict[str, Any]] = (),
    ) -> Answer:
        """Write down a masked Question and its Answer; returns the Answer with its id.

        A Question that another worker has answered meanwhile keeps that first Answer.
        """
        gone = answer.status is Status.CLARIFICATION_PLACE and place is None
        answer = answer.model_copy(update={"id": secrets.token_hex(6)})
        conversation = self.pseudonym(question)
        try:
            with self.engine.begin() as db:
                db.execute(
                    insert(_questions).values(
                        id=question.id,
                        conversation=conversation,
                        channel=question.channel,
                        asked_at=question.asked_at,
                        text=question.text,
                        action=question.action,
                    )
                )
                db.execute(
                    insert(_answers).values(
                        id=answer.id,
                        question_id=question.id,
                        conversation=conversation,
                        answered_at=datetime.now(UTC),
                        status=answer.status,
                        entry_id=answer.entry_id,
                        facet=answer.facet,
                        edition=answer.edition,
                        place="" if gone else str(place) if place else None,
                        scores=list(scores),
                        body=answer.model_dump(mode="json"),
                    )
                )
        except IntegrityError:
            first = self.answer_to(question.id)
            if first is None:
                raise
            return first
        return answer

    def feedback(self, answer_id: str, helpful: bool, reason: str | None = None) -> bool:
        """Note what somebody thought of an Answer; False if there is no such Answer any more."""
        with self.engine.begin() as db:
            known = db.scalar(select(_answers.c.id).where(_answers.c.id == answer_id))
            if known is None:
                return False
            db.execute(delete(_feedback).where(_feedback.c.answer_id == answer_id))
            db.execute(
                insert(_feedback).values(
                    answer_id=answer_id,
                    helpful="yes" if helpful else "no",
                    reason=reason,
                    given_at=datetime.now(UTC),
                )
            )
        return True

    def forget(self, question: Question) -> int:
        """Delete everything of the conversation a Question belongs to; returns how many answers."""
        mine = select(_answers.c.id).where(_answers.c.conversation == self.pseudonym(question))
        with self.engine.begin() as db:
            ids = list(db.scalars(mine))
            db.execute(delete(_feedback).where(_feedback.c.answer_id.in_(ids)))
            db.execute(delete(_answers).where(_answers.c.id.in_(ids)))
            db.execute(
                delete(_questions).where(_questions.c.conversation == self.pseudonym(question))
            )
        return len(ids)

    def purge(self, keep: timedelta) -> int:
        """Delete what is older than the retention time; returns how many questions."""
        before = datetime.now(UTC) - keep
        old = select(_questions.c.id).where(_questions.c.asked_at < before)
        old_answers = select(_answers.c.id).where(_answers.c.question_id.in_(old))
        with self.engine.begin() as db:
            db.execute(delete(_feedback).where(_feedback.c.answer_id.in_(old_answers)))
            db.execute(delete(_answers).where(_answers.c.question_id.in_(old)))
            return db.execute(delete(_questions).where(_questions.c.asked_at < before)).rowcount

    def pseudonym(self, question: Question) -> str:
        """What the conversation of a Question is kept under."""
        who = f"{question.channel}:{question.conversation}".encode()
        return hmac.new(self._key, who, hashlib.sha256).hexdigest()[:32]


def _choices(answers: Sequence[Answer]) -> tuple[Choice, ...]:
    """What a typed number picks from, the newest Answer first. Thanks or a greeting in between
    does not take choices away; reasons for an opinion count only while they are the last word."""
    for number, answer in enumerate(answers):
        past = number > 0 and answer.status is Status.CLARIFICATION_FEEDBACK
        if answer.choices and not past:
            return answer.choices
    return ()
