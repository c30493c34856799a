"""Lessons on Telegram: their quiz as native quizzes, or in words where that can't be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.model import Answer, Question
from knowledge.load import SHIPPED, read_entry
from knowledge.model import Lesson
from tests.fakes.desk import DeskReplies, published
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.served import served

LESSON = "lessons/bai-1-ai-la-gi"
FIRST = "AI trò chuyện tạo ra câu trả lời bằng cách nào?"


def questions(name: str) -> int:
    """How many questions its quiz has."""
    lesson = read_entry(SHIPPED / f"{name}.yaml")
    assert isinstance(lesson, Lesson)
    return len(lesson.quiz)


QUESTIONS = questions(LESSON)
ALL = 1 + QUESTIONS
"""The lesson and its questions: messages, where each is one."""


class Teacher(DeskReplies):
    """Answers from one lesson; asked for it at length, it explains each solution at length."""

    def reply(self, question: Question) -> Answer:
        answer = super().reply(question)
        if "dài" not in question.text:
            return answer
        long = [q.model_copy(update={"explanation": "Vì sao. " * 30}) for q in answer.quiz]
        return answer.model_copy(update={"quiz": tuple(long)})


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTelegram]:
    replies = Teacher(published([LESSON]))
    with FakeTelegram() as fake, served(fake, replies, tmp_path_factory.mktemp("lessons")):
        yield fake


def test_a_lesson_ends_with_its_quiz(fake: FakeTelegram) -> None:
    fake.user(2)
    fake.say(2, "bài 1")
    fake.wait_for(2, ALL, 60)
    text, *polls = fake.sent(2)
    assert "Bài 1" in text["text"]
    first = polls[0]["poll"]
    assert (first["type"], first["question"]) == ("quiz", FIRST)
    assert first["options"][first["correct_option_ids"][0]]["text"].startswith("Đoán những chữ")
    assert first["explanation"].startswith("AI dự đoán câu chữ")
    assert not first["is_anonymous"]


def test_the_buttons_hang_under_the_last_question(fake: FakeTelegram) -> None:
    fake.user(3)
    fake.say(3, "bài 1")
    fake.wait_for(3, ALL, 60)
    assert ["reply_markup" in m for m in fake.sent(3)] == [False] * QUESTIONS + [True]


def test_a_vote_is_taken_and_says_nothing(fake: FakeTelegram) -> None:
    fake.user(4)
    fake.say(4, "bài 1")
    fake.wait_for(4, ALL, 60)
    fake.vote(4, 1)
    fake.say(4, "cảm ơn")
    assert len(fake.wait_for(4, ALL + 1, 60)) == ALL + 1
    assert set(fake.statuses) == {200}


def test_in_a_group_nobody_sees_who_was_wrong(fake: FakeTelegram) -> None:
    fake.group(-7)
    fake.say(-7, "@fake_bot bài 1", person=3)
    fake.wait_for(-7, ALL, 60)
    assert [m["poll"]["is_anonymous"] for m in fake.sent(-7)[1:]] == [True] * QUESTIONS


def test_where_polls_are_not_allowed_the_quiz_comes_in_words(fake: FakeTelegram) -> None:
    fake.user(5)
    refusal = "Bad Request: not enough rights to send polls to the chat"
    fake.fault("sendPoll", "400", times=QUESTIONS, description=refusal)
    fake.say(5, "bài 1")
    words = fake.wait_for(5, ALL, 60)
    assert words[1].startswith(f"{FIRST}\nA. Có người")
    assert "Đáp án đúng: B." in words[1]
    sent = fake.called("sendMessage")[-1]["text"]
    assert "<tg-spoiler>Đáp án đúng" in sent


def test_a_quiz_too_long_for_telegram_comes_in_words(fake: FakeTelegram) -> None:
    fake.user(6)
    before = len(fake.called("sendPoll"))
    fake.say(6, "bài 1 thật dài")
    assert "Vì sao. Vì sao." in fake.wait_for(6, ALL, 60)[1]
    assert len(fake.called("sendPoll")) == before
