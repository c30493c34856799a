"""Who is at the web page: a conversation in a signed cookie, our own page or a stranger's, and how
often they may ask. The only file that knows itsdangerous."""

from __future__ import annotations

import ipaddress
import math
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from itsdangerous import BadData, Signer, URLSafeSerializer

from webhook.settings import Settings

COOKIE = "binhdan_chat"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class Visitors:
    """Keeps conversations apart by a random token in a cookie that only we can make."""

    def __init__(self, settings: Settings) -> None:
        key = settings.cookie_key()
        self._cookies = Signer(key, salt="web-conversation")
        self._fields = URLSafeSerializer(key, salt="web-turns")
        self._site = urlsplit(settings.public_url)
        # As long as the Journal keeps what was said: so long somebody can ask to have it deleted.
        self._seconds = settings.journal_days * 24 * 3600

    def conversation(self, request: Request) -> str | None:
        """The token in the cookie, or None if there is none or we did not sign it."""
        try:
            token = self._cookies.unsign(request.cookies.get(COOKIE, "")).decode()
        except (BadData, UnicodeError):
            return None
        return token if _TOKEN.fullmatch(token) else None

    def begin(self) -> str:
        """The token of a new conversation."""
        return secrets.token_urlsafe(16)

    def remember(self, response: Response, conversation: str, *, kiosk: bool) -> None:
        """Put the conversation in the cookie; on a counter it ends with the browser."""
        response.set_cookie(
            COOKIE,
            self._cookies.sign(conversation).decode(),
            max_age=None if kiosk else self._seconds,
            path="/",
            secure=self._site.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def is_our_page(self, request: Request) -> bool:
        """Whether a form was sent by a page of this server: by Origin, or by Referer where an old
        browser sends no Origin. A form without either is not ours."""
        given = request.headers.get("origin") or request.headers.get("referer") or ""
        try:
            sender = urlsplit(given).netloc
        except ValueError:
            return False
        return bool(sender) and sender in (self._site.netloc, request.headers.get("host"))

    def seal(self, value: Any) -> str:
        """A value as a form field that only we can make (compressed, signed, readable)."""
        return str(self._fields.dumps(value))

    def unseal(self, field: str) -> Any:
        """The value sealed in a field, or None if we did not seal it."""
        try:
            return self._fields.loads(field)
        except BadData:
            return None


class Buckets:
    """A token bucket for each key: `burst` at once, then `per_second`.

    It lives in one process: with several, somebody may ask so many times as often.
    """

    MOST_KEYS = 20_000

    def __init__(
        self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._full_at: dict[str, float] = {}
        """The moment each bucket is full again: all that a bucket's level needs."""
        self._lock = threading.Lock()

    def take(self, key: str) -> int:
        """Take one; returns 0, or the whole seconds to wait because the bucket is empty."""
        with self._lock:
            now = self._clock()
            full_at = max(now, self._full_at.get(key, now)) + 1 / self._rate
            wait = full_at - now - self._burst / self._rate
            if wait > 1e-9:
                return math.ceil(wait)
            self._full_at[key] = full_at
            if len(self._full_at) > self.MOST_KEYS:
                self._full_at = {k: at for k, at in self._full_at.items() if at > now}
            return 0


def address(request: Request) -> str:
    """The network address asking. Of IPv6 the first half: the other is the subscriber's to pick."""
    host = request.client.host if request.client else ""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host
    if ip.version == 4 or ip.ipv4_mapped:
        return host
    return str(ipaddress.ip_network((int(ip), 64), strict=False))
