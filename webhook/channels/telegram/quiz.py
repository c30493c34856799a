"""The questions of a Lesson's quiz as messages: native quizzes, with the same in words beside."""

from __future__ import annotations

import html
from collections.abc import Sequence

from bot.messages import say
from knowledge.model import QuizQuestion
from webhook.render import Message

LETTERS = "ABCDE"
QUESTION_LETTERS, OPTION_LETTERS, EXPLANATION_LETTERS = 300, 100, 200
EXPLANATION_LINES = 3


def with_quiz(messages: Sequence[Message], quiz: Sequence[QuizQuestion]) -> list[Message]:
    """Messages and after them the questions; the buttons move under the last."""
    if not quiz:
        return list(messages)
    *others, last = messages
    asked = [_message(question) for question in quiz]
    asked[-1] = asked[-1].model_copy(update={"buttons": last.buttons})
    return [*others, last.model_copy(update={"buttons": ()}), *asked]


def is_sendable(question: QuizQuestion) -> bool:
    """Whether Telegram takes a question as a native quiz."""
    return (
        len(question.text) <= QUESTION_LETTERS
        and all(len(option) <= OPTION_LETTERS for option in question.options)
        and len(question.explanation) <= EXPLANATION_LETTERS
        and question.explanation.count("\n") < EXPLANATION_LINES
    )


def _message(question: QuizQuestion) -> Message:
    options = [f"{LETTERS[n]}. {option}" for n, option in enumerate(question.options)]
    asked = "\n".join((question.text, *options))
    right = say(
        "web.page.right",
        letter=LETTERS[question.correct - 1],
        option=question.options[question.correct - 1],
    )
    solution = f"{right}\n{question.explanation}"
    return Message(
        text=f"{asked}\n\n{solution}",
        html=f"{_escaped(asked)}\n\n<tg-spoiler>{_escaped(solution)}</tg-spoiler>",
        quiz=question,
    )


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
