"""A Bot API server on loopback: the calls our bot makes, with Telegram's checks and its words.

Updates go to the webhook as Telegram sends them: in order within a chat, with the secret header,
again after anything but a 2xx.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import serve, wait_until

TOKEN = "123456:TEST-token_of-the-fake"
SECRET = "the-webhook-secret"
TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler", "strong", "em"}
MEDIA: dict[str, Any] = {
    "photo": [{"file_id": "p", "file_unique_id": "pu", "width": 90, "height": 67}],
    "voice": {"file_id": "v", "file_unique_id": "vu", "duration": 3},
    "document": {"file_id": "d", "file_unique_id": "du", "file_name": "don.pdf"},
    "sticker": {"file_id": "s", "file_unique_id": "su", "type": "regular"},
    "location": {"latitude": 21.03, "longitude": 105.85},
}


class RefusedError(Exception):
    """The Bot API's way to say no."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass
class Fault:
    """What goes wrong with the next calls of a method: 429, 403, 400, 500, timeout or badjson."""

    kind: str
    times: int = 1
    retry_after: int = 1
    description: str = "Bad Request: can't parse entities: Can't find end of the entity"
    seconds: float = 1.0


@dataclass
class Chat:
    id: int
    type: str = "private"
    blocked: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        name = {"first_name": "Lan"} if self.type == "private" else {"title": "Tổ 5"}
        return {"id": self.id, "type": self.type, **name}


