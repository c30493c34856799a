"""A question → the Entries that answer it, best first.

Each Entry gets two scores: how near its three nearest passages are in meaning, and BM25 over all
its words. Both are put on a scale of 0 to 1 over the question's own candidates and averaged with
fixed weights (for Vietnamese this beats rank fusion). An Entry that the question calls by a name of
its own gets a little more, and so does one of the nearest office. How far the first place can be
trusted is a separate matter, decided from the cosine and the coverage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from knowledge.model import AnyEntry
from knowledge.passages import Passage, PassageKind
from knowledge.wording import fold
from retrieval.level import Levels
from retrieval.slips import Slips
from retrieval.text import clean, expand, is_bare, tokens

if TYPE_CHECKING:  # the Journal knows Readings and Hits, in gateways too, which have no index
    from retrieval.encoder import Encoder
    from retrieval.index import Index

Array = NDArray[np.float32]

NEIGHBOURS = 400
"""Passages fetched by meaning; an Entry beyond them is too far to win."""
DENSE = 0.5
"""Weight of nearness in meaning; BM25 has the rest."""
MARKED = 0.5
"""Within BM25, weight of the field with diacritics; the stripped field has the rest."""
BEST_PASSAGES = 3
"""An Entry is as near as its so many best passages are on average."""
REMEMBERED = 128
"""Vectors of questions kept: one message is looked at several times on its way."""
LIMIT = 10
"""Entries that a search gives, unless more are asked for."""
VOTERS = 10
"""Nearest passages that are counted as votes for their Entries."""
NAMED = 0.1
"""Added for an Entry whose name stands in the question whole, if the name is long."""
LONG_NAME = 5
"""Syllables from which a name counts fully; "VNeID mức 2" has three."""
GENERAL = frozenset(tokens(fold("đăng ký, làm, xin, cấp, hưởng, chế độ, thủ tục")))
"""Words that stand in the names of procedures of all kinds: "khai sinh" is "đăng ký khai sinh"."""


_COSTS = re.compile(r"\bmất(?= (?:bao|mấy|tiền|phí|khoảng|thời gian)\b)", re.IGNORECASE)
"""The "mất" of "mất mấy ngày": it takes, not it is lost, which is another procedure."""


@dataclass(frozen=True)
class Reading:
    """A question's text as search reads it."""

    original: str
    text: str
    """Short forms written out, diacritics restored, slips mended."""
    bare: bool
    """Whether the diacritics had to be restored."""


@dataclass(frozen=True)
class Hit:
    """An Entry found, with its scores and the passage of its that is nearest in meaning."""

    entry_id: str
    score: float
    """Weighted sum with its bonuses, 0 to 1.2; comparable within one question only."""
    dense: float
    """Mean cosine of its best passages."""
    words: float
    """BM25, scaled over the question's candidates, 0 to 1."""
    coverage: float
    """How much of the question's words the Entry has, 0 to 1."""
    votes: float
    """Share of the nearest passages that are the Entry's."""
    is_name: bool
    """Whether the question is a name of this Entry and of no other (`Searcher.named`)."""
    passage: Passage


