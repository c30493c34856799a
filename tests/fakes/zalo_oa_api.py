"""The checks of the Official Account API, in the order of the reference, and what passes them."""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.clock import Clock

DAY_S = 86_400
SIZES = {"image": 1 << 20, "gif": 5 << 20, "file": 5 << 20}
TYPES = {
    "image": ("image/jpeg", "image/png"),
    "gif": ("image/gif",),
    "file": ("application/pdf", "application/msword", "text/csv"),
}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORDS = {
    -32: "Your application reached limit call api",
    -100: "attachment_id was expired",
    -200: "Send message failed",
    -201: "message is invalid!",
    -210: "Parameter exceeds allowable limit",
    -211: "Out of quota",
    -213: "User has not followed OA",
    -216: "Access token is invalid",
    -217: "User has blocked invitation from OA",
    -220: "access_token is expired or removed",
    -230: "User has not interacted with the OA in the past 7 days",
    -240: "MessageV2 API has been shut down, please switch to MessageV3",
}


class RefusedError(Exception):
    """Zalo's way to say no: an error code, with status 200."""

    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(words or WORDS.get(code, "error"))
        self.code = code


@dataclass
class Person:
    """Somebody on Zalo, and what the account and they wrote to each other."""

    id: str
    follows: bool = False
    blocked: bool = False
    last_interaction: float = 0.0
    """Seconds since 1970; 0: never."""
    free_left: int = 8
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Quotas:
    """What the account may send."""

    free: int | None = None
    """Replies to a person within 48 hours of their last message; None: without end."""
    package: int = 1000
    per_minute: int = 4000


