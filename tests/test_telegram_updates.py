"""Kinds of updates and of answers on Telegram: what was captured of the real one goes in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import EchoReplies, wait_until
from tests.fakes.telegram import MEDIA, FakeTelegram
from tests.fakes.telegram.served import served, settings_for
from webhook.channels.adapter import Attachment, Failure, TransportError
from webhook.channels.telegram.adapter import Telegram
from webhook.channels.telegram.edits import RecentTexts
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.parse import parse

ME = Me(123456, "fake_bot")
U = {
    "id": 777, "is_bot": False, "first_name": "Lan", "username": "lan", "language_code": "vi",
}  # fmt: skip
C = {"id": 777, "first_name": "Lan", "username": "lan", "type": "private"}
B = {"id": 123456, "is_bot": True, "first_name": "Fake", "username": "fake_bot"}
G = {"id": -1001234, "title": "Tổ 5", "type": "supergroup"}
"""The people, the bot and the group of what was captured."""
NOW = int(time.time())
"""What was captured is as if sent today: answers that are a day late are not sent."""


def captured(number: int, **content: Any) -> dict[str, Any]:
    message = {"message_id": number, "from": U, "chat": C, "date": NOW, **content}
    return {"update_id": 100 + number, "message": message}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture(scope="module")
def replies() -> EchoReplies:
    return EchoReplies()


@pytest.fixture(scope="module", autouse=True)
def server(
    fake: FakeTelegram, replies: EchoReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(fake, replies, tmp_path_factory.mktemp("updates")) as url:
        yield url


@pytest.fixture
def chat(fake: FakeTelegram, request: pytest.FixtureRequest) -> int:
    """A person of this test's own."""
    return fake.user(20_000 + sum(request.node.name.encode())).id


START = [{"offset": 0, "length": 6, "type": "bot_command"}]
REPLIED = {"message_id": 1, "from": B, "chat": C, "date": 1795000000, "text": "hi"}
CAPTURED = [
    (captured(0, text="/start ref_abc-1", entities=START), "/start ref_abc-1"),
    (captured(1, text="Xin chào", reply_to_message=REPLIED), "Xin chào"),
    (captured(2, photo=MEDIA["photo"], caption="Ảnh"), "image"),
    (captured(3, voice={**MEDIA["voice"], "mime_type": "audio/ogg"}), "voice"),
    (captured(4, document=MEDIA["document"]), "file"),
    (captured(5, location=MEDIA["location"]), "location"),
    (captured(6, contact=MEDIA["contact"]), "contact"),
    (captured(7, sticker=MEDIA["sticker"]), "sticker"),
    (
        {
            "update_id": 121,
            "callback_query": {
                "id": "4382bfdwdsb323b2d9",
                "from": U,
                "message": {"message_id": 6, "chat": C, "date": 0},
                "chat_instance": "-3141592653589793238",
                "data": "y:1",
            },
        },
        "y:1",
    ),
]
SILENT = [
    {
        "update_id": 208,
        "my_chat_member": {
            "chat": C,
            "from": U,
            "date": 1795000008,
            "old_chat_member": {"user": B, "status": "member"},
            "new_chat_member": {"user": B, "status": "kicked", "until_date": 0},
        },
    },
    {
        "update_id": 209,
        "poll_answer": {
            "poll_id": "5001",
            "user": U,
            "option_ids": [1],
            "option_persistent_ids": ["a1"],
        },
    },
    {
        "update_id": 213,
        "inline_query": {
            "id": "99",
            "from": U,
            "query": "lịch",
            "offset": "",
            "chat_type": "sender",
        },
    },
]


def test_each_captured_message_is_answered_and_nothing_else(fake: FakeTelegram) -> None:
    fake.user(777)
    for update in SILENT:
        fake.deliver(update)
    for update, _ in CAPTURED:
        fake.deliver(update)
    wanted = {f"Bạn hỏi\n\n{heard}" for _, heard in CAPTURED}
    assert set(fake.wait_for(777, len(wanted), 40)) == wanted
    assert set(fake.statuses) == {200}


