"""Batches of (question, passage) pairs to train on, drawn at random from a seed.

Three kinds. An Entry's pair is a writer's question with another writer's, or with a passage of the
Entry; Entries that are mistaken for each other come into one batch, so that each is the other's
hard negative. A law's pair is the title of an article with its text: so the model stays good beyond
our Entries. A procedure's pair is a name in the national database with a part of its record.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.load import Library
from knowledge.passages import PassageKind, passages
from knowledge.wording import fold
from retrieval.restore import Restorer
from retrieval.text import clean, expand
from retrieval.training.build import NEAR_MISS, read_outside
from retrieval.training.encoder.noise import noisy
from retrieval.training.questions import Written

BATCH = 64
"""Pairs in a batch."""
TOGETHER = 4
"""Entries taken into a batch with those most like them."""
OUTSIDE = 8
"""Messages outside the field that a batch of Entries has as further negatives."""
LAW, NATIONAL = 0.2, 0.1
"""Shares of the batches; the rest are of Entries."""
CALIBRATION = "ho-nguoi-than"
"""The writer kept out of the training, for fitting when to answer: on questions that the encoder
has learnt, every score is flattering."""
BARE, RESTORED, MISSPELT = 0.08, 0.3, 0.12
"""Shares of the questions without diacritics, with diacritics guessed again, and misspelt."""


@dataclass(frozen=True)
class Batch:
    """Questions, their passages by place, and passages that answer none of them."""

    questions: list[str]
    passages: list[str]
    owners: list[str]
    """Whose each pair is: pairs of one owner are not each other's negatives."""
    further: list[str]


@dataclass(frozen=True)
class Material:
    """All that batches are drawn from."""

    questions: Mapping[str, Sequence[tuple[str, str]]]
    """Entry → (writer, question)."""
    texts: Mapping[str, Mapping[PassageKind, Sequence[str]]]
    outside: Sequence[str]
    laws: Sequence[tuple[str, str]]
    national: Sequence[tuple[str, Sequence[str]]]


def read_material(library: Library, written: Sequence[Written], data: Path) -> Material:
    """Everything but the questions kept for testing and for calibration."""
    questions: dict[str, list[tuple[str, str]]] = {}
    for question in written:
        if not question.test and question.writer != CALIBRATION:
            text = expand(clean(question.text))
            questions.setdefault(question.entry_id, []).append((question.writer, text))
    texts: dict[str, dict[PassageKind, list[str]]] = {}
    for passage in passages(library):
        texts.setdefault(passage.entry_id, {}).setdefault(passage.kind, []).append(passage.text)
    outside = [t for kind, ts in read_outside().items() if kind != NEAR_MISS for t in ts]
    return Material(questions, texts, outside, read_laws(data), _national(data))


def read_laws(data: Path) -> list[tuple[str, str]]:
    """(title, beginning of the text) of every article in force with a title that says something."""
    pairs = []
    for row in _rows(data / "phapdien_articles.jsonl.gz"):
        title = row["title"].partition(". ")[2]
        if len(title.split()) >= 5 and len(row["text"]) > 80:
            pairs.append((title, " ".join(row["text"][:600].split())))
    return pairs


def _national(data: Path) -> list[tuple[str, Sequence[str]]]:
    fields = ("trinh_tu_thuc_hien", "thanh_phan_ho_so", "yeu_cau_dieu_kien", "ket_qua_xu_ly")
    pairs: list[tuple[str, Sequence[str]]] = []
    for row in _rows(data / "tthc" / "procedures.jsonl.gz"):
        parts = [" ".join(str(row.get(field) or "")[:500].split()) for field in fields]
        parts = [part for part in parts if len(part) > 40 and "Không có thông tin" not in part]
        if parts:
            pairs.append((row["ten_thu_tuc"], parts))
    return pairs


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


class Batches:
    """An endless run of Batches; the same seed gives the same."""

    def __init__(
        self,
        material: Material,
        likeness: NDArray[np.float32],
        restorer: Restorer,
        seed: int,
    ) -> None:
        """`likeness`: cosines between the Entries, in the order of `material.questions`."""
        self._material, self._restorer = material, restorer
        self._ids = list(material.questions)
        self._rng = random.Random(seed)  # noqa: S311
        without_itself = likeness - 2 * np.eye(len(self._ids), dtype=np.float32)
        self._like = np.argsort(-without_itself, axis=1)[:, : 3 * TOGETHER]

    def __iter__(self) -> Iterator[Batch]:
        while True:
            kind = self._rng.random()
            if kind < LAW:
                yield self._of_pairs(self._rng.sample(self._material.laws, BATCH))
            elif kind < LAW + NATIONAL:
                drawn = self._rng.sample(self._material.national, BATCH)
                yield self._of_pairs([(name, self._rng.choice(parts)) for name, parts in drawn])
            else:
                yield self._of_entries()

    def _of_pairs(self, pairs: Sequence[tuple[str, str]]) -> Batch:
        questions = [self._as_typed(question) for question, _ in pairs]
        owners = [question for question, _ in pairs]
        return Batch(questions, [text for _, text in pairs], owners, [])

    def _of_entries(self) -> Batch:
        ids = self._draw_entries()
        pairs = [self._pair(entry_id) for entry_id in ids]
        further = self._rng.sample(self._material.outside, OUTSIDE)
        return Batch([self._as_typed(q) for q, _ in pairs], [p for _, p in pairs], ids, further)

    def _draw_entries(self) -> list[str]:
        drawn: dict[int, None] = {}
        while len(drawn) < BATCH:
            first = self._rng.randrange(len(self._ids))
            like = self._rng.sample(list(self._like[first]), TOGETHER - 1)
            drawn.update(dict.fromkeys([first, *map(int, like)]))
        return [self._ids[i] for i in drawn][:BATCH]

    def _pair(self, entry_id: str) -> tuple[str, str]:
        asked = self._material.questions[entry_id]
        writer, question = self._rng.choice(asked)
        texts = self._material.texts[entry_id]
        kind = self._rng.random()
        others = [text for name, text in asked if name != writer]
        if kind < 0.45 and others:
            return question, self._as_typed(self._rng.choice(others), 0.5)
        if kind < 0.65 and texts.get(PassageKind.QUESTION):
            return question, self._rng.choice(texts[PassageKind.QUESTION])
        if kind < 0.8 and texts.get(PassageKind.FACTS):
            return question, self._rng.choice(texts[PassageKind.FACTS])
        return question, self._rng.choice(texts[PassageKind.NAME])

    def _as_typed(self, text: str, share: float = 1.0) -> str:
        """The text, sometimes as search gets it when it was typed badly."""
        way = self._rng.random()
        if way < BARE * share:
            return fold(text)
        if way < (BARE + RESTORED) * share:
            return self._restorer.restore(expand(fold(text)))
        if way < (BARE + RESTORED + MISSPELT) * share:
            return self._restorer.restore(expand(noisy(text, 0.2, self._rng)))
        return text
