"""An Answer as an Official Account says it: one dense message, at most five buttons."""

from __future__ import annotations

import unicodedata
from typing import Any

from bot.messages import say
from bot.model import Answer, Choice
from webhook.channels.zalo_oa.parse import PRESSED
from webhook.render import Message, button_messages, plain_messages

LETTERS_PER_MESSAGE = 1980
"""Zalo allows 2,000 and does not say how it counts an emoji: there is room for a few that are
counted twice."""
BUTTONS = 5
OPINION_BUTTONS = 2
TITLE_LETTERS = 100


def with_file(answer: Answer, public_url: str) -> list[Message]:
    """As `messages`, and a leaflet in a message of its own: files have neither text nor buttons."""
    file = [Message(text="", html="", leaflet=answer.leaflet)] if answer.leaflet else []
    return [*messages(answer, public_url), *file]


def messages(answer: Answer, public_url: str) -> list[Message]:
    """The Answer, its choices as buttons if all of them fit, otherwise all as numbered lines. An
    opinion is asked for with buttons where there is room for both, otherwise it can be typed."""
    if len(answer.choices) > BUTTONS or any(len(c.label) > TITLE_LETTERS for c in answer.choices):
        return plain_messages(answer, LETTERS_PER_MESSAGE, public_url)
    if len(answer.choices) + OPINION_BUTTONS <= BUTTONS:
        return button_messages(answer, LETTERS_PER_MESSAGE, public_url)
    alone = answer.model_copy(update={"choices": ()})
    *others, last = plain_messages(alone, LETTERS_PER_MESSAGE, public_url)
    return [*others, last.model_copy(update={"buttons": (answer.choices,)})]


def content(message: Message) -> dict[str, Any]:
    """A message as the API takes it."""
    buttons = [_button(choice) for row in message.buttons for choice in row]
    if not buttons:
        return {"text": message.text}
    template = {"type": "template", "payload": {"buttons": buttons}}
    return {"text": message.text, "attachment": template}


def numbered(message: Message) -> str:
    """A message for whoever can't be shown buttons: its choices as numbered lines."""
    choices = [c for row in message.buttons for c in row if not c.action.startswith("fb")]
    if not choices:
        return message.text
    lines = [f"{number}. {choice.label}" for number, choice in enumerate(choices, 1)]
    return "\n".join([message.text, "", say("channel.choose"), *lines])


def _button(choice: Choice) -> dict[str, str]:
    return {
        "title": unicodedata.normalize("NFC", choice.label),
        # "hide": what is pressed is not repeated in the chat as if it had been typed.
        "type": "oa.query.hide",
        "payload": PRESSED + choice.action,
    }