class Searcher:
    """Search over one Index. Safe to share between threads."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        slips: Slips,
        entries: Iterable[AnyEntry] = (),
    ) -> None:
        self._index, self._encoder, self._slips = index, encoder, slips
        self._vector = lru_cache(REMEMBERED)(lambda text: encoder.queries([text]))
        entries = tuple(entries)
        self._levels = Levels(index.entry_ids, entries)
        self._procedures = {entry.id for entry in entries if entry.kind == "procedure"}
        numbers = {entry_id: i for i, entry_id in enumerate(index.entry_ids)}
        self._owner = np.array([numbers[p.entry_id] for p in index.passages])
        self._names: dict[tuple[str, ...], set[int]] = {}
        self._bare_names: dict[tuple[str, ...], set[int]] = {}
        for passage in index.passages:
            if passage.kind is PassageKind.NAME:
                # Questions have their short forms written out: "CCCD" is a name in both forms.
                for name in {passage.text, expand(passage.text)}:
                    words, bare = tuple(tokens(fold(name))), _without_general(name)
                    self._names.setdefault(words, set()).add(numbers[passage.entry_id])
                    self._bare_names.setdefault(bare, set()).add(numbers[passage.entry_id])
        self._bare_titles = {_without_general(entry.title) for entry in entries}
        self._longest_name = max(map(len, self._names), default=0)

    def read(self, text: str) -> Reading:
        """Write out short forms, restore missing diacritics and mend slips."""
        original = clean(text)
        bare = is_bare(original)
        text = self._slips.read(expand(original))
        return Reading(original, _COSTS.sub("hết", text), bare)

    def names_procedure(self, text: str) -> bool:
        """Whether a text has a name of a Procedure, in two words or more that are not GENERAL."""
        words, ids = _without_general(text), self._index.entry_ids
        spans = (
            words[start : start + length]
            for length in range(2, self._longest_name + 1)
            for start in range(len(words) - length + 1)
        )
        found = (i for span in spans for i in self._bare_names.get(span, ()))
        return any(ids[i] in self._procedures for i in found)

    def named(self, text: str) -> int | None:
        """The Entry, by its number in the index, that a text is a name of and no other is: word
        for word, or but for GENERAL words where two others are left. A text without any such word
        may lack those of a title, not of an alias: "xe máy" is not yet "đăng ký xe máy"."""
        words, bare = tuple(tokens(fold(text))), _without_general(text)
        found = self._names.get(words, set())
        if not found and len(bare) > 1 and (bare != words or bare in self._bare_titles):
            found = self._bare_names.get(bare, set())
        return next(iter(found)) if len(found) == 1 else None

    @property
    def encoder_name(self) -> str:
        """Vectors of one name may be compared."""
        return self._encoder.name

    def vector(self, reading: Reading) -> Array:
        """What a question means, shape (dim,), of length 1."""
        row: Array = self._vector(reading.text)[0]
        return row

    def vectors(self, readings: Sequence[Reading]) -> Array:
        """What questions mean, shape (len(readings), dim), each row of length 1."""
        return self._encoder.queries([reading.text for reading in readings])

    def around(self, vector: Array, count: int) -> list[Passage]:
        """The passages nearest to a meaning, of Entries and of what is outside the field."""
        _, found = self._index.nearest(vector[np.newaxis], count)
        return [self._index.passages[number] for number in found if number >= 0]

    def search(self, reading: Reading, limit: int = LIMIT) -> list[Hit]:
        """The best Entries, best first; empty for a text without words."""
        if not reading.text.strip() or not self._index.passages:
            return []
        dense, nearest, votes = self._by_meaning(reading.text)
        marked, bare = self._index.lexical.scores(reading.text)
        words = MARKED * scaled(marked) + (1 - MARKED) * scaled(bare)
        score = DENSE * scaled(dense) + (1 - DENSE) * words
        score += NAMED * self._called_by_name(reading.text)
        score += self._levels.bonus(reading.text)
        named = self.named(reading.text)
        if named is not None:
            score[named] = max(score[named], score.max() + NAMED)
        coverage = self._index.lexical.coverage(reading.text)
        order = np.argsort(-score, kind="stable")[:limit]
        return [
            Hit(
                self._index.entry_ids[i],
                float(score[i]),
                float(dense[i]),
                float(words[i]),
                float(coverage[i]),
                float(votes[i]),
                named == i,
                self._index.passages[nearest[i]],
            )
            for i in order
        ]

    def near(self, texts: Sequence[str], count: int) -> list[list[tuple[Passage, float]]]:
        """The passages nearest in meaning to each text, with their cosines, best first. A text that
        is a passage is not encoded again."""
        new = [text for text in texts if text not in self._numbers]
        encoded = dict(zip(new, self._encoder.passages(new), strict=True)) if new else {}
        index = self._index.vectors
        rows = [
            encoded[text] if text in encoded else index.reconstruct(self._numbers[text])
            for text in texts
        ]
        if not rows:
            return []
        cosines, found = index.search(np.stack(rows), min(count, len(self._index.passages)))
        passages = self._index.passages
        return [
            [(passages[number], float(cosine)) for number, cosine in zip(*of_one, strict=True)]
            for of_one in zip(found, cosines, strict=True)
        ]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Text of a passage → its number."""
        return {passage.text: number for number, passage in enumerate(self._index.passages)}

    def _called_by_name(self, text: str) -> Array:
        """Per Entry, 0 to 1: the length of its longest name that stands in the text."""
        called = np.zeros(len(self._index.entry_ids), dtype=np.float32)
        words = tokens(fold(text))
        for length in range(2, self._longest_name + 1):
            for start in range(len(words) - length + 1):
                for entry in self._names.get(tuple(words[start : start + length]), ()):
                    called[entry] = min(length, LONG_NAME) / LONG_NAME
        return called

    def _by_meaning(self, text: str) -> tuple[Array, NDArray[np.int64], Array]:
        """Per Entry: the mean cosine of its best passages, its best passage's number, its votes.

        An Entry with no passage among the neighbours gets the cosine of the farthest one.
        """
        entries, count = len(self._index.entry_ids), min(NEIGHBOURS, len(self._index.passages))
        cosines, found = self._index.nearest(self._vector(text), count)
        dense, nearest = best_passages(cosines, found, self._owner, entries)
        voters = self._owner[found[:VOTERS]]
        votes = (np.bincount(voters, minlength=entries) / len(voters)).astype(np.float32)
        return dense, nearest, votes


def _without_general(text: str) -> tuple[str, ...]:
    """The folded words of a text that are not GENERAL."""
    return tuple(word for word in tokens(fold(text)) if word not in GENERAL)


def best_passages(
    cosines: Array, found: NDArray[np.int64], owner: NDArray[np.int64], entries: int
) -> tuple[Array, NDArray[np.int64]]:
    """Fold passages found (best first) into one cosine per Entry and its best passage."""
    floor = float(cosines[-1])
    first_of = np.zeros(entries, dtype=np.int64)
    first_of[owner[::-1]] = np.arange(len(owner))[::-1]
    nearest = first_of.copy()
    sums = np.zeros(entries, dtype=np.float32)
    seen = np.zeros(entries, dtype=np.int64)
    for cosine, passage in zip(cosines, found, strict=True):
        entry = owner[passage]
        if seen[entry] == 0:
            nearest[entry] = passage
        if seen[entry] < BEST_PASSAGES:
            sums[entry] += cosine
            seen[entry] += 1
    available = np.minimum(np.bincount(owner, minlength=entries), BEST_PASSAGES)
    means = (sums + (available - seen) * floor) / available
    return means.astype(np.float32), nearest


def scaled(scores: Array) -> Array:
    """Scores moved to the span 0 to 1; all equal become 0."""
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def entry_ids(hits: Sequence[Hit]) -> list[str]:
    """The Entries of the hits, in order."""
    return [hit.entry_id for hit in hits]
