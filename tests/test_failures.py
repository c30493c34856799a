"""What becomes of an answer that a platform does not take, by the kind of its refusal."""

from __future__ import annotations

import logging
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from bot.messages import say
from bot.model import Channel
from knowledge.store import connect
from tests.fakes import EchoReplies, wait_until
from tests.fakes.postbox import Postbox, incoming, queue_in
from webhook.channels.adapter import Failure, TransportError
from webhook.database import QUEUE, migrate
from webhook.metrics import Metrics
from webhook.queue import Timing
from webhook.queue.store import Parked, metadata
from webhook.render import Message

SHUT = TransportError("the window is closed", Failure.WINDOW)
BLOCKED = TransportError("the month's quota is used up", Failure.BLOCKED)
PARKED = say("channel.parked")


@pytest.fixture
def box() -> Postbox:
    return Postbox()


def asked(box: Postbox) -> list[str]:
    """The last line of each message sent."""
    return [text.split("\n\n")[1] if "\n\n" in text else text for text in box.texts]


def test_what_could_not_be_sent_comes_first_when_the_person_writes_again(
    tmp_path: Path, database_url: str, box: Postbox
) -> None:
    box.closed = SHUT
    with queue_in(tmp_path, EchoReplies(), box, url=database_url) as queue:
        queue.accept(incoming(1))
        wait_until(lambda: box.calls == 1, 30)
    box.closed = None
    with queue_in(tmp_path, EchoReplies(), box, url=database_url) as queue:
        queue.accept(incoming(2, "somebody else"))
        wait_until(lambda: box.sent, 30)
        queue.accept(incoming(3))
        wait_until(lambda: len(box.sent) == 4, 30)
        queue.accept(incoming(4))
        wait_until(lambda: len(box.sent) == 5, 30)
    assert asked(box) == ["2", PARKED, "1", "3", "4"]


def test_an_answer_joins_those_that_wait_while_the_person_still_cannot_be_written_to(
    tmp_path: Path, box: Postbox
) -> None:
    box.closed = SHUT
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: box.calls == 2)
        box.closed = None
        queue.accept(incoming(3))
        wait_until(lambda: len(box.sent) == 4)
    assert asked(box) == [PARKED, "1", "2", "3"]


def test_deleting_ones_data_deletes_what_waits_to_be_sent(tmp_path: Path, box: Postbox) -> None:
    box.refusals = [SHUT]
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2, text="xóa dữ liệu của tôi"))
        wait_until(lambda: box.sent)
    assert asked(box) == ["xóa dữ liệu của tôi"]


def test_what_waits_longer_than_its_time_is_deleted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    migrate(url, QUEUE)
    engine = connect(url)
    parked = Parked(engine)
    parked.add("a", incoming(1), Message(text="chào", html="chào"))
    parked.add("a", incoming(1), Message(text="lần nữa", html="lần nữa"))
    assert parked.purge(datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert [key for key, _ in parked.of(incoming(2))] == ["a"]
    assert parked.purge(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert parked.of(incoming(2)) == []
    engine.dispose()


def test_a_blocked_channel_holds_alone_says_so_once_and_goes_on_by_itself(
    tmp_path: Path, box: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    other = Postbox(Channel.WEB)
    box.closed = BLOCKED
    metrics, timing = Metrics(), Timing(held_try_s=0.2)
    with queue_in(tmp_path, EchoReplies(), box, other, timing=timing, metrics=metrics) as queue:
        for number in range(5):
            queue.accept(incoming(number, f"chat {number % 3}"))
        wait_until(lambda: box.calls >= 3, 30)
        queue.accept(incoming(9, channel=Channel.WEB))
        wait_until(lambda: other.sent == ["9"], 30)
        assert queue.held() == {"terminal": "the month's quota is used up"}
        assert b'binhdan_channel_held{channel="terminal"} 1.0' in metrics.text()
        box.closed = None
        wait_until(lambda: len(box.sent) == 5, 30)
        assert queue.held() == {}
        assert b'binhdan_channel_held{channel="terminal"} 0.0' in metrics.text()
    assert sorted(box.sent) == ["0", "1", "2", "3", "4"]
    errors = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert errors == [
        "terminal is held, nothing can be sent until you act: the month's quota is used up"
    ]


def test_a_channel_held_over_a_restart_loses_nothing(tmp_path: Path, box: Postbox) -> None:
    box.closed = BLOCKED
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: box.calls)
    box.closed = None
    with queue_in(tmp_path, EchoReplies(), box):
        wait_until(lambda: box.sent == ["1", "2"])


def test_a_platform_that_is_down_is_tried_until_it_is_back(tmp_path: Path, box: Postbox) -> None:
    box.closed = TransportError("out of reach")
    timing = Timing(first_pause_s=0.01, longest_pause_s=0.05)
    with queue_in(tmp_path, EchoReplies(), box, timing=timing) as queue:
        for number in range(20):
            queue.accept(incoming(number, f"chat {number % 4}"))
        wait_until(lambda: box.calls > 60, 30)
        box.closed = None
        wait_until(lambda: len(box.sent) == 20, 30)
    assert sorted(map(int, box.sent)) == list(range(20))


def test_a_question_that_nobody_waits_for_is_worked_on_in_silence(
    tmp_path: Path, box: Postbox
) -> None:
    replies = EchoReplies()
    with queue_in(tmp_path, replies, box) as queue:
        queue.accept(incoming(1, silent=True, action="delete"))
        queue.accept(incoming(2))
        wait_until(lambda: box.sent)
    assert box.sent == ["2"]
    assert [question.action for question in replies.asked] == ["delete", None]


def test_a_database_locked_for_seconds_delays_and_loses_nothing(
    tmp_path: Path, box: Postbox
) -> None:
    with queue_in(tmp_path, EchoReplies(0.05), box) as queue:
        for number in range(10):
            queue.accept(incoming(number))
        lock = sqlite3.connect(tmp_path / "queue.db", timeout=30, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        time.sleep(3)
        lock.execute("ROLLBACK")
        lock.close()
        wait_until(lambda: len(box.sent) == 10, 60)
    assert box.sent == [str(number) for number in range(10)]


def test_the_queues_migrations_make_exactly_its_tables_beside_any_others(
    database_url: str,
) -> None:
    migrate(database_url, QUEUE)
    engine = connect(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    migrate(database_url)
    migrate(database_url, QUEUE)
    assert set(metadata.tables) | {"editions"} <= set(inspect(engine).get_table_names())
    engine.dispose()
