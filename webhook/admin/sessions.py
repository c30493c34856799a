"""Who is logged in: a random token in a cookie, kept as its hash."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update

from webhook.admin.people import People, digest
from webhook.admin.roles import Person
from webhook.admin.tables import sessions
from webhook.switches import Off

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A working day: the next one begins with the password."""
NOTED_EVERY = timedelta(minutes=1)
"""A row is written at most so often, however many pages are opened."""


@dataclass(frozen=True)
class Session:
    """Somebody at work."""

    person: Person
    csrf: str
    token: str
    off: tuple[Off, ...] = ()
    """The channels that are switched off meanwhile: every page says so."""

    def sent(self, field: str) -> bool:
        """Whether a form carries this session's mark, which only our pages know."""
        return hmac.compare_digest(field.encode(), self.csrf.encode())


class Sessions:
    """The store of sessions. Safe to use from several threads and processes."""

    def __init__(
        self,
        engine: Engine,
        people: People,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine, self._people, self._clock = engine, people, clock

    def begin(self, person: Person) -> Session:
        """A new session; those that ended are cleared away."""
        session = Session(person, secrets.token_urlsafe(24), secrets.token_urlsafe(32))
        now = self._clock()
        with self._engine.begin() as db:
            db.execute(
                delete(sessions).where(
                    (sessions.c.seen_at < now - IDLE) | (sessions.c.begun_at < now - LONGEST)
                )
            )
            db.execute(
                insert(sessions).values(
                    token=digest(session.token),
                    person_id=person.id,
                    csrf=session.csrf,
                    begun_at=now,
                    seen_at=now,
                )
            )
        return session

    def find(self, token: str) -> Session | None:
        """The session of a token, if it has not ended; its person as they are now."""
        now = self._clock()
        with self._engine.connect() as db:
            row = db.execute(
                select(sessions).where(
                    sessions.c.token == digest(token),
                    sessions.c.seen_at > now - IDLE,
                    sessions.c.begun_at > now - LONGEST,
                )
            ).first()
        if row is None:
            return None
        person = self._people.get(row.person_id)
        if not person.active:
            return None
        with self._engine.begin() as db:
            db.execute(
                update(sessions)
                .where(sessions.c.token == digest(token))
                .where(sessions.c.seen_at < now - NOTED_EVERY)
                .values(seen_at=now)
            )
        return Session(person, row.csrf, token)

    def end(self, session: Session) -> None:
        """Log out."""
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.token == digest(session.token)))

    def end_others(self, session: Session) -> None:
        """Log out everywhere else, as after a new password."""
        with self._engine.begin() as db:
            db.execute(
                delete(sessions).where(
                    sessions.c.person_id == session.person.id,
                    sessions.c.token != digest(session.token),
                )
            )
