"""Which Entry answers, or what to say instead. The thresholds have their home here.

They stand on `retrieval.confidence`, which is fitted; `python -m bench.decide` prints what other
thresholds would do, on questions that had no part in the fitting.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.handoff.words import ASKED
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet
from retrieval.confidence import OFFERED, Confidence, is_short
from retrieval.outside import subject_of
from retrieval.search import Hit, Reading

SURE = 0.70
"""Probability of being right from which the first Entry is answered."""
SURE_OF_FEW = 0.55
"""The same for a question of a few words."""
POSSIBLE = 0.50
"""Probability from which Entries are offered as "did you mean"; below, nothing was found."""
CLEAR_LEAD = 0.035
"""Lead in score that is no accident."""
WORTH_OFFERING = 0.25
"""Entries whose score is at most so much lower than the first are offered as choices."""


def is_outside(hits: Sequence[Hit]) -> str | None:
    """The subject outside the bot's field that a question is about, if the first Hit is one."""
    return subject_of(hits[0].entry_id) if hits else None


def is_sure(confident: Confidence, reading: Reading) -> bool:
    """Whether the first Hit may be answered without asking back."""
    return confident.right >= sure_from(reading)


def sure_from(reading: Reading) -> float:
    """The probability from which a question is answered without asking back."""
    return SURE_OF_FEW if is_short(reading) else SURE


def candidates(hits: Sequence[Hit], confident: Confidence, sure: bool) -> list[Hit]:
    """Of the Hits that are Entries: those to answer from or to ask about; empty for neither.

    To answer, the first, and rivals so close that a person's own province may decide.
    """
    if sure:
        return [hit for hit in hits if hits[0].score - hit.score < CLEAR_LEAD]
    return list(hits[:OFFERED]) if confident.offered >= POSSIBLE else []


def leads(hits: Sequence[Hit]) -> bool:
    """Whether the first Hit leaves all others clearly behind."""
    return len(hits) > 1 and hits[0].score - hits[1].score >= CLEAR_LEAD


def for_province(entries: Sequence[AnyEntry], province_id: str) -> list[AnyEntry]:
    """The Entries of the person's own province, then the general ones; of others only alone."""
    own = [entry for entry in entries if province_id in entry.regions]
    general = [entry for entry in entries if not entry.regions]
    return own + general or list(entries)


def inside(hits: Sequence[Hit]) -> list[Hit]:
    """The Hits that are Entries."""
    return [hit for hit in hits if subject_of(hit.entry_id) is None]


def ask_which(
    entries: Sequence[AnyEntry], facets: Sequence[Facet], edition: int, sure: bool
) -> Answer:
    """Ask back with the Entries as Choices, sure or not that one of them is meant; the facet asked
    for is kept in each."""
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
        choices=(*offers(entries, ()), Choice(label=say("handoff.buttons.meet"), action=ASKED)),
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