def test_a_captured_call_in_a_group_is_answered(fake: FakeTelegram) -> None:
    fake.group(-1001234)
    mention = [{"offset": 0, "length": 9, "type": "mention"}]
    fake.deliver(captured(70, chat=G, text="@fake_bot hỏi", entities=mention))
    assert fake.wait_for(-1001234, 1) == ["Bạn hỏi\n\nhỏi"]


# Attachments.


@pytest.mark.parametrize(
    ("kind", "reference", "size"),
    [
        ("photo", "P", 81000),
        ("voice", "v", 12345),
        ("document", "d", 54321),
        ("sticker", "s", None),
    ],
)
def test_a_file_is_named_for_whoever_can_read_it(
    kind: str, reference: str, size: int | None
) -> None:
    incoming = parse(captured(1, **{kind: MEDIA[kind]}), ME)
    assert incoming
    assert incoming.attachment
    assert (incoming.attachment.reference, incoming.attachment.size) == (reference, size)


@pytest.mark.parametrize("kind", ["location", "contact"])
def test_what_has_no_file_has_no_attachment(kind: str) -> None:
    incoming = parse(captured(1, **{kind: MEDIA[kind]}), ME)
    assert incoming
    assert incoming.attachment is None


def test_a_phone_number_in_a_contact_is_not_taken_along() -> None:
    incoming = parse(captured(1, contact=MEDIA["contact"]), ME)
    assert incoming
    assert "84901234567" not in incoming.model_dump_json()


def test_a_caption_is_the_question(fake: FakeTelegram, replies: EchoReplies, chat: int) -> None:
    fake.show(chat, "photo", "giấy này làm ở đâu?")
    fake.wait_for(chat, 1)
    question = replies.asked[-1]
    assert (question.text, question.media) == ("giấy này làm ở đâu?", "image")


@pytest.mark.parametrize("size", [-1, "lớn", {}])
def test_a_file_of_an_impossible_size_is_no_message(size: object) -> None:
    assert parse(captured(1, document={"file_id": "d", "file_size": size}), ME) is None


def test_a_file_is_fetched_by_its_name(tmp_path: Path) -> None:
    with FakeTelegram() as other:
        other.files["d"] = b"%PDF" * 100
        assert fetched(other, tmp_path, "d", limit=400) == b"%PDF" * 100


@pytest.mark.parametrize(
    ("reference", "limit", "why"),
    [("d", 399, "too large"), ("huge", 1 << 30, "File is too big"), ("gone", 400, "wrong file_id")],
)
def test_a_file_that_cannot_be_had_is_refused_for_good(
    tmp_path: Path, reference: str, limit: int, why: str
) -> None:
    with FakeTelegram() as other:
        other.files |= {"d": b"%PDF" * 100, "huge": bytes((20 << 20) + 1)}
        with pytest.raises(TransportError, match=f"(?i){why}") as refused:
            fetched(other, tmp_path, reference, limit)
    assert refused.value.failure is Failure.REFUSED


def test_a_wrong_token_blocks_the_channel_until_it_is_mended(tmp_path: Path) -> None:
    with FakeTelegram() as other:
        other.files["d"] = b"%PDF"
        with pytest.raises(TransportError) as refused:
            fetched(other, tmp_path, "d", 400, telegram_token="123456:another-token")
    assert refused.value.failure is Failure.BLOCKED


def fetched(
    fake: FakeTelegram, folder: Path, reference: str, limit: int, **settings: object
) -> bytes:
    async def fetch() -> bytes:
        telegram = Telegram(settings_for(fake, folder, **settings))
        await telegram.start()
        try:
            return await asyncio.to_thread(telegram.fetch, Attachment(reference=reference), limit)
        finally:
            await telegram.stop()

    return asyncio.run(fetch())


