"""What votes in our quizzes mean: an update of a vote names the poll, and nothing else of ours."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from knowledge.store import connect
from webhook.queue.store import polls, with_timeout

log = logging.getLogger(__name__)

KEPT = timedelta(days=30)
"""A quiz that nobody answered for so long is of a lesson long forgotten."""
REMEMBERED = 10_000
"""Polls that need not be looked up: most votes come within a minute, to the process that asked."""

Poll = tuple[str, tuple[str, ...]]
"""Whom it was sent to, hashed, and the action that each option stands for."""


class Polls:
    """The quizzes that were sent, in the queue's database, which every process that serves
    channels has. Thread-safe. Whom one was sent to is kept under a keyed hash."""

    def __init__(self, database_url: str, key: str) -> None:
        self._engine = connect(with_timeout(database_url))
        self._key = key.encode()
        self._recent: OrderedDict[str, Poll] = OrderedDict()

    def remember(self, poll_id: str, chat: int, actions: Sequence[str]) -> None:
        """A quiz was sent. That it could not be written down must not have it sent again."""
        now, poll = datetime.now(UTC), (self._hash(chat), tuple(actions))
        self._note(poll_id, poll)
        row = {"id": poll_id, "chat": poll[0], "actions": list(poll[1]), "sent_at": now}
        try:
            with self._engine.begin() as db:
                db.execute(delete(polls).where(polls.c.sent_at < now - KEPT))
                db.execute(insert(polls).values(row))
        except IntegrityError:
            pass
        except SQLAlchemyError as error:
            log.warning("a quiz could not be noted: %s", type(error).__name__)

    def meant(self, poll_id: str, person: int, option: int) -> str | None:
        """The action that a vote stands for; None if it is of no quiz that this person was sent:
        quizzes can be forwarded."""
        poll = self._recent.get(poll_id) or self._look_up(poll_id)
        if poll is None or not hmac.compare_digest(poll[0], self._hash(person)):
            return None
        return poll[1][option] if 0 <= option < len(poll[1]) else None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _look_up(self, poll_id: str) -> Poll | None:
        wanted = select(polls.c.chat, polls.c.actions).where(polls.c.id == poll_id)
        try:
            with self._engine.connect() as db:
                row = db.execute(wanted).one_or_none()
        except SQLAlchemyError as error:
            log.warning("a vote could not be looked up: %s", type(error).__name__)
            return None
        if row is None:
            return None
        self._note(poll_id, (row.chat, tuple(row.actions)))
        return self._recent[poll_id]

    def _note(self, poll_id: str, poll: Poll) -> None:
        self._recent[poll_id] = poll
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    def _hash(self, chat: int) -> str:
        return hmac.new(self._key, str(chat).encode(), hashlib.sha256).hexdigest()[:32]
