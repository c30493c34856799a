"""What is counted, for Prometheus. Labels are closed lists: never an id, never a text."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot.model import Answer, Question

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Unavailable(Exception):
    """No Answer can be had at the moment: the question waits, and is asked again."""


class Replies(Protocol):
    """The conversation, as the channels see it. Called from several threads at once."""

    def reply(self, question: Question) -> Answer:
        """The Answer; the same question.id gives the same stored Answer. May raise Unavailable."""


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, CPU time, open files
        self.updates = Counter(
            "binhdan_updates", "Messages recorded.", ["channel"], registry=self.registry
        )
        self.answers = Counter(
            "binhdan_answers", "Answers computed, by status.", ["status"], registry=self.registry
        )
        self.reply_seconds = Histogram(
            "binhdan_reply_seconds",
            "Seconds to compute an answer.",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self.sent = Counter(
            "binhdan_sent", "Messages the platform accepted.", ["channel"], registry=self.registry
        )
        self.send_failures = Counter(
            "binhdan_send_failures",
            "Calls to a platform that failed; kind: a Failure, or given_up.",
            ["channel", "kind"],
            registry=self.registry,
        )
        self.zalo_oa_quota = Gauge(
            "binhdan_zalo_oa_quota",
            "Messages that Zalo lets the Official Account send, as it last said, by kind of quota.",
            ["kind"],
            registry=self.registry,
        )
        self.held = Gauge(
            "binhdan_channel_held",
            "1 while nothing can be sent on a channel until an operator acts.",
            ["channel"],
            registry=self.registry,
        )
        self.off = Gauge(
            "binhdan_channel_off",
            "1 while an administrator has switched a channel off.",
            ["channel"],
            registry=self.registry,
        )
        self.handoffs_waiting = Gauge(
            "binhdan_handoffs_waiting",
            "Conversations that wait for a person, at all desks.",
            registry=self.registry,
        )
        self.working = Gauge(
            "binhdan_working", "Messages a worker has in hand.", registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


class Measured:
    """Replies that are timed and counted by status."""

    def __init__(self, replies: Replies, metrics: Metrics) -> None:
        self._replies, self._metrics = replies, metrics

    def reply(self, question: Question) -> Answer:
        """The Answer of the Replies behind it."""
        with self._metrics.reply_seconds.time():
            answer = self._replies.reply(question)
        self._metrics.answers.labels(answer.status.value).inc()
        return answer
