"""The index on disk: built beside and swapped, damage never served, only news embedded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np
import pytest

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from retrieval import index as index_module
from retrieval.encoder import Vectors
from retrieval.index import Index, open_index, vector_index
from tests.fakes.encoder import BagOfSyllables


def passage(text: str, entry_id: str = "khai-sinh") -> Passage:
    return Passage(entry_id, PassageKind.FACTS, Facet.FEE, text)


TEXTS = ("lệ phí khai sinh 8.000 đồng", "nộp ở ủy ban nhân dân cấp xã", "đăng ký kết hôn")
PASSAGES = tuple(passage(text) for text in TEXTS)


def only_folder(folder: Path) -> Path:
    """The one index in the data folder."""
    (target,) = (path for path in folder.iterdir() if path.is_dir())
    return target


def nearest(index: Index, encoder: BagOfSyllables, text: str) -> str:
    _, found = index.vectors.search(encoder.queries([text]), 1)
    return index.passages[int(found[0][0])].text


def test_an_index_is_built_once_and_then_read(tmp_path: Path) -> None:
    encoder = BagOfSyllables()
    steps: list[tuple[int, int]] = []
    built = open_index(tmp_path, PASSAGES, encoder, lambda done, total: steps.append((done, total)))
    assert steps == [(0, 3), (3, 3)]
    read = open_index(tmp_path, PASSAGES, encoder)
    assert sorted(encoder.embedded) == sorted(TEXTS)
    assert built.passages == read.passages == PASSAGES
    assert read.entry_ids == ("khai-sinh",)
    for text in TEXTS:
        assert nearest(read, encoder, text) == text


def test_only_what_is_new_is_embedded(tmp_path: Path) -> None:
    encoder = BagOfSyllables()
    open_index(tmp_path, PASSAGES, encoder)
    encoder.embedded.clear()
    edited = (passage("lệ phí khai sinh 9.000 đồng"), *PASSAGES[1:])
    index = open_index(tmp_path, edited, encoder)
    assert encoder.embedded == ["lệ phí khai sinh 9.000 đồng"]
    assert nearest(index, encoder, "8.000 đồng lệ phí") == "lệ phí khai sinh 9.000 đồng"
    open_index(tmp_path, PASSAGES, encoder)
    assert len(encoder.embedded) == 1, "rollback embeds nothing"


def test_encoders_do_not_share_vectors(tmp_path: Path) -> None:
    one, other = BagOfSyllables("org/model"), BagOfSyllables("org-model")
    open_index(tmp_path, PASSAGES, one)
    open_index(tmp_path, PASSAGES, other)
    assert len(other.embedded) == len(TEXTS)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def rewrite(path: Path) -> None:
    path.write_text(path.read_text().replace("8.000", "9.000") + " ")


DAMAGE: list[tuple[str, Callable[[Path], object]]] = [
    *((name, Path.unlink) for name in ("manifest.json", "passages.jsonl", "vectors.faiss")),
    *((name, cut) for name in ("manifest.json", "passages.jsonl", "vectors.faiss")),
    ("passages.jsonl", rewrite),
    ("passages.jsonl", flip),
    ("vectors.faiss", flip),
    ("manifest.json", lambda path: path.write_text("null")),
    ("manifest.json", lambda path: path.write_text("[]")),
    ("manifest.json", lambda path: path.write_text('{"sha256": {}}')),
    ("manifest.json", lambda path: path.write_bytes(b"\xff\xfe")),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_a_damaged_index_is_built_again_and_never_served(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    encoder = BagOfSyllables()
    open_index(tmp_path, PASSAGES, encoder)
    damage(only_folder(tmp_path) / name)
    index = open_index(tmp_path, PASSAGES, encoder)
    assert index.passages == PASSAGES
    assert nearest(index, encoder, TEXTS[0]) == TEXTS[0]
    assert len(encoder.embedded) == len(TEXTS), "its vectors were still cached"
    manifest = json.loads((only_folder(tmp_path) / "manifest.json").read_text())
    assert manifest["encoder"] == "fake"


def test_a_sound_index_of_other_passages_is_not_served(tmp_path: Path) -> None:
    encoder = BagOfSyllables()
    open_index(tmp_path, PASSAGES, encoder)
    target = only_folder(tmp_path)
    target.rename(tmp_path / "kept")
    open_index(tmp_path, PASSAGES[1:], encoder)
    other = next(path for path in tmp_path.iterdir() if path.is_dir() and path.name != "kept")
    other.rename(target)
    assert open_index(tmp_path, PASSAGES, encoder).passages == PASSAGES


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"nothing", None])
def test_a_damaged_cache_costs_time_and_nothing_else(tmp_path: Path, content: bytes | None) -> None:
    encoder = BagOfSyllables()
    open_index(tmp_path, PASSAGES, encoder)
    (cache,) = tmp_path.glob("vectors-*.npz")
    if content is None:
        flip(cache)
    else:
        cache.write_bytes(content)
    more = (*PASSAGES, passage("thêm"))
    assert open_index(tmp_path, more, encoder).passages == more
    encoder.embedded.clear()
    open_index(tmp_path, PASSAGES[:2], encoder)
    assert encoder.embedded == []


class Dying(BagOfSyllables):
    """Is interrupted at its second batch."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        if self.embedded:
            raise KeyboardInterrupt
        return super().passages(texts)


