"""How calls of the Bot API come in and go wrong: parameters, refusals, faults, HTML."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler", "strong", "em"}


class RefusedError(Exception):
    """The Bot API's way to say no."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def response(self) -> Response:
        body = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return JSONResponse(body, status_code=self.code)


@dataclass
class Fault:
    """What goes wrong with the next calls of a method: 429, 403, 400, 500, timeout, badjson or
    reset."""

    kind: str
    times: int = 1
    retry_after: int = 1
    description: str = "Bad Request: can't parse entities: Can't find end of the entity"
    seconds: float = 1.0

    async def strike(self) -> Response:
        """The response that the fault makes of a call; RefusedError where the API says no."""
        match self.kind:
            case "429":
                words = f"Too Many Requests: retry after {self.retry_after}"
                raise RefusedError(429, words, retry_after=self.retry_after)
            case "403":
                raise RefusedError(403, "Forbidden: bot was blocked by the user")
            case "400":
                raise RefusedError(400, self.description)
            case "timeout":
                await asyncio.sleep(self.seconds)
                return Response(status_code=504)
            case "badjson":
                return Response("<html>", media_type="text/html")
            case "reset":
                # The connection closes before what was promised has come.
                return Response(headers={"content-length": "100"})
        return Response("Internal Server Error", status_code=500)


class _TextOf(HTMLParser):
    """The text of Telegram's HTML, with its two complaints."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise _unparsable(f"Unmatched end tag at byte offset {self.getpos()[1]}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def read(self, markup: str) -> str:
        self.feed(markup)
        self.close()
        if self._open:
            raise _unparsable("Can't find end of the entity starting at byte offset 0")
        return self.text


def _unparsable(why: str) -> RefusedError:
    return RefusedError(400, f"Bad Request: can't parse entities: {why}")


@dataclass(frozen=True)
class Uploaded:
    """A file that came with a call."""

    name: str
    type: str
    content: bytes


def shown_text(given: dict[str, Any], field: str = "text") -> str:
    """The text of a message, or its caption, as people see it."""
    text = str(given.get(field, ""))
    return _TextOf().read(text) if given.get("parse_mode") == "HTML" else text


def markup(given: dict[str, Any]) -> dict[str, Any] | None:
    """The buttons of a message."""
    if not given.get("reply_markup"):
        return None
    found: dict[str, Any] = json.loads(given["reply_markup"])
    for button in (b for row in found["inline_keyboard"] for b in row):
        if not 1 <= len(button["callback_data"].encode()) <= 64:
            raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
    return found


async def parameters(request: Request) -> dict[str, Any]:
    """A call's parameters, from wherever they stand."""
    given: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            return given | {name: await _part(value) for name, value in form.items()}
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | json.loads(body)
    return given | dict(parse_qsl(body, keep_blank_values=True))


async def _part(value: UploadFile | str) -> Uploaded | str:
    if isinstance(value, str):
        return value
    return Uploaded(value.filename or "", value.content_type or "", await value.read())
