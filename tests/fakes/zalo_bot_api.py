"""The calls of Zalo's Bot Platform, with its checks and its words."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from tests.fakes.postman import Letter

TOKEN = "1459232241454765289:TEST-token_of-the-fake"
STYLES = {"b", "i", "u", "s", "lst_1", "lst_2"} | {f"ind_{n}" for n in range(1, 6)}
STYLES |= {f"f_{size}" for size in (13, 15, 18, 20)}
STYLES |= {f"c_{colour}" for colour in ("050a19", "15a85f", "f7b503", "f27806", "db342e")}


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


class BotApi:
    """What the platform knows, and each call as a method `_do_<name>` of its parameters."""

    def __init__(self, name: str) -> None:
        self.habits = Habits()
        self.bot = {
            "id": TOKEN.split(":")[0],
            "account_name": "bot.VDKyGxQvc",
            "account_type": "BASIC",
            "can_join_groups": False,
            "display_name": name,
        }
        self.webhook: dict[str, Any] = {}
        self.ahead_s = 0.0
        """How far the platform's clock is ahead of ours."""
        self._chats: dict[str, Chat] = {}
        self._pending: list[dict[str, Any]] = []
        self._sends: list[str] = []
        self._last_ms = 0
        self._lock = threading.RLock()

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
