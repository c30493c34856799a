"""What a learner is told, laid out from the Lessons: cards, exercise, questions, results."""

from __future__ import annotations

from collections.abc import Sequence

from bot.compose import Composer
from bot.course.plan import Plan, key_of
from bot.course.progress import Ask, Progress
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from bot.practice.talk import offer
from knowledge.course import LEVELS, Track
from knowledge.model import Fact, Lesson, QuizQuestion

PER_LIST = 4
"""Lessons offered at once: with "Xem thêm bài" they are five, as many as a channel has buttons."""


def button(name: str, action: str, **values: object) -> Choice:
    """A Choice of the course with its label from the messages."""
    return Choice(label=say(f"course.buttons.{name}", **values), action=action)


def lead_to(lesson: Lesson) -> Choice:
    """To a Lesson, under its title."""
    return Choice(label=lesson.title, action=f"course:begin:{lesson.id}")


STOP = button("stop", "course:stop")
ON = button("go_on", "course:on")
PROGRESS = button("progress", "course:progress")
OTHER = button("other", "course:tracks")


def text(line: str) -> Block:
    return Block(kind=BlockKind.TEXT, lines=(line,))


def title(line: str) -> Block:
    return Block(kind=BlockKind.TITLE, lines=(line,))


def told(blocks: Sequence[Block], choices: Sequence[Choice] = ()) -> Answer:
    """An Answer that tells nothing from a record."""
    return Answer(status=Status.ANSWERED_COURSE, blocks=tuple(blocks), choices=tuple(choices))


def joined(before: Sequence[Block], answer: Answer) -> Answer:
    """An Answer with something said before it."""
    return answer.model_copy(update={"blocks": (*before, *answer.blocks)})


class Lines:
    """The parts of a Lesson as Answers. `dense`: on channels that count messages, and have no
    buttons to tap through, all cards come at once."""

    def __init__(self, composer: Composer, dense: bool) -> None:
        self._composer, self._dense = composer, dense

    def opening(self, lesson: Lesson) -> Answer:
        """How a Lesson begins: all of it, or its goal and the first card."""
        if self._dense:
            return self.all_cards(lesson)
        minutes = say("course.minutes", minutes=lesson.minutes, count=len(lesson.cards))
        goal = say("answer.lesson_goal", goal=lesson.goal)
        head = (title(lesson.title), Block(kind=BlockKind.TEXT, lines=(goal, minutes)))
        return joined(head, self.card(lesson, 0))

    def all_cards(self, lesson: Lesson) -> Answer:
        """The whole Lesson in one message, and on to the exercise."""
        answer = self._composer.answer(lesson)
        choices = (_behind_cards(lesson), *offer(lesson.id), STOP)
        update = {"choices": choices, "status": Status.ANSWERED_COURSE}
        return answer.model_copy(update=update)

    def card(self, lesson: Lesson, number: int) -> Answer:
        """One card, counted from 0; the last one comes with what to try."""
        fact = lesson.cards[number]
        count = len(lesson.cards)
        blocks = [text(f"{say('course.card', number=number + 1, count=count)}. {self._line(fact)}")]
        on = button("card", f"course:card:{lesson.id}:{number + 1}")
        choices: tuple[Choice, ...] = (on, button("cards", f"course:cards:{lesson.id}"))
        if number + 1 == count:
            blocks.append(text(say("course.try", text=lesson.try_now)))
            choices = (_behind_cards(lesson), *offer(lesson.id), STOP)
        return self._composer.part(Status.ANSWERED_COURSE, lesson, blocks, [fact], choices)

    def exercise(self, lesson: Lesson) -> Answer:
        """What is to be judged; the solution comes when the learner has said something."""
        assert lesson.exercise is not None
        sample = say(f"course.kinds.{lesson.exercise.kind}", text=lesson.exercise.sample)
        blocks = (
            title(say("course.exercise", title=lesson.title)),
            text(sample),
            text(lesson.exercise.question),
            text(say("course.reply")),
        )
        choices = (button("solution", f"course:solution:{lesson.id}"), STOP)
        return told(blocks, choices).model_copy(update={"entry_id": lesson.id})

    def solution(self, lesson: Lesson, replied: bool, then: Answer) -> Answer:
        """The exercise's solution, and what comes next in the same message."""
        assert lesson.exercise is not None
        fact = lesson.exercise.answer
        blocks = [text(say("course.solution", text=self._line(fact)))]
        if replied:
            blocks.append(text(say("course.compare")))
        answer = self._composer.part(Status.ANSWERED_COURSE, lesson, blocks, [fact], then.choices)
        return answer.model_copy(
            update={"blocks": (*answer.blocks, *then.blocks), "quiz": then.quiz}
        )

    def question(self, lesson: Lesson, asked: QuizQuestion, number: int) -> Answer:
        """A question of the quiz, counted from 1, its options as Choices."""
        words = say("course.question", number=number, count=len(lesson.quiz), text=asked.text)
        return _asking(Ask(lesson=lesson.id, key=key_of(asked)), asked, words)

    def again(self, lesson: Lesson, asked: QuizQuestion) -> Answer:
        """A question that was missed before."""
        words = say("course.again", title=lesson.title.partition(":")[0], text=asked.text)
        return _asking(Ask(lesson=lesson.id, key=key_of(asked)), asked, words)

    def _line(self, fact: Fact) -> str:
        return self._composer.line(fact)


