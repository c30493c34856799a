"""Ways of asking that lead somewhere already are found by their words and by what they mean."""

from __future__ import annotations

import pytest

from knowledge.load import SHIPPED, Library, read_entry
from knowledge.passages import passages
from retrieval.index import open_index
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables
from webhook.admin.alike import Ways

ENTRIES = {
    name: read_entry(SHIPPED / f"procedures/{name}.yaml") for name in ("khai-sinh", "tam-tru")
}
LIBRARY = Library(dict(ENTRIES), {})


@pytest.fixture(scope="module")
def encoder() -> BagOfSyllables:
    """To it, texts of the same syllables mean the same."""
    return BagOfSyllables()


@pytest.fixture(scope="module")
def searcher(encoder: BagOfSyllables, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    index = open_index(tmp_path_factory.mktemp("index"), [*passages(LIBRARY)], encoder)
    return Searcher(index, encoder, Slips.load(), LIBRARY)


def turned_round(text: str) -> str:
    return " ".join(reversed(text.split()))


def test_another_entrys_question_in_other_words_is_named(searcher: Searcher) -> None:
    theirs = ENTRIES["tam-tru"].questions[0]
    body = {"title": "Đăng ký khai sinh", "questions": [turned_round(theirs), "một câu khác hẳn"]}
    (found,) = Ways(searcher.near).alike("khai-sinh", body, LIBRARY)["questions"]
    assert (found.entry_id, found.title) == ("tam-tru", ENTRIES["tam-tru"].title)
    assert not found.same
    assert turned_round(found.other) == found.text


def test_an_entrys_own_questions_are_not_held_against_it(searcher: Searcher) -> None:
    entry = ENTRIES["khai-sinh"]
    body = {"title": entry.title, "questions": [turned_round(q) for q in entry.questions]}
    others = Ways(searcher.near).alike("khai-sinh", body, LIBRARY).get("questions", [])
    assert "khai-sinh" not in {found.entry_id for found in others}


def test_a_text_that_stands_twice_is_named(searcher: Searcher) -> None:
    body = {"title": "Khai sinh", "aliases": ["KHAI SINH!"], "questions": ["hỏi gì", "Hoi gi?"]}
    found = Ways().alike("khai-sinh", body, LIBRARY)
    assert "khai-sinh" in {like.entry_id for like in found["aliases"]}
    assert [(like.text, like.other) for like in found["questions"]] == [("Hoi gi?", "hỏi gì")]


def test_what_is_a_passage_already_is_not_encoded_again(
    searcher: Searcher, encoder: BagOfSyllables
) -> None:
    known = ENTRIES["tam-tru"].questions[0]
    encoder.embedded.clear()
    of_known, of_new = searcher.near([known, "tạm trú ở đâu"], 5)
    assert encoder.embedded == ["tạm trú ở đâu"]
    assert of_known[0][0].text == known
    assert [cosine for _, cosine in of_new] == sorted((c for _, c in of_new), reverse=True)
    assert searcher.near([], 5) == []
