"""Editions: numbered, published, immutable states of all Entries, in a database.

An Entry's content is stored once under its hash, so an Edition that changes one fee adds one row.
Rollback is publishing an earlier Edition's content again, under a new number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from knowledge.clock import in_utc
from knowledge.load import Library, dump_entry, parse_entry
from knowledge.model import AnyEntry, Source

metadata = MetaData()

_TRIES = 20
_AT_ONCE = 100
"""Rows read at a time: the JSON of thousands of Entries beside the Entries doubles the memory."""
_Rows = dict[tuple[str, str], tuple[str, dict[str, Any]]]
"""(kind, id) → (hash, body)"""

_contents = Table(
    "contents",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("body", JSON, nullable=False),
)
_editions = Table(
    "editions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("note", String(500), nullable=False),
    Column("hash", String(64), nullable=False),
)
_edition_contents = Table(
    "edition_contents",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("item_id", String(64), primary_key=True),
    Column("hash", ForeignKey("contents.hash"), nullable=False),
)


class Published(NamedTuple):
    """An Edition as the list of Editions has it."""

    number: int
    at: datetime
    note: str


class Change(NamedTuple):
    """An Entry or a Source that is not the same in two Editions, as JSON; None: not there."""

    kind: str
    item_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class UnknownEdition(KeyError):
    """There is no Edition of that number."""


class NothingPublished(RuntimeError):
    """There is no Edition yet; run `binhdan kb publish`."""


@dataclass(frozen=True)
class Edition:
    """A published state: its number, the hash of its content, and the content."""

    number: int
    hash: str
    published_at: datetime
    library: Library


def connect(url: str) -> Engine:
    """An engine for SQLite (in WAL mode) or PostgreSQL."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _on_connect(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA busy_timeout=10000")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")

    return engine


class Editions:
    """The store of Editions. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest_number(self) -> int | None:
        """The number of the newest Edition, or None before the first."""
        with self._engine.connect() as db:
            number = db.scalar(select(func.max(_editions.c.number)))
        return None if number is None else int(number)

    def list(self, limit: int = 50) -> list[Published]:
        """The newest Editions first."""
        wanted = select(_editions).order_by(_editions.c.number.desc()).limit(limit)
        with self._engine.connect() as db:
            return [
                Published(row.number, in_utc(row.published_at), row.note)
                for row in db.execute(wanted)
            ]

    def changes(self, before: int, after: int, most: int) -> tuple[Sequence[Change], int]:
        """What differs between two Editions, at most so many of it, and how much there is; only
        that is read. UnknownEdition if one is not."""
        with self._engine.connect() as db:
            old, new = _hashes(db, before), _hashes(db, after)
            differing = sorted(key for key in {**old, **new} if old.get(key) != new.get(key))
            keys = differing[:most]
            wanted = {found[key] for found in (old, new) for key in keys if key in found}
            rows = db.execute(select(_contents).where(_contents.c.hash.in_(sorted(wanted))))
            bodies = {row.hash: row.body for row in rows}
        found = [
            Change(*key, bodies.get(old.get(key, "")), bodies.get(new.get(key, ""))) for key in keys
        ]
        return found, len(differing)

    def publish(self, library: Library, note: str) -> tuple[int, bool]:
        """Publish; returns (number, whether it is new). Unchanged content is no new Edition."""
        rows = _rows(library)
        total = _total(rows)
        for _ in range(_TRIES):
            with self._engine.connect() as db:
                newest = db.execute(
                    select(_editions.c.number, _editions.c.hash)
                    .order_by(_editions.c.number.desc())
                    .limit(1)
                ).first()
            if newest is not None and newest.hash == total:
                return int(newest.number), False
            number = newest.number + 1 if newest else 1
            if self._write(number, total, note, rows):
                return number, True
        raise RuntimeError(f"{_TRIES} others published at the same time; publish again")

    def _write(self, number: int, total: str, note: str, rows: _Rows) -> bool:
        """Write the Edition, whole or not at all; False if somebody else took its number.

        The number is taken first: whoever wants it too waits at the primary key for our end.
        """
        with self._engine.connect() as db:
            try:
                db.execute(
                    insert(_editions).values(
                        number=number, published_at=datetime.now(UTC), note=note[:500], hash=total
                    )
                )
            except IntegrityError:
                return False
            known = set(db.scalars(select(_contents.c.hash)))
            fresh = {
                digest: {"hash": digest, "kind": kind, "body": body}
                for (kind, _), (digest, body) in rows.items()
                if digest not in known
            }
            if fresh:
                db.execute(insert(_contents), list(fresh.values()))
            if rows:
                items = [
                    {"edition": number, "kind": kind, "item_id": item, "hash": digest}
                    for (kind, item), (digest, _) in rows.items()
                ]
                db.execute(insert(_edition_contents), items)
            db.commit()
        return True

    def get(self, number: int) -> Edition:
        """An Edition with its content. UnknownEdition if there is none of that number."""
        items = _edition_contents.join(_contents)
        with self._engine.connect() as db:
            row = db.execute(select(_editions).where(_editions.c.number == number)).first()
            if row is None:
                raise UnknownEdition(number)
            bodies = db.execute(
                select(_edition_contents.c.kind, _edition_contents.c.item_id, _contents.c.body)
                .select_from(items)
                .where(_edition_contents.c.edition == number)
                .execution_options(yield_per=_AT_ONCE)
            )
            entries: dict[str, AnyEntry] = {}
            sources: dict[str, Source] = {}
            for kind, key, body in bodies:
                if kind == "entry":
                    entries[key] = parse_entry(body)
                else:
                    sources[key] = Source.model_validate(body)
        # Each database has an order of its own.
        library = Library(dict(sorted(entries.items())), dict(sorted(sources.items())))
        return Edition(row.number, row.hash, in_utc(row.published_at), library)


def library_hash(library: Library) -> str:
    """The hash of the Edition that publishing this library would make."""
    return _total(_rows(library))


def _rows(library: Library) -> _Rows:
    return {key: (content_hash(body), body) for key, body in _bodies(library).items()}


def _total(rows: _Rows) -> str:
    return content_hash(sorted((*key, digest) for key, (digest, _) in rows.items()))


def _hashes(db: Connection, number: int) -> dict[tuple[str, str], str]:
    """(kind, id) → hash, of an Edition."""
    if db.scalar(select(_editions.c.number).where(_editions.c.number == number)) is None:
        raise UnknownEdition(number)
    items = select(_edition_contents).where(_edition_contents.c.edition == number)
    return {(row.kind, row.item_id): row.hash for row in db.execute(items)}


def _bodies(library: Library) -> dict[tuple[str, str], dict[str, Any]]:
    entries = {("entry", entry.id): dump_entry(entry) for entry in library}
    sources = {
        ("source", source.id): source.model_dump(mode="json", exclude_defaults=True)
        for source in library.sources.values()
    }
    return {**entries, **sources}


def content_hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
