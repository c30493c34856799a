"""The questions that search is trained on are many, of many voices, and kept from the tests."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from knowledge.load import load
from knowledge.model import Lesson
from knowledge.wording import fold
from retrieval.asked import FILE, asked_passages
from retrieval.evaluate import QuestionFileError, read_questions
from retrieval.outside import subject_of
from retrieval.text import tokens
from retrieval.training.build import NEAR_MISS, build, read_outside
from retrieval.training.questions import FOLDER, Written, read_written

BENCH = Path(__file__).parent.parent / "bench" / "questions"
SHORT = FOLDER.parent / "short.yaml"
"""The short questions that confidence is fitted on."""
AT_LEAST = 40
"""Questions a procedure, a guide or one of the first lessons."""
FIRST_LESSONS = 4
"""People come to the later ones by their numbers, from a lesson to the next and from the course."""


@pytest.fixture(scope="module")
def written() -> list[Written]:
    return read_written()


def test_what_people_ask_for_has_forty_questions_of_many_writers(written: list[Written]) -> None:
    asked = {e.id for e in load() if not isinstance(e, Lesson) or e.order <= FIRST_LESSONS}
    writers: defaultdict[str, list[str]] = defaultdict(list)
    for question in written:
        writers[question.entry_id].append(question.writer)
    assert writers.keys() == asked
    few = {key: len(found) for key, found in writers.items() if len(found) < AT_LEAST}
    assert not few
    assert min(len(set(found)) for found in writers.values()) >= 6


def test_twins_are_other_entries_and_the_reason_is_said(written: list[Written]) -> None:
    entries = load().entries
    pairs = [question for question in written if question.twins]
    assert len(pairs) > len(entries)
    for question in pairs:
        assert set(question.twins) <= entries.keys() - {question.entry_id}, question.text
        assert question.why, question.text


def test_no_question_is_written_twice(written: list[Written]) -> None:
    counts = Counter(_plain(question.text) for question in written)
    assert [text for text, count in counts.items() if count > 1] == []


def test_what_is_trained_on_is_in_no_set_that_is_tested_on(written: list[Written]) -> None:
    tested = {_plain(q.text) for path in BENCH.glob("*.yaml") for q in read_questions(path)}
    tested |= {_plain(question.text) for question in written if question.test}
    assert tested
    trained = {_plain(question.text) for question in written if not question.test}
    assert not trained & tested


def test_a_third_of_the_short_questions_is_vague_and_the_kept_third_is_not_fitted_on() -> None:
    entries = load().entries
    fitted, kept = read_questions(SHORT), read_questions(BENCH / "short.yaml")
    assert len(fitted) + len(kept) >= 280
    for questions in (fitted, kept):
        assert 0.2 <= sum(q.vague for q in questions) / len(questions) <= 0.4
        for question in questions:
            assert {*question.about} <= entries.keys(), question.text
            assert len({*question.about}) > 1 if question.vague else len(question.about) == 1
            assert 2 <= len(question.text.split()) <= 12, question.text
    plain = Counter(_plain(question.text) for question in (*fitted, *kept))
    assert [text for text, count in plain.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("writer: b\nvoice: x\nquestions: {}", "must agree"),
        ("writer: a\nvoice: x\nquestions: {khai-sinh: [ab]}", "at least 4"),
        ("writer: a\nvoice: x\nquestions: {khai-sinh: [{text: abcd, nott: [x]}]}", "nott"),
        ("writer: [", "a.yaml"),
    ],
)
def test_a_faulty_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(QuestionFileError, match=fault):
        read_written(tmp_path)


def test_what_search_learns_from_is_what_the_command_builds() -> None:
    assert gzip.decompress(FILE.read_bytes()).decode() == build()


def test_what_is_asked_of_entries_that_are_not_published_is_left_out(
    written: list[Written],
) -> None:
    found = [p for p in asked_passages({"khai-sinh"}) if subject_of(p.entry_id) is None]
    trained = [q for q in written if q.entry_id == "khai-sinh" and not q.test]
    assert {p.entry_id for p in found} == {"khai-sinh"}
    assert len(found) == len(trained)


def test_hundreds_of_messages_are_not_for_any_entry() -> None:
    outside = read_outside()
    texts = [text for texts in outside.values() for text in texts]
    assert len(texts) >= 600
    assert len({fold(text) for text in texts}) == len(texts)
    learnt = {p.text for p in asked_passages(()) if subject_of(p.entry_id) == NEAR_MISS}
    assert not learnt, "an import may bring the Entry that a near miss asks for"


def _plain(text: str) -> str:
    return " ".join(tokens(fold(text)))
