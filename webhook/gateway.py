"""Channels apart from the core: where a platform can be reached is not where the answers are.

A gateway receives, records and sends by its own durable queue, and asks the core for each Answer
over HTTPS. It has neither the knowledge nor the encoder.
"""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, Any

import anyio
import anyio.to_thread
import httpx
from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import Counter
from pydantic import TypeAdapter, ValidationError

from bot.model import Answer, Channel, Question
from bot.notices import Notice
from webhook.app import Readiness, create_app
from webhook.channels.routes import read_body
from webhook.channels.settings import MissingSettingError
from webhook.metrics import Metrics, Replies, Unavailable
from webhook.outreach import Outreach, Waiting
from webhook.queue.ending import is_outage
from webhook.settings import Settings
from webhook.switches import SWITCHED, AllOn, Switchboard

log = logging.getLogger(__name__)

REPLY = "/internal/reply"
READY = "/internal/ready"
NOTICES = "/internal/notices"
LARGEST_QUESTION = 128 * 1024
"""Bytes. A question is cut at 20,000 letters before it is read."""
CALL_TIMEOUT_S = 30.0
READY_TIMEOUT_S = 2.0
_NOTICES = TypeAdapter(list[Notice])
LOOK_EVERY_S = 3.0
"""How long what was found out about the core holds: anybody may ask /readyz. A channel that is
switched off there is off here as soon."""
LINE_PER_THREAD = 8
"""Questions that may wait in the core for each thread that answers. The rest is sent back to wait
in the gateways' queues, which survive a crash."""


FAILED = (413, 422, 500)
"""What the core answers if it can do nothing with a question. Everything else will pass: a restart,
a proxy's page, a key that is being changed."""


class CoreError(RuntimeError):
    """The core could not answer this question."""


def build_gateway(settings: Settings) -> FastAPI:
    """The server of a gateway. MissingSettingError if it has no channel, or no key to the core."""
    if not settings.channels:
        raise MissingSettingError(
            "telegram_token", "a gateway serves channels, and no channel is configured"
        )
    metrics = Metrics()
    core = RemoteReplies(settings, metrics)
    return create_app(
        settings,
        core,
        readiness=core.readiness,
        metrics=metrics,
        switches=core,
        outreach=Outreach(core, settings.channels, core.is_off),
        alongside=[closing(core)],
    )


class RemoteReplies:
    """Replies that the core computes, its switchboard, and its notices. Thread-safe."""

    def __init__(self, settings: Settings, metrics: Metrics | None = None) -> None:
        """MissingSettingError without the core's address and key."""
        if not settings.core_url:
            raise MissingSettingError("core_url", "a gateway has its answers from there")
        self._core = httpx.Client(
            base_url=settings.core_url,
            headers={"authorization": _bearer(settings)},
            timeout=httpx.Timeout(CALL_TIMEOUT_S, connect=5.0),
            limits=httpx.Limits(max_connections=64),
        )
        self._failures = Counter(
            "binhdan_core_failures",
            "Questions that the core gave no answer to; kind: a status, unreachable, unreadable.",
            ["kind"],
            registry=(metrics or Metrics()).registry,
        )
        self._looking = threading.Lock()
        self._looked_at = -LOOK_EVERY_S
        self._found = ""
        self._off: frozenset[str] = frozenset()

    def reply(self, question: Question) -> Answer:
        """The core's Answer. Unavailable if it gives none now; CoreError if it never will."""
        headers = {"content-type": "application/json"}
        try:
            got = self._core.post(REPLY, content=question.model_dump_json(), headers=headers)
        except httpx.HTTPError as error:
            raise self._unavailable("unreachable", type(error).__name__) from None
        if got.status_code in FAILED:
            self._failures.labels(str(got.status_code)).inc()
            raise CoreError(f"the core answered {got.status_code}")
        if got.status_code != 200:
            raise self._unavailable(str(got.status_code), f"answered {got.status_code}")
        try:
            # What a newer core says beside is none of ours.
            return Answer.model_validate_json(got.content, extra="ignore")
        except ValidationError:
            why = "gave an Answer that this release can't read"
            raise self._unavailable("unreadable", why) from None

    def due(self, channels: Sequence[Channel]) -> list[Notice]:
        """The core's notices for these channels; none while it can't be asked."""
        asked = {"channel": [channel.value for channel in channels]}
        try:
            got = self._core.get(NOTICES, params=asked)
            if got.status_code == 200:
                return _NOTICES.validate_json(got.content, extra="ignore")
        except (httpx.HTTPError, ValidationError) as error:
            log.info("no notices from the core: %s", type(error).__name__)
        return []

    def taken(self, key: str) -> None:
        """One is on its way. Where the core can't be told it gives it again, under the same id."""
        try:
            self._core.post(NOTICES, json={"taken": key})
        except httpx.HTTPError as error:
            log.info("the core was not told of a notice: %s", type(error).__name__)

    def close(self) -> None:
        """Close the line."""
        self._core.close()

    def readiness(self) -> dict[str, Any]:
        """Ready whatever the core does, since messages are recorded here; and what it does."""
        self._look()
        return {"ready": True, "core": self._found}

    def is_off(self, channel: Channel) -> bool:
        """Whether a channel is off in the core, as it last said."""
        self._look()
        return channel in self._off

    def _look(self) -> None:
        """Ask the core, unless that was done of late."""
        with self._looking:
            if time.monotonic() - self._looked_at < LOOK_EVERY_S:
                return
            try:
                got = self._core.get(READY, timeout=READY_TIMEOUT_S)
            except httpx.HTTPError:
                self._found = "unreachable"
            else:
                states = {200: "ready", 403: "refuses our key", 503: "not ready"}
                self._found = states.get(got.status_code, "no core")
                self._off = _off_in(got, self._off)
            self._looked_at = time.monotonic()

    def _unavailable(self, kind: str, why: str) -> Unavailable:
        self._failures.labels(kind).inc()
        return Unavailable(f"the core {why}")


