"""Votes that come to another process than the one that sent the quiz, or after a restart."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.learning import Learner, journal_in, lesson
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.served import served
from tests.fakes.telegram.voting import vote

PATIENCE_S = 60
FIRST = lesson(1)
ONE, *_ = FIRST.quiz


def test_a_vote_is_understood_after_a_restart(tmp_path: Path) -> None:
    teacher = Learner(journal_in(tmp_path)).assistant
    with FakeTelegram() as fake:
        fake.user(900)
        with served(fake, teacher, tmp_path):
            for words, sent in (
                ("bài 1", 1), ("xem cả bài", 2), ("làm bài tập", 3), ("nó bịa", 5),
            ):  # fmt: skip
                fake.say(900, words)
                fake.wait_for(900, sent, PATIENCE_S)
        with served(fake, teacher, tmp_path):
            vote(fake, tmp_path, 900, ONE.correct - 1)
            assert fake.wait_for(900, 7, PATIENCE_S)[-2] == f"Đúng. {ONE.explanation}"
