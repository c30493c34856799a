"""What does a question cost the database: bytes kept, bytes written, commits?

Real answers through the durable queue and the Journal on a PostgreSQL of its own; the queue's and
the Journal's databases are measured apart.

    python -m bench.rows --questions 300
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import nullcontext
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from bench.durability import prepare
from bot.model import Answer, Channel, Question
from knowledge.store import Editions
from retrieval.evaluate import read_questions
from tests.fakes import wait_until
from tests.fakes.postgres import postgres
from webhook.channels.adapter import Attachment, Incoming
from webhook.database import open_database
from webhook.limits import Pace
from webhook.parts import Follower, build_assistant
from webhook.queue import DurableQueue
from webhook.render import Message, plain_messages
from webhook.settings import Settings

QUESTIONS = read_questions(Path("bench/questions/fresh.yaml"))
WAIT_S = 3600.0


class Postbox:
    """A courier whose platform takes everything at once."""

    channel = Channel.ZALO_OA

    def __init__(self) -> None:
        self.pace = Pace(10_000, 0)
        self.sent = 0

    def messages(self, answer: Answer) -> list[Message]:
        return plain_messages(answer, 2000)

    def send(self, incoming: Incoming, message: Message) -> None:
        self.sent += 1

    def busy(self, incoming: Incoming) -> nullcontext[None]:
        return nullcontext()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        return b""


class Measured:
    """What has been written to a database since the last look."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._before = self._look()

    def _look(self) -> tuple[int, int, int]:
        with psycopg.connect(self._url, autocommit=True) as db:
            db.execute("SELECT pg_stat_clear_snapshot()")
            row = db.execute(
                "SELECT pg_database_size(current_database()), xact_commit,"
                " pg_current_wal_lsn() - '0/0'::pg_lsn"
                " FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2])

    def since(self) -> tuple[int, int, int]:
        """Bytes that the database has grown, commits, and bytes of the whole server's log."""
        now = self._look()
        size, commits, log = (b - a for a, b in zip(self._before, now, strict=True))
        return size, commits, log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=300)
    count = parser.parse_args().questions
    with tempfile.TemporaryDirectory() as name, postgres(Path(name) / "pg") as server:
        main_url, queue_url = server.new_database(), server.new_database()
        prepare(Path(name), main_url)
        settings = Settings(_env_file=None, data_dir=Path(name), database_url=main_url)
        engine = open_database(settings)
        assistant = build_assistant(settings, engine, Follower(Editions(engine), settings).current)
        box = Postbox()
        queue = DurableQueue(queue_url, assistant, [box], data_dir=Path(name))
        queue.start()
        journal, work = Measured(main_url), Measured(queue_url)
        for number in range(count):
            queue.accept(_question(number))
        wait_until(lambda: box.sent >= count, WAIT_S)
        queue.stop()
        _report(count, box.sent, journal.since(), work.since())
        engine.dispose()


def _question(number: int) -> Incoming:
    return Incoming(
        question=Question(
            id=f"zalo_oa:3674338702778449434:{1787209817225 + number}:b2db3895fe26797f{number:04x}",
            channel=Channel.ZALO_OA,
            conversation=f"67505916434309{number:04}",
            text=QUESTIONS[number % len(QUESTIONS)].text,
        )
    )


def _report(
    count: int, sent: int, journal: tuple[int, int, int], work: tuple[int, int, int]
) -> None:
    table = Table("a question", "Journal", "queue", title=f"{count} questions, {sent} messages")
    table.add_row("bytes kept", *(f"{size / count:,.0f}" for size, _, _ in (journal, work)))
    table.add_row("commits", *(f"{commits / count:.1f}" for _, commits, _ in (journal, work)))
    table.add_row("bytes written to the log, both", f"{journal[2] / count:,.0f}", "")
    Console().print(table)
    Console().print("commits of the queue hold its looking for work, which idle processes do too")


if __name__ == "__main__":
    main()
