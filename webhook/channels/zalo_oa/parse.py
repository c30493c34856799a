"""What a webhook event of an Official Account is to us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.model import Channel, Question
from webhook.channels.adapter import Attachment, Incoming, Update

PRESSED = "binhdan:"
"""Opens the payload of our buttons: a press arrives as a text message that is the payload. Not "#",
since a switch in Zalo's console keeps texts that begin with it from us."""

MEDIA = {
    "text": None,
    "image": "image",
    "gif": "image",
    "audio": "voice",
    "video": "file",
    "file": "file",
    "sticker": "sticker",
    "location": "location",
    "link": "other",
    "business_card": "other",
}
"""The last words of user_send_* and anonymous_send_* → our kind of media."""
FETCHED = ("image", "voice")
GREETED = ("follow", "user_click_chatnow")
HOUR_MS = 3_600_000

_SENT = re.compile(r"(user|anonymous)_send_(\w+)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PAYLOAD = re.compile(rf"{PRESSED}(\S{{1,64}})")


@dataclass(frozen=True)
class AgentSpoke:
    """A human agent wrote to somebody in Zalo's own console."""

    person: str
    at: datetime


def parse(update: Update, oa_id: str) -> Incoming | AgentSpoke | None:
    """What an event tells us, or None: a receipt, a reaction, our own message, another account's,
    not readable. Never raises."""
    try:
        return _parse(update, str(update["event_name"]), oa_id)
    # Also what Zalo signed is read leniently: what lacks a part it must have is not for us.
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _parse(update: Update, event: str, oa_id: str) -> Incoming | AgentSpoke | None:
    if sent := _SENT.fullmatch(event):
        return _message(update, oa_id, sent[2]) if sent[2] in MEDIA else None
    if event in GREETED and update["oa_id"] == oa_id:
        person = _person(update, oa_id)
        # To follow and to open the chat come together; within an hour they are one id, hence one
        # greeting. It is Zalo's way to press Start.
        hour = _milliseconds(update) // HOUR_MS * HOUR_MS
        return Incoming(
            question=_question(update, oa_id, person, hour, f"start-{person}", text="/start")
        )
    if event == "user_withdraw":
        person = _person(update, oa_id)
        at = _milliseconds(update)
        question = _question(update, oa_id, person, at, f"withdraw-{person}", action="delete")
        return Incoming(question=question, silent=True)
    # What we send ourselves comes back as the same event, without an admin.
    if event.startswith("oa_send_") and update["sender"].get("admin_id"):
        if str(update["sender"]["id"]) != oa_id:
            return None
        return AgentSpoke(_id(update["recipient"]["id"]), _moment(_milliseconds(update)))
    return None


def _message(update: Update, oa_id: str, kind: str) -> Incoming | None:
    if str(update["recipient"]["id"]) != oa_id:
        return None
    message = update["message"]
    person = _id(update["sender"]["id"])
    # The text of a card is a name and a phone number.
    text = "" if kind == "business_card" else str(message.get("text") or "")
    pressed = _PAYLOAD.fullmatch(text.strip())
    question = _question(
        update,
        oa_id,
        person,
        _milliseconds(update),
        _id(message.get("msg_id") or f"{kind}-{person}"),
        text="" if pressed else text,
        action=pressed[1] if pressed else None,
        media=MEDIA[kind],
    )
    conversation_id = message.get("conversation_id")
    return Incoming(
        question=question,
        # A visitor without an account is answered within a conversation that has its own id.
        thread=_id(conversation_id) if conversation_id else None,
        attachment=_attachment(message) if MEDIA[kind] in FETCHED else None,
    )


def _question(
    update: Update,
    oa_id: str,
    person: str,
    milliseconds: int,
    name: str,
    *,
    text: str = "",
    action: str | None = None,
    media: str | None = None,
) -> Question:
    return Question(
        # Fourteen digits, so that ids sort as numbers do: see `DurableQueue.accept`.
        id=f"zalo_oa:{oa_id}:{milliseconds:014}:{name}",
        channel=Channel.ZALO_OA,
        conversation=person,
        # Half of an emoji, as JSON may carry it, is no text: it becomes a question mark.
        text=text.encode("utf-8", "replace").decode(),
        action=action,
        media=media,
        asked_at=_moment(_milliseconds(update)),
    )


def _attachment(message: Mapping[str, Any]) -> Attachment | None:
    for attached in message.get("attachments") or ():
        payload = attached["payload"]
        size = str(payload.get("size", ""))
        if url := payload.get("url"):
            return Attachment(reference=str(url), size=int(size) if size.isdecimal() else None)
    return None


def _person(update: Update, oa_id: str) -> str:
    """Events without a message name who they are about in different places."""
    for place in ("follower", "sender", "recipient"):
        found = (update.get(place) or {}).get("id")
        if found and str(found) != oa_id:
            return _id(found)
    return _id(update["user_id"])


def _id(value: object) -> str:
    """An id of Zalo's: digits or hexadecimal, as a string or a number. ValueError if it is not."""
    if not _ID.fullmatch(str(value)):
        raise ValueError("not an id")
    return str(value)


def _milliseconds(update: Update) -> int:
    """The event's time since 1970; some events write it as a string, some as a number."""
    found = int(str(update["timestamp"]))
    if not 0 < found < 10**14:
        raise ValueError("not a time")
    return found


def _moment(milliseconds: int) -> datetime:
    """A time as Zalo gives it; never later than now, since clocks differ."""
    return min(datetime.fromtimestamp(milliseconds / 1000, UTC), datetime.now(UTC))
