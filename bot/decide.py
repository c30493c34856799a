"""Which Entry answers, or what to say instead. The thresholds have their home here.

They were set on the questions of a writer whom search has not learnt from, on fresh.yaml,
outside.yaml and the near misses; `python -m bench.decide` prints what they do, there and on
fresh-2.yaml and outside-2.yaml, which had no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from bot.compose import MAX_CHOICES
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet
from retrieval.outside import subject_of
from retrieval.search import Hit

SURE = 0.80
"""Confidence from which an Entry is answered."""
POSSIBLE = 0.30
"""Confidence from which an Entry is offered as "did you mean"; below, nothing was found."""
CLEAR_LEAD = 0.035
"""Lead in score with which the first Entry is answered without asking back."""
UNSURE_CHOICES = 3
"""How many Entries "did you mean" offers."""
WORTH_OFFERING = 0.25
"""Entries whose score is at most so much lower than the first are offered as choices."""

_DENSE, _COVERAGE, _OFFSET = 154.7, 4.5, -140.9
"""Logistic regression of "the field has an answer" on the first Entry's cosine and coverage."""


def is_outside(hits: Sequence[Hit]) -> str | None:
    """The subject outside the bot's field that a question is about, if the first Hit is one."""
    return subject_of(hits[0].entry_id) if hits else None


def confidence(hit: Hit) -> float:
    """How likely it is, 0 to 1, that this Hit answers the question rather than being least far."""
    return 1 / (1 + exp(-(_DENSE * hit.dense + _COVERAGE * hit.coverage + _OFFSET)))


def close_rivals(hits: Sequence[Hit]) -> list[Hit]:
    """The first Hit and those too close behind to pass over; one if it leads clearly."""
    first = hits[0]
    rivals = [hit for hit in hits if first.score - hit.score < CLEAR_LEAD]
    return rivals[:MAX_CHOICES]


def for_province(entries: Sequence[AnyEntry], province_id: str) -> list[AnyEntry]:
    """Of Entries that compete, that of the person's own province; those of others only alone."""
    own = [entry for entry in entries if province_id in entry.regions]
    general = [entry for entry in entries if not entry.regions]
    return own[:1] or general or list(entries)


def inside(hits: Sequence[Hit]) -> list[Hit]:
    """The Hits that are Entries."""
    return [hit for hit in hits if subject_of(hit.entry_id) is None]


def ask_which(
    entries: Sequence[AnyEntry], facets: Sequence[Facet], edition: int, sure: bool = True
) -> Answer:
    """Ask back with the Entries as Choices; the facet asked for is kept in each."""
    return Answer(
        status=Status.CLARIFICATION_ENTRY,
        blocks=(
            Block(kind=BlockKind.TEXT, lines=(say("clarify.entry" if sure else "clarify.unsure"),)),
        ),
        choices=offers(entries, facets),
        edition=edition,
    )


def nothing_found(library: Library, hits: Sequence[Hit], edition: int) -> Answer:
    """Say so; offer the nearest Entries, the hotline and the portal's search."""
    found = inside(hits)
    near = [hit for hit in found if found[0].score - hit.score <= WORTH_OFFERING][:3]
    entries = [library.entries[hit.entry_id] for hit in near]
    lines = [say("unanswerable.nothing"), say("unanswerable.instead")]
    if entries:
        lines.append(say("unanswerable.nearest"))
    return Answer(
        status=Status.UNANSWERABLE_NOTHING_FOUND,
        blocks=tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines),
        choices=offers(entries, ()),
        edition=edition,
    )


def out_of_scope(subject: str) -> Answer:
    """Kindly decline, by subject, and say what the bot is for."""
    replies = node("outside")
    lines = (replies.get(subject, replies["default"]), replies["instead"])
    return Answer(
        status=Status.REFUSED_OUT_OF_SCOPE,
        blocks=tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines),
    )


def ask_topic() -> Answer:
    """Ask for the procedure, when only a facet was named and nothing came before."""
    return Answer(
        status=Status.CLARIFICATION_TOPIC,
        blocks=(Block(kind=BlockKind.TEXT, lines=(say("clarify.topic"),)),),
    )


def offers(entries: Sequence[AnyEntry], facets: Sequence[Facet]) -> tuple[Choice, ...]:
    """Entries as Choices, each going straight to the facet asked for."""
    tail = f":{facets[0]}" if len(facets) == 1 else ""
    return tuple(
        Choice(
            label=entry.title,
            action=f"entry:{entry.id}{tail if entry.kind == 'procedure' else ''}",
        )
        for entry in entries
    )
