"""Sending one message: until the platform takes it, or says what else is to become of it."""

from __future__ import annotations

import html
import logging
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from bot.messages import say
from webhook.channels.adapter import Courier, Failure, Incoming, TransportError
from webhook.metrics import Metrics
from webhook.queue.ending import Stopping
from webhook.queue.hold import Hold
from webhook.queue.late import is_late
from webhook.queue.sent import Sent
from webhook.queue.store import Parked
from webhook.queue.timing import Timing
from webhook.render import Message
from webhook.switches import Switchboard

log = logging.getLogger(__name__)

SENT = "sent"
PARKED = "parked"
GIVEN_UP = "given_up"
OFF = "off"

Fence = Callable[[], None]
"""Returns when this process may send; raises if the message is no longer its own."""


def key_of(incoming: Incoming, part: int | str) -> str:
    """What a message to a platform is known by: the question, and which message of its answer."""
    return f"{quote(incoming.question.id)}#{part}"


class Delivery:
    """Sends the messages of one channel. Called from worker threads, many at once."""

    def __init__(
        self,
        courier: Courier,
        sent: Sent,
        parked: Parked,
        stopping: Stopping,
        timing: Timing,
        metrics: Metrics,
        switches: Switchboard,
    ) -> None:
        self._courier, self._sent, self._parked = courier, sent, parked
        self._switches = switches
        self._stopping, self._timing, self._metrics = stopping, timing, metrics
        self.hold = Hold(courier.channel, timing.held_try_s, metrics)

    def deliver(
        self, incoming: Incoming, message: Message, part: int, park: bool, fence: Fence
    ) -> str:
        """Send one message of an answer, after what was parked for the person. With `park` it is
        parked at once, as the message before it was. Returns how it ended: SENT, PARKED, GIVEN_UP,
        OFF or a Failure."""
        key = key_of(incoming, part)
        if incoming.unasked:
            return self._try(incoming, message, key, fence)
        outcome: str = Failure.WINDOW if park else self._deliver_parked(incoming, fence)
        if outcome == SENT:
            outcome = self._try(incoming, message, key, fence)
        if outcome == Failure.WINDOW:
            return self._park(incoming, message, key)
        return outcome

    def tell_off(
        self, incoming: Incoming, message: Message, part: int, park: bool, fence: Fence
    ) -> str:
        """Send what people are told while the channel is off, and nothing that was parked. It is
        never parked itself: on a channel that is on again it would be wrong."""
        return self._try(incoming, message, key_of(incoming, part), fence, while_off=True)

    def forget_parked(self, incoming: Incoming) -> None:
        """The person had their data deleted."""
        self._stopping.through_outages(lambda: self._parked.forget(incoming))

    def _deliver_parked(self, incoming: Incoming, fence: Fence) -> str:
        """Send what waited for the person to write again, with a line that says so. SENT, or why
        they still can't be written to: WINDOW or OFF."""
        waiting = self._stopping.through_outages(lambda: self._parked.of(incoming))
        if not waiting:
            return SENT
        line = say("channel.parked")
        opening = Message(text=line, html=html.escape(line))
        for key, message in [(key_of(incoming, "parked"), opening), *waiting]:
            outcome = self._try(incoming, message, key, fence)
            if outcome in (Failure.WINDOW, OFF):
                return outcome
            self._stopping.through_outages(partial(self._parked.remove, key))
        return SENT

    def _park(self, incoming: Incoming, message: Message, key: str) -> str:
        self._stopping.through_outages(lambda: self._parked.add(key, incoming, message))
        return PARKED

    def _try(
        self,
        incoming: Incoming,
        message: Message,
        key: str,
        fence: Fence,
        *,
        while_off: bool = False,
    ) -> str:
        """Call the platform until it takes the message or refuses it, or, unless the message is
        for that, until the channel is switched off.

        Between its "ok" and the record of what was sent lies the one way in which a message is
        sent twice: that the process dies there.
        """
        pause = self._timing.first_pause_s
        failing_since: float | None = None
        while True:
            if self._await_turn(incoming, key, fence):
                return SENT
            if not while_off and self._switches.is_off(self._courier.channel):
                return OFF
            if incoming.unasked and is_late(incoming.question, self._timing.unasked_within):
                return GIVEN_UP
            try:
                self._courier.send(incoming, message)
            except TransportError as error:
                self._failed(incoming, error.failure, error)
                match error.failure:
                    case Failure.BLOCKED:
                        self.hold.begin(str(error))
                        failing_since = None
                    case Failure.RETRY:
                        failing_since = failing_since or time.monotonic()
                        if time.monotonic() - failing_since >= self._timing.give_up_s:
                            self._failed(incoming, GIVEN_UP, None)
                            return GIVEN_UP
                        wait = error.retry_after or pause
                        self._courier.pace.hold(incoming.question.conversation, wait)
                        pause = min(2 * pause, self._timing.longest_pause_s)
                    case final:
                        self.hold.end()
                        return final
            else:
                self._stopping.through_outages(lambda: self._sent.add(key, incoming))
                self.hold.end()
                self._metrics.sent.labels(self._courier.channel.value).inc()
                return SENT

    def _await_turn(self, incoming: Incoming, key: str, fence: Fence) -> bool:
        """Wait until the message may be sent; True if it was sent already."""
        conversation, pace = incoming.question.conversation, self._courier.pace
        while wait := self.hold.pause_left():
            self._stopping.wait(wait)
        known = self._stopping.through_outages(lambda: self._sent.look(key, incoming))
        if known.had:
            return True
        if known.ago_s is not None:
            pace.sent_ago(conversation, known.ago_s)
        while wait := pace.pause_left(conversation):
            self._stopping.wait(wait)
        self._stopping.wait(pace.reserve(conversation))
        fence()
        return False

    def _failed(self, incoming: Incoming, kind: str, error: TransportError | None) -> None:
        question = incoming.question
        self._metrics.send_failures.labels(question.channel.value, kind).inc()
        log.warning("sending the answer to %s: %s %s", question.id, kind, error or "")
