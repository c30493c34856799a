"""Which Entry answers, or what to say instead. The thresholds have their home here.

They were set on the shipped Entries' questions, the out-of-scope set and nonsense
(`python -m bench.decide` prints what each of them costs).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.compose import MAX_CHOICES
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet
from retrieval.outside import subject_of
from retrieval.search import Hit

NEAR_ENOUGH = 0.855
"""Cosine below which the best Entry's passages do not mean what was asked."""
COVERED_ENOUGH = 0.45
"""Share of the question's words the best Entry must have, unless it is very near in meaning."""
VERY_NEAR = 0.90
"""Cosine from which the words no longer matter."""
CLEAR_LEAD = 0.06
"""Lead in score with which the first Entry is answered without asking back."""
WORTH_OFFERING = 0.25
"""Entries whose score is at most so much lower than the first are offered as choices."""


def is_outside(hits: Sequence[Hit]) -> str | None:
    """The subject outside the bot's field that a question is about, if the first Hit is one."""
    return subject_of(hits[0].entry_id) if hits else None


def is_found(hits: Sequence[Hit]) -> bool:
    """Whether the first Hit is near enough to be an answer at all."""
    if not hits:
        return False
    first = hits[0]
    return first.dense >= VERY_NEAR or (
        first.dense >= NEAR_ENOUGH and first.coverage >= COVERED_ENOUGH
    )


def close_rivals(hits: Sequence[Hit]) -> list[Hit]:
    """The first Hit and those too close behind to pass over; one if it leads clearly."""
    inside = [hit for hit in hits if subject_of(hit.entry_id) is None]
    first = inside[0]
    if len(inside) == 1 or first.score - inside[1].score >= CLEAR_LEAD:
        return [first]
    return [hit for hit in inside if first.score - hit.score < CLEAR_LEAD][:MAX_CHOICES]


def ask_which(entries: Sequence[AnyEntry], facets: Sequence[Facet], edition: int) -> Answer:
    """Ask back with the Entries as Choices; the facet asked for is kept in each."""
    return Answer(
        status=Status.CLARIFICATION_ENTRY,
        blocks=(Block(kind=BlockKind.TEXT, lines=(say("clarify.entry"),)),),
        choices=offers(entries, facets),
        edition=edition,
    )


def nothing_found(library: Library, hits: Sequence[Hit], edition: int) -> Answer:
    """Say so; offer the nearest Entries, the hotline and the portal's search."""
    inside = [hit for hit in hits if hit.entry_id in library.entries]
    near = [h for h in inside if inside[0].score - h.score <= WORTH_OFFERING][:3]
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