class FakeTelegram:
    """The server and the people on it. Use as a context manager; its methods are thread-safe."""

    def __init__(self, retry_s: float = 0.05, username: str = "fake_bot") -> None:
        self.retry_s = retry_s
        """First pause before an update is delivered again; doubles up to 40 times as long."""
        self.bot = {
            "id": int(TOKEN.split(":")[0]),
            "is_bot": True,
            "first_name": "Fake",
            "username": username,
        }
        self.webhook: dict[str, Any] = {}
        self.commands: list[dict[str, str]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answered_callbacks: list[str] = []
        self.statuses: list[int] = []
        """What the webhook answered, delivery by delivery."""
        self._chats: dict[int, Chat] = {}
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._open_callbacks: set[str] = set()
        self._pending: list[dict[str, Any]] = []
        self._lines: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._postmen: list[asyncio.Task[None]] = []
        self._undelivered = 0
        self._next_update = 1000
        self._next_message = 0
        self._lock = threading.RLock()
        self._stack = ExitStack()

    def __enter__(self) -> FakeTelegram:
        self.loop = asyncio.new_event_loop()
        self._postman = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._postman.start()
        route = Route("/bot{token}/{method}", self._receive, methods=["GET", "POST"])
        self.url = self._stack.enter_context(serve(Starlette(routes=[route])))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._postman.join(10)
        self.loop.close()

    # The people.

    def user(self, chat_id: int) -> Chat:
        """Somebody who pressed Start."""
        return self._chats.setdefault(chat_id, Chat(chat_id))

    def group(self, chat_id: int) -> Chat:
        """A group the bot is in."""
        return self._chats.setdefault(chat_id, Chat(chat_id, "supergroup"))

    def block(self, chat_id: int, blocked: bool = True) -> None:
        self.user(chat_id).blocked = blocked

    def say(self, chat_id: int, text: str, reply_to: dict[str, Any] | None = None) -> int:
        """Somebody writes; returns the update's id."""
        extra = {"reply_to_message": reply_to} if reply_to else {}
        return self.inject({"message": self._message(chat_id, text=text, **extra)})

    def show(self, chat_id: int, kind: str, caption: str | None = None) -> int:
        """Somebody sends media of a kind in MEDIA."""
        extra = {"caption": caption} if caption else {}
        return self.inject({"message": self._message(chat_id, **{kind: MEDIA[kind]}, **extra)})

    def press(self, chat_id: int, label: str) -> int:
        """Somebody presses the newest button whose label holds `label`."""
        message, data = self._button(chat_id, label)
        callback = f"cb{self._next_update}"
        self._open_callbacks.add(callback)
        person = _person(chat_id)
        query = {"id": callback, "from": person, "message": message, "chat_instance": "1"}
        return self.inject({"callback_query": {**query, "data": data}})

    def inject(self, parts: dict[str, Any]) -> int:
        """An update with any content."""
        with self._lock:
            self._next_update += 1
            update = {"update_id": self._next_update, **parts}
        self.deliver(update)
        return int(update["update_id"])

    def deliver(self, update: dict[str, Any]) -> None:
        """Hands an update to the webhook, or keeps it for getUpdates. Twice is a resend."""
        if not self.webhook:
            self._pending.append(update)
            return
        with self._lock:
            self._undelivered += 1
        asyncio.run_coroutine_threadsafe(self._line_up(update), self.loop).result(10)

    def fault(self, method: str, kind: str, times: int = 1, **details: Any) -> None:
        self._faults[method.lower()].append(Fault(kind, times, **details))

    # What came of it.

    def transcript(self, chat_id: int) -> list[str]:
        """The texts that the bot sent to a chat, in order."""
        return [m["text"] for m in self.sent(chat_id)]

    def sent(self, chat_id: int) -> list[dict[str, Any]]:
        with self._lock:
            return [m for m in self._chats[chat_id].messages if m["from"]["is_bot"]]

    def wait_for(self, chat_id: int, count: int, timeout_s: float = 15.0) -> list[str]:
        """The texts the bot sent to a chat, once there are `count`."""
        wait_until(lambda: len(self.sent(chat_id)) >= count, timeout_s)
        return self.transcript(chat_id)

    def settle(self, timeout_s: float = 15.0) -> None:
        """Waits until the webhook has taken everything."""
        wait_until(lambda: self._undelivered == 0, timeout_s)

    def called(self, method: str) -> list[dict[str, Any]]:
        with self._lock:
            return [given for name, given in self.calls if name == method.lower()]

    # Delivery.

    async def _line_up(self, update: dict[str, Any]) -> None:
        queue_id = _queue_id(update)
        if queue_id not in self._lines:
            self._lines[queue_id] = asyncio.Queue()
            self._postmen.append(asyncio.create_task(self._deliver_line(self._lines[queue_id])))
        await self._lines[queue_id].put(update)

    async def _deliver_line(self, line: asyncio.Queue[dict[str, Any]]) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            while True:
                update = await line.get()
                pause = 0.0
                while not await self._posted(client, update):
                    await asyncio.sleep(pause)
                    pause = min(max(2 * pause, self.retry_s), 40 * self.retry_s)
                with self._lock:
                    self._undelivered -= 1

    async def _posted(self, client: httpx.AsyncClient, update: dict[str, Any]) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        try:
            got = await client.post(self.webhook["url"], json=update, headers=headers)
        except httpx.HTTPError:
            return False
        self.statuses.append(got.status_code)
        return got.is_success

    # The Bot API.

    async def _receive(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        given = await _parameters(request)
        try:
            if request.path_params["token"] != TOKEN:
                raise RefusedError(401, "Unauthorized")
            if spoiled := await self._spoil(method):
                return spoiled
            call = getattr(self, f"_do_{method}", None)
            if call is None:
                raise RefusedError(404, "Not Found: method not found")
            with self._lock:
                self.calls.append((method, given))
            result = await call(given) if asyncio.iscoroutinefunction(call) else call(given)
        except RefusedError as error:
            return _refusal(error)
        return JSONResponse({"ok": True, "result": result})

    async def _spoil(self, method: str) -> Response | None:
        with self._lock:
            fault = next((f for f in self._faults[method] if f.times > 0), None)
            if fault is None:
                return None
            fault.times -= 1
        match fault.kind:
            case "429":
                raise RefusedError(
                    429,
                    f"Too Many Requests: retry after {fault.retry_after}",
                    retry_after=fault.retry_after,
                )
            case "403":
                raise RefusedError(403, "Forbidden: bot was blocked by the user")
            case "400":
                raise RefusedError(400, fault.description)
            case "timeout":
                await asyncio.sleep(fault.seconds)
                return Response(status_code=504)
            case "badjson":
                return Response("<html>", media_type="text/html")
        return Response("Internal Server Error", status_code=500)

    def _do_getme(self, _: dict[str, Any]) -> dict[str, Any]:
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    def _do_setwebhook(self, given: dict[str, Any]) -> bool:
        self.webhook = {"url": given["url"], "secret_token": given.get("secret_token", "")}
        return True

    def _do_deletewebhook(self, _: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    def _do_getwebhookinfo(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": self._undelivered,
        }

    async def _do_getupdates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise RefusedError(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(given.get("offset", 0))
        self._pending = [u for u in self._pending if u["update_id"] >= offset]
        for _ in range(int(given.get("timeout", 0)) * 20):
            if self._pending:
                break
            await asyncio.sleep(0.05)
        return self._pending[:100]

    def _do_setmycommands(self, given: dict[str, Any]) -> bool:
        self.commands = json.loads(given["commands"])
        return True

    def _do_sendchataction(self, given: dict[str, Any]) -> bool:
        self._chat(given)
        return True

    def _do_sendmessage(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        text = _shown_text(given)
        if not text.strip():
            raise RefusedError(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise RefusedError(400, "Bad Request: message is too long")
        message = self._message(chat.id, sender=self.bot, text=text, sent_at=time.time())
        if markup := _markup(given):
            message["reply_markup"] = markup
        if quoted := given.get("reply_parameters"):
            message["quoted"] = json.loads(quoted)["message_id"]
        with self._lock:
            chat.messages.append(message)
        return {k: v for k, v in message.items() if k not in ("sent_at", "quoted")}

    def _do_editmessagereplymarkup(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        wanted = int(given["message_id"])
        message = next((m for m in chat.messages if m["message_id"] == wanted), None)
        if message is None:
            raise RefusedError(400, "Bad Request: message to edit not found")
        if message.get("reply_markup") == (markup := _markup(given)):
            raise RefusedError(400, "Bad Request: message is not modified")
        message["reply_markup"] = markup
        return {k: v for k, v in message.items() if k not in ("sent_at", "quoted")}

    def _do_answercallbackquery(self, given: dict[str, Any]) -> bool:
        callback = given["callback_query_id"]
        if callback not in self._open_callbacks:
            raise RefusedError(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        self._open_callbacks.discard(callback)
        self.answered_callbacks.append(callback)
        return True

    def _chat(self, given: dict[str, Any]) -> Chat:
        chat = self._chats.get(int(given.get("chat_id", 0)))
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        if chat.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _message(
        self, chat_id: int, sender: dict[str, Any] | None = None, **content: Any
    ) -> dict[str, Any]:
        with self._lock:
            self._next_message += 1
            return {
                "message_id": self._next_message,
                "from": sender or _person(chat_id),
                "chat": self._chats[chat_id].as_json(),
                "date": int(time.time()),
                **content,
            }

    def _button(self, chat_id: int, label: str) -> tuple[dict[str, Any], str]:
        for message in reversed(self.sent(chat_id)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"]:
                        return message, button["callback_data"]
        raise AssertionError(f"no button {label!r}")


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


def _shown_text(given: dict[str, Any]) -> str:
    text = str(given.get("text", ""))
    return _TextOf().read(text) if given.get("parse_mode") == "HTML" else text


def _markup(given: dict[str, Any]) -> dict[str, Any] | None:
    if not given.get("reply_markup"):
        return None
    markup: dict[str, Any] = json.loads(given["reply_markup"])
    for button in (b for row in markup["inline_keyboard"] for b in row):
        if not 1 <= len(button["callback_data"].encode()) <= 64:
            raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


async def _parameters(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | json.loads(body)
    return given | dict(parse_qsl(body, keep_blank_values=True))


def _refusal(error: RefusedError) -> Response:
    body = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return JSONResponse(body, status_code=error.code)


def _person(chat_id: int) -> dict[str, Any]:
    return {"id": abs(chat_id), "is_bot": False, "first_name": "Lan", "language_code": "vi"}


def _queue_id(update: dict[str, Any]) -> int:
    """Telegram keeps order within a chat for messages, and apart from them within a person for
    pressed buttons."""
    if query := update.get("callback_query"):
        return int(query["from"]["id"]) + (3 << 33)
    message = update.get("message") or update.get("edited_message") or {}
    return int(message.get("chat", {}).get("id", 0))


async def _cancel_all() -> None:
    tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
