"""Can every lesson be learned on every channel? Walks through them as a learner does.

    python -m bench.course_walk [--lessons 1-41] [--channels web telegram zalo_bot zalo_oa] [--list]

A server with the real course, the channels' adapters and the durable queue, over the fakes of the
platforms; the pace at which messages are sent is let off, nothing else. On each channel somebody
learns each lesson: opens it by name, reads its cards, replies to its exercise and answers its quiz,
in turn all right and with wrong answers; on Telegram by votes in native quizzes, elsewhere in turn
by buttons and by typed numbers. What must be heard at each step is taken from the lesson: every
card, what to try, the exercise, its solution only after the reply, each question, each explanation
with the right verdict, and the result. A lesson fails if any of it is not heard. --list prints why.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bot.course.course import DENSE
from knowledge.model import Lesson, QuizQuestion
from tests.fakes.classroom import CHANNELS, Classroom, Pupil, classroom, wait_for
from tests.fakes.learning import known

AT_ONCE = 8
"""Lessons of a channel walked at a time, each by a person of its own: messages to one person are
sent at the pace their platform allows."""
REPLY = "theo tôi thì chỗ này đáng ngờ"


@dataclass(frozen=True)
class Walked:
    """What came of one lesson on one channel."""

    lesson: str
    messages: int = 0
    longest: int = 0
    right: int = 0
    wrong: int = 0
    failure: str = ""


class Walk:
    """One lesson, on one channel."""

    def __init__(self, pupil: Pupil, lesson: Lesson, channel: str, wrong_from: int) -> None:
        """Questions from `wrong_from` on, counted from 0, are answered wrong."""
        self._pupil, self._lesson, self._wrong_from = pupil, lesson, wrong_from
        self._dense = channel in set(DENSE)

    def go(self) -> Walked:
        lesson = self._lesson
        try:
            self._cards()
            self._exercise()
            for number, question in enumerate(lesson.quiz):
                self._answer(number, question)
        except Exception as error:
            return Walked(lesson.id, failure=f"{type(error).__name__}: {error}")
        heard = self._pupil.heard()
        right = min(self._wrong_from, len(lesson.quiz))
        longest = max(map(len, heard))
        return Walked(lesson.id, len(heard), longest, right, len(lesson.quiz) - right)

    def _cards(self) -> None:
        lesson = self._lesson
        since = len(self._pupil.heard())
        self._pupil.say(f"bài {lesson.order}")
        first, *others = lesson.cards
        expected = [lesson.title, lesson.goal, first.text]
        if self._dense:
            cards = [card.text for card in others]
            wait_for(self._pupil, since, [*expected, *cards, lesson.try_now])
            return
        wait_for(self._pupil, since, expected)
        for number, card in enumerate(others):
            since = len(self._pupil.heard())
            if number % 2:
                self._pupil.say("tiếp")
            else:
                self._pupil.press("Tiếp")
            last = [lesson.try_now] if number == len(others) - 1 else []
            wait_for(self._pupil, since, [card.text, *last])

    def _exercise(self) -> None:
        lesson = self._lesson
        assert lesson.exercise
        since = len(self._pupil.heard())
        self._pupil.press("Làm bài tập")
        asked = wait_for(self._pupil, since, [lesson.exercise.sample, lesson.exercise.question])
        assert lesson.exercise.answer.text not in asked, "the solution came before the reply"
        since = len(self._pupil.heard())
        self._pupil.say(REPLY)
        wait_for(self._pupil, since, [lesson.exercise.answer.text, lesson.quiz[0].text])

    def _answer(self, number: int, question: QuizQuestion) -> None:
        quiz = self._lesson.quiz
        right = number < self._wrong_from
        option = question.correct if right else question.correct % len(question.options) + 1
        following = number + 1
        of = f"đúng {min(self._wrong_from, len(quiz))}/{len(quiz)} câu"
        then = quiz[following].text if following < len(quiz) else of
        since = len(self._pupil.heard())
        self._pupil.pick(option, question.options[option - 1])
        verdict = "Đúng." if right else "Chưa đúng."
        wait_for(self._pupil, since, [f"{verdict}", question.explanation, then])


def walk(room: Classroom, channel: str, lessons: Sequence[Lesson]) -> list[Walked]:
    """All lessons on a channel: one with all answers right, the next with half of them wrong."""

    def one(lesson: Lesson) -> Walked:
        pupil = room.pupil(channel, lesson.order)
        wrong_from = len(lesson.quiz) if lesson.order % 2 else len(lesson.quiz) // 2
        return Walk(pupil, lesson, channel, wrong_from).go()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, lessons))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", default="1-99", help="from-to, by their numbers")
    parser.add_argument("--channels", nargs="+", default=CHANNELS, choices=CHANNELS)
    parser.add_argument("--list", action="store_true", help="print what went wrong")
    arguments = parser.parse_args()
    first, last = map(int, arguments.lessons.split("-"))
    library = known().edition.library
    lessons = [e for e in library if isinstance(e, Lesson) and first <= e.order <= last]
    console = Console()
    table = Table("channel", "lessons", "walked", "answers right", "wrong", "messages a lesson",
                  "letters, longest", "seconds")  # fmt: skip
    with TemporaryDirectory() as folder, classroom(Path(folder)) as room:
        for channel in arguments.channels:
            began = time.monotonic()
            found = walk(room, channel, lessons)
            table.add_row(channel, *_figures(found), f"{time.monotonic() - began:.0f}")
            for walked in found if arguments.list else ():
                if walked.failure:
                    console.print(f"{channel} {walked.lesson}: {walked.failure}", markup=False)
        console.print(table)


def _figures(found: Sequence[Walked]) -> tuple[str, ...]:
    done = [walked for walked in found if not walked.failure]
    mean = sum(walked.messages for walked in done) / max(1, len(done))
    return (
        str(len(found)),
        str(len(done)),
        str(sum(walked.right for walked in done)),
        str(sum(walked.wrong for walked in done)),
        f"{mean:.1f}",
        str(max((walked.longest for walked in done), default=0)),
    )


if __name__ == "__main__":
    main()
