"""The shape of a channel: what comes in, what goes out, and in which ways sending fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pydantic import Field

from bot.model import Answer, Channel, Leaflet, Question
from knowledge.model import Record
from webhook.limits import Pace
from webhook.render import Message

Update = Mapping[str, Any]
"""A webhook call's JSON object, or {} if its body held none."""


class Attachment(Record):
    """Media of a message, as its platform names it."""

    reference: str
    """What the adapter fetches it by: a URL, or the platform's file id."""
    size: int | None = Field(default=None, ge=0)
    """Bytes, if the platform said so."""


class Incoming(Record):
    """A message as a channel received it."""

    question: Question
    reply_to: str | None = None
    """The message to quote in the answer; set in groups, where it would not be clear otherwise."""
    thread: str | None = None
    """The topic of a group to answer in."""
    attachment: Attachment | None = None
    silent: bool = False
    """Whether nobody waits for the answer, as when a person withdraws their consent: the question
    is worked on, and nothing is sent."""

    @property
    def unasked(self) -> bool:
        """Whether the answer is a notice of ours: where it can't be sent now, it never is."""
        return self.question.unasked


class Pdf(NamedTuple):
    """A file to send."""

    name: str
    content: bytes


Papers = Callable[[Leaflet], Pdf | None]
"""Makes a leaflet; None if there is none to be had. Called from worker threads."""

Recorder = Callable[[Incoming], Awaitable[None]]
"""Puts a message into the durable queue; when it returns, it is on disk."""


class Failure(StrEnum):
    """What a refused call means for the message. Each platform's error codes map to these."""

    RETRY = "retry"
    """Try again, after a pause."""
    REFUSED = "refused"
    """This message will never be taken: it is malformed, or its receiver is gone."""
    WINDOW = "window"
    """The person can't be written to until they write again: the message waits for that."""
    BLOCKED = "blocked"
    """Nothing can be sent on this channel until an operator acts: quota, package, account, key."""


class TransportError(Exception):
    """A platform did not take a message. The text quotes neither the message nor a secret."""

    def __init__(
        self,
        message: str,
        failure: Failure = Failure.RETRY,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.retry_after = retry_after
        """Seconds the platform asked to wait."""


class Courier(Protocol):
    """The sending half of a channel. Called from worker threads, many at once."""

    channel: Channel
    pace: Pace

    def messages(self, answer: Answer) -> list[Message]:
        """The Answer as this channel's messages; the same Answer gives the same messages."""

    def send(self, incoming: Incoming, message: Message) -> None:
        """One call to the platform. TransportError if it did not take the message."""

    def busy(self, incoming: Incoming) -> AbstractContextManager[None]:
        """Shows the person that an answer is being worked on, while it lasts."""

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of an attachment, at most `limit` bytes. TransportError if it can't be
        had, is larger, or is not where the platform keeps its files."""


class Adapter(Courier, Protocol):
    """One channel, both ways. Made and started on an event loop."""

    path: str
    """Where the platform posts updates to: "/telegram/webhook"."""

    async def start(self) -> None:
        """Open connections. The platform may be out of reach: nothing waits for it."""

    async def stop(self) -> None:
        """Close connections."""

    def genuine(self, headers: Mapping[str, str], body: bytes, /) -> bool:
        """Whether the platform sent this; header names are in lower case."""

    def parse(self, update: Update, body: bytes, /) -> Incoming | None:
        """The message in an update, or None: not for us, of another kind, not readable. Never
        raises. `body` is what the update was read from, for platforms without ids."""

    def acknowledge(self, update: Update) -> None:
        """Something to decorate that the update was taken, in the background; it may fail."""


class Polling(Adapter, Protocol):
    """A channel that can also be asked for updates, for machines that it can't reach."""

    async def poll(self, record: Recorder) -> None:
        """Ask for updates for ever. Each is recorded before the platform is told that we have
        it."""
