"""Links that open the bot on Telegram."""

from __future__ import annotations


def entry_link(username: str, entry_id: str) -> str:
    """The link that opens the bot at an Entry; `parse` reads what arrives of it."""
    return f"https://t.me/{username}?start=e_{entry_id}"
