"""A stand-in for the encoder: texts that share syllables are near each other, at no cost."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from knowledge.wording import fold
from retrieval.encoder import Vectors
from retrieval.text import tokens

DIM = 64


class BagOfSyllables:
    """Each syllable, without its marks, is one of 64 directions; remembers the passages it saw."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.embedded: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([_vector(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return self.queries(texts)


def _vector(text: str) -> Vectors:
    vector = np.zeros(DIM, dtype=np.float32)
    for syllable in tokens(fold(text)) or [""]:
        vector[zlib.crc32(syllable.encode()) % DIM] += 1
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit
