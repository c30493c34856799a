"""Zalo's Bot Platform on loopback: its calls, checks and words, and the people who use it.

What its documents leave open, or its deliveries do otherwise, is a switch of `Habits`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import serve, wait_until
from tests.fakes.faults import Fault, spoiled
from tests.fakes.postman import Letter, Postman

TOKEN = "1459232241454765289:TEST-token_of-the-fake"
SECRET = "the-zalo-bot-secret"
MEDIA_HOST = "https://photo-stal.zdn.vn"
STYLES = {"b", "i", "u", "s", "lst_1", "lst_2"} | {f"ind_{n}" for n in range(1, 6)}
STYLES |= {f"f_{size}" for size in (13, 15, 18, 20)}
STYLES |= {f"c_{colour}" for colour in ("050a19", "15a85f", "f7b503", "f27806", "db342e")}
EVENTS = {
    "image": "message.image.received",
    "sticker": "message.sticker.received",
    "voice": "message.voice.received",
    "unsupported": "message.unsupported.received",
}


KINDS = {"photo": "image", "document": "unsupported"}
"""What people send as Telegram calls it → as it arrives here; a document comes without its file."""


class RefusedError(Exception):
    """The platform's way to say no."""

    def __init__(self, code: int, description: str, status: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description = code, description
        self.status = status or code
        """Of HTTP; the body has the code in any case."""


@dataclass
class Habits:
    """How the platform behaves where its documents are silent or wrong."""

    wrap: bool = False
    """Whether deliveries are wrapped in {"ok", "result"}, as documented; real ones were not."""
    photo_field: str = "photo_url"
    """Documented as "photo"."""
    date_in_seconds: bool = False
    empty_poll_status: int = 408
    """The HTTP status of an empty getUpdates, whose body says 408 in any case."""
    longest_poll_s: float = 30.0
    replays: bool = False
    """Whether getUpdates gives an update again that it has given."""
    refuses_with_200: bool = False
    """Whether a refusal comes with HTTP 200 and only the body says no."""
    probe: Literal["empty", "event"] = "event"
    """What setWebhook posts to try the address."""
    monthly_limit: int = 3000


@dataclass
class Chat:
    id: str
    type: str = "PRIVATE"
    blocked: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    """What the bot sent."""


class FakeZaloBot:
    """The server and the people on it. Use as a context manager; its methods are thread-safe."""

    def __init__(
        self, retry_s: float = 0.05, name: str = "Bot Bình Dân", port: int | None = None
    ) -> None:
        self.habits = Habits()
        self.bot = {
            "id": TOKEN.split(":")[0],
            "account_name": "bot.VDKyGxQvc",
            "account_type": "BASIC",
            "can_join_groups": False,
            "display_name": name,
        }
        self.webhook: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.ahead_s = 0.0
        """How far the platform's clock is ahead of ours."""
        self._port = port
        self._postman = Postman(retry_s)
        self._chats: dict[str, Chat] = {}
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._files: dict[str, bytes] = {}
        self._pending: list[dict[str, Any]] = []
        self._sends: list[str] = []
        self._last: dict[str, Any] | None = None
        self._last_ms = 0
        self._lock = threading.RLock()
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

    def _do_getme(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.bot

    async def _do_setwebhook(self, given: dict[str, Any]) -> dict[str, Any]:
        url, secret = str(given.get("url", "")), str(given.get("secret_token", ""))
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname != "127.0.0.1":
            raise RefusedError(400, "Bad Request: webhook url must be https")
        if not 8 <= len(secret) <= 256:
            raise RefusedError(400, "Bad Request: secret_token must be 8-256 characters")
        # Stored before it is tried: a webhook that fails the probe is set all the same.
        self.webhook = {"url": url, "secret_token": secret, "updated_at": self._next_ms()}
        return {**self._webhook_info(), "verification": await self._probe()}

    async def _probe(self) -> dict[str, Any]:
        event = {"event_name": "webhook.test", "message": None}
        letter = self._letter(event)
        if self.habits.probe == "empty":
            letter = Letter(letter.url, b"", {})
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                got = await client.post(letter.url, content=letter.body, headers=letter.headers)
        except httpx.HTTPError:
            return {"ok": False, "outcome": "webhook.unreachable"}
        outcome = "webhook.ok" if got.is_success else "webhook.bad_status"
        return {"ok": got.is_success, "outcome": outcome, "callback_status": got.status_code}

    async def _do_testwebhook(self, _: dict[str, Any]) -> dict[str, Any]:
        if not self.webhook:
            raise RefusedError(404, "Not Found")
        return await self._probe()

    def _do_getwebhookinfo(self, _: dict[str, Any]) -> dict[str, Any]:
        if not self.webhook:
            raise RefusedError(404, "Not Found")
        return self._webhook_info()

    def _webhook_info(self) -> dict[str, Any]:
        return {"url": self.webhook["url"], "updated_at": self.webhook.get("updated_at", 0)}

    def _do_deletewebhook(self, _: dict[str, Any]) -> dict[str, Any]:
        self.webhook = {}
        return {"url": "", "updated_at": self._next_ms()}

    async def _do_getupdates(self, given: dict[str, Any]) -> dict[str, Any]:
        if self.webhook:
            raise RefusedError(
                400,
                "You cannot use this API while a webhook is set. Please remove the webhook first",
            )
        wait = min(float(given.get("timeout") or 30), self.habits.longest_poll_s)
        for _ in range(int(wait * 20) or 1):
            if self._pending:
                return self._pending[0] if self.habits.replays else self._pending.pop(0)
            await asyncio.sleep(0.05)
        raise RefusedError(408, "Request timeout", self.habits.empty_poll_status)

    def _do_sendmessage(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        text = str(given.get("text", ""))
        if not 1 <= len(text) <= 2000:
            raise RefusedError(400, "Bad Request: text must be 1-2000 characters")
        _check_styles(text, given.get("text_styles") or [])
        if given.get("parse_mode") not in (None, "markdown", "html"):
            raise RefusedError(400, "Bad Request: parse_mode is invalid")
        return self._take(chat, text=text, text_styles=given.get("text_styles") or [])

    def _do_sendphoto(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        if not str(given.get("photo", "")).startswith("https://"):
            raise RefusedError(400, "Bad Request: photo must be a public URL")
        caption = str(given.get("caption", ""))
        if len(caption) > 2000:
            raise RefusedError(400, "Bad Request: caption must be 1-2000 characters")
        return self._take(chat, text=caption, photo=given["photo"])

    def _do_sendsticker(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._take(self._chat(given), text="", sticker=str(given.get("sticker", "")))

    def _do_sendvoice(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        if not urlsplit(str(given.get("voice_url", ""))).path.endswith(".aac"):
            raise RefusedError(400, "Bad Request: voice_url must be an .aac file")
        if chat.type == "GROUP":  # it looks sent there, and nobody receives it
            return {"message_id": secrets.token_hex(10), "date": self._next_ms()}
        return self._take(chat, text="", voice=given["voice_url"])

    def _do_sendchataction(self, given: dict[str, Any]) -> None:
        self._chat(given)
        if given.get("action") != "typing":
            raise RefusedError(400, "Bad Request: action is invalid")

    def _chat(self, given: dict[str, Any]) -> Chat:
        chat = self._chats.get(str(given.get("chat_id", "")))
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        if chat.blocked:
            raise RefusedError(403, "Forbidden")
        return chat

    def _take(self, chat: Chat, **content: Any) -> dict[str, Any]:
        with self._lock:
            month = f"{datetime.fromtimestamp(self._now(), UTC):%Y-%m}"
            if self._sends.count(month) >= self.habits.monthly_limit:
                raise RefusedError(429, "Quota exceeded")
            self._sends.append(month)
            receipt = {"message_id": secrets.token_hex(10), "date": self._next_ms()}
            chat.messages.append({**receipt, **content, "sent_at": time.time()})
            return receipt

    def _letter(self, update: dict[str, Any]) -> Letter:
        body = {"ok": True, "result": update} if self.habits.wrap else update
        headers = {"X-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        return Letter(
            self.webhook["url"],
            json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            {**headers, "Content-Type": "application/json"},
        )

    def _now(self) -> float:
        return time.time() + self.ahead_s

    def _next_ms(self) -> int:
        with self._lock:
            self._last_ms = max(self._last_ms + 1, int(self._now() * 1000))
            return self._last_ms


def _check_styles(text: str, styles: list[dict[str, Any]]) -> None:
    """Styles lie within the text, counted in UTF-16 units."""
    length = len(text.encode("utf-16-le")) // 2
    for style in styles:
        inside = style["start"] >= 0 and 0 < style["len"] <= length - style["start"]
        if not inside or not set(style["st"]) <= STYLES:
            raise RefusedError(400, "Bad Request: text_styles is invalid")


async def _parameters(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | json.loads(body)
    return given | dict(parse_qsl(body, keep_blank_values=True))
