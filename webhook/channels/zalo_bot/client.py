"""Calls to the Bot Platform, and what becomes of them."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from webhook.channels.settings import ChannelSettings

CALL_TIMEOUT_S = 30.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Errors before the call has left. After any other it may have been carried out."""
LONGEST_WORDS = 120


class CallError(Exception):
    """A call that did not succeed. The text holds neither the token nor what was sent."""

    def __init__(self, method: str, words: str, code: int = 0, *, unsure: bool = False) -> None:
        super().__init__(f"{method}: {words}")
        self.code = code
        """Zalo's error code or the HTTP status; 0 if there was no answer."""
        self.unsure = unsure
        """Whether the call may have been carried out all the same."""


class Client:
    """The calls of one bot. Thread-safe."""

    def __init__(self, settings: ChannelSettings, timeout_s: float = CALL_TIMEOUT_S) -> None:
        # httpx logs every address it calls, and these carry the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        token = settings.require_zalo_bot_token()
        self.bot_id = token.split(":")[0]
        self._base = f"{settings.zalo_bot_api}/bot{token}"
        self._http = httpx.Client(timeout=httpx.Timeout(timeout_s, connect=5.0))

    def call(self, method: str, *, timeout_s: float | None = None, **given: Any) -> dict[str, Any]:
        """The result of a call, {} if it has none. `given` without its None. CallError."""
        parameters = {name: value for name, value in given.items() if value is not None}
        limit = httpx.USE_CLIENT_DEFAULT if timeout_s is None else timeout_s
        try:
            response = self._http.post(f"{self._base}/{method}", json=parameters, timeout=limit)
        except httpx.HTTPError as error:
            # Never the error's own words, nor the error as a cause: they hold the address.
            unsure = not isinstance(error, NOT_SENT)
            raise CallError(method, type(error).__name__, unsure=unsure) from None
        return _result(method, response)

    def close(self) -> None:
        self._http.close()


def _result(method: str, response: httpx.Response) -> dict[str, Any]:
    """The result in an answer. The HTTP status and the body must both say yes."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise CallError(method, f"{status}, not JSON", status, unsure=_may_be_done(status))
    if status < 400 and body.get("ok") is True:
        result = body.get("result")
        return result if isinstance(result, dict) else {}
    code = _code(body.get("error_code")) or status
    words = f"{code} {body.get('description') or ''}".strip()[:LONGEST_WORDS]
    raise CallError(method, words, code, unsure=_may_be_done(code))


def _may_be_done(code: int) -> bool:
    """A page in place of an answer, or a gateway that waited in vain: who knows."""
    return code < 400 or code in (408, 504)


def _code(found: object) -> int:
    return found if isinstance(found, int) and found >= 400 else 0
