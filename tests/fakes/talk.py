"""One person's talk with the real Assistant, over shipped Entries and without search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import cast

from bot.assistant import Assistant
from bot.draft import Known
from bot.journal import Journal
from bot.llm import Rewriter
from bot.model import Answer, BlockKind, Channel, Question
from bot.pipeline import Pipeline
from knowledge.load import load
from knowledge.store import Edition, connect
from retrieval.search import Searcher
from webhook.database import migrate

Ask = Callable[..., Answer]
"""A text, or an action, in; the Answer out."""


class NoSearch:
    """Stands where the search is, for talks that must not reach it."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError("nothing is to be searched")


@cache
def without_search() -> Known:
    """The shipped content, which can be opened but not searched."""
    edition = Edition(1, "0" * 64, datetime.now(UTC), load())
    return Known(edition, cast(Searcher, NoSearch()))


def talk(known: Known, folder: Path, rewriter: Rewriter | None = None) -> Ask:
    """A conversation that is kept in a database in `folder`."""
    url = f"sqlite:///{folder / 'journal.db'}"
    migrate(url)
    journal = Journal(connect(url), b"key")
    assistant = Assistant(lambda: known, journal, Pipeline(rewriter), lambda: date(2026, 11, 22))
    numbers = count(1)

    def ask(text: str = "", action: str | None = None) -> Answer:
        question = Question(
            id=f"zalo_bot:{next(numbers)}",
            channel=Channel.ZALO_BOT,
            conversation="7",
            text=text,
            action=action,
        )
        return assistant.reply(question)

    return ask


def title(answer: Answer) -> str:
    """The first title of an Answer."""
    return next(b.lines[0] for b in answer.blocks if b.kind is BlockKind.TITLE)
