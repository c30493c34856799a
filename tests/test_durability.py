"""What was acknowledged is answered, once and in order, whatever happens to the process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.model import Answer, Question
from tests.fakes import EchoReplies, free_port, wait_until
from tests.fakes.postbox import Postbox, incoming, queue_in
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.adapter import Failure, TransportError
from webhook.channels.polling import poll
from webhook.channels.telegram.adapter import PATH, Telegram
from webhook.limits import Pace
from webhook.queue import Timing
from webhook.queue.sent import SentFile
from webhook.settings import Settings

ROOT = Path(__file__).parents[1]
SERVER = """
import sys, uvicorn
from tests.fakes import EchoReplies
from webhook.app import create_app
from webhook.settings import Settings
app = create_app(Settings(_env_file=None), EchoReplies(float(sys.argv[2])), readiness=lambda: True)
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture
def box() -> Postbox:
    return Postbox()


def test_a_conversation_is_answered_in_order_and_others_do_not_wait(
    tmp_path: Path, box: Postbox
) -> None:
    with queue_in(tmp_path, EchoReplies(0.02), box) as queue:
        for number in range(8):
            queue.accept(incoming(number, "first"))
        queue.accept(incoming(100, "second"))
        wait_until(lambda: len(box.sent) == 9)
    assert [text for text in box.sent if text != "100"] == [str(n) for n in range(8)]
    assert box.sent.index("100") < 8


def test_a_resend_is_harmless_even_later(tmp_path: Path, box: Postbox) -> None:
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        wait_until(lambda: box.sent)
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: len(box.sent) == 2)
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(3))
        wait_until(lambda: len(box.sent) == 3)
    assert box.sent == ["1", "2", "3"]


def test_an_orderly_stop_leaves_what_waits_for_the_next_start(tmp_path: Path, box: Postbox) -> None:
    with queue_in(tmp_path, EchoReplies(0.3), box) as queue:
        for number in range(6):
            queue.accept(incoming(number))
        wait_until(lambda: box.sent)
    assert len(box.sent) < 6
    with queue_in(tmp_path, EchoReplies(), box):
        wait_until(lambda: len(box.sent) == 6)
    assert box.sent == [str(n) for n in range(6)]


def test_a_stop_during_a_long_pause_loses_nothing(tmp_path: Path, box: Postbox) -> None:
    box.refusals = [TransportError("flood", retry_after=3600)]
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        wait_until(lambda: not box.refusals)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    box.pace = Pace(1000, 0)
    with queue_in(tmp_path, EchoReplies(), box):
        wait_until(lambda: box.sent == ["1"])


def test_a_refusal_for_good_ends_one_message_alone(tmp_path: Path, box: Postbox) -> None:
    box.refusals = [TransportError("blocked", Failure.REFUSED)]
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: box.sent)
    assert box.sent == ["2"]


def test_a_message_that_is_refused_for_a_day_is_given_up(tmp_path: Path, box: Postbox) -> None:
    box.refusals = [TransportError("down", retry_after=0.1)] * 5
    with queue_in(tmp_path, EchoReplies(), box, timing=Timing(give_up_s=0.3)) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: box.sent)
    assert box.sent == ["2"]


def test_a_reply_that_fails_ends_in_an_apology(tmp_path: Path, box: Postbox) -> None:
    class Broken(EchoReplies):
        def reply(self, question: Question) -> Answer:
            super().reply(question)
            raise RuntimeError("bí mật")

    replies = Broken()
    with queue_in(tmp_path, replies, box) as queue:
        queue.accept(incoming(1))
        wait_until(lambda: box.sent)
    assert len(replies.asked) == 3


def test_finished_messages_are_forgotten_after_a_while(tmp_path: Path, box: Postbox) -> None:
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        wait_until(lambda: box.sent)
        later = datetime.now(UTC) + timedelta(minutes=1)
        wait_until(lambda: queue.forget_finished(later) == 1)
        assert queue.forget_finished(later) == 0


def test_recording_does_not_wait_for_answers(tmp_path: Path, box: Postbox) -> None:
    with queue_in(tmp_path, EchoReplies(5.0), box) as queue:
        for number in range(10):
            queue.accept(incoming(number, f"chat {number}"))
        started = time.monotonic()
        asyncio.run(queue.record(incoming(99)))
        assert time.monotonic() - started < 1


def test_what_was_sent_before_its_checkpoint_is_not_sent_again(
    tmp_path: Path, box: Postbox
) -> None:
    earlier = SentFile(tmp_path / "sent.worker-0")
    earlier.add("terminal%3A000001#0", incoming(1))
    earlier.close()
    with queue_in(tmp_path, EchoReplies(), box) as queue:
        queue.accept(incoming(1))
        queue.accept(incoming(2))
        wait_until(lambda: box.sent)
    assert box.sent == ["2"]


def test_the_pace_spreads_calls_and_keeps_a_silence() -> None:
    now = [100.0]
    pace = Pace(10, 1.0, clock=lambda: now[0])
    assert [round(pace.reserve(c), 3) for c in "abc"] == [0.0, 0.1, 0.2]
    assert round(pace.pause_left("b"), 3) == 1.1
    pace.hold("b", 30)
    assert pace.pause_left("b") == 30
    assert pace.pause_left("new") == 0


# With the real server as a process of its own.


@contextmanager
def server_process(
    fake: FakeTelegram, folder: Path, port: int, seconds: float
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BINHDAN_DATA_DIR": str(folder),
        "BINHDAN_TELEGRAM_TOKEN": TOKEN,
        "BINHDAN_TELEGRAM_SECRET": SECRET,
        "BINHDAN_TELEGRAM_API": fake.url,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), str(seconds)], cwd=folder, env=environment
    )
    try:
        wait_until(lambda: _alive(port), 30)
        yield process
    finally:
        process.kill()
        process.wait()


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.HTTPError:
        return False


def test_a_process_killed_after_the_acknowledgement_answers_after_its_restart(
    tmp_path: Path,
) -> None:
    port = free_port()
    with FakeTelegram() as fake:
        fake.webhook = {"url": f"http://127.0.0.1:{port}{PATH}", "secret_token": SECRET}
        fake.user(1)
        fake.user(2)
        with server_process(fake, tmp_path, port, seconds=2.0) as process:
            for number in range(3):
                fake.say(1, f"một {number}")
            fake.say(2, "hai")
            fake.settle()
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert fake.transcript(1) == []
        with server_process(fake, tmp_path, port, seconds=0.0):
            fake.wait_for(2, 1, 20)
            assert fake.wait_for(1, 3, 20) == [f"Bạn hỏi\n\nmột {n}" for n in range(3)]
            fake.say(1, "sau")
            assert len(fake.wait_for(1, 4)) == 4
            assert fake.transcript(2) == ["Bạn hỏi\n\nhai"]


def test_without_a_webhook_updates_are_confirmed_once_recorded(tmp_path: Path) -> None:
    with FakeTelegram() as fake:
        settings = Settings(
            _env_file=None, data_dir=tmp_path, telegram_token=TOKEN, telegram_api=fake.url
        )
        fake.user(1)
        fake.inject({"message": {"nonsense": True}})
        fake.say(1, "chào")
        runner = asyncio.new_event_loop()
        task = runner.create_task(poll(settings, EchoReplies(), Telegram))
        thread = threading.Thread(target=_run, args=(runner, task))
        thread.start()
        try:
            assert fake.wait_for(1, 1) == ["Bạn hỏi\n\nchào"]
            wait_until(lambda: not fake._pending)
        finally:
            runner.call_soon_threadsafe(task.cancel)
            thread.join(20)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    finally:
        loop.close()