class OaApi:
    """State and rules of one account. Thread-safe."""

    def __init__(self, clock: Clock, oa_id: str, quotas: Quotas) -> None:
        self.clock, self.oa_id, self.quotas = clock, oa_id, quotas
        self.package_left = quotas.package
        self.people: dict[str, Person] = {}
        self.visitors: dict[str, Person] = {}
        self.uploads: dict[str, tuple[str, float]] = {}
        """Token → its kind, and until when it is kept."""
        self.kept: dict[str, dict[str, Any]] = {}
        """Token of a file → name, type, content."""
        self.on_sent: Callable[[Person, dict[str, Any]], None] = lambda person, message: None
        self._calls: dict[int, int] = defaultdict(int)
        self._lock = threading.RLock()

    def person(self, person_id: str) -> Person:
        with self._lock:
            return self.people.setdefault(person_id, Person(person_id))

    def visitor(self, person_id: str) -> Person:
        with self._lock:
            return self.visitors.setdefault(person_id, Person(person_id))

    def interacted(self, person: Person) -> None:
        """They wrote, followed or pressed something: the windows begin anew."""
        person.last_interaction = self.clock.now()
        person.free_left = self.quotas.free or 0

    def count_call(self) -> None:
        with self._lock:
            minute = int(self.clock.now() // 60)
            self._calls[minute] += 1
            if self._calls[minute] > self.quotas.per_minute:
                raise RefusedError(-32)

    def send(self, given: dict[str, Any]) -> dict[str, Any]:
        """`POST /v3.0/oa/message/cs`."""
        user_id, message = _shape(given, "user_id")
        self._check(message)
        with self._lock:
            person = self.people.get(user_id)
            if person is None or not person.last_interaction:
                raise RefusedError(-213)
            if person.blocked:
                raise RefusedError(-217)
            age = self.clock.now() - person.last_interaction
            if age > 7 * DAY_S:
                raise RefusedError(-230)
            quota = self._take_quota(person, age)
            sent = self._store(person, message)
        self.on_sent(person, sent)
        return {
            "message_id": sent["message_id"],
            "user_id": user_id,
            "sent_time": str(int(self.clock.now() * 1000)),
            "quota": quota,
        }

    def send_v2(self, given: dict[str, Any]) -> dict[str, Any]:
        """`POST /v2.0/oa/message`: shut, but for visitors of web pages."""
        if "anonymous_id" not in given.get("recipient", {}):
            raise RefusedError(-240)
        visitor_id, message = _shape(given, "anonymous_id")
        if not given["recipient"].get("conversation_id"):
            raise RefusedError(-201, "conversation_id is invalid!")
        self._check(message)
        if visitor_id not in self.visitors:
            raise RefusedError(-201, "anonymous_id is invalid!")
        sent = self._store(self.visitors[visitor_id], message)
        return {"message_id": sent["message_id"], "anonymous_id": visitor_id}

    def quota(self, given: dict[str, Any]) -> dict[str, Any]:
        """`POST /v3.0/oa/quota/message`."""
        person = self.people.get(str(given.get("user_id")))
        if person is None:
            raise RefusedError(-201, "user_id is invalid!")
        free = self.quotas.free
        left = "unlimited" if free is None else str(person.free_left)
        return {
            "last_interaction": str(int(person.last_interaction * 1000)),
            "cs_reply": {"remain": left, "total": "unlimited" if free is None else str(free)},
            "promotion": {"remain": "0", "total": "0"},
        }

    def upload(
        self, kind: str, content: bytes, content_type: str, file_name: str = ""
    ) -> dict[str, str]:
        """`POST /v2.0/oa/upload/<kind>`."""
        allowed = (*TYPES[kind], DOCX) if kind == "file" else TYPES[kind]
        if content_type not in allowed:
            raise RefusedError(-201, "file is invalid!")
        if len(content) > SIZES[kind]:
            raise RefusedError(-210)
        name = secrets.token_hex(16)
        self.uploads[name] = (kind, self.clock.now() + 7 * DAY_S)
        self.kept[name] = {"name": file_name, "type": content_type, "content": content}
        return {"token" if kind == "file" else "attachment_id": name}

    def account(self, oa_id: str) -> dict[str, Any]:
        """`GET /v2.0/oa/getoa`."""
        followers = sum(person.follows for person in self.people.values())
        return {
            "oaid": oa_id,
            "name": "Xã Thử Nghiệm",
            "is_verified": True,
            "oa_type": 4,
            "package_name": "Nâng cao",
            "num_follower": followers,
        }

    def detail(self, given: dict[str, Any]) -> dict[str, Any]:
        """`GET /v3.0/oa/user/detail`."""
        person = self.people.get(str(given.get("user_id")))
        if person is None:
            raise RefusedError(-201, "user_id is invalid!")
        return {
            "user_id": person.id,
            "display_name": "Lan",
            "user_is_follower": person.follows,
            "shared_info": {},
        }

    def _check(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        attachment = message.get("attachment")
        if text is None and attachment is None:
            raise RefusedError(-201)
        if text is not None and (not isinstance(text, str) or not 1 <= len(text) <= 2000):
            raise RefusedError(-210)
        if attachment is not None:
            self._check_attachment(attachment)
            if attachment.get("type") == "file" and text is not None:
                raise RefusedError(-201, "a file has no text!")

    def _check_attachment(self, attachment: dict[str, Any]) -> None:
        payload = attachment.get("payload", {})
        buttons = payload.get("buttons", [])
        if len(buttons) > 5:
            raise RefusedError(-210)
        for button in buttons:
            if not 1 <= len(button.get("title", "")) <= 100:
                raise RefusedError(-210)
            given = button.get("payload")
            wanted = str if button["type"].startswith("oa.query.") else dict
            if not isinstance(given, wanted) or (isinstance(given, str) and len(given) > 1000):
                raise RefusedError(-201)
        for element in (*payload.get("elements", ()), payload):
            name = element.get("attachment_id") or element.get("token")
            if name and self.clock.now() >= self.uploads.get(name, ("", 0.0))[1]:
                raise RefusedError(-100)

    def _take_quota(self, person: Person, age: float) -> dict[str, str]:
        if age <= 2 * DAY_S and (self.quotas.free is None or person.free_left > 0):
            person.free_left -= 1
            left, total, kind = person.free_left, self.quotas.free, "reply"
        elif self.package_left > 0:
            self.package_left -= 1
            left, total, kind = self.package_left, self.quotas.package, "sub_quota"
        else:
            raise RefusedError(-211)
        owner = {"owner_type": "OA", "owner_id": self.oa_id}
        if total is None:
            return {"quota_type": kind, **owner}
        return {"quota_type": kind, "remain": str(left), "total": str(total), **owner}

    def _store(self, person: Person, message: dict[str, Any]) -> dict[str, Any]:
        payload = message.get("attachment", {}).get("payload", {})
        sent = {
            "message_id": secrets.token_hex(10),
            "from": "oa",
            "text": message.get("text", ""),
            "buttons": payload.get("buttons", []),
            **({"file": self.kept[payload["token"]]} if "token" in payload else {}),
            "sent_at": self.clock.now(),
        }
        with self._lock:
            person.messages.append(sent)
        return sent


def _shape(given: dict[str, Any], recipient: str) -> tuple[str, dict[str, Any]]:
    try:
        user_id, message = given["recipient"][recipient], given["message"]
    except (KeyError, TypeError):
        raise RefusedError(-201) from None
    if not isinstance(user_id, str) or not isinstance(message, dict):
        raise RefusedError(-201)
    return user_id, message