def judged(asked: QuizQuestion, number: int) -> Block:
    """What is said to an option that was picked, and why."""
    if number == asked.correct:
        return text(say("course.right", explanation=asked.explanation))
    option = asked.options[asked.correct - 1].rstrip(".")
    return text(say("course.wrong", option=option, explanation=asked.explanation))


def listed(plan: Plan, progress: Progress, kind: str, name: str, page: int) -> Answer:
    """The Lessons of a track or a level, some at a time."""
    if kind == "track":
        lessons = plan.of_track(Track(name))
        head = "course.track_list"
        values = {"track": node("web.tracks")[name]}
    else:
        lessons = plan.of_level(int(name))
        head = "course.level_list"
        values = {"level": node("web.course_levels")[name]}
    done = sum(lesson.id in progress.done for lesson in lessons)
    # What is not done comes first: that is what somebody looks for.
    ordered = sorted(lessons, key=lambda lesson: lesson.id in progress.done)
    shown = ordered[page * PER_LIST :][:PER_LIST]
    choices = [lead_to(lesson) for lesson in shown]
    if len(ordered) > (page + 1) * PER_LIST:
        choices.append(button("more", f"course:{kind}:{name}:{page + 1}"))
    words = say(head, done=done, count=len(lessons), **values)
    return told([text(words)], choices)


def tracks() -> Answer:
    """For whom to learn."""
    names = node("web.tracks")
    choices = [
        Choice(label=names[track].capitalize(), action=f"course:track:{track}") for track in Track
    ]
    return told([text(say("course.whom"))], choices)


def levels() -> Answer:
    """Which level to look at."""
    names = node("web.course_levels")
    choices = [
        Choice(label=say("course.level", level=names[str(level)]), action=f"course:level:{level}")
        for level in range(1, LEVELS + 1)
    ]
    return told([text(say("course.levels"))], choices)


def award_name(name: str) -> str:
    """ "level-2" → "cấp độ 2 – tự giữ mình"."""
    kind, _, which = name.partition("-")
    if kind == "level":
        return say("course.awards.level", level=node("web.course_levels")[which])
    return say("course.awards.track", track=node("web.tracks")[which])


def _behind_cards(lesson: Lesson) -> Choice:
    if lesson.exercise:
        return button("exercise", f"course:exercise:{lesson.id}")
    return button("quiz", f"course:quiz:{lesson.id}")


def _asking(ask: Ask, asked: QuizQuestion, words: str) -> Answer:
    options = [
        Choice(label=option, action=f"course:pick:{ask.lesson}:{ask.key}:{number}")
        for number, option in enumerate(asked.options, 1)
    ]
    answer = told([text(words)], [*options, STOP])
    quiz = asked.model_copy(update={"text": words})
    return answer.model_copy(update={"entry_id": ask.lesson, "quiz": (quiz,)})
