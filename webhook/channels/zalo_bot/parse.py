"""What the Bot Platform posts, as messages: as it is documented, and as it was seen to be."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Channel, Question
from webhook.channels.adapter import Attachment, Incoming, Update

MEDIA = {
    "message.image.received": "image",
    "message.sticker.received": "sticker",
    "message.voice.received": "voice",
    # Documents, contact cards, and whatever else Zalo does not hand on.
    "message.unsupported.received": "other",
}
"""An event's name → our kind of media."""
TEXTS = {"message.text.received", "message.link.received"}
FILES = ("photo_url", "photo", "voice_url")
"""Where an event may have the address of its file; Zalo's documents say "photo"."""


@dataclass(frozen=True)
class Me:
    """Who the bot is: its id is in the token, its names are known once Zalo has been asked."""

    id: str
    names: tuple[str, ...] = ()


def parse(update: Update, body: bytes, me: Me) -> Incoming | None:
    """The message in an update, or None: of another kind, of a bot, of nobody, not readable."""
    try:
        return _incoming(unwrapped(update), body, me)
    # Strangers send this. What lacks a part it must have is not a message to us.
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def unwrapped(update: Update) -> Update:
    """The event itself. The documents wrap it in {"ok", "result"}; real deliveries came bare."""
    result = update.get("result")
    return result if update.get("ok") is True and isinstance(result, dict) else update


def _incoming(update: Update, body: bytes, me: Me) -> Incoming | None:
    event, message = update["event_name"], update["message"]
    media = MEDIA.get(event)
    if not (media or event in TEXTS) or (message.get("from") or {}).get("is_bot"):
        return None
    text = str(message.get("text") or message.get("caption") or "")
    if not (text or media):
        return None
    file = next((message[name] for name in FILES if message.get(name)), None)
    return Incoming(
        question=_question(message, text, media, body, me),
        attachment=Attachment(reference=str(file)) if file else None,
    )


def _question(message: Update, text: str, media: str | None, body: bytes, me: Me) -> Question:
    chat = message["chat"]
    if chat.get("chat_type") == "GROUP":
        text = _without_our_name(text, me)
    sent_ms = _milliseconds(message.get("date"))
    return Question(
        # Thirteen digits, so that ids of a conversation sort as its messages came.
        id=f"zalo_bot:{me.id}:{sent_ms:013}:{_name(message.get('message_id'), body)}",
        channel=Channel.ZALO_BOT,
        conversation=str(chat["id"]),
        # Half of an emoji, as JSON may carry it, is no text: it becomes a question mark.
        text=text.encode("utf-8", "replace").decode(),
        media=media,
        asked_at=datetime.fromtimestamp(sent_ms / 1000, UTC) if sent_ms else datetime.now(UTC),
    )


def _milliseconds(date: object) -> int:
    """A moment in milliseconds; 0 if there is none. Small numbers are seconds."""
    if not isinstance(date, int | float | str):
        return 0
    number = int(date)
    return number * 1000 if number < 10**12 else number


def _name(message_id: object, body: bytes) -> str:
    """What tells a message from others; a resend has the same body."""
    if isinstance(message_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", message_id):
        return message_id
    return hashlib.sha256(body).hexdigest()[:40]


def _without_our_name(text: str, me: Me) -> str:
    """What somebody in a group wrote to us, without the mention it opens with. Zalo does not say
    where that ends, so only our own names are taken off."""
    composed = unicodedata.normalize("NFC", text)
    for name in me.names:
        mention = rf"\s*@?{re.escape(unicodedata.normalize('NFC', name))}(?!\w)[\s,:;.!-]*"
        if found := re.match(mention, composed, re.IGNORECASE):
            return composed[found.end() :]
    return text
