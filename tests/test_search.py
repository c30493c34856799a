"""A question finds its Entry, however it is typed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge.load import SHIPPED, read_entry
from knowledge.passages import passages
from knowledge.wording import fold
from retrieval.index import open_index
from retrieval.outside import outside_passages, subject_of
from retrieval.search import Searcher, entry_ids
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables

ENTRIES = ("khai-sinh", "ket-hon", "tam-tru", "ho-chieu", "can-cuoc-tre-em", "gplx-doi")


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Search over a few shipped Entries and the outside subjects, with the fake encoder."""
    return searcher_over(ENTRIES, tmp_path_factory.mktemp("index"))


def searcher_over(names: tuple[str, ...], folder: Path) -> Searcher:
    entries = [read_entry(SHIPPED / f"procedures/{name}.yaml") for name in names]
    encoder = BagOfSyllables()
    index = open_index(folder, [*passages(entries), *outside_passages()], encoder)
    return Searcher(index, encoder, Slips.load(), entries)


QUESTIONS = {
    "làm giấy khai sinh cho con cần giấy tờ gì": "khai-sinh",
    "đăng ký kết hôn ở đâu": "ket-hon",
    "đăng ký tạm trú cho người thuê trọ": "tam-tru",
    "làm hộ chiếu phổ thông hết bao nhiêu tiền": "ho-chieu",
    "làm căn cước cho trẻ em dưới 14 tuổi": "can-cuoc-tre-em",
    "đổi giấy phép lái xe hết hạn": "gplx-doi",
}


@pytest.mark.parametrize(("question", "entry_id"), QUESTIONS.items())
def test_the_entry_is_first_with_and_without_diacritics(
    searcher: Searcher, question: str, entry_id: str
) -> None:
    for text in (question, fold(question), question.upper(), f"  {question} ??? "):
        hits = searcher.search(searcher.read(text))
        assert entry_ids(hits)[0] == entry_id, text


@pytest.mark.parametrize(
    ("typed", "entry_id"),
    [
        ("dk ket hon o dau v ad", "ket-hon"),
        ("doi gplx het bao nhieu tien", "gplx-doi"),
        ("làm hchieu ở đâu, hộ chiếu ấy", "ho-chieu"),
        ("ddawng kys taamj trus", "tam-tru"),
    ],
)
def test_chat_spelling_and_telex_find_it_too(searcher: Searcher, typed: str, entry_id: str) -> None:
    assert entry_ids(searcher.search(searcher.read(typed)))[0] == entry_id


def test_a_question_from_outside_finds_its_like(searcher: Searcher) -> None:
    best = searcher.search(searcher.read("thời tiết hôm nay thế nào"))[0]
    assert subject_of(best.entry_id) == "weather"
    assert subject_of("khai-sinh") is None


def test_a_hit_tells_how_far_it_can_be_trusted(searcher: Searcher) -> None:
    good = searcher.search(searcher.read("đăng ký kết hôn cần giấy tờ gì"))
    assert [hit.score for hit in good] == sorted((hit.score for hit in good), reverse=True)
    assert good[0].passage.entry_id == good[0].entry_id
    assert good[0].coverage > 0.9
    poor = searcher.search(searcher.read("blockchain quantum xyzzy"))
    assert poor[0].coverage < 0.2


def test_the_reading_tells_whether_diacritics_were_restored(searcher: Searcher) -> None:
    bare = searcher.read("dang ky ket hon o dau")
    assert (bare.bare, bare.text) == (True, "đăng ký kết hôn ở đâu")
    assert searcher.read("đăng ký kết hôn").bare is False


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b"])
def test_a_text_without_words_finds_nothing(searcher: Searcher, text: str) -> None:
    assert searcher.search(searcher.read(text)) == []


@pytest.mark.parametrize(
    "text", ["???", "👍👍", "123", "a" * 5000, "kết hôn " * 1500, "<b>&amp;</b>"]
)
def test_a_strange_text_does_no_harm(searcher: Searcher, text: str) -> None:
    assert len(searcher.search(searcher.read(text), limit=3)) in (0, 3)


def test_the_limit_is_kept(searcher: Searcher) -> None:
    reading = searcher.read("đăng ký")
    assert len(searcher.search(reading, limit=2)) == 2
    every = entry_ids(searcher.search(reading, limit=1000))
    assert len(every) == len(set(every))
    assert set(ENTRIES) < set(every)


def test_the_same_question_gets_the_same_hits_in_every_thread(searcher: Searcher) -> None:
    texts = [*QUESTIONS, *map(fold, QUESTIONS)] * 4
    expected = [searcher.search(searcher.read(text)) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: searcher.search(searcher.read(text)), texts)) == expected


def test_one_entry_is_enough(tmp_path: Path) -> None:
    searcher = searcher_over(("khai-sinh",), tmp_path)
    assert entry_ids(searcher.search(searcher.read("khai sinh"), limit=1)) == ["khai-sinh"]
