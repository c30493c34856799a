"""What a Question wishes of the course: a pressed button, words for it, or a reply to what it
asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.course.progress import Progress, Step
from bot.course.talk import Talk
from bot.course.words import ACTION, asked_in_words, is_stop, option_in
from bot.draft import Context, Known
from bot.journal import FRESH
from bot.model import Question
from bot.smalltalk import small_talk
from bot.typed import is_number, picked
from bot.understand import facets_asked
from knowledge.wording import fold

_BARE = ("course:on", "course:next", "course:back")
"""Wishes in words that others use too ("tiếp"): of somebody who has learned something."""
_COMMAND = re.compile(r"/hoc(?:@\w+)?\s+(.+)", re.IGNORECASE | re.DOTALL)
_ASKS = re.compile(
    r"\?|\b(bao nhieu|o dau|can (gi|nhung gi|giay)|lam sao|(nhu )?the nao|la gi|khi nao|bao lau"
    r"|cho (toi |em |minh )?hoi|gom (nhung )?gi|thu tuc|le phi)\b"
)


@dataclass(frozen=True)
class Wish:
    """The action of the button that would wish the same, and what was written to an exercise."""

    action: str
    reply: str = ""


def wish_of(
    question: Question, context: Context, progress: Progress, talk: Talk, known: Known
) -> Wish | None:
    """What is wished of the course; None for whatever else a Question asks."""
    if question.action:
        return Wish(question.action) if is_ours(question.action) else None
    written = question.text.strip()
    if command := _COMMAND.fullmatch(written):
        written = command[1]
    if not written:
        return None
    if choice := picked(written, context.choices):
        return Wish(choice.action) if is_ours(choice.action) else None
    # While somebody practises to ask an AI, what they write is a prompt, or ends the practice.
    practising = context.practising
    late = None if practising else _picked_late(written, context, progress, talk)
    if action := late or asked_in_words(written):
        return Wish(action) if action not in _BARE or progress.last else None
    return None if practising else _replied(written, progress, known)


def is_ours(action: str) -> bool:
    return action.partition(":")[0] == ACTION


def is_fresh(progress: Progress) -> bool:
    """Whether the course is what is being talked about."""
    recent = progress.at is not None and datetime.now(UTC) - progress.at < FRESH
    return recent and not progress.paused


def _picked_late(written: str, context: Context, progress: Progress, talk: Talk) -> str | None:
    """An answer to the question that waits, by letter, or on another day. A number picks from what
    was offered last, if that was something else."""
    pending = talk.pending(progress)
    if pending is None or (context.choices and is_number(written)):
        return None
    ask, question = pending
    number = option_in(written, question.options)
    return f"course:pick:{ask.lesson}:{ask.key}:{number}" if number else None


def _replied(written: str, progress: Progress, known: Known) -> Wish | None:
    """What somebody says who is in the midst of a Lesson: to leave it, or to its exercise."""
    if not is_fresh(progress) or not (progress.position or progress.review):
        return None
    position = progress.position
    exercise = position if position and position.step is Step.SOLUTION else None
    if is_stop(written, in_quiz=exercise is None):
        return Wish("course:stop")
    if exercise is None or progress.review or asks_something(written, known):
        return None
    return Wish(f"course:solution:{exercise.lesson}", written)


def asks_something(written: str, known: Known) -> bool:
    """Whether a text asks for something, so that it is no reply to an exercise: it says so, is
    small talk, or names an Entry and what it asks of it."""
    folded = fold(written).strip()
    if written.startswith("/") or _ASKS.search(folded) or small_talk(written):
        return True
    names: Callable[[str], bool] = (
        (lambda name: name in folded)
        if facets_asked(known.searcher.read(written).text)
        else (lambda name: name == folded.strip(" .!"))
    )
    entries = (entry for entry in known.edition.library if entry.kind == "procedure")
    return any(names(fold(n)) for entry in entries for n in (entry.title, *entry.aliases))
