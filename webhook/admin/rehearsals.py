"""Asking what people ask, by the same conversation, without anybody being told the Answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.assistant import Assistant
from bot.draft import Context, Draft, Known
from bot.model import Answer, Channel, Question
from knowledge.store import Edition
from retrieval.search import Reading
from webhook.render import Message, button_messages, plain, plain_messages

ZALO_LETTERS, TELEGRAM_LETTERS = 2000, 4096


@dataclass(frozen=True)
class Passed:
    """One step of the pipeline, and what it did."""

    step: str
    before: Draft
    after: Draft | Answer


@dataclass(frozen=True)
class Tried:
    """A question, and how it was answered."""

    text: str
    answer: Answer
    drafts: Sequence[Draft]
    """The last of each question in the message."""
    passed: Sequence[Passed]
    edition: int
    today: date
    took_ms: int

    @property
    def draft(self) -> Draft:
        """The first question's."""
        return self.drafts[0]

    def read_as(self, draft: Draft) -> Reading | None:
        """How the question of a Draft was read, before search took its subject alone."""
        read = (
            after.reading
            for before, after in ((p.before, p.after) for p in reversed(self.passed))
            if isinstance(after, Draft) and before.reading is None and after.reading
            if before.question.text == draft.question.text
        )
        return next(read, None)


@dataclass(frozen=True)
class Rehearsals:
    """The conversation that the channels have, and the search over other Editions."""

    assistant: Assistant
    known: Callable[[], Known]
    """What people are answered from."""
    build: Callable[[Edition], Known]
    """Another Edition with its search; embeds the passages that are new."""

    def ask(
        self,
        text: str,
        known: Known | None = None,
        context: Context | None = None,
        *,
        action: str | None = None,
        today: date | None = None,
        by_model: bool = False,
    ) -> Tried:
        """Ask in a conversation of its own, by the Edition that is served or another."""
        passed: list[Passed] = []

        def watch(step: str, before: Draft, after: Draft | Answer) -> None:
            passed.append(Passed(step, before, after))

        began = time.perf_counter()
        answer, drafts = self.assistant.rehearse(
            _question(text, action), known, context, today=today, watch=watch, by_model=by_model
        )
        took_ms = round((time.perf_counter() - began) * 1000)
        last = drafts[0]
        return Tried(text, answer, drafts, passed, last.known.edition.number, last.today, took_ms)


def _question(text: str, action: str | None) -> Question:
    """Somebody's Question on the web, of a conversation that nobody has."""
    key = f"rehearsal:{secrets.token_hex(8)}"
    return Question(id=key, channel=Channel.WEB, conversation=key, text=text, action=action)


def as_sent(answer: Answer, public_url: str) -> dict[str, Sequence[Message]]:
    """The Answer's messages on the channels that send messages."""
    return {
        "zalo": plain_messages(answer, ZALO_LETTERS, public_url),
        "telegram": button_messages(answer, TELEGRAM_LETTERS, public_url),
    }


def as_text(answer: Answer) -> str:
    """The Answer as one text, the same whichever Edition it is from."""
    return plain(answer.model_copy(update={"edition": None, "id": ""}))
