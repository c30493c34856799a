"""A Bot API server on loopback: the calls our bot makes, and the people who talk to it."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import ExitStack
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import serve, wait_until
from tests.fakes.telegram.api import BotApi
from tests.fakes.telegram.delivery import cancel_all
from tests.fakes.telegram.wire import Fault, RefusedError, parameters
from tests.fakes.telegram.world import SECRET, TOKEN, Chat, Json

__all__ = ["MEDIA", "SECRET", "TOKEN", "Chat", "FakeTelegram"]

MEDIA: dict[str, Any] = {
    "photo": [
        {"file_id": "p", "file_unique_id": "pu", "file_size": 1200, "width": 90, "height": 67},
        {"file_id": "P", "file_unique_id": "Pu", "file_size": 81000, "width": 1280, "height": 960},
    ],
    "voice": {"file_id": "v", "file_unique_id": "vu", "file_size": 12345, "duration": 3},
    "document": {
        "file_id": "d",
        "file_unique_id": "du",
        "file_size": 54321,
        "file_name": "don.pdf",
        "mime_type": "application/pdf",
    },
    "sticker": {"file_id": "s", "file_unique_id": "su", "type": "regular"},
    "location": {"latitude": 21.03, "longitude": 105.85},
    "contact": {"phone_number": "84901234567", "first_name": "Lan", "user_id": 777},
}
PRESENT = {"status": "member"}
AWAY = {"status": "left"}
KICKED = {"status": "kicked", "until_date": 0}


class FakeTelegram(BotApi):
    """The server and the people on it. Use as a context manager; its methods are thread-safe."""

    def __init__(self, retry_s: float = 0.05, username: str = "fake_bot") -> None:
        super().__init__(retry_s, username)
        self.privacy = True
        """Whether the bot sees no more of groups than commands, replies to it and its name."""
        self.calls: list[tuple[str, Json]] = []
        self._said: dict[int, Json] = {}
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._stack = ExitStack()

    def __enter__(self) -> FakeTelegram:
        self.loop = asyncio.new_event_loop()
        self._postman = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._postman.start()
        routes = [
            Route("/bot{token}/{method}", self._receive, methods=["GET", "POST"]),
            Route("/file/bot{token}/documents/{file_id}", self._download),
        ]
        self.url = self._stack.enter_context(serve(Starlette(routes=routes)))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        asyncio.run_coroutine_threadsafe(cancel_all(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._postman.join(10)
        self.loop.close()

    # The people. Each method returns the id of the update that it makes.

    def say(
        self,
        chat_id: int,
        text: str,
        reply_to: Json | None = None,
        *,
        person: int | None = None,
        topic: int | None = None,
    ) -> int:
        """Somebody writes."""
        extra = {"reply_to_message": reply_to} if reply_to else {}
        return self._write(chat_id, person, topic, {"text": text, **extra})

    def show(
        self, chat_id: int, kind: str, caption: str | None = None, *, person: int | None = None
    ) -> int:
        """Somebody sends media of a kind in MEDIA."""
        extra = {"caption": caption} if caption else {}
        return self._write(chat_id, person, None, {kind: MEDIA[kind], **extra})

    def edit(self, chat_id: int, text: str | None = None, *, after_s: int = 10) -> int:
        """Somebody edits their last message in a chat; without a text, something else of it."""
        message = self._said[chat_id]
        message = {**message, "edit_date": message["date"] + after_s}
        if text is not None:
            message["text"] = text
        self._said[chat_id] = message
        return self.inject({"edited_message": message})

    def press(self, chat_id: int, label: str, *, person: int | None = None) -> int:
        """Somebody presses the newest button whose label holds `label`."""
        message, data = self._button(chat_id, label)
        callback = f"cb{self._next_update}"
        self._open_callbacks[callback] = self.now()
        query = {
            "id": callback,
            "from": self.person(person or chat_id),
            "message": {k: v for k, v in message.items() if k not in ("sent_at", "quoted")},
            "chat_instance": "1",
        }
        return self.inject({"callback_query": {**query, "data": data}})

    def vote(
        self, chat_id: int, option: int, *, earlier: int = 0, person: int | None = None
    ) -> int:
        """Somebody answers the newest quiz of a chat, or one so many before it; another person,
        where it was forwarded."""
        polls = [m["poll"] for m in self.sent(chat_id) if "poll" in m]
        poll = polls[-1 - earlier]
        voter = self.person(person or chat_id)
        answer = {"poll_id": poll["id"], "user": voter, "option_ids": [option]}
        persistent = [poll["options"][option]["persistent_id"]]
        return self.inject({"poll_answer": {**answer, "option_persistent_ids": persistent}})

    def block(self, chat_id: int, blocked: bool = True) -> int:
        """A person blocks the bot, or does no longer."""
        self.user(chat_id).blocked = blocked
        return self._membership(chat_id, *((PRESENT, KICKED) if blocked else (KICKED, PRESENT)))

    def invite(self, chat_id: int, *, person: int) -> int:
        """Somebody adds the bot to a group."""
        self.group(chat_id).blocked = False
        return self._membership(chat_id, AWAY, PRESENT, person)

    def remove(self, chat_id: int, *, person: int) -> int:
        """Somebody throws the bot out of a group."""
        self.group(chat_id).blocked = True
        return self._membership(chat_id, PRESENT, KICKED, person)

    def migrate(self, chat_id: int) -> int:
        """A group becomes a supergroup; returns its new id."""
        old, new = self.group(chat_id), self.group(chat_id - 1_000_000_000_000)
        old.type, old.moved_to = "group", new.id
        person = self.person(1)
        gone = self._message(chat_id, person, migrate_to_chat_id=new.id)
        self.inject({"message": gone})
        self.inject({"message": self._message(new.id, person, migrate_from_chat_id=chat_id)})
        return new.id

    def fault(self, method: str, kind: str, times: int = 1, **details: Any) -> None:
        """The next calls of a method go wrong: see Fault."""
        self._faults[method.lower()].append(Fault(kind, times, **details))

    # What came of it.

    def transcript(self, chat_id: int) -> list[str]:
        """The texts that the bot sent to a chat, in order; of a quiz its question, of a file its
        caption."""
        return [_words(message) for message in self.sent(chat_id)]

    def wait_for(self, chat_id: int, count: int, timeout_s: float = 15.0) -> list[str]:
        """The texts the bot sent to a chat, once there are `count`."""
        wait_until(lambda: len(self.sent(chat_id)) >= count, timeout_s)
        return self.transcript(chat_id)

    def called(self, method: str) -> list[Json]:
        """The parameters of each call of a method."""
        with self._lock:
            return [given for name, given in self.calls if name == method.lower()]

    # The server.

    async def _receive(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        given = await parameters(request)
        try:
            if request.path_params["token"] != TOKEN:
                raise RefusedError(401, "Unauthorized")
            if fault := self._fault(method):
                return await fault.strike()
            call = getattr(self, f"_do_{method}", None)
            if call is None:
                raise RefusedError(404, "Not Found: method not found")
            with self._lock:
                self.calls.append((method, given))
            result = await call(given) if asyncio.iscoroutinefunction(call) else call(given)
        except RefusedError as error:
            return error.response()
        return JSONResponse({"ok": True, "result": result})

    async def _download(self, request: Request) -> Response:
        content = self.files.get(request.path_params["file_id"])
        if request.path_params["token"] != TOKEN or content is None:
            return RefusedError(404, "Not Found").response()
        return Response(content, media_type="application/octet-stream")

    def _fault(self, method: str) -> Fault | None:
        with self._lock:
            fault = next((f for f in self._faults[method] if f.times > 0), None)
            if fault:
                fault.times -= 1
            return fault

    def _write(self, chat_id: int, person: int | None, topic: int | None, content: Json) -> int:
        if topic is not None:
            content |= {"message_thread_id": topic, "is_topic_message": True}
        message = self._message(chat_id, self.person(person or chat_id), **content)
        self._said[chat_id] = message
        return self.inject({"message": message}) if self._is_seen(message) else 0

    def _is_seen(self, message: Json) -> bool:
        if not self.privacy or message["chat"]["type"] == "private":
            return True
        text = (message.get("text") or message.get("caption") or "").lower()
        replied = message.get("reply_to_message", {}).get("from", {}).get("id") == self.bot["id"]
        return text.startswith("/") or f"@{self.bot['username']}" in text or replied

    def _membership(self, chat_id: int, old: Json, new: Json, person: int | None = None) -> int:
        change = {
            "chat": self._chats[chat_id].as_json(),
            "from": self.person(person or chat_id),
            "date": int(self.now()),
            "old_chat_member": {"user": self.bot, **old},
            "new_chat_member": {"user": self.bot, **new},
        }
        return self.inject({"my_chat_member": change})

    def _button(self, chat_id: int, label: str) -> tuple[Json, str]:
        for message in reversed(self.sent(chat_id)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"]:
                        return message, button["callback_data"]
        raise AssertionError(f"no button {label!r}")


def _words(message: Json) -> str:
    """What a message says."""
    if "poll" in message:
        return str(message["poll"]["question"])
    return str(message["caption"] if "document" in message else message["text"])
