"""Messages of an old backlog: of each person's only the latest is answered, with an apology."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.deletion import asks_deletion
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Question
from webhook.channels.adapter import Incoming


def is_late(question: Question, after: timedelta) -> bool:
    """Whether a message has waited for longer."""
    return datetime.now(UTC) - question.asked_at > after


def can_be_left_out(incoming: Incoming) -> bool:
    """Whether a later question may stand for this message. What asks for something to be done, as
    a pressed button, the end of a consent or "xóa dữ liệu của tôi", is always done."""
    question = incoming.question
    return not (question.action or incoming.silent or asks_deletion(question))


def stands_for_earlier(incoming: Incoming) -> bool:
    """Whether this message is a question in words, so that those before it need no answer."""
    return can_be_left_out(incoming) and bool(incoming.question.text.strip())


def with_apology(answer: Answer) -> Answer:
    """The Answer, opened by a line that says that it is late."""
    line = Block(kind=BlockKind.TEXT, lines=(say("channel.late"),))
    return answer.model_copy(update={"blocks": (line, *answer.blocks)})
