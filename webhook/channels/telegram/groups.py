"""What in a group is meant for us. With Telegram's privacy mode on little else arrives; without it,
everything does."""

from __future__ import annotations

import re

from bot.messages import node
from webhook.channels.adapter import Update
from webhook.channels.telegram.me import Me


def is_for_us(message: Update, text: str, me: Me) -> bool:
    """A command of ours, our name, or an answer to something we said."""
    if command := re.match(r"/(\w+)(?:@(\w+))?", text):
        name, addressee = command.groups()
        return _is_our_name(addressee, me) if addressee else name.lower() in _commands()
    if message.get("reply_to_message", {}).get("from", {}).get("id") == me.id:
        return True
    return bool(me.username and re.search(_mention(me.username), text, re.IGNORECASE))


def without_our_name(text: str, me: Me) -> str:
    """A text without "@" and our name, whose place is taken by nothing."""
    if not me.username:
        return text
    text = re.sub(rf"^(/\w+)@{re.escape(me.username)}\b", r"\1", text, flags=re.IGNORECASE)
    return re.sub(_mention(me.username), "", text, flags=re.IGNORECASE).strip()


def came_in(change: Update) -> bool:
    """Whether a change of our membership made us a member."""
    return _is_member(change["new_chat_member"]) and not _is_member(change["old_chat_member"])


def _is_member(membership: Update) -> bool:
    status = membership["status"]
    return status in ("member", "administrator", "creator") or (
        status == "restricted" and bool(membership.get("is_member"))
    )


def _is_our_name(name: str, me: Me) -> bool:
    return me.username is not None and name.lower() == me.username.lower()


def _mention(username: str) -> str:
    return rf"(?<!\w)@{re.escape(username)}\b"


def _commands() -> set[str]:
    return {*node("channel.commands"), "help"}