def core_router(
    replies: Replies,
    readiness: Readiness,
    settings: Settings,
    switches: Switchboard | None = None,
    waiting: Waiting | None = None,
) -> APIRouter:
    """What gateways call, for whoever has the key: an Answer to a Question, whether answers can be
    had, which channels are off, and what is to be sent of our own accord."""
    board = switches or AllOn()
    router = APIRouter(include_in_schema=False)
    key = _bearer(settings).encode()
    threads = anyio.CapacityLimiter(settings.reply_threads)
    longest_line = settings.reply_threads * LINE_PER_THREAD

    def trusted(request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), key)

    @router.get(READY)
    def ready(request: Request) -> Response:
        if not trusted(request):
            return Response(status_code=403)
        found = readiness()
        able = found if isinstance(found, bool) else found["ready"]
        off = [channel.value for channel in SWITCHED if board.is_off(channel)]
        return JSONResponse({"ready": able, "off": off}, status_code=200 if able else 503)

    @router.get(NOTICES)
    def notices(request: Request, channel: Annotated[list[Channel], Query()]) -> Response:
        if not trusted(request):
            return Response(status_code=403)
        due = waiting.due(channel) if waiting else []
        return Response(_NOTICES.dump_json(due), media_type="application/json")

    @router.post(NOTICES)
    def noticed(request: Request, taken: Annotated[str, Body(embed=True)]) -> Response:
        if not trusted(request):
            return Response(status_code=403)
        if waiting:
            waiting.taken(taken)
        return Response(status_code=204)

    @router.post(REPLY)
    async def reply(request: Request) -> Response:
        if not trusted(request):
            return Response(status_code=403)
        if threads.statistics().tasks_waiting >= longest_line:
            return Response(status_code=503)
        body = await read_body(request, LARGEST_QUESTION)
        if body is None:
            return Response(status_code=413)
        try:
            question = Question.model_validate_json(body, extra="ignore")
        except ValidationError:
            return Response(status_code=422)
        try:
            answer = await anyio.to_thread.run_sync(replies.reply, question, limiter=threads)
        # Whatever a reply fails with, the gateway's queue knows what to tell the person.
        except Exception as error:
            if is_outage(error):
                return Response(status_code=503)
            log.error("reply to %s failed: %s", question.id, type(error).__name__)
            log.debug("the failure of %s", question.id, exc_info=error)
            return Response(status_code=500)
        return Response(answer.model_dump_json(), media_type="application/json")

    return router


def _off_in(got: httpx.Response, known: frozenset[str]) -> frozenset[str]:
    """The channels that a core says are off; what is known if it is not the core that speaks."""
    try:
        off = got.json()["off"]
    except (ValueError, TypeError, KeyError):
        return known
    return frozenset(map(str, off)) if isinstance(off, list) else known


def _bearer(settings: Settings) -> str:
    if not settings.core_key:
        raise MissingSettingError("core_key", "gateways and core know each other by it")
    return f"Bearer {settings.core_key.get_secret_value()}"
