"""The pair of tokens in the database: encrypted, one row an account, one writer at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from filelock import FileLock, Timeout
from sqlalchemy import Engine, delete, insert, select, text

from webhook.channels.adapter import TransportError
from webhook.channels.zalo_oa.oauth import Grant
from webhook.channels.zalo_oa.tables import reached, tokens
from webhook.channels.zalo_oa.vault import Vault

FRESH_SHARE = 0.8
"""Of its life, after which a pair is renewed: 20 of 25 hours."""
LOCK_WAIT_S = 60
_LOCK = 0x7A616C6F  # any number, the same in every process


@dataclass(frozen=True)
class Pair:
    """An access token with what renews it. Times are seconds since 1970."""

    version: int
    """1, 2, 3 …: which of two pairs is the newer one."""
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    obtained_at: int
    expires_at: int

    @property
    def is_fresh(self) -> bool:
        """Whether there is no need to renew it yet."""
        lasts = self.expires_at - self.obtained_at
        return time.time() < self.obtained_at + FRESH_SHARE * lasts

    @property
    def is_expired(self) -> bool:
        """Whether Zalo no longer takes it."""
        return time.time() >= self.expires_at


def next_version(former: Pair | None) -> int:
    """The version of the pair after a pair; of the first, after None."""
    return former.version + 1 if former else 1


def grant_after(former: Pair | None, grant: Grant) -> Pair:
    """What Zalo has given just now, as the pair after the former one."""
    now = int(time.time())
    return Pair(next_version(former), grant.access, grant.refresh, now, now + grant.lasts_s)


class TokenRow:
    """The row of one account. TransportError where the database is out of reach."""

    def __init__(self, engine: Engine, vault: Vault, oa_id: str) -> None:
        self._engine, self._vault, self._oa_id = engine, vault, oa_id

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other threads and processes from renewing meanwhile; let go if the process dies.

        In SQLite a lock of the database would keep everybody else from writing while Zalo is asked,
        so it is a file beside it.
        """
        if self._engine.dialect.name == "sqlite":
            try:
                with FileLock(f"{self._engine.url.database}.zalo-oa.lock", timeout=LOCK_WAIT_S):
                    yield
            except Timeout:
                raise TransportError("another process is renewing the tokens") from None
            return
        with reached(), self._engine.begin() as db:
            db.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield

    def read(self) -> Pair | None:
        """The pair, or None before the first. SealError if the secret key has changed."""
        mine = select(tokens).where(tokens.c.oa_id == self._oa_id)
        with reached(), self._engine.connect() as db:
            row = db.execute(mine).one_or_none()
        if row is None:
            return None
        return Pair(
            row.version,
            self._vault.tokens.open(row.access),
            self._vault.tokens.open(row.refresh),
            row.obtained_at,
            row.expires_at,
        )

    def write(self, pair: Pair, previous: Pair | None) -> None:
        """Put a pair in place of the one there was, which is kept beside it, to look into what went
        wrong. Committed when this returns."""
        row = {
            "oa_id": self._oa_id,
            "version": pair.version,
            "access": self._vault.tokens.close(pair.access),
            "refresh": self._vault.tokens.close(pair.refresh),
            "previous": previous and self._vault.tokens.close(json.dumps(asdict(previous))),
            "obtained_at": pair.obtained_at,
            "expires_at": pair.expires_at,
        }
        with reached(), self._engine.begin() as db:
            db.execute(delete(tokens).where(tokens.c.oa_id == self._oa_id))
            db.execute(insert(tokens).values(row))
