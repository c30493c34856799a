"""Who the bot is on Telegram."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Me:
    """Its id is in the token; its name is known once Telegram has been asked."""

    id: int
    username: str | None = None
