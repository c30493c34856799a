"""What goes wrong with a call to a fake platform."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass
class Fault:
    """What the next calls of a method meet: a status ("429", "500", …), timeout, badjson, reset."""

    kind: str
    times: int = 1
    taken: bool = False
    """Whether the call is carried out, and only its reply goes wrong."""
    seconds: float = 1.0
    """How long a timeout lasts."""
    description: str = "Bad Request"


async def spoiled(fault: Fault) -> Response:
    """The reply in place of the right one."""
    match fault.kind:
        case "timeout":
            await asyncio.sleep(fault.seconds)
            return Response(status_code=504)
        case "badjson":
            return Response("<html>", media_type="text/html")
        case "reset":
            return _Reset()
        case "500":
            return Response("Internal Server Error", status_code=500)
    code = int(fault.kind)
    body = {"ok": False, "description": fault.description, "error_code": code}
    return JSONResponse(body, code)


class _Reset(Response):
    """Promises a body and closes the connection without it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"99")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
