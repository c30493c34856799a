"""The HTTP server: where the real parts meet."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhook.metrics import CONTENT_TYPE, Measured, Metrics, Replies
from webhook.queue import Courier, DurableQueue
from webhook.settings import Settings
from webhook.telegram import PATH as TELEGRAM_PATH
from webhook.telegram import Telegram

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""Bytes. Telegram's largest updates are a few dozen kilobytes."""
SWITCH_INTERVAL_S = 0.0005
"""How long one thread may hold the interpreter while another waits. Python's default of 5 ms makes
each of the dozen times that recording a message gives the interpreter up cost 5 ms and more while
answers are computed."""

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
}

Readiness = Callable[[], bool | dict[str, Any]]


def create_app(
    settings: Settings,
    replies: Replies,
    *,
    readiness: Readiness,
    routers: Sequence[APIRouter] = (),
    metrics: Metrics | None = None,
) -> FastAPI:
    """The whole server. `readiness` says whether answers can be given: a bool, or a report whose
    "ready" is one. MissingSettingError if a channel is configured by half."""
    metrics = metrics or Metrics()
    telegram = Telegram(settings) if settings.telegram_token else None
    couriers: list[Courier] = [telegram] if telegram else []
    queue = DurableQueue(
        settings.queue_database_url,
        Measured(replies, metrics),
        couriers,
        data_dir=settings.data_dir,
        worker_name=settings.worker_name,
        reply_threads=settings.reply_threads,
        metrics=metrics,
    )
    app = FastAPI(
        lifespan=_lifespan(settings, queue, telegram),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.include_router(_operations(metrics, readiness))
    if telegram:
        app.include_router(_telegram_routes(telegram, queue, settings.require_telegram_secret()))
    for router in routers:
        app.include_router(router)
    return app


def _lifespan(settings: Settings, queue: DurableQueue, telegram: Telegram | None) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        settings.make_data_dir()
        async with AsyncExitStack() as stack:
            if telegram:
                await telegram.start()
                stack.push_async_callback(telegram.stop)
                await asyncio.to_thread(queue.start)
                stack.push_async_callback(asyncio.to_thread, queue.stop)
            yield

    return lifespan


def _telegram_routes(telegram: Telegram, queue: DurableQueue, secret: str) -> APIRouter:
    router = APIRouter()

    @router.post(TELEGRAM_PATH)
    async def receive(request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        update = _json_object(body)
        incoming = telegram.parse(update)
        if incoming is None:
            # 200 all the same: Telegram would send it again for a day, and we'd read no more of it.
            return Response()
        try:
            await queue.record(incoming)
        # Whatever kept it from being written down: not ours until it is, so Telegram keeps it.
        except Exception as error:
            log.error("could not record %s: %s", incoming.question.id, type(error).__name__)
            return Response(status_code=503)
        telegram.acknowledge(update)
        return Response()

    return router


def _operations(metrics: Metrics, readiness: Readiness) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    def readyz() -> Response:
        found = readiness()
        report = {"ready": found} if isinstance(found, bool) else found
        return JSONResponse(report, status_code=200 if report.get("ready") else 503)

    @router.get("/metrics")
    def counters() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


async def _body(request: Request) -> bytes | None:
    """The body, or None if it is larger than we read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    """The object in a body; an empty one if there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class SecurityHeaders:
    """Adds our headers to every response that did not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in SECURITY_HEADERS.items()
                        if name.encode() not in given
                    ),
                ]
            await send(message)

        return await self._app(scope, receive, send_with_headers)
