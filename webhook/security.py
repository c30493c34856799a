"""What every response carries and what every request must keep to, whichever route it is for.

Who may post, and how often, is each route's own affair, because it knows who posts: the chat its
visitors, a webhook its platform. Here is what they share.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.messages import say
from webhook.settings import Settings
from webhook.site import not_found, notice_page
from webhook.visitors import Buckets, Visitors, address

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""Bytes: the largest updates of platforms are a few dozen kilobytes, the largest form is 96."""
LARGER_BODIES: Mapping[str, int] = {
    "/quan-tri/tai-len": 16 * 1024 * 1024,
    "/quan-tri/": 2 * 1024 * 1024,
}
"""Path prefix → bytes, for routes that take files and the form of a whole Entry."""
BODY_WITHIN_S = 60.0
"""A form of the largest size on a bad 2G line; whoever is slower holds a connection for nothing."""

VISITOR_BURST, VISITOR_PER_SECOND = 30, 1.0
ADDRESS_BURST, ADDRESS_PER_SECOND = 300, 10.0
"""Pages that one visitor and one address may open. Behind one address of a mobile network stand
thousands of people."""
STRANGER_BURST, STRANGER_PER_SECOND = 20, 0.2
"""Posts with a wrong secret or key, of one address."""
UNLIMITED = ("/static/", "/healthz", "/readyz", "/internal/")
"""Paths that cost nothing, that orchestrators ask for, and that have a key of their own."""

HSTS = "max-age=31536000"


def protect(app: FastAPI, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
    """Put what follows around an app; what is added last is outermost."""
    app.add_exception_handler(404, _nowhere)
    app.add_middleware(BodyLimit)
    app.add_middleware(RateLimits, visitors=Visitors(settings), clock=clock)
    app.add_middleware(Failures)
    app.add_middleware(SecurityHeaders, headers=security_headers(settings))


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers by name, in lower case."""
    headers = {
        "content-security-policy": (
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
    }
    if settings.public_url.startswith("https://"):
        headers["strict-transport-security"] = HSTS
    return headers


async def _nowhere(request: Request, _: Exception) -> Response:
    if _wants_page(request):
        return not_found(request.query_params.get("quay") == "1")
    return JSONResponse({"detail": say("web.not_found")}, status_code=404)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _refusal(scope: Scope, status: int, words: str, retry_after: int = 0) -> Response:
    """Why nothing came of a request: a page for a person, JSON for a program."""
    request = Request(scope)
    response: Response
    if _wants_page(request):
        response = notice_page(words, status, request.query_params.get("quay") == "1")
    else:
        response = JSONResponse({"detail": words}, status_code=status)
    response.headers["cache-control"] = "no-store"
    if retry_after:
        response.headers["retry-after"] = str(retry_after)
    return response


class SecurityHeaders:
    """Adds our headers to every response that did not set its own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                ours = [header for header in self._headers if header[0] not in given]
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        return await self._app(scope, receive, send_with_headers)


class Failures:
    """Whatever no route caught: one line in the log, and a kind word. Nobody meets an exception."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.debug("somebody left before the end of %s", _route(scope))
        # The last place before a traceback: of routes, middleware and libraries alike.
        except Exception as error:
            log.error("%s %s failed: %s", scope["method"], _route(scope), type(error).__name__)
            log.debug("the failure", exc_info=error)
            if not begun:
                await _refusal(scope, 500, say("channel.failed"))(scope, receive, send)


def _route(scope: Scope) -> str:
    """The path as it was declared: one as it came may hold anything."""
    return str(getattr(scope.get("route"), "path", "an unknown path"))


class RateLimits:
    """How many pages a visitor and an address may open, and how often an address may be refused.

    A page that is too much is not made. A refusal that is too much is only told as one: a wrong
    secret must be looked at before a right one can be known, and right ones always pass.
    """

    def __init__(
        self, app: ASGIApp, visitors: Visitors, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._visitors = visitors
        self._people = Buckets(VISITOR_BURST, VISITOR_PER_SECOND, clock)
        self._addresses = Buckets(ADDRESS_BURST, ADDRESS_PER_SECOND, clock)
        self._strangers = Buckets(STRANGER_BURST, STRANGER_PER_SECOND, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)
        if scope["method"] in ("GET", "HEAD"):
            if wait := self._wait(request):
                words = say("refused.too_fast", seconds=wait)
                return await _refusal(scope, 429, words, wait)(scope, receive, send)
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, self._fewer_refusals(request, scope, receive, send))

    def _wait(self, request: Request) -> int:
        """Seconds to wait before the next page; 0 if it may be opened now."""
        if request.url.path.startswith(UNLIMITED):
            return 0
        person = self._visitors.conversation(request)
        return self._addresses.take(address(request)) or (
            self._people.take(person) if person else 0
        )

    def _fewer_refusals(self, request: Request, scope: Scope, receive: Receive, send: Send) -> Send:
        replaced = False

        async def send_or_replace(message: Message) -> None:
            nonlocal replaced
            refused = message["type"] == "http.response.start" and message["status"] in (401, 403)
            if refused and (wait := self._strangers.take(address(request))):
                replaced = True
                words = say("refused.too_fast", seconds=wait)
                return await _refusal(scope, 429, words, wait)(scope, receive, send)
            if not replaced:
                await send(message)

        return send_or_replace


class _RefusedBody(Exception):
    """A body that is not read on."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status)
        self.status, self.words = status, words


class BodyLimit:
    """No route is sent more than it takes, nor for longer than a bad line needs."""

    def __init__(
        self,
        app: ASGIApp,
        limit: int = LARGEST_BODY,
        larger: Mapping[str, int] = LARGER_BODIES,
        within_s: float = BODY_WITHIN_S,
    ) -> None:
        self._app, self._limit, self._larger, self._within_s = app, limit, larger, within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Body(receive, send, self._limit_of(scope["path"]), self._within_s)
        try:
            body.begin(scope)
            await self._app(scope, body.receive, body.send)
        except _RefusedBody:
            pass  # or the app has caught it, and made an answer of its own that is not sent
        if body.refused and not body.answered:
            response = _refusal(scope, body.refused.status, body.refused.words)
            response.headers["connection"] = "close"  # the rest of the body is not waited for
            await response(scope, receive, send)

    def _limit_of(self, path: str) -> int:
        found = (limit for prefix, limit in self._larger.items() if path.startswith(prefix))
        return next(found, self._limit)


class _Body:
    """One request's body on its way to the app, and the answer on its way back."""

    def __init__(self, receive: Receive, send: Send, limit: int, within_s: float) -> None:
        self._receive, self._send = receive, send
        self._left = limit
        self._deadline = asyncio.get_running_loop().time() + within_s
        self._ended = False
        self.refused: _RefusedBody | None = None
        self.answered = False

    def begin(self, scope: Scope) -> None:
        """_RefusedBody if it is too large by its own word."""
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared[:20]) > self._left:
            self._refuse(413, say("refused.too_large"))

    async def receive(self) -> Message:
        """The next part of the body. _RefusedBody if it is too much, or too late."""
        if self._ended:  # what is waited for now is that the person leaves
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._refuse(408, say("refused.too_slow"))
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self._refuse(413, say("refused.too_large"))
        self._ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Hand on what the app answers, unless it answers to a body that it did not get."""
        if self.refused and not self.answered:
            return
        self.answered = True
        await self._send(message)

    def _refuse(self, status: int, words: str) -> NoReturn:
        self.refused = _RefusedBody(status, words)
        raise self.refused
