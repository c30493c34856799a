"""Which questions a curated answer would be given to, among those that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.curated.shelf import STRICT, Examples, as_read
from bot.curated.store import Wording
from bot.draft import Known
from bot.inbox.store import Inbox, Sight
from knowledge.passages import Passage, PassageKind
from retrieval.outside import subject_of
from retrieval.search import Searcher

_NEAR = 12
"""Passages looked at around each example."""
_MOST = 60
"""Questions that are read and compared as the chat would."""
_AROUND = 0.06
"""How much farther than STRICT a group's first question may be while others of it are caught."""


@dataclass(frozen=True)
class Caught:
    """What would be answered."""

    inbox: tuple[str, ...]
    wrongly: tuple[tuple[str, str], ...]
    """(a question that an Entry other than its own answers today, that Entry's title)."""


def caught_by(wording: Wording, known: Known, inbox: Inbox, sight: Sight) -> Caught:
    """Compare the examples with what somebody sees of the inbox and with the questions of all
    Entries, by the rule that the chat goes by. It takes some hundred milliseconds."""
    searcher, entries = known.searcher, known.edition.library.entries
    examples = Examples.read(searcher, wording.examples)
    waiting = inbox.near(examples.vectors, searcher.encoder_name, STRICT - _AROUND, sight)
    owners = {
        passage.text: passage.entry_id
        for passage in _known_questions(searcher, examples)
        if passage.entry_id != wording.entry_id
    }
    wrong = _matching(searcher, examples, list(owners))
    return Caught(
        tuple(_matching(searcher, examples, waiting)),
        tuple((text, entries[owners[text]].title) for text in wrong),
    )


def _known_questions(searcher: Searcher, examples: Examples) -> Iterator[Passage]:
    for vector in examples.vectors:
        for passage in searcher.around(vector, _NEAR):
            if passage.kind is not PassageKind.FACTS and subject_of(passage.entry_id) is None:
                yield passage


def _matching(searcher: Searcher, examples: Examples, texts: Sequence[str]) -> list[str]:
    some = texts[:_MOST]
    if not some:
        return []
    readings = [as_read(searcher, text) for text in some]
    vectors = searcher.vectors(readings)
    return [
        text
        for text, reading, vector in zip(some, readings, vectors, strict=True)
        if next(examples.matching(reading.text, vector), None) is not None
    ]
