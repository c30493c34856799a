"""The Lessons of one Edition in their order: what comes next, and what is done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.course.progress import Ask, Progress
from knowledge.course import LEVELS, Track
from knowledge.load import Library
from knowledge.model import Lesson, QuizQuestion

KEY_LETTERS = 6


@dataclass(frozen=True)
class Award:
    """A level or a track that a learner has gone through."""

    name: str
    """ "level-2" or "track-farmers"."""
    lessons: int
    right: int
    of: int
    """Questions answered right, and all of them."""


def key_of(question: QuizQuestion) -> str:
    """What a question is known by in buttons and in what is kept: whichever Edition, the same
    words are the same question."""
    return hashlib.sha256(question.text.encode()).hexdigest()[:KEY_LETTERS]


class Plan:
    """The course as of one Edition."""

    def __init__(self, library: Library) -> None:
        lessons = (entry for entry in library if isinstance(entry, Lesson))
        self.lessons = sorted(lessons, key=lambda lesson: lesson.order)
        self._by_id = {lesson.id: lesson for lesson in self.lessons}

    def get(self, lesson_id: str) -> Lesson | None:
        """A Lesson by its id; None if this Edition has it no more."""
        return self._by_id.get(lesson_id)

    def numbered(self, number: int) -> Lesson | None:
        """ "Bài 3" is the one with order 3."""
        return next((lesson for lesson in self.lessons if lesson.order == number), None)

    def question(self, ask: Ask) -> QuizQuestion | None:
        """A question of a Lesson; None if an editor has taken it out or changed it."""
        lesson = self.get(ask.lesson)
        asked = lesson.quiz if lesson else ()
        return next((question for question in asked if key_of(question) == ask.key), None)

    def path(self, track: Track) -> list[Lesson]:
        """A track: its own Lessons and those for everyone."""
        mine = {track, Track.EVERYONE}
        return [lesson for lesson in self.lessons if mine & set(lesson.tracks)]

    def of_track(self, track: Track) -> list[Lesson]:
        """The Lessons that a track has for itself."""
        return [lesson for lesson in self.lessons if track in lesson.tracks]

    def of_level(self, level: int) -> list[Lesson]:
        return [lesson for lesson in self.lessons if lesson.level == level]

    def next(self, progress: Progress) -> Lesson | None:
        """The first Lesson of the learner's track that is not done, looked for behind the last one
        they learned; None if all are done."""
        last = self.get(progress.last or "")
        open_ = [lesson for lesson in self.path(progress.track) if lesson.id not in progress.done]
        behind = [lesson for lesson in open_ if last and lesson.order > last.order]
        return next(iter([*behind, *open_]), None)

    def beside(self, progress: Progress, step: int) -> Lesson | None:
        """The Lesson so many steps from the last one in the learner's track."""
        path = self.path(progress.track)
        last = self.get(progress.last or "")
        if last is None:
            return path[0] if path and step > 0 else None
        if last not in path:
            path = self.lessons
        place = path.index(last) + step
        return path[place] if 0 <= place < len(path) else None

    def awards(self, progress: Progress) -> list[Award]:
        """The levels and tracks that are done. A level is done with those of its Lessons that are
        for the learner."""
        path = self.path(progress.track)
        levels = {
            f"level-{level}": [lesson for lesson in path if lesson.level == level]
            for level in range(1, LEVELS + 1)
        }
        wholes = {**levels, f"track-{progress.track}": path}
        return [
            _award(name, lessons, progress)
            for name, lessons in wholes.items()
            if lessons and all(lesson.id in progress.done for lesson in lessons)
        ]


def _award(name: str, lessons: Sequence[Lesson], progress: Progress) -> Award:
    results = [progress.done[lesson.id] for lesson in lessons]
    return Award(name, len(lessons), sum(r.right for r in results), sum(r.of for r in results))
