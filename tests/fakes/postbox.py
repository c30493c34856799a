"""A channel without a platform: a courier that puts messages in a list, or refuses them as told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bot.model import Answer, Channel, Question
from tests.fakes import EchoReplies
from webhook.channels.adapter import Attachment, Incoming, TransportError
from webhook.limits import Pace
from webhook.metrics import Metrics
from webhook.queue import DurableQueue, Timing
from webhook.render import Message, plain_messages


class Postbox:
    """The courier."""

    def __init__(self, channel: Channel = Channel.TERMINAL) -> None:
        self.channel = channel
        self.pace = Pace(1000, 0)
        self.sent: list[str] = []
        """What each message was an answer to."""
        self.texts: list[str] = []
        self.refusals: list[TransportError] = []
        """Raised by the next calls, one each."""
        self.closed: TransportError | None = None
        """Raised by every call while it is set."""
        self.calls = 0

    def messages(self, answer: Answer) -> list[Message]:
        return plain_messages(answer, 4000)

    def send(self, incoming: Incoming, message: Message) -> None:
        self.calls += 1
        if self.refusals:
            raise self.refusals.pop(0)
        if self.closed:
            raise self.closed
        self.sent.append(incoming.question.text)
        self.texts.append(message.text)

    def busy(self, incoming: Incoming) -> nullcontext[None]:
        return nullcontext()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        return b""


def incoming(
    number: int,
    conversation: str = "c",
    *,
    text: str | None = None,
    channel: Channel = Channel.TERMINAL,
    silent: bool = False,
    **others: object,
) -> Incoming:
    """A message; its text is its number unless another is given."""
    return Incoming(
        question=Question(
            id=f"{channel}:{number:06}",
            channel=channel,
            conversation=conversation,
            text=str(number) if text is None else text,
            **others,
        ),
        silent=silent,
    )


@contextmanager
def queue_in(
    folder: Path,
    replies: EchoReplies,
    *boxes: Postbox,
    timing: Timing | None = None,
    metrics: Metrics | None = None,
    url: str = "",
) -> Iterator[DurableQueue]:
    """A running queue, on SQLite in a folder unless another database is given."""
    queue = DurableQueue(
        url or f"sqlite:///{folder / 'queue.db'}",
        replies,
        boxes,
        data_dir=folder,
        timing=timing,
        metrics=metrics,
    )
    queue.start()
    try:
        yield queue
    finally:
        queue.stop(1.0)
