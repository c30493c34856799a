"""Updates in, messages out, through the real server and a Bot API on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from tests.fakes import EchoReplies, wait_until
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from tests.fakes.telegram.served import served, settings_for
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.channels.telegram.commands import registered
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.parse import parse
from webhook.settings import Settings

CHAT = 777
GROUP = -1001234
ME = Me(123456, "fake_bot")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture(scope="module")
def replies() -> EchoReplies:
    return EchoReplies()


@pytest.fixture(scope="module")
def server(
    fake: FakeTelegram, replies: EchoReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(fake, replies, tmp_path_factory.mktemp("telegram")) as url:
        yield url


@pytest.fixture
def chat(fake: FakeTelegram, server: str, request: pytest.FixtureRequest) -> int:
    """A person of this test's own."""
    return fake.user(10_000 + sum(request.node.name.encode())).id


def update(text: str, number: int = 1, **others: object) -> dict[str, object]:
    chat = {"id": CHAT, "type": "private", "first_name": "Lan"}
    person = {"id": CHAT, "is_bot": False, "first_name": "Lan"}
    message = {"message_id": number, "from": person, "chat": chat, "date": 1795000000}
    return {"update_id": number, "message": {**message, "text": text, **others}}


def recorded(server: str) -> list[str]:
    """The counters of recorded messages."""
    lines = httpx.get(server + "/metrics").text.splitlines()
    return [line for line in lines if line.startswith("binhdan_updates_total")]


# The webhook's manners.


def test_a_stranger_is_turned_away_and_nothing_is_stored(
    server: str, replies: EchoReplies, fake: FakeTelegram
) -> None:
    before = recorded(server)
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
        got = httpx.post(server + PATH, json=update("lạ mặt"), headers=headers)
        assert got.status_code == 403
    assert recorded(server) == before
    assert not [q for q in replies.asked if q.text == "lạ mặt"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"update_id": 5}',
        b'{"update_id": 6, "poll": {"id": "1"}}',
        b'{"update_id": 7, "message": {"chat": 3}}',
        b'{"update_id": 8, "callback_query": {"id": "1", "data": "x"}}',
        b'{"update_id": "x", "message": {"chat": {"id": 1, "type": "private"}, "text": "a"}}',
    ],
)
def test_an_update_it_cannot_read_is_taken_all_the_same(server: str, body: bytes) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert httpx.post(server + PATH, content=body, headers=headers).status_code == 200


def test_a_body_too_large_is_refused(server: str) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    got = httpx.post(server + PATH, content=b"x" * 300_000, headers=headers)
    assert got.status_code == 413


def test_every_response_carries_the_security_headers(server: str) -> None:
    headers = httpx.get(server + "/healthz").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_readiness_follows_the_report(tmp_path: Path) -> None:
    app = create_app(
        Settings(_env_file=None, data_dir=tmp_path),
        EchoReplies(),
        readiness=lambda: {"ready": False, "edition": None},
    )
    assert TestClient(app).get("/readyz").status_code == 503


# A message in, an answer out.


def test_a_question_is_answered_with_buttons(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "Khai sinh cần gì?")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nKhai sinh cần gì?"]
    rows = fake.sent(chat)[0]["reply_markup"]["inline_keyboard"]
    assert [[b["callback_data"] for b in row] for row in rows] == [
        ["facet:khai-sinh:fee"],
        ["fb+:a1", "fb-:a1"],
    ]


def test_the_same_update_twice_gets_one_answer(fake: FakeTelegram, chat: int) -> None:
    message = fake._message(chat, text="hai lần")
    for _ in range(2):
        fake.deliver({"update_id": 500, "message": message})
    fake.say(chat, "sau đó")
    assert fake.wait_for(chat, 2) == ["Bạn hỏi\n\nhai lần", "Bạn hỏi\n\nsau đó"]


def test_answers_keep_the_order_of_a_chat(fake: FakeTelegram, chat: int) -> None:
    for number in range(4):
        fake.say(chat, f"câu {number}")
    assert fake.wait_for(chat, 4) == [f"Bạn hỏi\n\ncâu {n}" for n in range(4)]


