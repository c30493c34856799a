"""Where a platform keeps its files, and a server that transcribes: on loopback, for readers."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.model import Answer, Channel
from webhook.channels.adapter import Attachment, Failure, Incoming, TransportError
from webhook.limits import Pace
from webhook.render import Message, plain_messages


class FileCourier:
    """A channel whose files are given beforehand; it keeps what is sent."""

    channel = Channel.TELEGRAM

    def __init__(self, **files: bytes) -> None:
        self.pace = Pace(1000, 0)
        self.sent: list[str] = []
        self._files = files

    def messages(self, answer: Answer) -> list[Message]:
        return plain_messages(answer, 2000)

    def send(self, _: Incoming, message: Message) -> None:
        self.sent.append(message.text)

    def busy(self, _: Incoming) -> AbstractContextManager[None]:
        return nullcontext()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        content = self._files.get(attachment.reference)
        if content is None or len(content) > limit:
            raise TransportError("no such file", Failure.REFUSED)
        return content


@dataclass
class FileHost:
    """A file server. /file gives `content`; /to leads to `leads_to`; /endless and /slow go on."""

    content: bytes = b""
    leads_to: str = ""
    asked: list[str] = field(default_factory=list)
    """Host and path of each request."""

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._give)])

    async def _give(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(f"{request.headers['host']}{path}")
        match path:
            case "/file":
                return Response(self.content)
            case "/to":
                return RedirectResponse(self.leads_to)
            case "/endless":
                return StreamingResponse(_endless())
            case "/zipped":
                return Response(self.content, headers={"content-encoding": "gzip"})
        return Response(status_code=404)


async def _endless() -> Any:
    while True:
        yield b"x" * 65536
        await asyncio.sleep(0.01)


@dataclass
class FakeTranscriber:
    """OpenAI's /v1/audio/transcriptions: checks what it is sent, and hears `hears`."""

    hears: str = "lệ phí khai sinh bao nhiêu"
    key: str = "k"
    fault: str = ""
    """500, badjson, notext or slow."""
    heard: list[dict[str, Any]] = field(default_factory=list)
    """The form of each request, its file as (name, bytes)."""

    def app(self) -> Starlette:
        path = "/v1/audio/transcriptions"
        return Starlette(routes=[Route(path, self._transcribe, methods=["POST"])])

    async def _transcribe(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return JSONResponse({"error": {"message": "Incorrect API key"}}, status_code=401)
        async with request.form() as form:
            file = form["file"]
            if isinstance(file, str) or "model" not in form:
                return JSONResponse({"error": {"message": "field required"}}, status_code=400)
            fields = {name: value for name, value in form.items() if name != "file"}
            self.heard.append({**fields, "file": (file.filename, await file.read())})
        match self.fault:
            case "500":
                return Response("out of memory", status_code=500)
            case "badjson":
                return Response("<html>")
            case "notext":
                return JSONResponse({"segments": []})
            case "slow":
                await asyncio.sleep(1.0)
        return JSONResponse({"text": self.hears})