def test_a_crash_while_building_leaves_the_old_index_and_the_vectors_so_far(tmp_path: Path) -> None:
    encoder = BagOfSyllables()
    open_index(tmp_path, PASSAGES, encoder)
    many = [passage(f"giấy tờ số {n}") for n in range(300)]
    with pytest.raises(KeyboardInterrupt):
        open_index(tmp_path, many, Dying())
    assert open_index(tmp_path, PASSAGES, encoder).passages == PASSAGES
    encoder.embedded.clear()
    assert open_index(tmp_path, many, encoder).passages == tuple(many)
    assert len(encoder.embedded) == 300 - 256
    assert not list(tmp_path.glob(".building*"))


def test_a_crash_while_writing_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(faiss, "write_index", full_disk)
    with pytest.raises(OSError, match="No space left"):
        open_index(tmp_path, PASSAGES, BagOfSyllables())
    monkeypatch.undo()
    assert open_index(tmp_path, PASSAGES, BagOfSyllables()).passages == PASSAGES


def test_old_indexes_are_removed_but_for_the_newest(tmp_path: Path) -> None:
    encoder = BagOfSyllables()
    for number in range(6):
        open_index(tmp_path, [*PASSAGES, passage(f"lần {number}")], encoder)
        newest = max(tmp_path.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    assert len(list(tmp_path.glob("*/manifest.json"))) == index_module.KEPT


def test_an_index_of_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one passage"):
        open_index(tmp_path, (), BagOfSyllables())


_BUILD = """
import sys, time
from pathlib import Path
from retrieval.index import open_index
from tests.fakes.encoder import BagOfSyllables
from tests.test_index import passage

class Slow(BagOfSyllables):
    def passages(self, texts):
        time.sleep(0.3)
        return super().passages(texts)

encoder = Slow()
passages = [passage(f"giấy tờ số {n}") for n in range(300)]
print("ready", flush=True)
sys.stdin.readline()
index = open_index(Path(sys.argv[1]), passages, encoder)
print(len(index.passages), len(encoder.embedded))
"""


@pytest.mark.parametrize("damaged", [False, True])
def test_of_processes_that_build_at_once_one_builds_and_all_read(
    tmp_path: Path, damaged: bool
) -> None:
    if damaged:
        open_index(tmp_path, [passage(f"giấy tờ số {n}") for n in range(300)], BagOfSyllables())
        cut(only_folder(tmp_path) / "vectors.faiss")
        next(tmp_path.glob("vectors-*.npz")).unlink()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _BUILD, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    found = sorted(tuple(map(int, p.communicate(timeout=60)[0].split())) for p in processes)
    assert found == [(300, 0), (300, 0), (300, 300)]


def test_many_vectors_are_searched_in_a_graph_that_finds_nearly_all_the_nearest() -> None:
    random = np.random.default_rng(7)
    vectors = random.normal(size=(3000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, graph = vector_index(vectors), vector_index(vectors, flat_up_to=1000)
    assert isinstance(exact, faiss.IndexFlatIP)
    assert isinstance(graph, faiss.IndexHNSWFlat)
    _, right = exact.search(vectors[:50], 10)
    scores, found = graph.search(vectors[:50], 10)
    recall = np.mean([len({*a} & {*b}) / 10 for a, b in zip(right, found, strict=True)])
    assert recall > 0.98
    assert (np.diff(scores) <= 0).all(), "inner products, greatest first"
