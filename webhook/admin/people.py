"""The people with an account: invited by link, known by password and perhaps a second factor.

The only file that knows pwdlib and pyotp.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pyotp
from pwdlib import PasswordHash
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from knowledge.clock import in_utc
from webhook.admin.roles import Person, Role
from webhook.admin.tables import invitations, people, sessions
from webhook.sealing import Seal

INVITATION_LASTS = timedelta(days=7)
FIRST_INVITATION_LASTS = timedelta(hours=24)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
"""Letters. argon2 takes any length; a request of megabytes must not be hashed."""
FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
FIRST_LOGIN = "quan-tri"
ISSUER = "binhdan"

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]")


class AccountError(ValueError):
    """What somebody asked for can't be done; `reason` is the key of the sentence that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refusal(StrEnum):
    """Why somebody was not let in. Wrong name and wrong password are one: names are not told."""

    WRONG = "wrong"
    LOCKED = "locked"
    CODE_WANTED = "code_wanted"
    WRONG_CODE = "wrong_code"


@dataclass(frozen=True)
class Scope:
    """What an account is for."""

    role: Role
    provinces: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class People:
    """The store of accounts. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, key: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock
        self._seal = Seal(key, "second factor")
        self._hasher = PasswordHash.recommended()
        # Somebody unknown costs as much time as somebody known.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def all(self) -> list[Person]:
        """Everybody, by login."""
        with self._engine.connect() as db:
            return [_person(row) for row in db.execute(select(people).order_by(people.c.login))]

    def get(self, person_id: int) -> Person:
        """AccountError if there is nobody of that id."""
        with self._engine.connect() as db:
            return _person(self._row(db, person_id))

    def first_invitation(self) -> str | None:
        """The token that makes the first administrator, or None once somebody can log in. A new
        one each time: what was printed at an earlier start no longer works."""
        with self._engine.begin() as db:
            ready = db.scalar(
                select(func.count()).where(people.c.password.is_not(None), people.c.active)
            )
            if ready:
                return None
            person_id = db.scalar(select(people.c.id).where(people.c.login == FIRST_LOGIN))
            if person_id is None:
                person_id = self._add(db, FIRST_LOGIN, FIRST_LOGIN, Scope(Role.ADMINISTRATOR))
            return self._invitation(db, person_id, FIRST_INVITATION_LASTS)

    def invite(self, login: str, name: str, scope: Scope) -> tuple[Person, str]:
        """A new account and the token of its invitation. AccountError if the login is no login or
        is taken, or the name is empty."""
        login, name = login.strip().lower(), name.strip()
        if not _LOGIN.fullmatch(login):
            raise AccountError("login_shape")
        if not name:
            raise AccountError("name_missing")
        with self._engine.begin() as db:
            try:
                person_id = self._add(db, login, name, scope)
            except IntegrityError:
                raise AccountError("login_taken") from None
            token = self._invitation(db, person_id, INVITATION_LASTS)
            return _person(self._row(db, person_id)), token

    def reinvite(self, person_id: int) -> str:
        """A token to choose a new password with; the old one and the second factor go at once, and
        so do the sessions."""
        with self._engine.begin() as db:
            self._row(db, person_id)
            self._set(db, person_id, password=None, totp=None, failures=0, locked_until=None)
            db.execute(delete(sessions).where(sessions.c.person_id == person_id))
            return self._invitation(db, person_id, INVITATION_LASTS)

    def invited(self, token: str) -> Person | None:
        """Whose invitation this is; None if it is none, or too old."""
        with self._engine.connect() as db:
            row = self._invited(db, token)
            return _person(row) if row else None

    def accept(self, token: str, name: str, password: str) -> Person:
        """Use an invitation. AccountError if it is none any more or the password won't do."""
        check_password(password)
        hashed = self._hasher.hash(password)
        with self._engine.begin() as db:
            row = self._invited(db, token)
            if row is None:
                raise AccountError("invitation_gone")
            used = db.execute(delete(invitations).where(invitations.c.token == digest(token)))
            if not used.rowcount:  # somebody was quicker
                raise AccountError("invitation_gone")
            self._set(db, row.id, password=hashed, failures=0, name=name.strip()[:120] or row.name)
            return _person(self._row(db, row.id))

    def log_in(self, login: str, password: str, code: str = "") -> Person | Refusal:
        """The person, or why not. After FAILURES_ALLOWED wrong tries an account is locked."""
        now = self._clock()
        with self._engine.connect() as db:
            row = db.execute(select(people).where(people.c.login == login.strip().lower())).first()
        hashed = row.password if row and row.password else self._nobody
        right = self._hasher.verify(password[:LONGEST_PASSWORD], hashed)
        if row is None or row.password is None or not row.active:
            return Refusal.WRONG
        if row.locked_until and in_utc(row.locked_until) > now:
            return Refusal.LOCKED
        if not right:
            return self._failed(row.id, Refusal.WRONG)
        if row.totp and not code.strip():
            return Refusal.CODE_WANTED
        if row.totp and not self._use_code(row, code):
            return self._failed(row.id, Refusal.WRONG_CODE)
        with self._engine.begin() as db:
            self._set(db, row.id, failures=0, locked_until=None, seen_at=now)
            return _person(self._row(db, row.id))

    def change(self, person_id: int, name: str, scope: Scope, *, active: bool) -> Person:
        """Change an account. AccountError if nobody could administer the place any more."""
        with self._engine.begin() as db:
            self._row(db, person_id)
            self._set(
                db,
                person_id,
                name=name.strip()[:120],
                role=scope.role,
                provinces=list(scope.provinces),
                fields=list(scope.fields),
                active=active,
            )
            if not self._administrators(db):
                raise AccountError("last_administrator")
            if not active:
                db.execute(delete(sessions).where(sessions.c.person_id == person_id))
            return _person(self._row(db, person_id))

    def change_password(self, person_id: int, old: str, new: str) -> None:
        """AccountError if the old one is wrong or the new one won't do."""
        check_password(new)
        with self._engine.begin() as db:
            self._check(self._row(db, person_id), old)
            self._set(db, person_id, password=self._hasher.hash(new))

    def new_secret(self, person: Person) -> tuple[str, str]:
        """A secret for a second factor and the address an authenticator app reads as a QR code.
        It is in use only once `use_secret` has seen a code made with it."""
        secret = pyotp.random_base32()
        return secret, pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=ISSUER)

    def use_secret(self, person_id: int, secret: str, code: str) -> None:
        """From now on a code is asked for. AccountError if this one does not fit the secret."""
        if not re.fullmatch(r"[A-Z2-7]{16,64}", secret) or self._step(secret, code) is None:
            raise AccountError("wrong_code")
        with self._engine.begin() as db:
            self._set(db, person_id, totp=self._seal.close(secret), totp_step=0)

    def drop_secret(self, person_id: int, password: str) -> None:
        """No code is asked for any more. AccountError if the password is wrong."""
        with self._engine.begin() as db:
            self._check(self._row(db, person_id), password)
            self._set(db, person_id, totp=None)

    def _use_code(self, row: Row[Any], code: str) -> bool:
        """Whether the code is right and of a time step not used before; it then is used."""
        step = self._step(self._seal.open(row.totp), code)
        if step is None:
            return False
        fresh = update(people).where(people.c.id == row.id, people.c.totp_step < step)
        with self._engine.begin() as db:
            return db.execute(fresh.values(totp_step=step)).rowcount == 1

    def _step(self, secret: str, code: str) -> int | None:
        """The time step whose code this is, now or one step (30 s) around."""
        totp = pyotp.TOTP(secret)
        now = int(self._clock().timestamp()) // totp.interval
        given = re.sub(r"\s", "", code)
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode()):
                return step
        return None

    def _check(self, row: Row[Any], password: str) -> None:
        if not self._hasher.verify(password[:LONGEST_PASSWORD], row.password or self._nobody):
            raise AccountError("wrong_password")

    def _failed(self, person_id: int, refusal: Refusal) -> Refusal:
        with self._engine.begin() as db:
            counted = update(people).where(people.c.id == person_id)
            db.execute(counted.values(failures=people.c.failures + 1))
            if self._row(db, person_id).failures < FAILURES_ALLOWED:
                return refusal
            self._set(db, person_id, failures=0, locked_until=self._clock() + LOCKED_FOR)
            return Refusal.LOCKED

    def _add(self, db: Connection, login: str, name: str, scope: Scope) -> int:
        row = insert(people).values(
            login=login,
            name=name[:120],
            role=scope.role,
            provinces=list(scope.provinces),
            fields=list(scope.fields),
            active=True,
            totp_step=0,
            failures=0,
            created_at=self._clock(),
        )
        return int(db.execute(row.returning(people.c.id)).scalar_one())

    def _invitation(self, db: Connection, person_id: int, lasts: timedelta) -> str:
        token = secrets.token_urlsafe(24)
        db.execute(delete(invitations).where(invitations.c.person_id == person_id))
        db.execute(
            insert(invitations).values(
                token=digest(token), person_id=person_id, expires_at=self._clock() + lasts
            )
        )
        return token

    def _invited(self, db: Connection, token: str) -> Row[Any] | None:
        joined = people.join(invitations, invitations.c.person_id == people.c.id)
        wanted = select(people).select_from(joined)
        return db.execute(
            wanted.where(
                invitations.c.token == digest(token),
                invitations.c.expires_at > self._clock(),
                people.c.active,
            )
        ).first()

    def _administrators(self, db: Connection) -> int:
        count = select(func.count()).where(
            people.c.role == Role.ADMINISTRATOR, people.c.active, people.c.password.is_not(None)
        )
        return int(db.scalar(count) or 0)

    def _row(self, db: Connection, person_id: int) -> Row[Any]:
        row = db.execute(select(people).where(people.c.id == person_id)).first()
        if row is None:
            raise AccountError("unknown_person")
        return row

    def _set(self, db: Connection, person_id: int, **values: object) -> None:
        db.execute(update(people).where(people.c.id == person_id).values(**values))


def check_password(password: str) -> None:
    """AccountError if a password is too short, too long, or one letter again and again."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError("password_short")
    if len(password) > LONGEST_PASSWORD:
        raise AccountError("password_long")
    if len(set(password)) < 4:
        raise AccountError("password_simple")


def digest(token: str) -> str:
    """What is kept of a token: enough to know it again, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def limited_to(values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Those of the values that are known, in the order of the known ones."""
    return tuple(value for value in known if value in set(values))


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        provinces=tuple(row.provinces),
        fields=tuple(row.fields),
        active=row.active,
        has_password=row.password is not None,
        has_totp=row.totp is not None,
        seen_at=in_utc(row.seen_at) if row.seen_at else None,
    )
