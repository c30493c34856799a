"""What a person types who has no buttons to press: the number of a Choice, or an opinion."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.draft import Context
from bot.messages import node
from bot.model import Choice, Question
from knowledge.wording import fold

_NUMBER = re.compile(r"(?:(?:so|chon|cau|muc) )*(\d{1,2})(?: (?:nhe|nha|a|di|em|ad))*")


def is_number(text: str) -> bool:
    """Whether a message is only the number of a Choice: "2", "chọn số 2 nhé"."""
    return _NUMBER.fullmatch(_plain(text)) is not None


def picked(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The Choice whose number or label was typed."""
    typed = _plain(text)
    number = _NUMBER.fullmatch(typed)
    for position, choice in enumerate(choices, 1):
        if typed == fold(choice.label) or (number and int(number[1]) == position):
            return choice
    return None


def with_opinion(question: Question, context: Context) -> Question:
    """The Question with the action of the button that an opinion on the last Answer, or the reason
    for it, would have been given by."""
    if question.action or not question.text:
        return question
    typed = _plain(question.text)
    for kind in ("fb+", "fb-"):
        if context.opinion_on and typed in map(fold, node("channel.opinions")[kind]):
            return question.model_copy(update={"action": f"{kind}:{context.opinion_on}"})
    choice = picked(question.text, context.choices)
    if choice and choice.action.startswith("fbr:"):
        return question.model_copy(update={"action": choice.action})
    return question


def _plain(text: str) -> str:
    return fold(text).strip(' .)!“”"')
