"""The figures of `binhdan evaluate` count what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from retrieval.evaluate import (
    Labelled,
    Outcome,
    QuestionFileError,
    evaluate,
    read_questions,
    tallies,
)
from retrieval.index import open_index
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables

NAMES = {
    "khai-sinh": "đăng ký khai sinh",
    "ket-hon": "đăng ký kết hôn",
    "tam-tru": "đăng ký tạm trú",
    "outside:weather": "trời hôm nay có mưa không",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    encoder = BagOfSyllables()
    passages = [
        Passage(entry_id, PassageKind.NAME, Facet.OVERVIEW, name)
        for entry_id, name in NAMES.items()
    ]
    index = open_index(tmp_path_factory.mktemp("index"), passages, encoder)
    return Searcher(index, encoder, Slips.load())


def asked(text: str, *about: str, authenticity: str = "ours") -> Labelled:
    return Labelled(id=text, text=text, about=about, authenticity=authenticity)


def test_the_place_of_the_best_right_entry_counts(searcher: Searcher) -> None:
    outcomes = evaluate(
        searcher,
        NAMES,
        [
            asked("đăng ký kết hôn", "ket-hon"),
            asked("đăng ký kết hôn", "tam-tru", "ket-hon"),
            asked("đăng ký kết hôn", "tam-tru"),
        ],
    )
    assert [o.rank for o in outcomes[:2]] == [1, 1]
    assert outcomes[2].rank in (2, 3)
    assert outcomes[2].found[0] == "ket-hon"


def test_outside_subjects_take_no_place(searcher: Searcher) -> None:
    (outcome,) = evaluate(searcher, NAMES, [asked("hôm nay trời mưa, kết hôn", "ket-hon")])
    assert outcome.rank == 1
    assert set(outcome.found) == {"khai-sinh", "ket-hon", "tam-tru"}


def test_a_question_that_no_published_entry_answers_does_not_count(searcher: Searcher) -> None:
    questions = [
        asked("đăng ký kết hôn", "ly-hon"),
        asked("chào bạn"),
        asked("tạm trú", "tam-tru", "ly-hon"),
    ]
    outcomes = evaluate(searcher, ["ket-hon", "tam-tru"], questions)
    assert [o.question.text for o in outcomes] == ["tạm trú"]


def test_bare_strips_the_marks_before_asking(searcher: Searcher) -> None:
    (outcome,) = evaluate(searcher, NAMES, [asked("đăng ký kết hôn", "ket-hon")], bare=True)
    assert outcome.rank == 1


def test_the_shares_are_of_all_questions_found_or_not() -> None:
    ranks = {"a": 1, "b": 2, "c": 4, "d": None}
    outcomes = [
        Outcome(asked(name, "x", authenticity="real_citizen"), (), rank)
        for name, rank in ranks.items()
    ]
    outcomes.append(Outcome(asked("e", "x"), (), 1))
    real, ours, kind, total = tallies(outcomes)
    assert (real.group, ours.group, kind.group, total.group) == (
        "real people",
        "ours",
        "real_citizen",
        "all",
    )
    assert (real.count, real.first, real.among_three) == (4, 0.25, 0.5)
    assert real.mrr == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert (total.count, total.first, total.among_three) == (5, 0.4, 0.6)
    assert tallies([]) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"questions: [", "expected the node content"),
        (b"- a", "expected a mapping with `questions:`, a list"),
        (b"", "expected a mapping with `questions:`, a list"),
        (b"cau_hoi: []", "expected a mapping with `questions:`, a list"),
        (b"questions: 3", "questions: Input should be a valid tuple"),
        (b"questions: [{id: a}]", "questions.0.text: Field required"),
        (b"questions: [{id: a, text: x, about: khai-sinh}]", "questions.0.about: "),
        (b"\xff\xfe", "invalid start byte"),
    ],
)
def test_a_file_of_questions_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "questions.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(QuestionFileError) as raised:
        read_questions(path)
    assert str(path) in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["fresh", "outside"])
def test_the_questions_of_this_project_can_be_read(name: str) -> None:
    questions = read_questions(Path(__file__).parent.parent / f"bench/questions/{name}.yaml")
    assert len(questions) > 100
    assert len({q.id for q in questions}) == len(questions)
    assert all(bool(q.about) == (name == "fresh") for q in questions)
