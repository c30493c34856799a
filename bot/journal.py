"""The Journal: conversations, questions, answers as shown, feedback. Masked, with a retention time.

It copies what was shown and refers to nothing in the knowledge store, so that an answer can be read
as it was whatever has been published since. A conversation is kept under a keyed hash of its
channel id: who asked cannot be read from it, and yet it can be found again to be deleted.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
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
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError

from bot.draft import Context
from bot.figures import Counted, note
from bot.model import NOTICE, Answer, Channel, Choice, Practice, Question, Status
from bot.place.replies import asks_place
from bot.protect import pseudonym
from knowledge.clock import in_utc
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
    Column("field", String(160)),
    Column("ms", Integer),
    Column("scores", JSON, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_answers_conversation", "conversation", "answered_at"),
    Index("ix_answers_status", "status", "answered_at"),
)
_feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("helpful", String(4), nullable=False),
    Column("reason", String(16)),
    Column("given_at", DateTime(timezone=True), nullable=False),
)

_told = select(
    _answers.c.status,
    _answers.c.answered_at,
    _answers.c.place,
    _answers.c.field,
    _answers.c.ms,
    _questions.c.channel,
).join(_questions)
"""What figures count of an Answer."""

FRESH = timedelta(hours=2)
"""How long a conversation's last Answer stays what "2" and "thế còn phí?" refer to."""

UNANSWERED_READ = 5000
"""Of more it would not be known sooner what is missing."""

_LOOKED_BACK = 8
"""Answers read to know what a conversation was about: two Entries with some facets each."""


class Kept(NamedTuple):
    """An Answer that somebody got, and what they had asked."""

    answer: Answer
    text: str
    action: str | None
    channel: Channel
    at: datetime
    context: Context


