"""What each step of the pipeline decided, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot import decide
from bot.draft import Draft
from bot.messages import node
from bot.model import Answer, Status
from knowledge.load import Library
from retrieval.confidence import Confidence, confidence, is_short
from retrieval.outside import subject_of
from retrieval.search import Hit
from webhook.admin.rehearsals import Passed
from webhook.admin.words import WORDS


@dataclass(frozen=True)
class Decision:
    """One step as a line of the page."""

    step: str
    """Its name in the code, which the title explains."""
    title: str
    did: tuple[str, ...]
    """Nothing if it let the question pass."""
    first: bool
    """Whether the question, or a part of it, begins here."""


@dataclass(frozen=True)
class Found:
    """A Hit as a row."""

    title: str
    outside: bool
    hit: Hit


@dataclass(frozen=True)
class Certainty:
    """How far the first Hit was trusted, beside what it is measured by."""

    value: Confidence
    sure: float
    """The threshold that held for this question."""
    short: bool
    possible: float = decide.POSSIBLE


def decisions(passed: Sequence[Passed]) -> list[Decision]:
    """The steps in the order they ran; a message of several parts runs them several times."""
    start = passed[0].step if passed else ""
    titles = WORDS.node("trace.steps")
    return [
        Decision(p.step, titles.get(p.step, p.step), tuple(_did(p)), p.step == start)
        for p in passed
    ]


def found(draft: Draft) -> list[Found]:
    """The Hits, best first."""
    return [
        Found(_title(draft.known.edition.library, hit), subject_of(hit.entry_id) is not None, hit)
        for hit in draft.hits
    ]


def certainty(draft: Draft) -> Certainty | None:
    """None where nothing was searched."""
    if draft.reading is None or not draft.hits:
        return None
    short = is_short(draft.reading)
    sure = decide.SURE_OF_FEW if short else decide.SURE
    return Certainty(confidence(draft.hits, draft.reading), sure, short)


def status_words(status: Status) -> str:
    """What became of a question, for a clerk."""
    return str(WORDS.node("trace.families")[status.family])


def facet_words(facets: Sequence[str]) -> str:
    """Facets as citizens read them."""
    names: dict[str, str] = node("facets")
    return ", ".join(names[facet] for facet in facets)


def _did(passed: Passed) -> Iterator[str]:
    before, after = passed.before, passed.after
    if isinstance(after, Answer):
        yield WORDS.say("trace.stopped", what=status_words(after.status), status=after.status)
        return
    for name, words in _changes(before, after):
        yield WORDS.say(f"trace.{name}", **words)


def _changes(before: Draft, after: Draft) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key of the sentence, what stands in it) for all that a step changed."""
    if after.question.action != before.question.action:
        yield "action", {"action": after.question.action}
    if after.reading and after.reading != before.reading:
        yield "reading", {"text": after.reading.text}
    if after.facets and after.facets != before.facets:
        yield "facets", {"facets": facet_words(after.facets)}
    if after.place and after.place != before.place:
        yield "place", {"place": after.place.name}
    if after.hits and after.hits != before.hits:
        first = _title(after.known.edition.library, after.hits[0])
        yield "hits", {"count": len(after.hits), "first": first}
    if after.entry and after.entry != before.entry:
        yield "entry", {"title": after.entry.title}
    if after.others and after.others != before.others:
        yield "others", {"titles": "; ".join(other.entry.title for other in after.others)}
    if after.answer and after.answer != before.answer:
        yield "answer" if before.answer is None else "reworded", {}


def _title(library: Library, hit: Hit) -> str:
    if subject := subject_of(hit.entry_id):
        return WORDS.say("trace.outside", subject=subject)
    return library.entries[hit.entry_id].title
