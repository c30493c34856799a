"""After a long stop each person gets one answer, to the latest question, with an apology."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.messages import say
from tests.fakes import EchoReplies, free_port, serve, wait_until
from tests.fakes.postbox import Postbox, incoming, queue_in
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.queue import Timing
from webhook.settings import Settings

LATE = say("channel.late")
SOON = Timing(settle_s=0.5)


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


@pytest.fixture
def box() -> Postbox:
    return Postbox()


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


def test_of_an_old_backlog_the_latest_question_of_each_person_is_answered(
    tmp_path: Path, database_url: str, box: Postbox
) -> None:
    replies = EchoReplies()
    with queue_in(tmp_path, replies, box, url=database_url, timing=SOON) as queue:
        for number in range(4):
            queue.accept(incoming(number, asked_at=hours_ago(5 - number)))
        queue.accept(incoming(10, "somebody else", asked_at=hours_ago(30)))
        queue.accept(incoming(11, "a third"))
        wait_until(lambda: len(box.sent) == 3, 30)
    assert sorted(box.sent) == ["10", "11", "3"]
    assert len(replies.asked) == 3
    late = {number for number, text in zip(box.sent, box.texts, strict=True) if LATE in text}
    assert late == {"3", "10"}


def test_a_new_question_stands_for_the_old_ones(tmp_path: Path, box: Postbox) -> None:
    with queue_in(tmp_path, EchoReplies(), box, timing=SOON) as queue:
        queue.accept(incoming(1, asked_at=hours_ago(2)))
        queue.accept(incoming(2))
        wait_until(lambda: box.sent)
    assert box.sent == ["2"]
    assert LATE not in box.texts[0]


def test_what_asks_for_something_to_be_done_is_done_however_late(
    tmp_path: Path, box: Postbox
) -> None:
    replies = EchoReplies()
    old = hours_ago(2)
    with queue_in(tmp_path, replies, box, timing=SOON) as queue:
        queue.accept(incoming(1, text="Xóa dữ liệu của tôi!", asked_at=old))
        queue.accept(incoming(2, text="", action="delete", asked_at=old))
        queue.accept(incoming(3, text="", action="facet:khai-sinh:fee", asked_at=old))
        queue.accept(incoming(4, text="/xoa", silent=True, asked_at=old))
        queue.accept(incoming(5, asked_at=old))
        queue.accept(incoming(6, asked_at=old))
        wait_until(lambda: "6" in box.sent, 30)
    done = [question.action or question.text for question in replies.asked]
    assert done == ["Xóa dữ liệu của tôi!", "delete", "facet:khai-sinh:fee", "/xoa", "6"]


def test_a_question_before_a_pressed_button_or_a_picture_is_answered(
    tmp_path: Path, box: Postbox
) -> None:
    replies = EchoReplies()
    with queue_in(tmp_path, replies, box, timing=SOON) as queue:
        queue.accept(incoming(1, asked_at=hours_ago(2)))
        queue.accept(incoming(2, text="", media="image", asked_at=hours_ago(2)))
        queue.accept(incoming(3, text="", action="delete", asked_at=hours_ago(2)))
        wait_until(lambda: len(box.sent) == 3, 30)
    assert len(replies.asked) == 3


def old_update(fake: FakeTelegram, number: int, person: int) -> dict[str, Any]:
    fake.user(person)
    message = fake._message(person, text=f"câu {number}")
    return {"update_id": 5000 + number, "message": {**message, "date": int(time.time()) - 7200}}


def test_it_holds_for_what_waited_at_the_platform_and_comes_in_a_burst(
    tmp_path: Path, telegram: FakeTelegram
) -> None:
    port = free_port()
    telegram.webhook = {"url": f"http://127.0.0.1:{port}{PATH}", "secret_token": SECRET}
    for number in range(6):
        telegram.deliver(old_update(telegram, number, person=number % 2 + 1))
    time.sleep(0.5)  # refused so far: nobody listens
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        telegram_token=TOKEN,
        telegram_secret=SECRET,
        telegram_api=telegram.url,
    )
    replies = EchoReplies()
    app = create_app(settings, replies, readiness=lambda: True, timing=Timing(settle_s=4.0))
    with serve(app, port):
        telegram.wait_for(1, 1, 30)
        telegram.wait_for(2, 1, 30)
    assert telegram.transcript(1) == [f"{LATE}\n\nBạn hỏi\n\ncâu 4"]
    assert telegram.transcript(2) == [f"{LATE}\n\nBạn hỏi\n\ncâu 5"]
    assert len(replies.asked) == 2
