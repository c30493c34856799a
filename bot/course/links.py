"""One learner in several conversations: a code from one of them, typed into another, joins them.

A code is eight of twenty consonants, 2.6e10 of them, good once and for a quarter of an hour, and
kept as a hash. A conversation that has guessed wrong five times in an hour may not guess on; with
new conversations for every guess, and as many guesses as a web address is allowed in that time
(3,600), the chance to hit one of a thousand open codes is one in seven thousand.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.course.progress import Progress, merged
from bot.course.store import conversations, delete_learner, learners, metadata, new_learner, row_of
from bot.course.words import CODE_LETTERS

_codes = Table(
    "learner_codes",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("learner", ForeignKey("learners.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_learner_codes_learner", "learner"),
)
_guesses = Table(
    "learner_guesses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(32), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_learner_guesses", "conversation", "at"),
)

GOOD_FOR = timedelta(minutes=15)
GUESSES, GUESSED_IN = 5, timedelta(hours=1)
CODE_LENGTH = 8


class Linked(Enum):
    """What came of a code."""

    YES = auto()
    ALREADY = auto()
    UNKNOWN = auto()
    """No such code, used, or too old."""
    TOO_MANY = auto()
    """Too many wrong ones in this conversation."""


class Links:
    """Codes that join conversations. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def new_code(self, conversation: str) -> str:
        """A code for whoever learns in a conversation: eight capital letters. It ends the codes
        they had before."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        now = datetime.now(UTC)
        with self._engine.begin() as db:
            row = row_of(db, conversation)
            learner = row.id if row else new_learner(db, conversation, _beginner(now))
            db.execute(delete(_codes).where(_codes.c.learner == learner))
            db.execute(delete(_codes).where(_codes.c.expires_at < now))
            values = {"code": _hash(code), "learner": learner, "expires_at": now + GOOD_FOR}
            db.execute(insert(_codes).values(values))
        return code

    def redeem(self, conversation: str, code: str) -> Linked:
        """Join a conversation to the learner whose code it is; what both have learned counts."""
        now = datetime.now(UTC)
        with self._engine.begin() as db:
            if _wrong_guesses(db, conversation, now) >= GUESSES:
                return Linked.TOO_MANY
            learner = _take(db, code.upper(), now)
            if learner is None:
                db.execute(insert(_guesses).values(conversation=conversation, at=now))
                return Linked.UNKNOWN
            return _join(db, conversation, learner)


def _take(db: Connection, code: str, now: datetime) -> str | None:
    """Whose code it is; it is used up by this."""
    mine = (_codes.c.code == _hash(code)) & (_codes.c.expires_at > now)
    learner = db.scalar(select(_codes.c.learner).where(mine))
    taken = db.execute(delete(_codes).where(mine)).rowcount == 1
    return str(learner) if learner and taken else None


def _join(db: Connection, conversation: str, learner: str) -> Linked:
    own = row_of(db, conversation)
    if own and own.id == learner:
        return Linked.ALREADY
    if own is None:
        db.execute(insert(conversations).values(conversation=conversation, learner=learner))
        return Linked.YES
    stored = db.execute(
        select(learners.c.progress, learners.c.version).where(learners.c.id == learner)
    ).one()
    theirs = Progress.model_validate(stored.progress, extra="ignore")
    values = {
        "progress": merged(theirs, own.progress).model_dump(mode="json"),
        "version": stored.version + 1,
    }
    db.execute(update(learners).where(learners.c.id == learner).values(values))
    moved = update(conversations).where(conversations.c.learner == own.id)
    db.execute(moved.values(learner=learner))
    delete_learner(db, own.id)
    return Linked.YES


def _wrong_guesses(db: Connection, conversation: str, now: datetime) -> int:
    db.execute(delete(_guesses).where(_guesses.c.at < now - GUESSED_IN))
    mine = _guesses.c.conversation == conversation
    return db.scalar(select(func.count()).select_from(_guesses).where(mine)) or 0


def _beginner(now: datetime) -> dict[str, object]:
    progress = Progress().model_dump(mode="json")
    return {"progress": progress, "question": "", "answer": {}, "seen_at": now}


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
