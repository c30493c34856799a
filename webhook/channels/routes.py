"""The webhook of a channel: verify, read leniently, record, and only then say that we have it."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import APIRouter, Request, Response

from webhook.channels.adapter import Adapter
from webhook.queue import DurableQueue

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""Bytes. The largest updates are a few dozen kilobytes."""


def channel_router(adapter: Adapter, queue: DurableQueue) -> APIRouter:
    """One POST route at the adapter's path."""
    router = APIRouter()

    @router.post(adapter.path)
    async def receive(request: Request) -> Response:
        body = await read_body(request, LARGEST_BODY)
        if body is None:
            return Response(status_code=413)
        if not adapter.genuine(request.headers, body):
            return Response(status_code=403)
        update = _json_object(body)
        incoming = adapter.parse(update, body)
        if incoming is None:
            # 200 all the same: platforms would send it again for hours, no better read.
            return Response()
        try:
            await queue.record(incoming)
        # Whatever kept it from being written down: not ours until it is, so the platform keeps it.
        except Exception as error:
            log.error("could not record %s: %s", incoming.question.id, type(error).__name__)
            return Response(status_code=503)
        adapter.acknowledge(update)
        return Response()

    return router


async def read_body(request: Request, limit: int) -> bytes | None:
    """The body, or None if it has more than `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    """The object in a body; an empty one if there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
