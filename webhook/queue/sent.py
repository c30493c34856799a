"""What platforms have taken, written down at once: a crash before the queue's own checkpoint then
sends nothing twice. In a file beside SQLite, in a table on PostgreSQL, where the process that goes
on with the work may be on another machine."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import and_, case, create_engine, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from webhook.channels.adapter import Incoming
from webhook.queue.store import conversation_of, sent, with_timeout

KEPT = 10_000
"""Lines kept at a start. Needed are those not checkpointed at the crash: at most one a worker."""
RECENT = timedelta(seconds=60)
"""How far back a conversation's last message is looked for; pauses are far shorter."""


class Look(NamedTuple):
    """What is known before a message is sent."""

    had: bool
    """Whether it was sent already."""
    ago_s: float | None = None
    """Seconds since any process sent something in the conversation, if that is known and recent."""


class Sent(Protocol):
    """The record of what was sent. Thread-safe."""

    def add(self, key: str, incoming: Incoming) -> None:
        """A platform took the message of this key (a word without line breaks)."""

    def look(self, key: str, incoming: Incoming) -> Look:
        """What is known of a message and its conversation."""

    def purge(self, keep: timedelta) -> None:
        """Forget what is older, where it has to be done."""

    def close(self) -> None:
        """Let go of what is open."""


class SentFile:
    """Keys in a file that only grows while the process runs.

    A line is in the kernel's hands when `add` returns, which outlives the process. It is not forced
    to disk: after a power cut, the last may be missing, and that message is sent twice.
    """

    def __init__(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()[-KEPT:] if path.exists() else []
        beside = path.with_suffix(".new")
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(path)
        self._earlier = frozenset(lines)
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()

    def add(self, key: str, _: Incoming) -> None:
        """As `Sent.add`."""
        with self._lock:
            os.write(self._handle, f"{key}\n".encode())

    def look(self, key: str, _: Incoming) -> Look:
        """Whether an earlier process of this name had sent it; this one's pace knows the rest."""
        return Look(key in self._earlier)

    def purge(self, keep: timedelta) -> None:
        """Nothing to do: a start shortens the file."""

    def close(self) -> None:
        """As `Sent.close`."""
        os.close(self._handle)


class SentTable:
    """Keys in a table that all processes see. Its times are the database's.

    A row outlives the process as soon as PostgreSQL has it, so nobody waits for its disk: that
    would be most of the time in which a crash makes a message twice. Raises what SQLAlchemy
    raises; whoever calls `add` tries again until it is written.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            with_timeout(url),
            isolation_level="AUTOCOMMIT",
            connect_args={"options": "-c synchronous_commit=off"},
        )

    def add(self, key: str, incoming: Incoming) -> None:
        """As `Sent.add`, in one statement."""
        row = {"key": key, "conversation": conversation_of(incoming), "sent_at": func.now()}
        try:
            with self._engine.connect() as db:
                db.execute(insert(sent).values(row))
        except IntegrityError:
            return  # the first try was written, and only its confirmation was lost

    def look(self, key: str, incoming: Incoming) -> Look:
        """As `Sent.look`."""
        age = func.extract("epoch", func.now() - sent.c.sent_at)
        here = and_(
            sent.c.conversation == conversation_of(incoming), sent.c.sent_at > func.now() - RECENT
        )
        query = select(func.max(case((sent.c.key == key, 1), else_=0)), func.min(age)).where(
            or_(sent.c.key == key, here)
        )
        with self._engine.connect() as db:
            had, ago = db.execute(query).one()
        return Look(bool(had), None if ago is None else float(ago))

    def purge(self, keep: timedelta) -> None:
        """Delete what is older."""
        with self._engine.connect() as db:
            db.execute(delete(sent).where(sent.c.sent_at < func.now() - keep))

    def close(self) -> None:
        """As `Sent.close`."""
        self._engine.dispose()