class Asked(NamedTuple):
    """A Question in a list."""

    answer_id: str
    text: str
    status: Status
    at: datetime


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

    def kept(self, answer_id: str) -> Kept | None:
        """An Answer as it was shown, with its Question and what had been spoken of before."""
        wanted = select(_answers, _questions.c.text, _questions.c.action, _questions.c.channel)
        with self.engine.connect() as db:
            row = db.execute(wanted.join(_questions).where(_answers.c.id == answer_id)).first()
        if row is None:
            return None
        at = in_utc(row.answered_at)
        before = (_answers.c.conversation == row.conversation) & (_answers.c.answered_at < at)
        context = self._context(before, at)
        answer = Answer.model_validate(row.body)
        return Kept(answer, row.text, row.action, Channel(row.channel), at, context)

    def said_in(self, conversation: str, since: datetime, limit: int = 10) -> list[Kept]:
        """The last Questions and Answers of a conversation, by its pseudonym, the oldest first."""
        wanted = (
            select(_answers, _questions.c.text, _questions.c.action, _questions.c.channel)
            .join(_questions)
            .where(_answers.c.conversation == conversation, _answers.c.answered_at >= since)
            .order_by(_answers.c.answered_at.desc())
            .limit(limit)
        )
        with self.engine.connect() as db:
            rows = db.execute(wanted).all()
        return [
            Kept(
                Answer.model_validate(row.body),
                row.text,
                row.action,
                Channel(row.channel),
                in_utc(row.answered_at),
                Context(),
            )
            for row in reversed(rows)
        ]

    def recent(self, words: str = "", limit: int = 30) -> list[Asked]:
        """The newest Questions with the ids of their Answers, or those that have these words."""
        wanted = select(_answers.c.id, _answers.c.answered_at, _answers.c.status, _questions.c.text)
        wanted = wanted.join(_questions).where(_questions.c.text != "")
        if words:
            wanted = wanted.where(_questions.c.text.icontains(words, autoescape=True))
        newest = wanted.order_by(_answers.c.answered_at.desc()).limit(limit)
        with self.engine.connect() as db:
            return [
                Asked(
                    row.id,
                    row.text,
                    Status(row.status),
                    in_utc(row.answered_at),
                )
                for row in db.execute(newest)
            ]

    def context(self, question: Question) -> Context:
        """What the conversation was about, as far as it is fresh."""
        return self._context(_answers.c.conversation == self.pseudonym(question))

    def _context(self, which: ColumnElement[bool], at: datetime | None = None) -> Context:
        """What the Answers chosen were about, as far as they are fresh at a moment."""
        recent = (
            select(_answers.c.body, _answers.c.entry_id, _answers.c.facet, _answers.c.place)
            .where(which, _answers.c.answered_at > (at or datetime.now(UTC)) - FRESH)
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
            practice=_practice(answers),
            practising=answers[0].practice is not None,
            asked_person=answers[0].status is Status.CLARIFICATION_HANDOFF,
            asked_scam=answers[0].status is Status.CLARIFICATION_SCAM_CHECK,
        )

    def heard_at(self, conversation: str) -> datetime | None:
        """When somebody last wrote in a conversation, by its pseudonym: a notice of ours is none of
        theirs."""
        theirs = ~_questions.c.id.contains(NOTICE)
        latest = (
            select(_questions.c.asked_at)
            .where(_questions.c.conversation == conversation)
            .where(theirs)
            .order_by(_questions.c.asked_at.desc())
            .limit(1)
        )
        with self.engine.connect() as db:
            found = db.scalar(latest)
        return in_utc(found) if found else None

    def record(
        self,
        question: Question,
        answer: Answer,
        place: Place | None = None,
        scores: Sequence[dict[str, Any]] = (),
        *,
        field: str = "",
        ms: int | None = None,
    ) -> Answer:
        """Write down a masked Question and its Answer; returns the Answer with its id. `field` is
        its Entry's, `ms` how many milliseconds it took to compute.

        A Question that another worker has answered meanwhile keeps that first Answer.
        """
        gone = answer.status is Status.CLARIFICATION_PLACE and place is None
        answer = answer.model_copy(update={"id": _new_id()})
        conversation, now = self.pseudonym(question), datetime.now(UTC)
        counted = Counted(
            question.channel, answer.status, now, place.province_id if place else "", field, ms
        )
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
                        answered_at=now,
                        status=answer.status,
                        entry_id=answer.entry_id,
                        facet=answer.facet,
                        edition=answer.edition,
                        place="" if gone else str(place) if place else None,
                        field=field,
                        ms=ms,
                        scores=list(scores),
                        body=answer.model_dump(mode="json"),
                    )
                )
                note(db, counted, questions=1)
        except IntegrityError:
            first = self.answer_to(question.id)
            if first is None:
                raise
            return first
        return answer

    def feedback(self, answer_id: str, helpful: bool, reason: str | None = None) -> bool:
        """Note what somebody thought of an Answer; False if there is no such Answer any more."""
        with self.engine.begin() as db:
            known = db.execute(_told.where(_answers.c.id == answer_id)).first()
            if known is None:
                return False
            mine = _feedback.c.answer_id == answer_id
            former = db.scalar(select(_feedback.c.helpful).where(mine))
            db.execute(delete(_feedback).where(mine))
            db.execute(
                insert(_feedback).values(
                    answer_id=answer_id,
                    helpful="yes" if helpful else "no",
                    reason=reason,
                    given_at=datetime.now(UTC),
                )
            )
            note(
                db,
                _counted(known),
                helpful=helpful - (former == "yes"),
                unhelpful=(not helpful) - (former == "no"),
            )
        return True

    def unanswered(
        self, since: datetime, until: datetime, provinces: Sequence[str] = ()
    ) -> list[tuple[str, int]]:
        """What found no answer most often, masked, and how often: of the newest UNANSWERED_READ in
        a time, of people in some provinces or, without any, of all. Only what several
        conversations asked is told: what one person alone writes may be about them."""
        newest = (
            select(_answers.c.question_id, _answers.c.conversation)
            .where(_answers.c.status == Status.UNANSWERABLE_NOTHING_FOUND)
            .where(_answers.c.answered_at >= since, _answers.c.answered_at < until)
            .order_by(_answers.c.answered_at.desc())
            .limit(UNANSWERED_READ)
        )
        if provinces:
            here = [_answers.c.place == province for province in provinces]
            in_communes = [_answers.c.place.startswith(f"{province}/") for province in provinces]
            newest = newest.where(or_(*here, *in_communes))
        found = newest.subquery()
        asked = select(_questions.c.text, found.c.conversation).join(
            found, found.c.question_id == _questions.c.id
        )
        times: Counter[str] = Counter()
        people: defaultdict[str, set[str]] = defaultdict(set)
        with self.engine.connect() as db:
            for text, conversation in db.execute(asked):
                said = " ".join(text.split()).lower()
                times[said] += 1
                people[said].add(conversation)
        return [(said, count) for said, count in times.most_common() if len(people[said]) > 1]

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
        return pseudonym(self._key, question)


def _counted(row: Any) -> Counted:
    place = Place.parse(row.place or "")
    province = place.province_id if place else ""
    return Counted(row.channel, row.status, row.answered_at, province, row.field or "", row.ms)


def _new_id() -> str:
    """Of letters alone: digits in a row may look like somebody's number, and an opinion on that
    Answer would be masked."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(12))


def _practice(answers: Sequence[Answer]) -> Practice | None:
    """The prompt that is being practised; other questions in between do not end it."""
    about = (Status.CLARIFICATION_PRACTICE, Status.ANSWERED_PRACTICE)
    return next((answer.practice for answer in answers if answer.status in about), None)


def _choices(answers: Sequence[Answer]) -> tuple[Choice, ...]:
    """What a typed number picks from, the newest Answer first. Thanks or a greeting in between
    does not take choices away; reasons for an opinion count only while they are the last word."""
    for number, answer in enumerate(answers):
        past = number > 0 and answer.status is Status.CLARIFICATION_FEEDBACK
        if answer.choices and not past:
            return answer.choices
    return ()
