"""The files of one Edition's index: vectors in FAISS, passages, and a manifest of hashes.

Built beside and moved into place whole, by one process at a time; a folder whose files do not match
its manifest is never served but built again. Vectors are cached by content, so an edited fee embeds
one passage.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from retrieval.encoder import Encoder, Vectors
from retrieval.lexical import Lexical

Progress = Callable[[int, int], None]
"""Called with (passages embedded, passages to embed)."""

FLAT_UP_TO = 100_000
"""Vectors up to which every one is compared; above, an HNSW graph (recall in bench/vectors.py)."""

KEPT = 3
"""Folders left on the disk per data folder: the newest Edition, and two to roll back to at once."""

_BATCH = 256
_SAVED_EVERY = 16
"""Batches after which the cache is written: what a killed process has embedded is not lost."""
_BESIDE = ".building"
_FILES = ("passages.jsonl", "vectors.faiss")


class DamagedIndex(Exception):
    """The folder does not hold what its manifest says; build it again."""


@dataclass(frozen=True)
class Index:
    """What search runs over."""

    passages: tuple[Passage, ...]
    vectors: faiss.Index
    entry_ids: tuple[str, ...]
    """Every Entry with passages, in the order of `lexical`'s documents."""
    lexical: Lexical

    def nearest(self, query: Vectors, count: int) -> tuple[Vectors, NDArray[np.int64]]:
        """Cosines and numbers of the passages nearest to one vector of shape (1, dim), nearest
        first; both of shape (count,)."""
        faiss.omp_set_num_threads(1)  # for the reason that `encoder` gives
        cosines, found = self.vectors.search(query, count)
        return cosines[0], found[0]


def open_index(
    folder: Path,
    passages: Sequence[Passage],
    encoder: Encoder,
    progress: Progress = lambda done, total: None,
) -> Index:
    """The index of these passages: read if it is there and sound, otherwise built.

    The folder's name says what it holds: the hash of the passages and the encoder. While one
    process builds, others wait for it.
    """
    if not passages:
        raise ValueError("an index needs at least one passage")
    content = hashlib.sha256("\n".join(p.id for p in passages).encode()).hexdigest()
    target = folder / f"{content[:16]}-{_slug(encoder.name)}"
    try:
        return read_index(target, passages)
    except DamagedIndex:
        folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        try:
            return read_index(target, passages)
        except DamagedIndex:
            _build(target, passages, encoder, progress)
            _remove_old(folder)
            return read_index(target, passages)


def _build(target: Path, passages: Sequence[Passage], encoder: Encoder, progress: Progress) -> None:
    """Write the index beside `target`, then move it there in one step. The lock must be held."""
    beside = target.parent / _BESIDE
    shutil.rmtree(beside, ignore_errors=True)  # of a process that died
    beside.mkdir()
    cache = _VectorCache(target.parent / f"vectors-{_slug(encoder.name)}.npz")
    vectors = cache.embed([p.text for p in passages], encoder, progress)
    faiss.write_index(vector_index(vectors), str(beside / "vectors.faiss"))
    lines = (json.dumps(asdict(p), ensure_ascii=False) for p in passages)
    (beside / "passages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    manifest = {"encoder": encoder.name, "sha256": _hashes(beside)}
    (beside / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)  # damaged, or it would have been read
    beside.rename(target)


def _remove_old(folder: Path) -> None:
    """Whoever still answers from an old index has it in memory."""
    built = sorted(folder.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
    for manifest in built[:-KEPT]:
        if manifest.parent.name != _BESIDE:
            shutil.rmtree(manifest.parent, ignore_errors=True)


def read_index(target: Path, expected: Sequence[Passage]) -> Index:
    """Read and verify a folder. Raises DamagedIndex if it is not whole or holds other passages."""
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        if manifest["sha256"] != _hashes(target):
            raise DamagedIndex(f"{target}: files do not match the manifest")
        lines = (target / "passages.jsonl").read_text(encoding="utf-8").split("\n")
        passages = tuple(_passage(line) for line in lines if line)
        vectors = faiss.read_index(str(target / "vectors.faiss"))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise DamagedIndex(f"{target}: {error}") from error
    if passages != tuple(expected):
        raise DamagedIndex(f"{target}: holds other passages than its name says")
    if vectors.ntotal != len(passages):
        raise DamagedIndex(f"{target}: {vectors.ntotal} vectors for {len(passages)} passages")
    documents: dict[str, list[str]] = {}
    for passage in passages:
        documents.setdefault(passage.entry_id, []).append(passage.text)
    lexical = Lexical([" \n ".join(texts) for texts in documents.values()])
    return Index(passages, vectors, tuple(documents), lexical)


class _VectorCache:
    """Vectors by the hash of their text, in one file per encoder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, np.ndarray] = {}
        if path.exists():
            try:
                with path.open("rb") as file, np.load(file) as stored:
                    self._known = dict(zip(stored["keys"].tolist(), stored["rows"], strict=True))
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                path.unlink()  # a damaged cache costs time, not truth

    def embed(self, texts: Sequence[str], encoder: Encoder, progress: Progress) -> Vectors:
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        # Texts of like length together: a batch is as slow as its longest text.
        order = sorted(missing, key=lambda key: len(missing[key]))
        progress(0, len(order))
        try:
            for start in range(0, len(order), _BATCH):
                batch = order[start : start + _BATCH]
                rows = encoder.passages([missing[key] for key in batch])
                self._known.update(zip(batch, rows, strict=True))
                progress(start + len(batch), len(order))
                if start // _BATCH % _SAVED_EVERY == _SAVED_EVERY - 1:
                    self._save()
        finally:  # an interrupted build goes on where it stopped
            if missing and self._known:
                self._save()
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _save(self) -> None:
        beside = self._path.with_suffix(".new.npz")
        np.savez(
            beside, keys=np.array(list(self._known)), rows=np.stack(list(self._known.values()))
        )
        beside.replace(self._path)


def vector_index(vectors: Vectors, flat_up_to: int = FLAT_UP_TO) -> faiss.Index:
    """An index by inner product: exact up to `flat_up_to` vectors, a graph above."""
    count, dim = vectors.shape
    if count <= flat_up_to:
        flat = faiss.IndexFlatIP(dim)
        flat.add(vectors)
        return flat
    graph = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 200, 256
    graph.add(vectors)
    return graph


def _passage(line: str) -> Passage:
    row = json.loads(line)
    return Passage(row["entry_id"], PassageKind(row["kind"]), Facet(row["facet"]), row["text"])


def _hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}


def _slug(name: str) -> str:
    safe = "".join(c if c.isalnum() else "-" for c in name)[-40:]
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
