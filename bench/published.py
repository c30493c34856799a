"""What measuring programs share: what is published, how questions are put, vectors kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot.draft import Known
from knowledge.load import load
from knowledge.store import Editions
from knowledge.wording import fold
from retrieval.encoder import Encoder, Vectors
from retrieval.index import Index
from webhook.database import open_database
from webhook.parts import Follower
from webhook.settings import Settings

FORMS: dict[str, Callable[[str], str]] = {"as written": str, "without diacritics": fold}
"""Name → how a question's text is changed before it is asked."""


def cache_folder(name: str) -> Path:
    """Below the data folder: indexes that are only measured, apart from those that are served."""
    return Settings().make_data_dir() / "bench" / name


def known() -> Known:
    """The newest Edition and its search. Raises NothingPublished."""
    settings = Settings()
    return Follower(Editions(open_database(settings)), settings).current()


def shipped() -> Known:
    """The shipped content alone, whatever is published here; its vectors are kept all the same."""
    with TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/editions.db")
        editions = Editions(open_database(settings))
        editions.publish(load(), "")
        return Follower(editions, settings).current()


def vectors_of(index: Index) -> dict[str, Vectors]:
    """Text → vector of every Passage of an index."""
    vectors = index.vectors.reconstruct_n(0, len(index.passages))
    return {p.text: vector for p, vector in zip(index.passages, vectors, strict=True)}


class Stored:
    """An encoder that knows the Passages it was given, and remembers questions."""

    def __init__(self, passages: dict[str, Vectors], questions: Encoder) -> None:
        self.name = questions.name
        self._passages, self._questions = passages, questions
        self._asked: dict[str, Vectors] = {}

    def queries(self, texts: Sequence[str]) -> Vectors:
        for text in texts:
            if text not in self._asked:
                self._asked[text] = self._questions.queries([text])[0]
        return np.stack([self._asked[text] for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._passages[text] for text in texts])
