"""A question of a quiz as a native one, with the same in words beside."""

from __future__ import annotations

import html

from bot.model import Answer, Choice
from knowledge.model import QuizQuestion
from webhook.render import Message, button_messages, choice_rows

LETTERS = "ABCDE"
QUESTION_LETTERS, OPTION_LETTERS, EXPLANATION_LETTERS = 300, 100, 200
EXPLANATION_LINES = 3


def messages_of(answer: Answer, limit: int, public_url: str) -> list[Message]:
    """An Answer as messages of at most `limit` letters; what its quiz asks is one of its own."""
    if len(answer.quiz) != 1:  # a former release put a lesson's whole quiz under it
        return button_messages(answer, limit, public_url)
    [question] = answer.quiz
    *told, _ = answer.blocks  # the last one asks
    before = answer.model_copy(update={"blocks": tuple(told), "choices": ()})
    texts = button_messages(before, limit, public_url) if told else []
    return [*texts, _message(question, answer.choices)]


def is_sendable(question: QuizQuestion) -> bool:
    """Whether Telegram takes a question as a native quiz."""
    return (
        len(question.text) <= QUESTION_LETTERS
        and all(len(option) <= OPTION_LETTERS for option in question.options)
        and len(question.explanation) <= EXPLANATION_LETTERS
        and question.explanation.count("\n") < EXPLANATION_LINES
    )


def _message(question: QuizQuestion, choices: tuple[Choice, ...]) -> Message:
    count = len(question.options)
    lettered = [f"{LETTERS[n]}. {option}" for n, option in enumerate(question.options)]
    words = "\n".join((question.text, *lettered))
    votes = [
        choice.model_copy(update={"label": LETTERS[n]}) for n, choice in enumerate(choices[:count])
    ]
    return Message(
        text=words,
        html=html.escape(words, quote=False),
        buttons=tuple(choice_rows(choices[count:])),
        quiz=question,
        votes=tuple(votes),
    )
