"""Telegram's updates as messages to us. Strangers may have written any part of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from bot.model import Channel, Question
from webhook.channels.adapter import Attachment, Incoming, Update
from webhook.channels.telegram.groups import came_in, is_for_us, without_our_name
from webhook.channels.telegram.me import Me

EDITED_WITHIN_S = 15 * 60
"""An edit that comes later mends an old talk, and asks nothing anew."""

MEDIA = {
    "photo": "image",
    "voice": "voice",
    "audio": "voice",
    "video_note": "voice",
    "video": "file",
    "animation": "file",
    "document": "file",
    "contact": "contact",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
}
"""A Telegram message's field → our kind of media."""


Meant = Callable[[str, int, int], str | None]
"""A poll, who voted, and the option from 0 → the action that the vote stands for."""


def no_meaning(poll_id: str, person: int, option: int) -> None:
    """What votes mean to whoever sends no quizzes."""


def parse(update: Update, me: Me, meant: Meant = no_meaning) -> Incoming | None:
    """The message in an update, or None: another kind, not for us, not readable."""
    try:
        if query := update.get("callback_query"):
            return _pressed(update, query, me)
        if message := update.get("message"):
            return _written(update, message, me)
        if edited := update.get("edited_message"):
            return _edited(update, edited, me)
        if vote := update.get("poll_answer"):
            return _voted(update, vote, me, meant)
        if change := update.get("my_chat_member"):
            return _joined(update, change, me)
    # Strangers send this. What lacks a part it must have is not a message to us.
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    return None


def chat_of(conversation: str) -> int:
    """The chat that a conversation is held in, and is answered in."""
    return int(conversation.partition("/")[0])


def _pressed(update: Update, query: Update, me: Me) -> Incoming | None:
    pressed = query["message"]
    question = _question(update, pressed["chat"], query["from"], me, action=str(query["data"]))
    return _incoming(question, pressed)


def _written(update: Update, message: Update, me: Me) -> Incoming | None:
    chat, sender = message["chat"], _sender(message)
    text = str(message.get("text") or message.get("caption") or "")
    field = next((name for name in MEDIA if name in message), None)
    if sender is None or not (text or field):
        return None
    if not _is_private(chat) and not is_for_us(message, text, me):
        return None
    text = without_our_name(text, me)
    question = _question(
        update,
        chat,
        sender,
        me,
        text=text or ("" if field else _pointed_at(message)),
        action=_deep_link(text),
        media=MEDIA[field] if field else None,
        date=message.get("edit_date") or message.get("date"),
    )
    attachment = _attachment(message[field]) if field else None
    return _incoming(question, message, attachment)


def _edited(update: Update, message: Update, me: Me) -> Incoming | None:
    """A message whose author thought better of it soon; the answer quotes it, for by then it may
    stand above an answer to what it said before."""
    if int(message["edit_date"]) - int(message["date"]) > EDITED_WITHIN_S:
        return None
    incoming = _written(update, message, me)
    if incoming is None or not (incoming.question.text or incoming.question.action):
        return None  # a location that moves is an edit too
    return incoming.model_copy(update={"reply_to": str(message["message_id"])})


def _voted(update: Update, vote: Update, me: Me, meant: Meant) -> Incoming | None:
    """Somebody answered a quiz, whose chat Telegram does not name: we send them only to private
    ones, which are numbered as the person is."""
    person = vote["user"]
    action = meant(str(vote["poll_id"]), int(person["id"]), int(vote["option_ids"][0]))
    if action is None:
        return None
    chat = {"id": person["id"], "type": "private"}
    return Incoming(question=_question(update, chat, person, me, action=action))


def _joined(update: Update, change: Update, me: Me) -> Incoming | None:
    """We were added to a group. (Blocked, removed or promoted: nothing to say.)"""
    chat = change["chat"]
    if chat["type"] not in ("group", "supergroup") or not came_in(change):
        return None
    question = _question(update, chat, change["from"], me, action="joined", date=change["date"])
    return Incoming(question=question)


def _incoming(
    question: Question, message: Update, attachment: Attachment | None = None
) -> Incoming:
    """The answer to a message in a group quotes it, and goes to its topic."""
    number = str(message["message_id"])
    return Incoming(
        question=question,
        reply_to=None if _is_private(message["chat"]) else number,
        # Outside of forums a thread is but a chain of replies, and nothing can be sent to it.
        thread=str(message["message_thread_id"]) if message.get("is_topic_message") else None,
        attachment=attachment,
    )


def _question(
    update: Update,
    chat: Update,
    person: Update,
    me: Me,
    *,
    text: str = "",
    action: str | None = None,
    media: str | None = None,
    date: int | None = None,
) -> Question:
    # In a group each person has a conversation of their own: nobody's place, choices or deletion
    # are another's. Topics share it, so that deleting reaches all a person said in the group.
    chat_id = int(chat["id"])
    return Question(
        # Twelve digits, so that ids sort as numbers do: see `DurableQueue.accept`.
        id=f"telegram:{me.id}:{int(update['update_id']):012}",
        channel=Channel.TELEGRAM,
        conversation=str(chat_id) if _is_private(chat) else f"{chat_id}/{int(person['id'])}",
        # Half of an emoji, as JSON may carry it, is no text: it becomes a question mark.
        text="" if action else text.encode("utf-8", "replace").decode(),
        action=action,
        media=media,
        asked_at=datetime.fromtimestamp(date, UTC) if date else datetime.now(UTC),
    )


def _is_private(chat: Update) -> bool:
    return bool(chat["type"] == "private")


def _sender(message: Update) -> Update | None:
    """Who wrote: a person, or a group whose administrator writes in its name. None: a bot, or a
    channel whose posts Telegram copies into its group."""
    if group := message.get("sender_chat"):
        found: Update = group
        return None if message.get("is_automatic_forward") else found
    person: Update = message["from"]
    return None if person.get("is_bot") else person


def _pointed_at(message: Update) -> str:
    """What is asked by replying to somebody's message with our name alone: that message."""
    pointed = message.get("reply_to_message", {})
    return "" if pointed.get("from", {}).get("is_bot") else str(pointed.get("text") or "")


def _deep_link(text: str) -> str | None:
    """t.me/<bot>?start=e_<entry id> arrives as "/start e_<entry id>" and opens that Entry."""
    found = re.fullmatch(r"/start e_([a-z0-9]+(?:-[a-z0-9]+)*)", text.strip())
    return f"entry:{found[1]}"[:64] if found else None


def _attachment(media: object) -> Attachment | None:
    """The file of a message, of a photo's sizes the largest; None if it has none (a contact)."""
    file = max(media, key=lambda size: size["width"]) if isinstance(media, list) else media
    if not isinstance(file, dict) or "file_id" not in file:
        return None
    return Attachment(reference=str(file["file_id"]), size=file.get("file_size"))
