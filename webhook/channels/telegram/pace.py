"""How fast Telegram may be sent to."""

from __future__ import annotations

import time
from collections.abc import Callable

from webhook.channels.telegram.parse import chat_of
from webhook.limits import Pace

MESSAGES_PER_SECOND = 30.0
PAUSE_IN_A_CHAT_S = 1.0
PAUSE_IN_A_GROUP_S = 3.0
"""Telegram takes 20 messages a minute for a group."""


class ChatPace(Pace):
    """People who talk with us in one group share its pace."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(MESSAGES_PER_SECOND, PAUSE_IN_A_CHAT_S, clock)

    def pause_left(self, conversation: str) -> float:
        return super().pause_left(_chat(conversation))

    def reserve(self, conversation: str) -> float:
        wait = super().reserve(_chat(conversation))
        if chat_of(conversation) < 0:
            self.hold(conversation, wait + PAUSE_IN_A_GROUP_S)
        return wait

    def hold(self, conversation: str, seconds: float) -> None:
        super().hold(_chat(conversation), seconds)


def _chat(conversation: str) -> str:
    return str(chat_of(conversation))
