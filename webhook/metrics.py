"""What is counted, for Prometheus. Labels are closed lists: never an id, never a text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
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
            "Calls to a platform that failed; kind: retry, permanent or given_up.",
            ["channel", "kind"],
            registry=self.registry,
        )
        self.working = Gauge(
            "binhdan_working", "Messages a worker has in hand.", registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
