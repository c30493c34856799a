"""Messages that are no question: greetings, thanks, emergencies, abuse, manipulation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.wording import fold


@dataclass(frozen=True)
class _Rule:
    words: int
    pattern: re.Pattern[str]


def small_talk(text: str) -> Answer | None:
    """The fitting words for a message that is no question, or None."""
    typed = re.sub(r"\s+", " ", text.lower()).strip(" .!,")
    length = len(typed.split())
    for name, rule in _rules().items():
        if length <= rule.words and any(map(rule.pattern.search, (fold(typed), typed))):
            return _REPLIES[name]()
    return None


def without_courtesy(text: str) -> str:
    """A message without the greeting or thanks it opens with: "cảm ơn, cho hỏi phí khai sinh"."""
    opened = re.search(r"[,.!\n]+\s*", text)
    answer = small_talk(text[: opened.start()]) if opened else None
    if opened is None or answer is None:
        return text
    polite = answer.status in (Status.SMALLTALK_GREETING, Status.SMALLTALK_THANKS)
    rest = text[opened.end() :]
    return rest if polite and re.search(r"\w", rest) else text


def greeting() -> Answer:
    """The first words: what it is, what it can do, what it never asks, how to delete data."""
    lines = [say("smalltalk.greeting"), say("smalltalk.never_asks"), say("smalltalk.delete_hint")]
    return _texts(Status.SMALLTALK_GREETING, *lines)


def first_words_in_a_group() -> Answer:
    """To a group that has let us in: what it is, how to call it, what it never asks."""
    lines = (say("smalltalk.group"), say("smalltalk.never_asks"))
    return _texts(Status.SMALLTALK_IDENTITY, *lines)


def _emergency() -> Answer:
    numbers = ("police", "fire", "ambulance", "rescue", "child")
    blocks = (
        Block(kind=BlockKind.TITLE, lines=(say("emergency.title"),)),
        Block(kind=BlockKind.ITEMS, lines=tuple(say(f"emergency.{n}") for n in numbers)),
        Block(kind=BlockKind.TEXT, lines=(say("emergency.note"),)),
    )
    return Answer(status=Status.ANSWERED_EMERGENCY, blocks=blocks)


def _identity() -> Answer:
    return _texts(
        Status.SMALLTALK_IDENTITY,
        say("smalltalk.identity"),
        say("smalltalk.help"),
        say("smalltalk.never_asks"),
    )


def _help() -> Answer:
    lines = (say("smalltalk.help"), say("smalltalk.never_asks"), say("smalltalk.delete_hint"))
    return _texts(Status.SMALLTALK_HELP, *lines)


def _fixed(status: Status, key: str) -> Callable[[], Answer]:
    return lambda: _texts(status, say(key))


def _texts(status: Status, *lines: str) -> Answer:
    blocks = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
    return Answer(status=status, blocks=blocks)


_REPLIES: dict[str, Callable[[], Answer]] = {
    "emergency": _emergency,
    "abuse": _fixed(Status.REFUSED_ABUSE, "refused.abuse"),
    "manipulation": _fixed(Status.REFUSED_MANIPULATION, "refused.manipulation"),
    "complaint": _fixed(Status.CLARIFICATION_TOPIC, "clarify.again"),
    "thanks": _fixed(Status.SMALLTALK_THANKS, "smalltalk.thanks"),
    "goodbye": _fixed(Status.SMALLTALK_GOODBYE, "smalltalk.goodbye"),
    "greeting": greeting,
    "identity": _identity,
    "help": _help,
}


@cache
def _rules() -> dict[str, _Rule]:
    rows = yaml.safe_load(Path(__file__).with_name("smalltalk.yaml").read_text(encoding="utf-8"))
    return {
        name: _Rule(row["words"], re.compile("|".join(f"(?:{p})" for p in row["patterns"])))
        for name, row in rows.items()
    }


def suggestions(titles: dict[str, str]) -> tuple[Choice, ...]:
    """Entries offered to somebody who has not asked yet; `titles` are those that exist, by id."""
    ids = [entry_id for entry_id in node("smalltalk.suggestions") if entry_id in titles]
    return tuple(Choice(label=titles[i], action=f"entry:{i}") for i in ids)
