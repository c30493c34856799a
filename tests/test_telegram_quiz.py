"""Lessons on Telegram: their questions as native quizzes, or in words where that can't be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.model import Answer, Question
from bot.pipeline import Pipeline
from tests.fakes.learning import TODAY, journal_in, known, lesson
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.served import served
from tests.fakes.telegram.voting import vote

FIRST = lesson(1)
ONE, TWO, *_ = FIRST.quiz
PEOPLE = count(2)
PATIENCE_S = 60


class Teacher:
    """The real course; asked for it at length, it explains each solution at length."""

    def __init__(self, folder: Path) -> None:
        self._assistant = Assistant(known, journal_in(folder), Pipeline(), lambda: TODAY)
        self.at_length = False

    def reply(self, question: Question) -> Answer:
        answer = self._assistant.reply(question)
        if not self.at_length:
            return answer
        long = [q.model_copy(update={"explanation": "Vì sao. " * 30}) for q in answer.quiz]
        return answer.model_copy(update={"quiz": tuple(long)})


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    return Teacher(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lessons")


@pytest.fixture(scope="module")
def fake(teacher: Teacher, folder: Path) -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake, served(fake, teacher, folder):
        yield fake


@pytest.fixture
def person(fake: FakeTelegram) -> int:
    """Somebody who has come to the first question: the exercise, its solution, the quiz."""
    number = next(PEOPLE)
    fake.user(number)
    to_the_quiz(fake, number)
    return number


def to_the_quiz(fake: FakeTelegram, chat: int) -> None:
    for words, sent in (("bài 1", 1), ("xem cả bài", 2), ("làm bài tập", 3), ("nó bịa", 5)):
        fake.say(chat, words)
        fake.wait_for(chat, sent, PATIENCE_S)


def test_a_question_comes_as_a_native_quiz(fake: FakeTelegram, person: int) -> None:
    *_, solution, asked = fake.sent(person)
    assert "Lời giải" in solution["text"]
    assert ONE.text not in solution["text"]
    assert "reply_markup" not in solution
    poll = asked["poll"]
    assert (poll["type"], poll["question"]) == ("quiz", f"Câu 1/4. {ONE.text}")
    assert [option["text"] for option in poll["options"]] == list(ONE.options)
    assert poll["correct_option_ids"] == [ONE.correct - 1]
    assert poll["explanation"] == ONE.explanation
    assert not poll["is_anonymous"]
    [[stop]] = asked["reply_markup"]["inline_keyboard"]
    assert stop["text"] == "Dừng lại"


def test_a_vote_counts_and_brings_the_next_question(
    fake: FakeTelegram, folder: Path, person: int
) -> None:
    vote(fake, folder, person, ONE.correct - 1)
    *_, judged, asked = fake.wait_for(person, 7, PATIENCE_S)
    assert judged == f"Đúng. {ONE.explanation}"
    assert asked == f"Câu 2/4. {TWO.text}"
    vote(fake, folder, person, TWO.correct % 3)
    *_, judged, asked = fake.wait_for(person, 9, PATIENCE_S)
    assert judged.startswith("Chưa đúng.")
    assert asked.startswith("Câu 3/4.")


def test_a_whole_lesson_is_done_by_votes(fake: FakeTelegram, folder: Path, person: int) -> None:
    for number, question in enumerate(FIRST.quiz):
        vote(fake, folder, person, question.correct - 1)
        last = number == len(FIRST.quiz) - 1
        fake.wait_for(person, 5 + 2 * (number + 1) - last, PATIENCE_S)
    assert "đúng 4/4 câu" in fake.transcript(person)[-1]
    assert set(fake.statuses) == {200}


def test_a_vote_for_an_earlier_quiz_does_not_count_twice(
    fake: FakeTelegram, folder: Path, person: int
) -> None:
    fake.say(person, "học tiếp")  # the same question again, as a second quiz
    fake.wait_for(person, 6, PATIENCE_S)
    vote(fake, folder, person, ONE.correct - 1)
    fake.wait_for(person, 8, PATIENCE_S)
    vote(fake, folder, person, ONE.correct % 3, earlier=2)
    assert "đã trả lời rồi" in fake.wait_for(person, 9, PATIENCE_S)[-1]


def test_a_letter_may_be_typed_beside_the_quiz(fake: FakeTelegram, person: int) -> None:
    fake.say(person, "ABC"[ONE.correct - 1])
    assert fake.wait_for(person, 7, PATIENCE_S)[-2] == f"Đúng. {ONE.explanation}"


def test_whoever_a_quiz_is_forwarded_to_is_not_written_to(
    fake: FakeTelegram, folder: Path, person: int
) -> None:
    stranger = next(PEOPLE)
    fake.user(stranger)
    vote(fake, folder, person, 0, voter=stranger)
    fake.say(stranger, "xin chào")
    fake.wait_for(stranger, 1, PATIENCE_S)
    assert len(fake.sent(stranger)) == 1
    assert len(fake.sent(person)) == 5


def test_in_a_group_questions_come_in_words_with_letters_to_press(fake: FakeTelegram) -> None:
    fake.group(-7)
    for words, sent in (
        ("bài 1", 1), ("xem cả bài", 2), ("làm bài tập", 3), ("xem lời giải", 5),
    ):  # fmt: skip
        fake.say(-7, f"@fake_bot {words}", person=3)
        fake.wait_for(-7, sent, PATIENCE_S)
    asked = fake.sent(-7)[-1]
    assert asked["text"].startswith(f"Câu 1/4. {ONE.text}\nA. {ONE.options[0]}")
    letters, others = asked["reply_markup"]["inline_keyboard"]
    assert [button["text"] for button in letters] == ["A", "B", "C"]
    assert others[0]["text"] == "Dừng lại"
    fake.press(-7, "ABC"[ONE.correct - 1], person=3)
    assert fake.wait_for(-7, 7, PATIENCE_S)[-2] == f"Đúng. {ONE.explanation}"


def test_where_polls_are_not_allowed_the_question_comes_in_words(fake: FakeTelegram) -> None:
    person = next(PEOPLE)
    fake.user(person)
    refusal = "Bad Request: not enough rights to send polls to the chat"
    fake.fault("sendPoll", "400", times=1, description=refusal)
    to_the_quiz(fake, person)
    assert fake.transcript(person)[-1].startswith(f"Câu 1/4. {ONE.text}\nA. {ONE.options[0]}")
    fake.press(person, "ABC"[ONE.correct - 1])
    assert fake.wait_for(person, 7, PATIENCE_S)[-2] == f"Đúng. {ONE.explanation}"


def test_a_quiz_too_long_for_telegram_comes_in_words(fake: FakeTelegram, teacher: Teacher) -> None:
    person = next(PEOPLE)
    fake.user(person)
    before = len(fake.called("sendPoll"))
    teacher.at_length = True
    try:
        to_the_quiz(fake, person)
    finally:
        teacher.at_length = False
    assert f"A. {ONE.options[0]}" in fake.transcript(person)[-1]
    assert len(fake.called("sendPoll")) == before
