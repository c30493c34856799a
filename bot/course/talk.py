"""The course as a state machine: how far a learner is, and a wish → how far then, and the Answer.

A wish is the action of a button, "course:card:bai-1-ai-la-gi:2"; what is typed becomes one in
`bot.course.words` and `bot.course.wish`. Buttons live long: any of them may come at any time, from
a lesson of last week, twice, or made by hand.
"""

from __future__ import annotations

from datetime import date

from bot.course import lines
from bot.course.lines import Lines, button, joined, judged, lead_to, text, title, told
from bot.course.plan import Award, Plan, key_of
from bot.course.progress import (
    Ask,
    Position,
    Progress,
    Step,
    answered,
    at,
    begun,
    finished,
    reviewed,
    without,
)
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.course import LEVELS, Track
from knowledge.model import Lesson, QuizQuestion
from knowledge.pages import page_of

REVIEWED_AT_ONCE = 5

Moved = tuple[Progress, Answer]


class Talk:
    """The course for one message, as of one Edition and day."""

    def __init__(self, plan: Plan, lines: Lines, today: date, dense: bool) -> None:
        """`dense`: all cards come in one message."""
        self._plan, self._lines, self._today, self._dense = plan, lines, today, dense

    def obey(self, progress: Progress, action: str, reply: str = "") -> Moved:
        """What becomes of a wish; `reply` is what the learner wrote to an exercise."""
        _, *parts = action.split(":")
        match parts:
            case ["tracks"]:
                return progress, lines.tracks()
            case ["levels"]:
                return progress, lines.levels()
            case ["track", name, *page] if name in set(Track):
                chosen = progress.model_copy(update={"track": Track(name)})
                return chosen, lines.listed(self._plan, chosen, "track", name, _number(page))
            case ["level", name, *page] if 1 <= _number([name]) <= LEVELS:
                return progress, lines.listed(self._plan, progress, "level", name, _number(page))
            case ["lesson", number]:
                return self._numbered(progress, _number([number]))
            case ["on"]:
                return self._on(progress)
            case ["next" | "back" as way]:
                return self._beside(progress, 1 if way == "next" else -1)
            case ["review"]:
                return self._review(progress)
            case ["progress"]:
                return progress, self._report(progress)
            case ["stop"]:
                return self._stop(progress)
            case ["pick", lesson_id, key, number]:
                return self._pick(progress, Ask(lesson=lesson_id, key=key), _number([number]))
            case [part, lesson_id, *rest]:
                lesson = self._plan.get(lesson_id)
                if lesson is None:
                    return progress, told([text(say("course.gone"))], [lines.OTHER])
                return self._part(progress, lesson, part, _number(rest), reply)
        return progress, self._menu(progress)

    def reminder(self, progress: Progress, last: bool) -> Answer:
        """What somebody is told who wanted to be reminded, at that hour."""
        blocks = [text(say("course.remind.due"))]
        if lesson := self.under_way(progress):
            blocks.append(text(say("course.resume", title=lesson.title)))
        if last:
            blocks.append(text(say("course.remind.last")))
        quiet = [] if last else [button("quiet", "course:quiet")]
        return told(blocks, [*self._lead_on(progress), *quiet])

    def awards(self, progress: Progress) -> list[Award]:
        """The levels and tracks that the learner has gone through."""
        return self._plan.awards(progress)

    def pending(self, progress: Progress) -> tuple[Ask, QuizQuestion] | None:
        """The question that waits for an answer, if one does."""
        for ask in progress.review[:1]:
            if question := self._plan.question(ask):
                return ask, question
        position = progress.position
        lesson = self._plan.get(position.lesson) if position else None
        if position is None or lesson is None or position.step is not Step.QUIZ:
            return None
        open_ = (q for q in lesson.quiz if key_of(q) not in position.answered)
        question = next(open_, None)
        return (Ask(lesson=lesson.id, key=key_of(question)), question) if question else None

    def under_way(self, progress: Progress) -> Lesson | None:
        """The Lesson that the learner is in."""
        return self._plan.get(progress.position.lesson) if progress.position else None

    # A lesson.

    def _part(
        self, progress: Progress, lesson: Lesson, part: str, number: int, reply: str
    ) -> Moved:
        position = progress.position
        here = position if position and position.lesson == lesson.id else None
        if part == "begin" and (here is None or here.step is Step.CARDS):
            return self._begin(progress, lesson)
        position = here or Position(lesson=lesson.id)
        match part:
            case "card" if 0 <= number < len(lesson.cards):
                return self._tell(progress, position, number + 1, self._lines.card(lesson, number))
            case "cards":
                whole = self._lines.all_cards(lesson)
                return self._tell(progress, position, len(lesson.cards), whole)
            case "exercise" if lesson.exercise:
                if position.step is not Step.QUIZ:
                    position = position.model_copy(update={"step": Step.SOLUTION})
                return at(progress, position), self._lines.exercise(lesson)
            case "solution" | "quiz":
                return self._quiz(progress, lesson, position, part == "solution", reply)
        return self._resume(progress, lesson, position)

    def _begin(self, progress: Progress, lesson: Lesson) -> Moved:
        progress = begun(progress, lesson.id)
        told_ = len(lesson.cards) if self._dense else 1
        assert progress.position is not None
        return self._tell(progress, progress.position, told_, self._lines.opening(lesson))

    def _resume(self, progress: Progress, lesson: Lesson, position: Position) -> Moved:
        """Where the learner left off."""
        progress = at(progress, position)
        match position.step:
            case Step.QUIZ:
                return self._quiz(progress, lesson, position, False, "")
            case Step.SOLUTION if lesson.exercise:
                return progress, self._lines.exercise(lesson)
        if position.card >= len(lesson.cards):
            part = "exercise" if lesson.exercise else "quiz"
            return self._part(progress, lesson, part, 0, "")
        if self._dense:
            return self._part(progress, lesson, "cards", 0, "")
        return self._part(progress, lesson, "card", position.card, "")

    def _tell(self, progress: Progress, position: Position, cards: int, answer: Answer) -> Moved:
        return at(progress, position.model_copy(update={"card": cards})), answer

    def _quiz(
        self, progress: Progress, lesson: Lesson, position: Position, solution: bool, reply: str
    ) -> Moved:
        """The quiz's next question, behind the exercise's solution where that is asked for."""
        progress = at(progress, position.model_copy(update={"step": Step.QUIZ}))
        progress = progress.model_copy(update={"review": ()})
        pending = self.pending(progress)
        if pending is None:  # an editor has taken the last questions out
            return self._finish(progress, lesson, ())
        number = len(position.answered) + 1
        asked = self._lines.question(lesson, pending[1], number)
        if solution and lesson.exercise:
            return progress, self._lines.solution(lesson, bool(reply), asked)
        return progress, asked

    def _finish(self, progress: Progress, lesson: Lesson, before: tuple[Block, ...]) -> Moved:
        position = progress.position
        assert position is not None
        had = {award.name for award in self._plan.awards(progress)}
        progress = finished(progress, position, self._today)
        of = len(position.answered)
        result = say("course.finished", title=lesson.title, right=position.right, of=of)
        blocks = [*before, text(result)]
        if position.right < of:
            blocks.append(text(say("course.missed")))
        for award in self._plan.awards(progress):
            if award.name not in had:
                blocks.append(text(say("course.award", award=lines.award_name(award.name))))
        if len(progress.done) == 1:
            blocks.append(text(say("course.reminder_hint")))
        following = self._plan.next(progress)
        choices = [lead_to(following)] if following else []
        return progress, Answer(
            status=Status.ANSWERED_LESSON,
            blocks=tuple(blocks),
            choices=(*choices, lines.PROGRESS, lines.OTHER),
            entry_id=lesson.id,
            page=page_of(lesson),
        )

    # Questions.

    def _pick(self, progress: Progress, ask: Ask, number: int) -> Moved:
        question, lesson = self._plan.question(ask), self._plan.get(ask.lesson)
        if question is None or lesson is None or not 1 <= number <= len(question.options):
            return without(progress, ask), told([text(say("course.changed"))], [lines.ON])
        right, said = number == question.correct, judged(question, number)
        if ask in progress.review:
            return self._reviewed(reviewed(progress, ask, right, self._today), said)
        position = progress.position
        here = position if position and position.lesson == lesson.id else None
        if here is None or here.step is not Step.QUIZ or ask.key in here.answered:
            had = ask.key in here.answered if here else lesson.id in progress.done
            on = lines.ON if progress.position else lead_to(lesson)
            return progress, told([text(say("course.had" if had else "course.not_now"))], [on])
        progress = answered(progress, here, ask.key, right, self._today)
        if self.pending(progress) is None:
            return self._finish(progress, lesson, (said,))
        assert progress.position is not None
        progress, asked = self._quiz(progress, lesson, progress.position, False, "")
        return progress, joined([said], asked)

    def _review(self, progress: Progress) -> Moved:
        due = progress.due(self._today)[:REVIEWED_AT_ONCE]
        if not due:
            choices = [*self._lead_on(progress), lines.PROGRESS]
            return progress, told([text(say("course.nothing_due"))], choices)
        return self._reviewed(progress.model_copy(update={"review": due}))

    def _reviewed(self, progress: Progress, *said: Block) -> Moved:
        """The review's next question, or its end."""
        while progress.review:
            ask = progress.review[0]
            question, lesson = self._plan.question(ask), self._plan.get(ask.lesson)
            if question and lesson:
                return progress, joined(said, self._lines.again(lesson, question))
            progress = without(progress, ask)
        done = told(
            [*said, text(say("course.review_done"))], [*self._lead_on(progress), lines.PROGRESS]
        )
        return progress, done

    # The course.

    def _menu(self, progress: Progress) -> Answer:
        blocks = [title(say("course.title")), text(say("course.about"))]
        if lesson := self.under_way(progress):
            blocks.append(text(say("course.resume", title=lesson.title)))
        elif self._plan.next(progress) is None:
            track = node("web.tracks")[progress.track]
            blocks.append(text(say("course.all_done", track=track)))
        ways = (button("tracks", "course:tracks"), button("levels", "course:levels"))
        more = [lines.PROGRESS] if progress.last else []
        return told(blocks, [*self._lead_on(progress), *ways, *more])

    def _lead_on(self, progress: Progress) -> list[Choice]:
        """How the learning goes on: the Lesson under way or the next, and what is to be asked
        again."""
        following = self._plan.next(progress)
        first = (
            [button("first", f"course:begin:{following.id}", title=following.title)]
            if (following)
            else []
        )
        choices = [lines.ON] if self.under_way(progress) else first
        if due := len(progress.due(self._today)[:REVIEWED_AT_ONCE]):
            choices.append(button("review", "course:review", count=due))
        return choices

    def _on(self, progress: Progress) -> Moved:
        if progress.review:
            return self._reviewed(progress)
        lesson = self.under_way(progress)
        if lesson and progress.position:
            return self._resume(progress, lesson, progress.position)
        following = self._plan.next(progress)
        return self._begin(progress, following) if following else (progress, self._menu(progress))

    def _numbered(self, progress: Progress, number: int) -> Moved:
        if lesson := self._plan.numbered(number):
            return self._part(progress, lesson, "begin", 0, "")
        words = say("course.no_lesson", number=number, count=len(self._plan.lessons))
        return progress, told([text(words)], [*self._lead_on(progress), lines.OTHER])

    def _beside(self, progress: Progress, step: int) -> Moved:
        if lesson := self._plan.beside(progress, step):
            return self._part(progress, lesson, "begin", 0, "")
        words = say("course.last_lesson" if step > 0 else "course.first_lesson")
        return progress, told([text(words)], [*self._lead_on(progress), lines.OTHER])

    def _stop(self, progress: Progress) -> Moved:
        open_ = self.under_way(progress) or progress.review
        words = say("course.stopped" if open_ else "course.nothing_open")
        return progress.model_copy(update={"review": ()}), told([text(words)])

    def _report(self, progress: Progress) -> Answer:
        """The learner's progress, in figures."""
        path = self._plan.path(progress.track)
        done = sum(lesson.id in progress.done for lesson in path)
        track = node("web.tracks")[progress.track]
        facts = [say("course.progress", done=done, count=len(path), track=track)]
        if progress.done:
            facts.append(say("course.answers", right=progress.right, of=progress.of))
        due = len(progress.due(self._today))
        if due:
            facts.append(say("course.due", count=due))
        if later := len(progress.missed) - due:
            facts.append(say("course.later", count=later))
        blocks = [
            title(say("course.progress_title")),
            Block(kind=BlockKind.ITEMS, lines=tuple(facts)),
        ]
        for award in self._plan.awards(progress):
            blocks.append(text(say("course.award", award=lines.award_name(award.name))))
        if lesson := self.under_way(progress):
            blocks.append(text(say("course.resume", title=lesson.title)))
        return told(blocks, [*self._lead_on(progress), lines.OTHER])


def _number(parts: list[str]) -> int:
    """The number an action ends with; 0 without one. Hands may have written anything."""
    return int(parts[0]) if parts and parts[0].isascii() and parts[0].isdigit() else 0
