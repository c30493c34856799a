"""Voting in a quiz as people do: a moment after it came, when the bot knows that it was sent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.fakes import wait_until
from tests.fakes.telegram import FakeTelegram

PATIENCE_S = 60.0


def vote(
    fake: FakeTelegram,
    folder: Path,
    chat: int,
    option: int,
    *,
    earlier: int = 0,
    voter: int | None = None,
) -> None:
    """Somebody picks an option, from 0, of the newest quiz in a chat, or of one so many before.
    `folder`: the server's, with its queue in SQLite."""
    polls = [message["poll"]["id"] for message in fake.sent(chat) if "poll" in message]
    wait_until(lambda: _is_noted(folder, polls[-1 - earlier]), PATIENCE_S)
    fake.vote(chat, option, earlier=earlier, person=voter)


def _is_noted(folder: Path, poll_id: str) -> bool:
    with closing(sqlite3.connect(folder / "queue.db", timeout=10)) as db:
        found = db.execute("SELECT 1 FROM telegram_polls WHERE id = ?", (poll_id,)).fetchone()
    return found is not None
