"""Real search over a few shipped Entries, with a stand-in for the encoder: starts in no time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.draft import Known
from knowledge.load import SHIPPED, Library, read_entry, read_sources
from knowledge.model import Source
from knowledge.passages import passages
from knowledge.store import Edition
from retrieval.index import open_index
from retrieval.outside import outside_passages
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables

_built: dict[tuple[str, str], Searcher] = {}
"""(hash of an Edition, name of an encoder) → search over it, for all tests of a run."""


def small_library(names: Sequence[str]) -> Library:
    """Some shipped Entries ("procedures/khai-sinh") with all shipped Sources. What they lead to and
    is not among them is left out."""
    entries = [read_entry(SHIPPED / f"{name}.yaml") for name in names]
    ids = {entry.id for entry in entries}
    alone = [
        entry.model_copy(update={"related": tuple(i for i in entry.related if i in ids)})
        for entry in entries
    ]
    return Library({e.id: e for e in alone}, dict(_sources()))


def knowing(edition: Edition, folder: Path, encoder: BagOfSyllables | None = None) -> Known:
    """An Edition with search over it; its index is written into the folder."""
    encoder = encoder or BagOfSyllables()
    key = (edition.hash, encoder.name)
    if key not in _built:
        searched = [*passages(edition.library), *outside_passages()]
        index = open_index(folder, searched, encoder)
        _built[key] = Searcher(index, encoder, slips(), edition.library)
    return Known(edition, _built[key])


@cache
def slips() -> Slips:
    """What reads misspelt words; loading it takes a second."""
    return Slips.load()


@cache
def _sources() -> dict[str, Source]:
    return {s.id: s for path in SHIPPED.glob("sources/*.yaml") for s in read_sources(path)}
