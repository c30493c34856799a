"""How far a learner is, and what each answer to a question changes in it. Nothing here speaks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from knowledge.course import Track
from knowledge.model import EntryId, Record

INTERVALS = (1, 3, 7, 21)
"""Days until a missed question is asked again: each time it is answered right, the next of them;
answered right after the last, it is done with; answered wrong, it begins anew."""


class Step(StrEnum):
    """The part of a Lesson that comes next."""

    CARDS = "cards"
    SOLUTION = "solution"
    """The exercise was set: whatever the learner says to it, its solution follows."""
    QUIZ = "quiz"


class Ask(Record):
    """A question of a Lesson's quiz."""

    lesson: EntryId
    key: str
    """See `bot.course.plan.key_of`."""


class Position(Record):
    """Where a learner is in a Lesson."""

    lesson: EntryId
    step: Step = Step.CARDS
    card: int = 0
    """Cards told so far."""
    answered: tuple[str, ...] = ()
    """Keys of the quiz's questions that were answered."""
    right: int = 0


class Done(Record):
    """The best result in a Lesson gone through."""

    on: date
    right: int
    of: int


class Missed(Record):
    """A question that was answered wrong, to be asked again."""

    ask: Ask
    stage: int
    """Place in INTERVALS."""
    due: date


class Progress(Record):
    """All that is kept of a learner's learning."""

    track: Track = Track.EVERYONE
    position: Position | None = None
    """The Lesson under way."""
    last: EntryId | None = None
    """The Lesson last begun."""
    review: tuple[Ask, ...] = ()
    """Questions still to be asked again in the review under way; the first is asked now."""
    done: dict[EntryId, Done] = Field(default_factory=dict)
    missed: tuple[Missed, ...] = ()
    at: datetime | None = None
    """When the learner last did something in the course."""
    paused: bool = False
    """Whether something else was talked about since."""

    @property
    def right(self) -> int:
        return sum(result.right for result in self.done.values())

    @property
    def of(self) -> int:
        return sum(result.of for result in self.done.values())

    def due(self, today: date) -> tuple[Ask, ...]:
        """What is to be asked again, the longest due first."""
        waiting = sorted((m for m in self.missed if m.due <= today), key=lambda m: m.due)
        return tuple(missed.ask for missed in waiting)


def begun(progress: Progress, lesson: str) -> Progress:
    """At the beginning of a Lesson, whatever was under way."""
    return progress.model_copy(
        update={"position": Position(lesson=lesson), "last": lesson, "review": ()}
    )


def at(progress: Progress, position: Position) -> Progress:
    """At another place of the Lesson under way."""
    return progress.model_copy(update={"position": position, "last": position.lesson})


def answered(progress: Progress, position: Position, key: str, right: bool, day: date) -> Progress:
    """A question of the quiz was answered; a wrong one is asked again on other days."""
    place = position.model_copy(
        update={
            "step": Step.QUIZ,
            "answered": (*position.answered, key),
            "right": position.right + right,
        }
    )
    ask = Ask(lesson=position.lesson, key=key)
    return at(progress if right else _missed(progress, ask, 0, day), place)


def finished(progress: Progress, position: Position, day: date) -> Progress:
    """The quiz was answered to its end: the Lesson is done. The best result counts."""
    result = Done(on=day, right=position.right, of=len(position.answered))
    former = progress.done.get(position.lesson)
    if former and former.right * result.of >= result.right * former.of:
        result = former
    done = {**progress.done, position.lesson: result}
    return progress.model_copy(update={"position": None, "done": done})


def reviewed(progress: Progress, ask: Ask, right: bool, day: date) -> Progress:
    """The question asked again was answered: when it comes next, if it does."""
    former = next((missed for missed in progress.missed if missed.ask == ask), None)
    stage = former.stage + 1 if former and right else 0
    left = tuple(other for other in progress.review if other != ask)
    progress = _forgotten(progress, ask).model_copy(update={"review": left})
    return _missed(progress, ask, stage, day) if stage < len(INTERVALS) else progress


def without(progress: Progress, ask: Ask) -> Progress:
    """A question that is no longer in its Lesson is not asked any more."""
    left = tuple(other for other in progress.review if other != ask)
    return _forgotten(progress, ask).model_copy(update={"review": left})


def merged(one: Progress, other: Progress) -> Progress:
    """What two conversations of one person have learned. Where it can't be both, `one` counts."""
    done = dict(other.done)
    for lesson, result in one.done.items():
        former = done.get(lesson)
        if former is None or result.right * former.of >= former.right * result.of:
            done[lesson] = result
    known = {missed.ask for missed in one.missed}
    missed = (*one.missed, *(m for m in other.missed if m.ask not in known))
    return one.model_copy(
        update={
            "done": done,
            "missed": missed,
            "position": one.position or other.position,
            "last": one.last or other.last,
            "track": other.track if one.track is Track.EVERYONE else one.track,
        }
    )


def _missed(progress: Progress, ask: Ask, stage: int, day: date) -> Progress:
    again = Missed(ask=ask, stage=stage, due=day + timedelta(days=INTERVALS[stage]))
    kept = _forgotten(progress, ask)
    return kept.model_copy(update={"missed": (*kept.missed, again)})


def _forgotten(progress: Progress, ask: Ask) -> Progress:
    kept = tuple(missed for missed in progress.missed if missed.ask != ask)
    return progress.model_copy(update={"missed": kept})
