"""The HTTP server: where the real parts meet."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from webhook.channels.adapter import Adapter, Papers
from webhook.channels.configured import adapters, platform_pages
from webhook.channels.routes import channel_router
from webhook.logs import quiet_libraries
from webhook.media.listener import listener
from webhook.metrics import CONTENT_TYPE, Measured, Metrics, Replies
from webhook.outreach import Outreach
from webhook.queue import DurableQueue, Timing
from webhook.security import protect
from webhook.settings import Settings
from webhook.switches import SWITCHED, AllOn, Switchboard

SWITCH_INTERVAL_S = 0.0005
"""How long one thread may hold the interpreter while another waits. Python's default of 5 ms makes
each of the dozen times that recording a message gives the interpreter up cost 5 ms and more while
answers are computed."""

Readiness = Callable[[], bool | dict[str, Any]]


def create_app(
    settings: Settings,
    replies: Replies,
    *,
    readiness: Readiness,
    routers: Sequence[APIRouter] = (),
    metrics: Metrics | None = None,
    alongside: Sequence[AbstractContextManager[object]] = (),
    switches: Switchboard | None = None,
    outreach: Outreach | None = None,
    timing: Timing | None = None,
    clock: Callable[[], float] = time.monotonic,
    papers: Papers | None = None,
    channels: Sequence[Adapter] | None = None,
) -> FastAPI:
    """The whole server. `readiness` says whether answers can be given: a bool, or a report whose
    "ready" is one. What is `alongside` is entered while it serves; `switches` says which channels
    are off; `outreach` puts messages into the queue by itself; `clock` is what the rate limits go
    by; `papers` makes leaflets, to be sent as files; `channels` are served in place of those that
    the settings configure. MissingSettingError if a channel is configured by half."""
    quiet_libraries()
    metrics, switches = metrics or Metrics(), switches or AllOn()
    for channel in SWITCHED:
        metrics.off.labels(channel.value).set_function(partial(switches.is_off, channel))
    if channels is None:
        channels = adapters(settings, metrics, papers)
    queue = DurableQueue(
        settings.queue_database_url,
        Measured(replies, metrics),
        channels,
        data_dir=settings.data_dir,
        worker_name=settings.worker_name,
        reply_threads=settings.reply_threads,
        metrics=metrics,
        listener=listener(settings),
        switches=switches,
        timing=timing,
    )
    app = FastAPI(
        lifespan=_lifespan(settings, queue, channels, alongside, outreach),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    protect(app, settings, clock)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.include_router(_operations(metrics, readiness, queue))
    for adapter in channels:
        app.include_router(channel_router(adapter, queue))
    for router in (*routers, *platform_pages(settings)):
        app.include_router(router)
    return app


def _lifespan(
    settings: Settings,
    queue: DurableQueue,
    channels: Sequence[Adapter],
    alongside: Sequence[AbstractContextManager[object]],
    outreach: Outreach | None,
) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        settings.make_data_dir()
        async with AsyncExitStack() as stack:
            for part in alongside:
                stack.enter_context(part)
            for adapter in channels:
                await adapter.start()
                stack.push_async_callback(adapter.stop)
            if channels:
                await asyncio.to_thread(queue.start)
                stack.push_async_callback(asyncio.to_thread, queue.stop)
                if outreach:
                    stack.enter_context(outreach.running(queue.accept))
            yield

    return lifespan


def _operations(metrics: Metrics, readiness: Readiness, queue: DurableQueue) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    def readyz() -> Response:
        found = readiness()
        report = {"ready": found} if isinstance(found, bool) else found
        if held := queue.held():
            # Still ready: people are answered on the other channels, and the held ones wait.
            report = {**report, "held_channels": held}
        return JSONResponse(report, status_code=200 if report.get("ready") else 503)

    @router.get("/metrics")
    def counters() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router
