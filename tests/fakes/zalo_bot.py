"""Zalo's Bot Platform on loopback: its calls, checks and words, and the people who use it.

What its documents leave open, or its deliveries do otherwise, is a switch of `Habits`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import serve, wait_until
from tests.fakes.faults import Fault, spoiled
from tests.fakes.postman import Postman
from tests.fakes.zalo_bot_api import TOKEN, BotApi, Chat, RefusedError

__all__ = ["SECRET", "TOKEN", "FakeZaloBot"]

SECRET = "the-zalo-bot-secret"
MEDIA_HOST = "https://photo-stal.zdn.vn"
EVENTS = {
    "image": "message.image.received",
    "sticker": "message.sticker.received",
    "voice": "message.voice.received",
    "unsupported": "message.unsupported.received",
}
KINDS = {"photo": "image", "document": "unsupported"}
"""What people send as Telegram calls it → as it arrives here; a document comes without its file."""


class FakeZaloBot(BotApi):
    """The server and the people on it. Use as a context manager; its methods are thread-safe."""

    def __init__(
        self, retry_s: float = 0.05, name: str = "Bot Bình Dân", port: int | None = None
    ) -> None:
        super().__init__(name)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._port = port
        self._postman = Postman(retry_s)
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._files: dict[str, bytes] = {}
        self._last: dict[str, Any] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> FakeZaloBot:
        self._postman.start()
        self._stack.callback(self._postman.stop)
        routes = [
            Route("/bot{token}/{method}", self._receive, methods=["GET", "POST"]),
            Route("/files/{name}", self._file),
        ]
        self.url = self._stack.enter_context(serve(Starlette(routes=routes), self._port))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # The people.

    def user(self, chat_id: str) -> Chat:
        """Somebody who opened a chat with the bot."""
        return self._chats.setdefault(chat_id, Chat(chat_id))

    def group(self, chat_id: str) -> Chat:
        """A group the bot is in."""
        return self._chats.setdefault(chat_id, Chat(chat_id, "GROUP"))

    def block(self, chat_id: str, blocked: bool = True) -> None:
        self.user(chat_id).blocked = blocked

    def say(self, chat_id: str, text: str) -> str:
        """Somebody writes; returns the message's id. In a group, the bot sees only what names it or
        answers it: anything said here does."""
        return self.inject("message.text.received", self.message(chat_id, text=text))

    def show(
        self, chat_id: str, kind: str, caption: str | None = None, content: bytes | None = None
    ) -> str:
        """Somebody sends media of a kind in EVENTS; the platform keeps the content, if given."""
        kind = KINDS.get(kind, kind)
        name = secrets.token_hex(6)
        if content is not None:
            self._files[name] = content
        host = MEDIA_HOST if content is None else f"{self.url}/files"
        parts: dict[str, dict[str, Any]] = {
            "image": {
                self.habits.photo_field: f"{host}/{name}",
                "message_type": "CHAT_PHOTO",
                **({"caption": caption} if caption else {}),
            },
            "sticker": {"sticker": name, "url": f"{host}/{name}"},
            "voice": {"voice_url": f"{host}/{name}", "message_type": "CHAT_VOICE"},
            "unsupported": {},
        }
        return self.inject(EVENTS[kind], self.message(chat_id, **parts[kind]))

    def press(self, chat_id: str, label: str) -> str:
        """Without buttons, somebody types the number in front of a label."""
        for text in reversed(self.transcript(chat_id)):
            for line in text.splitlines():
                number, _, rest = line.partition(". ")
                if number.isdecimal() and label in rest:
                    return self.say(chat_id, number)
        raise AssertionError(f"no numbered line {label!r}")

    def message(self, chat_id: str, **content: Any) -> dict[str, Any]:
        """A person's message as the platform describes it."""
        chat = self._chats[chat_id]
        private = chat.type == "PRIVATE"
        now = self._next_ms()
        return {
            "date": now // 1000 if self.habits.date_in_seconds else now,
            "chat": {"chat_type": chat.type, "id": chat.id},
            "message_id": secrets.token_hex(10),
            "from": {
                "id": chat.id if private else "ada5be7e41a4a8faf1b5",
                "is_bot": False,
                "display_name": "Lan",
            },
            **content,
        }

    def inject(self, event: str, message: dict[str, Any] | None) -> str:
        """An event with any content; None is the event that comes without its message."""
        update = {"event_name": event, **({"message": message} if message is not None else {})}
        self.deliver(update)
        return str((message or {}).get("message_id", ""))

    def deliver(self, update: dict[str, Any]) -> None:
        """Hand an update to the webhook, or keep it for getUpdates. Twice is a resend."""
        self._last = update
        if not self.webhook:
            self._pending.append(update)
            return
        lane = str(update.get("message", {}).get("chat", {}).get("id", ""))
        self._postman.post(lane, self._letter(update))

    def again(self) -> None:
        """Deliver the last update once more."""
        assert self._last
        self.deliver(self._last)

    def fault(self, method: str, kind: str, times: int = 1, **details: Any) -> None:
        self._faults[method.lower()].append(Fault(kind, times, **details))

    # What came of it.

    def transcript(self, chat_id: str) -> list[str]:
        """The texts that the bot sent to a chat, in order."""
        return [m["text"] for m in self.sent(chat_id)]

    def sent(self, chat_id: str) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._chats[chat_id].messages)

    def wait_for(self, chat_id: str, count: int, timeout_s: float = 15.0) -> list[str]:
        """The texts the bot sent to a chat, once there are `count`."""
        wait_until(lambda: len(self.sent(chat_id)) >= count, timeout_s)
        return self.transcript(chat_id)

    def settle(self, timeout_s: float = 15.0) -> None:
        """Waits until the webhook has taken everything."""
        self._postman.settle(timeout_s)

    @property
    def statuses(self) -> list[int]:
        """What the webhook answered, delivery by delivery."""
        return self._postman.statuses

    def called(self, method: str) -> list[dict[str, Any]]:
        with self._lock:
            return [given for name, given in self.calls if name == method.lower()]

    # The Bot API.

    async def _receive(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        try:
            if request.path_params["token"] != TOKEN:
                raise RefusedError(401, "Unauthorized")
            call = getattr(self, f"_do_{method}", None)
            if call is None:
                raise RefusedError(404, "Not Found")
            fault = self._next_fault(method)
            if fault and not fault.taken:
                return await spoiled(fault)
            given = await _parameters(request)
            with self._lock:
                self.calls.append((method, given))
            result = await call(given) if asyncio.iscoroutinefunction(call) else call(given)
        except RefusedError as error:
            return self._refusal(error)
        if fault:
            return await spoiled(fault)
        return JSONResponse({"ok": True} if result is None else {"ok": True, "result": result})

    def _refusal(self, error: RefusedError) -> Response:
        body = {"ok": False, "description": error.description, "error_code": error.code}
        return JSONResponse(body, 200 if self.habits.refuses_with_200 else error.status)

    async def _file(self, request: Request) -> Response:
        content = self._files.get(request.path_params["name"])
        return Response(content, status_code=200 if content is not None else 404)

    def _next_fault(self, method: str) -> Fault | None:
        with self._lock:
            fault = next((f for f in self._faults[method] if f.times > 0), None)
            if fault:
                fault.times -= 1
            return fault


async def _parameters(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | json.loads(body)
    return given | dict(parse_qsl(body, keep_blank_values=True))
