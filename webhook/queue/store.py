"""The queue's own tables, in its database beside those of DBOS: who works, what was sent, what
waits for a person to write again, which quizzes were sent on Telegram."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    Index,
    MetaData,
    String,
    Table,
    delete,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import IntegrityError

from webhook.channels.adapter import Incoming
from webhook.render import Message

metadata = MetaData()

workers = Table(
    "queue_workers",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("channels", JSON, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
sent = Table(
    "queue_sent",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("conversation", String(200), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Index("ix_queue_sent_conversation", "conversation", "sent_at"),
    Index("ix_queue_sent_sent_at", "sent_at"),
)
_parked = Table(
    "queue_parked",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("conversation", String(200), nullable=False),
    Column("message", JSON, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Index("ix_queue_parked_conversation", "conversation", "parked_at"),
)
polls = Table(
    "telegram_polls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("chat", String(32), nullable=False),
    Column("actions", JSON, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Index("ix_telegram_polls_sent_at", "sent_at"),
)


def with_timeout(url: str, seconds: int = 5) -> str:
    """The URL, with a limit on connecting to a PostgreSQL that is gone: its own is minutes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql" and "connect_timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"connect_timeout": str(seconds)})
    return parsed.render_as_string(hide_password=False)


def conversation_of(incoming: Incoming) -> str:
    """A conversation's name over all channels."""
    return f"{incoming.question.channel}:{incoming.question.conversation}"


class Parked:
    """Messages to people who can't be written to until they write again. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, key: str, incoming: Incoming, message: Message) -> None:
        """Keep a message. One that is kept already stays as it is."""
        row = {
            "key": key,
            "conversation": conversation_of(incoming),
            "message": message.model_dump(mode="json"),
            "parked_at": datetime.now(UTC),
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(_parked).values(row))
        except IntegrityError:
            return

    def of(self, incoming: Incoming) -> list[tuple[str, Message]]:
        """Key and message of what waits in a conversation, oldest first."""
        waiting = (
            select(_parked.c.key, _parked.c.message)
            .where(_parked.c.conversation == conversation_of(incoming))
            .order_by(_parked.c.parked_at, _parked.c.key)
        )
        with self._engine.connect() as db:
            return [(key, Message.model_validate(m)) for key, m in db.execute(waiting)]

    def remove(self, key: str) -> None:
        """It was sent, or will never be."""
        with self._engine.begin() as db:
            db.execute(delete(_parked).where(_parked.c.key == key))

    def forget(self, incoming: Incoming) -> None:
        """Delete what waits in a conversation: the person had their data deleted."""
        with self._engine.begin() as db:
            db.execute(delete(_parked).where(_parked.c.conversation == conversation_of(incoming)))

    def purge(self, before: datetime) -> int:
        """Delete what was parked before a moment; returns how many messages."""
        with self._engine.begin() as db:
            return db.execute(delete(_parked).where(_parked.c.parked_at < before)).rowcount