def test_two_messages_to_a_chat_are_a_second_apart(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "một")
    fake.say(chat, "hai")
    fake.wait_for(chat, 2)
    first, second = (m["sent_at"] for m in fake.sent(chat))
    assert second - first >= 0.95


def test_a_pressed_button_is_answered_and_released(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "Khai sinh")
    fake.wait_for(chat, 1)
    released = len(fake.answered_callbacks)
    fake.press(chat, "Lệ phí")
    assert fake.wait_for(chat, 2)[-1] == "Bạn hỏi\n\nfacet:khai-sinh:fee"
    wait_until(lambda: len(fake.answered_callbacks) > released)


def test_an_opinion_is_asked_once(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "Khai sinh")
    fake.wait_for(chat, 1)
    fake.press(chat, "👍")
    assert fake.wait_for(chat, 2)[-1] == "Bạn hỏi\n\nfb+:a1"
    wait_until(lambda: fake.called("editMessageReplyMarkup"))
    rows = fake.sent(chat)[0]["reply_markup"]["inline_keyboard"]
    assert [row[0]["text"] for row in rows] == ["Lệ phí"]


def test_a_long_answer_is_split_and_keeps_its_buttons_last(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "Câu < & >. " * 600)
    texts = fake.wait_for(chat, 2)
    assert "".join(texts).count("Câu < & >.") == 600
    assert [len(text) <= 4096 for text in texts] == [True, True]
    assert ["reply_markup" in m for m in fake.sent(chat)] == [False, True]


def test_text_that_is_not_normalised_is_sent_composed(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "Tho\u031b\u0300i")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nThời"]


# When Telegram refuses.


def test_it_waits_when_told_to_and_then_sends(fake: FakeTelegram, chat: int) -> None:
    fake.fault("sendMessage", "429", retry_after=1)
    fake.say(chat, "chờ")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nchờ"]


@pytest.mark.parametrize("kind", ["500", "badjson", "timeout"])
def test_it_tries_again_after_an_outage(fake: FakeTelegram, chat: int, kind: str) -> None:
    fake.fault("sendMessage", kind, times=1, seconds=0.2)
    fake.say(chat, kind)
    assert fake.wait_for(chat, 1) == [f"Bạn hỏi\n\n{kind}"]


def test_it_stops_when_it_was_blocked(fake: FakeTelegram, chat: int) -> None:
    fake.block(chat)
    before = len(fake.called("sendMessage"))
    fake.say(chat, "bị chặn")
    wait_until(lambda: len(fake.called("sendMessage")) == before + 1)
    fake.block(chat, False)
    fake.say(chat, "bỏ chặn")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nbỏ chặn"]


def test_html_that_telegram_cannot_read_is_sent_as_plain_text(
    fake: FakeTelegram, chat: int
) -> None:
    fake.fault("sendMessage", "400")
    fake.say(chat, "a < b")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\na < b"]
    assert "parse_mode" not in fake.called("sendMessage")[-1]


# Where a message is for us, and what it says.


def test_a_deep_link_opens_its_entry(fake: FakeTelegram, chat: int) -> None:
    fake.say(chat, "/start e_khai-sinh")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nentry:khai-sinh"]


def test_a_photo_says_what_it_is(fake: FakeTelegram, chat: int) -> None:
    fake.show(chat, "photo")
    assert fake.wait_for(chat, 1) == ["Bạn hỏi\n\nimage"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/xoa", "/xoa"),
        ("/help@fake_bot", "/help"),
        ("/start", "/start"),
        ("/start la_lung", "/start la_lung"),
        ("2", "2"),
    ],
)
def test_commands_and_numbers_arrive_as_text(text: str, expected: str) -> None:
    incoming = parse(update(text), ME)
    assert incoming
    assert (incoming.question.text, incoming.question.action) == (expected, None)


@pytest.mark.parametrize(
    ("kind", "media"),
    [("voice", "voice"), ("document", "file"), ("sticker", "sticker"), ("location", "location")],
)
def test_media_is_named(kind: str, media: str) -> None:
    incoming = parse(update("", **{kind: {}}), ME)
    assert incoming
    assert incoming.question.media == media


