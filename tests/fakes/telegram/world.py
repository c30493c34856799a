"""Who is on the fake Telegram: people, groups, messages, and its clock."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

TOKEN = "123456:TEST-token_of-the-fake"
SECRET = "the-webhook-secret"

Json = dict[str, Any]


@dataclass
class Chat:
    id: int
    type: str = "private"
    blocked: bool = False
    """By its person, or the bot was thrown out of it."""
    topics: set[int] = field(default_factory=set)
    moved_to: int | None = None
    messages: list[Json] = field(default_factory=list)

    def as_json(self) -> Json:
        name = {"first_name": "Lan"} if self.type == "private" else {"title": "Tổ 5"}
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": self.type, **name, **forum}


class World:
    """The state. Thread-safe where several threads meet."""

    def __init__(self, username: str) -> None:
        self.bot: Json = {
            "id": int(TOKEN.split(":")[0]),
            "is_bot": True,
            "first_name": "Fake",
            "username": username,
        }
        self.files: dict[str, bytes] = {}
        """What can be downloaded, by file id."""
        self._chats: dict[int, Chat] = {}
        self._next_update = 1000
        self._next_message = 0
        self._ahead = 0.0
        self._lock = threading.RLock()

    def now(self) -> float:
        """Telegram's time, in seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Put Telegram's clock forward."""
        self._ahead += seconds

    def user(self, chat_id: int) -> Chat:
        """Somebody who pressed Start."""
        return self._chats.setdefault(chat_id, Chat(chat_id))

    def group(self, chat_id: int, topics: set[int] | None = None) -> Chat:
        """A group the bot is in; with topics, a forum."""
        new = Chat(chat_id, "supergroup", topics=topics or set())
        return self._chats.setdefault(chat_id, new)

    def sent(self, chat_id: int) -> list[Json]:
        """The messages that the bot sent to a chat, in order."""
        with self._lock:
            return [m for m in self._chats[chat_id].messages if m["from"]["is_bot"]]

    def person(self, person_id: int) -> Json:
        return {"id": abs(person_id), "is_bot": False, "first_name": "Lan", "language_code": "vi"}

    def _message(self, chat_id: int, sender: Json | None = None, **content: Any) -> Json:
        with self._lock:
            self._next_message += 1
            return {
                "message_id": self._next_message,
                "from": sender or self.person(chat_id),
                "chat": self._chats[chat_id].as_json(),
                "date": int(self.now()),
                **content,
            }

    def _new_update(self, parts: Json) -> Json:
        with self._lock:
            self._next_update += 1
            return {"update_id": self._next_update, **parts}
