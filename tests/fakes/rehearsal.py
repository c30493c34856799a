"""The real conversation and search over a few Entries, with an encoder that costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from bot.assistant import Assistant
from bot.draft import Known
from bot.journal import Journal
from bot.pipeline import Pipeline
from knowledge.load import SHIPPED, Library, read_entry, read_sources
from knowledge.passages import passages
from knowledge.store import Edition
from retrieval.index import open_index
from retrieval.outside import outside_passages
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables
from webhook.admin.rehearsals import Rehearsals

FEW = ("khai-sinh", "ket-hon", "khai-tu", "ho-chieu", "thuong-tru", "tam-tru", "lua-dao")


@cache
def few(names: tuple[str, ...] = FEW) -> Library:
    """Some shipped Entries, as if there were no others."""
    read = [read_entry(next(SHIPPED.glob(f"*/{name}.yaml"))) for name in sorted(names)]
    kept = {
        entry.id: entry.model_copy(
            update={"related": tuple(r for r in entry.related if r in names)}
        )
        for entry in read
    }
    sources = [s for path in SHIPPED.glob("sources/*.yaml") for s in read_sources(path)]
    used = {source for entry in read for source in entry.source_ids}
    return Library(kept, {s.id: s for s in sources if s.id in used})


@cache
def _slips() -> Slips:
    return Slips.load()


class LightSearch:
    """Builds what people would be answered from; remembers which Editions it built."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.encoder = BagOfSyllables()
        self.built: list[int] = []

    def build(self, edition: Edition) -> Known:
        self.built.append(edition.number)
        searched = [*passages(edition.library), *outside_passages()]
        index = open_index(self._folder, searched, self.encoder)
        return Known(edition, Searcher(index, self.encoder, _slips(), edition.library))

    def rehearsals(self, engine: Engine, known: Callable[[], Known]) -> Rehearsals:
        assistant = Assistant(known, Journal(engine, b"key"), Pipeline())
        return Rehearsals(assistant, known, self.build)