# Edits.


def test_an_edited_question_is_answered_anew_with_a_quote(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "khai sih")
    fake.wait_for(chat, 1)
    fake.edit(chat, "khai sinh")
    assert fake.wait_for(chat, 2) == ["Bạn hỏi\n\nkhai sih", "Bạn hỏi\n\nkhai sinh"]
    assert fake.sent(chat)[1]["quoted"] == fake._said[chat]["message_id"]


def test_an_edit_that_leaves_the_text_is_ignored(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "khai sinh")
    fake.edit(chat)
    fake.say(chat, "sau đó")
    assert fake.wait_for(chat, 2) == ["Bạn hỏi\n\nkhai sinh", "Bạn hỏi\n\nsau đó"]


def test_an_edit_after_a_quarter_of_an_hour_is_ignored(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "cũ")
    fake.edit(chat, "mới", after_s=15 * 60 + 1)
    fake.say(chat, "sau đó")
    assert fake.wait_for(chat, 2) == ["Bạn hỏi\n\ncũ", "Bạn hỏi\n\nsau đó"]


def test_an_edited_caption_is_a_question_and_a_moving_location_is_none() -> None:
    changed = {"edit_date": NOW + 10}
    photo = captured(1, photo=MEDIA["photo"], caption="ở đâu?", **changed)["message"]
    incoming = parse({"update_id": 1, "edited_message": photo}, ME)
    assert incoming
    assert incoming.question.text == "ở đâu?"
    moving = captured(1, location=MEDIA["location"], **changed)["message"]
    assert parse({"update_id": 2, "edited_message": moving}, ME) is None


def test_an_edit_that_could_not_be_recorded_is_taken_when_it_comes_again() -> None:
    """The first delivery found the queue closed: the second must not pass for old news."""
    texts = RecentTexts()

    def is_news(update: dict[str, Any]) -> bool:
        incoming = parse(update, ME)
        assert incoming
        return texts.has_news(update, incoming)

    message = captured(1, text="khai sih")
    edited = {**message["message"], "text": "khai sinh", "edit_date": NOW + 10}
    update = {"update_id": 2000, "edited_message": edited}
    assert [is_news(u) for u in (message, update, update)] == [True, True, True]
    assert not is_news({**update, "update_id": 2001})


# Blocking, and what comes late.


def test_a_person_who_blocked_it_is_not_written_to_again(fake: FakeTelegram, chat: int) -> None:
    fake.block(chat)
    before = len(fake.called("sendMessage"))
    fake.say(chat, "bị chặn")
    wait_until(lambda: len(fake.called("sendMessage")) == before + 1)
    fake.block(chat, False)
    fake.say(chat, "bỏ chặn")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nbỏ chặn"]
    assert len(fake.called("sendMessage")) == before + 2


def test_a_button_pressed_long_ago_is_answered_all_the_same(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "khai sinh")
    fake.wait_for(chat, 1)
    released = len(fake.answered_callbacks)
    fake.fault("answerCallbackQuery", "400", description="Bad Request: query is too old")
    fake.press(chat, "Lệ phí")
    assert fake.wait_for(chat, 2)[-1] == "Bạn hỏi\n\nfacet:khai-sinh:fee"
    assert len(fake.answered_callbacks) == released


def test_an_update_nobody_took_for_a_day_is_given_up(tmp_path: Path) -> None:
    with FakeTelegram() as other:
        other.user(5)
        other.webhook = {"url": "http://127.0.0.1:9/nobody"}
        number = other.say(5, "không ai nghe")
        other.advance(25 * 3600)
        wait_until(lambda: other.expired == [number])


def test_a_connection_that_breaks_is_tried_again(fake: FakeTelegram, chat: int) -> None:
    fake.fault("sendMessage", "reset")
    fake.say(chat, "đứt")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nđứt"]
