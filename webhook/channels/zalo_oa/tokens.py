"""A pair of tokens that works, at any time, in any process, and none ever lost.

docs/decisions/0013-zalo-oa-tokens.md says what is promised.
"""

from __future__ import annotations

import logging
import threading
import time

from webhook.channels.adapter import Failure, TransportError
from webhook.channels.zalo_oa.oauth import Grant, GrantRefused, OAuth
from webhook.channels.zalo_oa.token_rows import Pair, TokenRow, grant_after, next_version
from webhook.sealing import SealError

log = logging.getLogger(__name__)

PAUSE_S = 5.0
"""After a renewal that failed, before another is tried."""
PAUSE_AFTER_REFUSAL_S = 60.0
WHAT_TO_DO = (
    "Messages wait. Open the link of `binhdan zalo-oa authorize` as an administrator of the "
    "account, or set BINHDAN_ZALO_OA_REFRESH_TOKEN anew and restart."
)


class Tokens:
    """Gives out the newest pair and renews it, one thread of one process at a time."""

    def __init__(self, row: TokenRow, oauth: OAuth, first: str | None) -> None:
        """`first` is the refresh token from the settings, for when there is no other."""
        self._row, self._oauth, self._first = row, oauth, first
        self._pair: Pair | None = None
        self._unreadable = ""
        self._unwritten: Pair | None = None
        """What Zalo gave while the database was out of reach: it is written before it is used."""
        self._failed: TransportError | None = None
        self._again_at = 0.0
        self._stopped = False
        self._lock = threading.Lock()

    def current(self) -> Pair:
        """A pair to call with. TransportError if there is none: RETRY, or BLOCKED if an operator
        must act. A fresh one is asked for well before the last can't be used any more."""
        pair = self._pair
        if pair and pair.is_fresh:
            return pair
        try:
            return self._newer_than(pair)
        except TransportError:
            known = self._pair
            if known and not known.is_expired:
                return known  # some hours are left to try again, and for an operator to act
            raise

    def renew(self, refused: Pair) -> Pair:
        """A pair that is newer than one that Zalo refused. TransportError as for `current`."""
        return self._newer_than(refused)

    def stop(self) -> None:
        """Wait for a renewal under way, and begin no other: whoever closes the connections in the
        middle of one loses the pair."""
        with self._lock:
            self._stopped = True

    def keep(self, grant: Grant) -> Pair:
        """Take over what an administrator has just let Zalo give us. TransportError if it can't be
        written down."""
        with self._lock, self._row.lock():
            former = self._read()
            return self._write(grant_after(former, grant), former)

    def _newer_than(self, seen: Pair | None) -> Pair:
        """The pair after `seen`: another thread's, another process's, or a new one from Zalo."""
        with self._lock:
            if pair := self._there_already(seen):
                return pair
            if self._stopped:
                raise TransportError("stopping")
            if self._failed and time.monotonic() < self._again_at:
                # A new one: an exception that is raised for hours keeps every frame it passed.
                raise TransportError(str(self._failed), self._failed.failure)
            try:
                with self._row.lock():
                    # Another process may have been faster, while this one waited.
                    return self._there_already(seen) or self._write(self._next(), self._pair)
            except TransportError as error:
                refused = error.failure is Failure.BLOCKED
                pause = PAUSE_AFTER_REFUSAL_S if refused else PAUSE_S
                self._failed, self._again_at = error, time.monotonic() + pause
                raise

    def _there_already(self, seen: Pair | None) -> Pair | None:
        """A fresh pair after `seen`, if one is known to this process or to the database."""
        found = self._read()
        if found and (self._pair is None or found.version > self._pair.version):
            self._pair, self._failed = found, None
        pair = self._pair
        if pair and pair.is_fresh and (seen is None or pair.version > seen.version):
            return pair
        return None

    def _next(self) -> Pair:
        """The pair that follows the one in the database: kept from before, or asked for."""
        former = self._read()
        if self._unwritten and self._unwritten.version == next_version(former):
            return self._unwritten
        return grant_after(former, self._asked(former))

    def _asked(self, former: Pair | None) -> Grant:
        """A grant for the kept refresh token, or else for the one in the settings."""
        tokens = [former.refresh] if former else []
        if self._first and self._first not in tokens:
            tokens.append(self._first)
        reasons = [self._unreadable] if self._unreadable else []
        for token in tokens:
            try:
                return self._oauth.refresh(token)
            except GrantRefused as error:
                reasons.append(f"Zalo refused the refresh token: {error}")
        raise self._blocked("; ".join(reasons) or "there is no refresh token yet")

    def _write(self, pair: Pair, former: Pair | None) -> Pair:
        """Commit a pair; only then is it used. Until that works it is kept in memory."""
        self._unwritten = pair
        self._row.write(pair, former)
        self._pair, self._unwritten, self._failed = pair, None, None
        log.info("the tokens of the Official Account are renewed: version %d", pair.version)
        return pair

    def _read(self) -> Pair | None:
        """The pair in the database, if there is one that this installation can read."""
        try:
            pair, self._unreadable = self._row.read(), ""
        except SealError as error:
            pair, self._unreadable = None, f"the kept tokens can't be read: {error}"
        return pair

    def _blocked(self, why: str) -> TransportError:
        if str(self._failed) != why:  # one line, however often it is tried
            log.error("The Zalo Official Account can't be spoken for: %s. %s", why, WHAT_TO_DO)
        return TransportError(why, Failure.BLOCKED)
