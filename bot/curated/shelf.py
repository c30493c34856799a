"""The curated answers that may be given, in memory, and which of them a question is answered by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.curated.store import Curated, CuratedAnswers
from bot.draft import Draft
from bot.place.reading import without_place
from bot.protect import without_masks
from bot.smalltalk import without_courtesy
from bot.understand import facets_asked
from knowledge.load import Library, dump_entry
from knowledge.model import Facet
from knowledge.places import Place
from knowledge.store import content_hash
from knowledge.wording import fold
from retrieval.search import Reading, Searcher

log = logging.getLogger(__name__)

STRICT = 0.93
"""Cosine to an example from which a question means the same, if it asks for the same facets too:
`python -m bench.likeness`."""
LOOKED_EVERY_S = 1.0

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Example questions, read and encoded once."""

    vectors: Array
    """Shape (examples, dim)."""
    texts: tuple[str, ...]
    """As they are read, folded."""
    facets: tuple[frozenset[Facet], ...]

    @classmethod
    def read(cls, searcher: Searcher, examples: Sequence[str]) -> Examples:
        """At least one."""
        readings = [as_read(searcher, example) for example in examples]
        texts = [reading.text for reading in readings]
        return cls(
            searcher.vectors(readings),
            tuple(_plain(text) for text in texts),
            tuple(frozenset(facets_asked(text)) for text in texts),
        )

    def matching(self, text: str, vector: Array) -> Iterator[int]:
        """Numbers of the examples that a question, as it is read, means the same as; the nearest
        first."""
        facets, plain, cosines = frozenset(facets_asked(text)), _plain(text), self.vectors @ vector
        for number in np.argsort(-cosines, kind="stable"):
            same = plain == self.texts[number]
            if same or (cosines[number] >= STRICT and facets == self.facets[number]):
                yield int(number)


def as_read(searcher: Searcher, question: str) -> Reading:
    """A question as the conversation looks for its answer: without courtesy and place."""
    return without_place(searcher, without_courtesy(without_masks(question)))[0]


@dataclass(frozen=True)
class _Loaded:
    stamp: str
    encoder: str
    examples: Examples | None
    owners: tuple[Curated, ...]
    """Whose the examples are."""


class Shelf:
    """Follows the store: what is approved or switched off counts within seconds in every process.
    Safe to use from several threads."""

    def __init__(self, store: CuratedAnswers) -> None:
        self._store = store
        self._loaded: _Loaded | None = None
        self._looked_at = 0.0
        self._looking = threading.Lock()

    def match(self, draft: Draft, reading: Reading) -> Curated | None:
        """The curated answer to a question, if there is one that holds today where the person is
        and with this Edition."""
        loaded = self._current(draft.known.searcher)
        if loaded.examples is None:
            return None
        vector = draft.known.searcher.vector(reading)
        for number in loaded.examples.matching(reading.text, vector):
            curated = loaded.owners[number]
            if holds(curated, draft.known.edition.library, draft.place, draft.today):
                return curated
        return None

    def _current(self, searcher: Searcher) -> _Loaded:
        loaded = self._loaded
        if loaded is None or loaded.encoder != searcher.encoder_name:
            return self._load(searcher)
        if time.monotonic() - self._looked_at > LOOKED_EVERY_S and self._looking.acquire(False):
            follow = threading.Thread(target=self._follow, args=[searcher], daemon=True)
            follow.start()
        return loaded

    def _follow(self, searcher: Searcher) -> None:
        try:
            if self._loaded is None or self._store.stamp() != self._loaded.stamp:
                self._load(searcher)
        except Exception:
            log.exception("could not read the curated answers; the former ones are given")
        finally:
            self._looked_at = time.monotonic()
            self._looking.release()

    def _load(self, searcher: Searcher) -> _Loaded:
        stamp, active = self._store.stamp(), self._store.active()
        owners = tuple(curated for curated in active for _ in curated.wording.examples)
        texts = [example for curated in active for example in curated.wording.examples]
        examples = Examples.read(searcher, texts) if texts else None
        self._loaded = _Loaded(stamp, searcher.encoder_name, examples, owners)
        self._looked_at = time.monotonic()
        return self._loaded


def holds(curated: Curated, library: Library, place: Place | None, today: date) -> bool:
    """Whether it may be given: its period, its provinces, and its Entry as it was approved with."""
    wording = curated.wording
    begun = wording.valid_from is None or wording.valid_from <= today
    ended = wording.valid_until is not None and wording.valid_until < today
    here = not wording.provinces or (place is not None and place.province_id in wording.provinces)
    return begun and not ended and here and not has_moved(curated, library)


def has_moved(curated: Curated, library: Library) -> bool:
    """Whether the Entry it belongs to is published in other words than when it was approved."""
    entry_id = curated.wording.entry_id
    return entry_id is not None and hash_of(entry_id, library) != curated.entry_hash


def hash_of(entry_id: str | None, library: Library) -> str:
    """The hash of a published Entry; empty if there is none."""
    entry = library.entries.get(entry_id or "")
    return content_hash(dump_entry(entry)) if entry else ""


def _plain(text: str) -> str:
    return fold(text).strip(" .?!")
