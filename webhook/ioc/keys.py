"""The keys of monitoring centres: shown once, kept as their hash, limited to provinces."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from knowledge.clock import in_utc
from knowledge.model import Record

PREFIX = "ioc_"
"""Keys begin so, that whoever finds one in a file knows what it opens."""
NOTED_EVERY = timedelta(minutes=1)
"""That a key was used is written at most so often."""

metadata = MetaData()

_keys = Table(
    "ioc_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("provinces", JSON, nullable=False),
    Column("person", String(120), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("used_at", DateTime(timezone=True)),
)


class Key(Record):
    """A key, without what it is."""

    id: int
    name: str
    """Whose it is."""
    provinces: tuple[str, ...]
    """What it may see; empty: the whole country."""
    person: str
    """The login of whoever made it."""
    made_at: datetime
    withdrawn_at: datetime | None = None
    used_at: datetime | None = None


class Keys:
    """The store of keys. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Key]:
        """Every key, those in use first, the newest first."""
        with self._engine.connect() as db:
            found = [_read(row) for row in db.execute(select(_keys).order_by(_keys.c.id.desc()))]
        return sorted(found, key=lambda key: key.withdrawn_at is not None)

    def find(self, secret: str) -> Key | None:
        """The key in use that a caller showed; notes that it was used."""
        mine = _keys.c.hash == _hash(secret)
        with self._engine.connect() as db:
            row = db.execute(select(_keys).where(mine, _keys.c.withdrawn_at.is_(None))).first()
        if row is None:
            return None
        key, now = _read(row), datetime.now(UTC)
        if key.used_at is None or now - key.used_at > NOTED_EVERY:
            with self._engine.begin() as db:
                db.execute(update(_keys).where(mine).values(used_at=now))
        return key

    def make(self, db: Connection, name: str, provinces: Sequence[str], person: str) -> str:
        """A new key, in the caller's transaction. Returns what is shown once and kept nowhere."""
        secret = PREFIX + secrets.token_urlsafe(32)
        db.execute(
            insert(_keys).values(
                name=name,
                hash=_hash(secret),
                provinces=list(provinces),
                person=person,
                made_at=datetime.now(UTC),
            )
        )
        return secret

    def withdraw(self, db: Connection, key: Key) -> bool:
        """Let a key open nothing any more, in the caller's transaction. False if it did not."""
        in_use = (_keys.c.id == key.id) & _keys.c.withdrawn_at.is_(None)
        done = db.execute(update(_keys).where(in_use).values(withdrawn_at=datetime.now(UTC)))
        return done.rowcount > 0


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()  # of 256 random bits: no salt needed


def _read(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        provinces=tuple(row.provinces),
        person=row.person,
        made_at=in_utc(row.made_at),
        withdrawn_at=in_utc(row.withdrawn_at) if row.withdrawn_at else None,
        used_at=in_utc(row.used_at) if row.used_at else None,
    )