def test_a_question_is_named_after_bot_and_update() -> None:
    incoming = parse(update("chào", 42), ME)
    assert incoming
    assert incoming.question.id == "telegram:123456:000000000042"


def test_half_an_emoji_does_not_lose_the_message() -> None:
    incoming = parse(update("lệ phí \ud83d khai sinh"), ME)
    assert incoming
    assert incoming.question.text == "lệ phí ? khai sinh"


FROM_US = {"message_id": 1, "from": {"id": 123456, "is_bot": True}}
FROM_LAN = {"message_id": 1, "from": {"id": 778, "is_bot": False}}


@pytest.mark.parametrize(
    ("text", "reply_to", "heard"),
    [
        ("@fake_bot lệ phí khai sinh?", None, "lệ phí khai sinh?"),
        ("nhờ @Fake_Bot chỉ giúp", None, "nhờ  chỉ giúp"),
        ("thế phí bao nhiêu?", FROM_US, "thế phí bao nhiêu?"),
        ("/help", None, "/help"),
        ("/help@fake_bot", None, "/help"),
        ("/help@other_bot", None, None),
        ("/quayso", None, None),
        ("mai họp tổ dân phố", None, None),
        ("đồng ý", FROM_LAN, None),
        ("@fake_bot2 ơi", None, None),
        ("thư tới a@fake_bot", None, None),
    ],
)
def test_in_a_group_it_speaks_when_spoken_to(
    text: str, reply_to: dict[str, object] | None, heard: str | None
) -> None:
    chat = {"id": GROUP, "title": "Tổ 5", "type": "supergroup"}
    extra = {"reply_to_message": reply_to} if reply_to else {}
    incoming = parse(update(text, 70, chat=chat, **extra), ME)
    assert (incoming and incoming.question.text) == heard
    if incoming:
        assert incoming.reply_to == "70"


def test_in_a_group_the_answer_quotes_the_question(fake: FakeTelegram, server: str) -> None:
    fake.group(GROUP)
    fake.say(GROUP, "nói chuyện riêng")
    fake.say(GROUP, "@fake_bot khai sinh")
    assert fake.wait_for(GROUP, 1) == ["Bạn hỏi\n\nkhai sinh"]
    assert "quoted" in fake.sent(GROUP)[0]


# Registering, and doing without a webhook.


def test_registering_reports_what_telegram_says(
    tmp_path: Path,
) -> None:
    with FakeTelegram() as other:
        settings = settings_for(other, tmp_path, public_url="https://binhdan.example/")
        report = asyncio.run(registered(settings))
        assert other.webhook["url"] == "https://binhdan.example/telegram/webhook"
        assert other.webhook["secret_token"] == SECRET
        assert set(other.webhook["allowed_updates"]) == {
            "message", "edited_message", "callback_query", "my_chat_member", "poll_answer",
        }  # fmt: skip
    assert "https://binhdan.example/telegram/webhook" in report


def test_the_menus_of_private_chats_and_groups_hold_our_commands(tmp_path: Path) -> None:
    with FakeTelegram() as other:
        asyncio.run(registered(settings_for(other, tmp_path)))
        menus = {scope: [c["command"] for c in shown] for scope, shown in other.commands.items()}
    in_groups = ["thutuc", "hoso", "hoc", "kiemtra", "thuhoi", "noio", "gapnguoi", "giup", "xoa"]
    assert menus == {
        "all_private_chats": [*in_groups, "start"],
        "all_group_chats": in_groups,
    }


def test_no_line_of_the_log_holds_the_token_or_a_text(
    fake: FakeTelegram, chat: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake.fault("sendMessage", "500")
    fake.fault("sendMessage", "429")
    fake.say(chat, "điều riêng tư")
    fake.wait_for(chat, 1)
    assert caplog.records
    assert TOKEN.split(":")[1] not in caplog.text
    assert "riêng tư" not in caplog.text
