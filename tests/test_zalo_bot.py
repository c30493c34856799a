"""Updates in, messages out, through the real server and Zalo's Bot Platform on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from bot.messages import say
from bot.model import Question
from tests.conftest import Command
from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.zalo_bot import SECRET, TOKEN, FakeZaloBot
from webhook.app import create_app
from webhook.channels.adapter import Attachment, Failure, Incoming, Recorder, TransportError
from webhook.channels.settings import MissingSettingError
from webhook.channels.zalo_bot.adapter import PATH, ZaloBot
from webhook.channels.zalo_bot.parse import Me, parse
from webhook.render import Message
from webhook.settings import Settings

SENT = {"X-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
ME = Me("1459232241454765289", ("Bot Bình Dân", "bot.VDKyGxQvc"))
OPINION = "\n\nTrả lời bằng số để chọn:\n1. Lệ phí\n\n" + say("channel.opinion")

_people = count(1)


def settings_for(fake: FakeZaloBot, folder: Path, **others: object) -> Settings:
    given = {"zalo_bot_token": TOKEN, "zalo_bot_secret": SECRET, "zalo_bot_api": fake.url, **others}
    return Settings(_env_file=None, data_dir=folder, **given)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeZaloBot]:
    with FakeZaloBot() as fake:
        yield fake


@pytest.fixture(scope="module")
def replies() -> EchoReplies:
    return EchoReplies()


@pytest.fixture(scope="module")
def server(
    fake: FakeZaloBot, replies: EchoReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    settings = settings_for(fake, tmp_path_factory.mktemp("zalo"))
    with serve(create_app(settings, replies, readiness=lambda: True)) as url:
        fake.webhook = {"url": url + PATH, "secret_token": SECRET}
        yield url


@pytest.fixture
def chat(fake: FakeZaloBot, server: str) -> str:
    """A person of this test's own."""
    return fake.user(f"6ede9afa66b88fe6{next(_people):04}").id


@pytest.fixture
def bot(fake: FakeZaloBot, tmp_path: Path) -> Iterator[ZaloBot]:
    """The channel alone, with little patience."""
    bot = ZaloBot(settings_for(fake, tmp_path), timeout_s=0.5)
    yield bot
    asyncio.run(bot.stop())


def said(text: str) -> str:
    """How `EchoReplies` answers, as Zalo gets it."""
    return f"Bạn hỏi\n\n{text}{OPINION}"


def incoming(chat: str, text: str = "chào") -> Incoming:
    question = Question(id=f"zalo_bot:1:{text}", channel="zalo_bot", conversation=chat, text=text)
    return Incoming(question=question)


def message(text: str, html: str = "") -> Message:
    return Message(text=text, html=html or text)


def refusal(bot: ZaloBot, chat: str, text: str = "chào") -> TransportError:
    with pytest.raises(TransportError) as found:
        bot.send(incoming(chat, text), message(text))
    return found.value


# What Zalo posts: as documented, and as captured in August and September 2026.

DOCUMENTED = """{"ok":true,"result":{"event_name":"message.text.received","message":{"from":
{"id":"6ede9afa66b88fe6d6a9","display_name":"Ted","is_bot":false},"chat":{"id":
"6ede9afa66b88fe6d6a9","chat_type":"PRIVATE"},"text":"Xin chào","message_id":
"2d758cb5e222177a4e35","date":1750316131602}}}"""
CAPTURED = """{"event_name":"message.text.received","message":{"date":1789000000000,"chat":
{"chat_type":"PRIVATE","id":"6ede9afa66b88fe6d6a9"},"message_id":"82599fa32f56d00e8941","from":
{"id":"6ede9afa66b88fe6d6a9","is_bot":false,"display_name":"Ted"},"text":"Xin chào"}}"""


def parsed(body: str, me: Me = ME) -> Incoming | None:
    return parse(json.loads(body), body.encode(), me)


def event(name: str, **content: object) -> str:
    """The captured update with another event and content."""
    update = json.loads(CAPTURED)
    update["event_name"] = name
    kept = {key: value for key, value in update["message"].items() if key != "text"}
    return json.dumps({**update, "message": {**kept, **content}})


@pytest.mark.parametrize(
    ("body", "name", "sent"),
    [
        (DOCUMENTED, "1750316131602:2d758cb5e222177a4e35", 1750316131.602),
        (CAPTURED, "1789000000000:82599fa32f56d00e8941", 1789000000.0),
        (
            CAPTURED.replace("1789000000000", "1789000000"),
            "1789000000000:82599fa32f56d00e8941",
            1789000000.0,
        ),
    ],
)
def test_both_shapes_are_read_and_dates_in_seconds_too(body: str, name: str, sent: float) -> None:
    found = parsed(body)
    assert found
    assert found.question.id == f"zalo_bot:1459232241454765289:{name}"
    assert (found.question.text, found.question.conversation) == (
        "Xin chào",
        "6ede9afa66b88fe6d6a9",
    )
    assert found.question.asked_at == datetime.fromtimestamp(sent, UTC)


def test_without_an_id_a_resend_is_known_by_its_content() -> None:
    bare = CAPTURED.replace('"message_id":"82599fa32f56d00e8941",', "")
    first, again = parsed(bare), parsed(bare)
    other = parsed(bare.replace("Xin chào", "Chào"))
    assert first
    assert again
    assert other
    assert first.question.id == again.question.id != other.question.id


@pytest.mark.parametrize(
    ("body", "media", "text", "reference"),
    [
        (
            event(
                "message.image.received",
                photo_url="https://photo-stal-1.zdn.vn/a.jpg",
                caption="đơn này điền sao",
                message_type="CHAT_PHOTO",
            ),
            "image",
            "đơn này điền sao",
            "https://photo-stal-1.zdn.vn/a.jpg",
        ),
        (
            event("message.image.received", photo="https://photo.zdn.vn/b.jpg"),
            "image",
            "",
            "https://photo.zdn.vn/b.jpg",
        ),
        (
            event("message.sticker.received", sticker="0c5a", url="https://zalo-api.zadn.vn/s"),
            "sticker",
            "",
            None,
        ),
        (
            event("message.voice.received", voice_url="https://voice-aac-dl.zdn.vn/c.aac"),
            "voice",
            "",
            "https://voice-aac-dl.zdn.vn/c.aac",
        ),
        (event("message.unsupported.received"), "other", "", None),
        (event("message.link.received", text="https://zalo.me"), None, "https://zalo.me", None),
    ],
)
def test_media_is_named(body: str, media: str | None, text: str, reference: str | None) -> None:
    found = parsed(body)
    assert found
    assert (found.question.media, found.question.text) == (media, text)
    assert (found.attachment and found.attachment.reference) == reference


@pytest.mark.parametrize(
    "body",
    [
        '{"event_name":"message.unsupported.received"}',
        '{"event_name":"message.text.received","message":null}',
        event("message.text.received"),
        event("message.reaction.received", text="/-heart"),
        event("message.text.received", text="tự nói").replace('"is_bot": false', '"is_bot": true'),
        event("message.text.received", text="a", chat={"chat_type": "PRIVATE"}),
        event("message.text.received", text="a", chat="6ede"),
        event("message.text.received", text="a", date=10**30),
        '{"ok":true,"result":[]}',
        "{}",
    ],
)
def test_what_is_no_message_to_us_is_left_alone(body: str) -> None:
    assert parsed(body) is None


def test_half_an_emoji_does_not_lose_the_message() -> None:
    found = parsed(event("message.text.received", text="lệ phí \ud83d khai sinh"))
    assert found
    assert found.question.text == "lệ phí ? khai sinh"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("@Bot Bình Dân lệ phí khai sinh?", "lệ phí khai sinh?"),
        ("Bot bình dân, lệ phí khai sinh?", "lệ phí khai sinh?"),
        ("@Bot Bi\u0300nh Dân: khai sinh", "khai sinh"),
        ("@bot.VDKyGxQvc khai sinh", "khai sinh"),
        ("@Bot Bình Dân", ""),
        ("khai sinh hỏi Bot Bình Dân", "khai sinh hỏi Bot Bình Dân"),
        ("Bot Bình Dânx ơi", "Bot Bình Dânx ơi"),
    ],
)
def test_in_a_group_its_name_is_no_part_of_the_question(text: str, heard: str) -> None:
    group = {"id": "g1", "chat_type": "GROUP"}
    found = parsed(event("message.text.received", text=text, chat=group))
    assert found
    assert (found.question.text, found.question.conversation) == (heard, "g1")


# The webhook's manners.


@pytest.mark.parametrize("headers", [{}, {"X-Bot-Api-Secret-Token": "guess"}])
def test_a_stranger_is_turned_away_and_nothing_is_stored(
    server: str, replies: EchoReplies, headers: dict[str, str]
) -> None:
    body = CAPTURED.replace("Xin chào", "lạ mặt")
    assert httpx.post(server + PATH, content=body.encode(), headers=headers).status_code == 403
    assert not [question for question in replies.asked if question.text == "lạ mặt"]


def test_a_secret_that_is_not_ascii_is_a_wrong_one(server: str) -> None:
    headers = {"X-Bot-Api-Secret-Token": "bí mật".encode()}
    assert httpx.post(server + PATH, content=b"{}", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"event_name":"message.x"}', b'{"message":3}']
)
def test_an_update_it_cannot_read_is_taken_all_the_same(server: str, body: bytes) -> None:
    assert httpx.post(server + PATH, content=body, headers=SENT).status_code == 200


# A message in, an answer out.


@pytest.mark.parametrize("wrap", [False, True])
def test_a_question_is_answered_with_numbered_choices(
    fake: FakeZaloBot, chat: str, wrap: bool
) -> None:
    fake.habits.wrap = wrap
    fake.say(chat, "Khai sinh cần gì?")
    fake.habits.wrap = False
    assert fake.wait_for(chat, 1) == [said("Khai sinh cần gì?")]
    assert fake.sent(chat)[0]["text_styles"] == [{"start": 0, "len": 7, "st": ["b"]}]


def test_a_number_is_typed_where_others_press(fake: FakeZaloBot, chat: str) -> None:
    fake.say(chat, "Khai sinh")
    fake.wait_for(chat, 1)
    fake.press(chat, "Lệ phí")
    assert fake.wait_for(chat, 2)[-1] == said("1")


def test_the_same_update_twice_gets_one_answer(fake: FakeZaloBot, chat: str) -> None:
    fake.say(chat, "hai lần")
    fake.again()
    fake.say(chat, "sau đó")
    assert fake.wait_for(chat, 2) == [said("hai lần"), said("sau đó")]
    fake.settle()
    assert len(fake.sent(chat)) == 2


def test_answers_keep_the_order_of_a_chat(
    fake: FakeZaloBot, chat: str, replies: EchoReplies
) -> None:
    for number in range(6):
        fake.say(chat, f"câu {number}")
    assert fake.wait_for(chat, 6) == [said(f"câu {number}") for number in range(6)]


def test_a_group_is_answered_in_the_group(fake: FakeZaloBot, server: str) -> None:
    fake.group("g77")
    wait_until(lambda: fake.called("getMe"))
    fake.say("g77", "khai sinh")
    assert fake.wait_for("g77", 1) == [said("khai sinh")]


@pytest.mark.parametrize("kind", ["image", "sticker", "voice"])
def test_media_is_answered(fake: FakeZaloBot, chat: str, kind: str) -> None:
    fake.show(chat, kind)
    assert fake.wait_for(chat, 1) == [said(kind)]


def test_an_event_without_its_message_is_taken_and_left_alone(
    fake: FakeZaloBot, chat: str, replies: EchoReplies
) -> None:
    asked = len(replies.asked)
    fake.inject("message.unsupported.received", None)
    fake.say(chat, "còn đây")
    fake.wait_for(chat, 1)
    fake.settle()
    assert len(replies.asked) == asked + 1


def test_a_long_answer_is_split_and_keeps_its_choices_last(fake: FakeZaloBot, chat: str) -> None:
    fake.say(chat, "Câu hỏi dài. " * 300)
    texts = fake.wait_for(chat, 2)
    assert "".join(texts).count("Câu hỏi dài.") == 300
    assert all(len(text) <= 2000 for text in texts)
    assert ["\n1. Lệ phí" in text for text in texts] == [False, True]


def test_text_that_is_not_normalised_is_sent_composed(fake: FakeZaloBot, chat: str) -> None:
    fake.say(chat, "Tho\u031b\u0300i")
    assert fake.wait_for(chat, 1) == [said("Thời")]


def test_it_types_while_an_answer_takes_its_time(bot: ZaloBot, fake: FakeZaloBot) -> None:
    chat = fake.user("slow").id
    with bot.busy(incoming(chat)):
        wait_until(lambda: [c for c in fake.called("sendChatAction") if c["chat_id"] == chat])


# When Zalo refuses.


@pytest.mark.parametrize("kind", ["429", "500"])
def test_it_tries_again_after_an_outage(fake: FakeZaloBot, chat: str, kind: str) -> None:
    fake.fault("sendMessage", kind, times=2)
    fake.say(chat, kind)
    assert fake.wait_for(chat, 1) == [said(kind)]


def test_it_stops_when_it_was_blocked(fake: FakeZaloBot, chat: str) -> None:
    fake.block(chat)
    before = len(fake.called("sendMessage"))
    fake.say(chat, "bị chặn")
    wait_until(lambda: len(fake.called("sendMessage")) == before + 1)
    fake.block(chat, False)
    fake.say(chat, "bỏ chặn")
    assert fake.wait_for(chat, 1) == [said("bỏ chặn")]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("400", Failure.REFUSED),
        ("401", Failure.BLOCKED),
        ("403", Failure.REFUSED),
        ("404", Failure.REFUSED),
        ("429", Failure.RETRY),
        ("500", Failure.RETRY),
    ],
)
def test_errors_are_told_apart(
    bot: ZaloBot, fake: FakeZaloBot, kind: str, failure: Failure
) -> None:
    chat = fake.user("told-apart").id
    fake.fault("sendMessage", kind)
    found = refusal(bot, chat, kind)
    assert (found.failure, found.retry_after) == (failure, None)


def test_a_refusal_that_comes_with_http_200_is_one(bot: ZaloBot, fake: FakeZaloBot) -> None:
    fake.habits.refuses_with_200 = True
    assert refusal(bot, "nobody").failure is Failure.REFUSED
    fake.habits.refuses_with_200 = False


def test_a_platform_out_of_reach_is_tried_for_as_long_as_it_takes(tmp_path: Path) -> None:
    with FakeZaloBot() as gone:
        settings = settings_for(gone, tmp_path)
    bot = ZaloBot(settings)
    for _ in range(5):
        found = refusal(bot, "ai")
        assert (found.failure, found.retry_after) == (Failure.RETRY, None)
    asyncio.run(bot.stop())


@pytest.mark.parametrize("kind", ["timeout", "reset", "badjson"])
def test_what_may_have_arrived_is_sent_at_most_once_more(
    bot: ZaloBot, fake: FakeZaloBot, kind: str
) -> None:
    chat = fake.user(f"unsure-{kind}").id
    fake.fault("sendMessage", kind, times=2, taken=True)
    first, second = refusal(bot, chat), refusal(bot, chat)
    assert (first.failure, second.failure) == (Failure.RETRY, Failure.REFUSED)
    assert first.retry_after
    assert fake.transcript(chat) == ["chào", "chào"]


def test_a_quota_that_lasts_an_hour_holds_the_channel(tmp_path: Path) -> None:
    now = 0.0
    with FakeZaloBot() as other:
        bot = ZaloBot(settings_for(other, tmp_path), clock=lambda: now)
        chat = other.user("over-quota").id
        other.habits.monthly_limit = 0
        assert refusal(bot, chat).failure is Failure.RETRY
        now = 3599.0
        assert refusal(bot, chat).failure is Failure.RETRY
        now = 3601.0
        assert refusal(bot, chat).failure is Failure.BLOCKED
        other.habits.monthly_limit = 1
        bot.send(incoming(chat), message("chào"))
        assert refusal(bot, chat).failure is Failure.RETRY, "what was taken begins a new hour"
        asyncio.run(bot.stop())


def test_a_new_month_has_a_new_quota(tmp_path: Path) -> None:
    with FakeZaloBot() as other:
        bot = ZaloBot(settings_for(other, tmp_path))
        chat = other.user("monthly").id
        other.habits.monthly_limit = 1
        bot.send(incoming(chat), message("một"))
        assert "429 Quota exceeded" in str(refusal(bot, chat))
        other.ahead_s = 32 * 86_400
        bot.send(incoming(chat), message("hai"))
        assert other.transcript(chat) == ["một", "hai"]
        asyncio.run(bot.stop())


def test_styles_that_zalo_cannot_read_are_left_out(bot: ZaloBot, fake: FakeZaloBot) -> None:
    chat = fake.user("plain").id
    fake.fault("sendMessage", "400")
    bot.send(incoming(chat), message("Tiêu đề", "<b>Tiêu đề</b>"))
    assert (fake.sent(chat)[0]["text"], fake.sent(chat)[0]["text_styles"]) == ("Tiêu đề", [])


def test_styles_count_as_zalo_counts(bot: ZaloBot, fake: FakeZaloBot) -> None:
    chat = fake.user("emoji").id
    bot.send(incoming(chat), message("👍 a < b\nđậm", "👍 a &lt; b\n<b>đậm</b>"))
    assert fake.sent(chat)[0]["text_styles"] == [{"start": 9, "len": 3, "st": ["b"]}]


# Files.


def test_a_picture_is_fetched_from_where_zalo_keeps_it(tmp_path: Path) -> None:
    with FakeZaloBot() as other:
        bot = ZaloBot(settings_for(other, tmp_path))
        other.show(other.user("pictures").id, "image", content=b"picture")
        update = httpx.post(f"{other.url}/bot{TOKEN}/getUpdates", json={"timeout": "1"}).json()
        found = bot.parse(update, b"")
        assert found
        assert found.attachment
        assert bot.fetch(found.attachment, 100) == b"picture"
        with pytest.raises(TransportError, match="too large"):
            bot.fetch(found.attachment, 3)
        asyncio.run(bot.stop())


@pytest.mark.parametrize(
    "address",
    [
        "http://photo.zdn.vn/a.jpg",
        "https://zdn.vn.example/a.jpg",
        "https://notzdn.vn/a.jpg",
        "https://127.0.0.1/a.jpg",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "khong phai dia chi",
        "https://zdn.vn@example.com/",
    ],
)
def test_a_file_elsewhere_is_not_fetched(bot: ZaloBot, address: str) -> None:
    with pytest.raises(TransportError) as found:
        bot.fetch(Attachment(reference=address), 100)
    assert found.value.failure is Failure.REFUSED
    assert address not in str(found.value)


# Setting up.


def environment(monkeypatch: pytest.MonkeyPatch, fake: FakeZaloBot, url: str) -> None:
    monkeypatch.setenv("BINHDAN_ZALO_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("BINHDAN_ZALO_BOT_SECRET", SECRET)
    monkeypatch.setenv("BINHDAN_ZALO_BOT_API", fake.url)
    monkeypatch.setenv("BINHDAN_PUBLIC_URL", url)


@pytest.mark.parametrize("probe", ["event", "empty"])
def test_registering_says_whether_zalo_reached_us(
    monkeypatch: pytest.MonkeyPatch, typed: Command, server: str, probe: str
) -> None:
    with FakeZaloBot() as other:
        other.habits.probe = probe  # type: ignore[assignment]
        environment(monkeypatch, other, server)
        ran = typed("zalo-bot", "register")
        assert (ran.code, other.webhook["secret_token"]) == (0, SECRET)
        assert ran.out.splitlines() == [f"webhook: {server}{PATH}", "verification: webhook.ok"]


def test_registering_warns_when_zalo_could_not_reach_us(
    monkeypatch: pytest.MonkeyPatch, typed: Command
) -> None:
    with FakeZaloBot() as other:
        environment(monkeypatch, other, "http://127.0.0.1:1")
        ran = typed("zalo-bot", "register")
        assert ran.code == 1
        assert "could not reach it" in ran.errors
        other.fault("setWebhook", "401", description="Unauthorized")
        ran = typed("zalo-bot", "register")
        assert (ran.code, ran.errors) == (1, "Zalo: setWebhook: 401 Unauthorized\n")


def test_info_shows_the_bot_and_its_webhook(
    monkeypatch: pytest.MonkeyPatch, typed: Command, fake: FakeZaloBot
) -> None:
    with FakeZaloBot() as other:
        environment(monkeypatch, other, "http://127.0.0.1:1")
        assert "display_name: Bot Bình Dân" in typed("zalo-bot", "info").out
        assert typed("zalo-bot", "info").out.endswith("webhook: none\n")
        other.webhook = {"url": "https://binhdan.example/zalo-bot/webhook"}
        ran = typed("zalo-bot", "info")
        assert ran.out.endswith("webhook: https://binhdan.example/zalo-bot/webhook\n")
        assert TOKEN.split(":")[1] not in ran.out + ran.errors


@pytest.mark.parametrize("empty", [408, 200])
def test_it_can_ask_for_updates(tmp_path: Path, empty: int) -> None:
    heard: list[Question] = []

    async def record(found: Incoming) -> None:
        heard.append(found.question)

    with FakeZaloBot() as other:
        other.habits.replays, other.habits.empty_poll_status = True, empty
        other.habits.longest_poll_s = 0.2
        chat = other.user("polled").id
        other.webhook = {"url": "https://binhdan.example/", "secret_token": SECRET}
        with polling(ZaloBot(settings_for(other, tmp_path)), record):
            wait_until(lambda: len(other.called("getUpdates")) > 1, 30)
            other.fault("getUpdates", "500")
            other.say(chat, "một")
            wait_until(lambda: len(heard) > 1, 30)
        assert {question.text for question in heard} == {"một"}
        assert len({question.id for question in heard}) == 1, "what comes again keeps its name"


@contextmanager
def polling(bot: ZaloBot, record: Recorder) -> Iterator[None]:
    """The channel asking for updates, on an event loop of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(bot.poll(record))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield
    loop.call_soon_threadsafe(task.cancel)
    asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(60)
    asyncio.run_coroutine_threadsafe(bot.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


def test_half_a_configuration_does_not_start(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, zalo_bot_token=TOKEN)
    with pytest.raises(MissingSettingError, match="BINHDAN_ZALO_BOT_SECRET"):
        create_app(settings, EchoReplies(), readiness=lambda: True)
    with pytest.raises(MissingSettingError, match="BINHDAN_ZALO_BOT_TOKEN"):
        ZaloBot(Settings(_env_file=None, data_dir=tmp_path))


@pytest.mark.parametrize("given", [{"zalo_bot_token": "no-number"}, {"zalo_bot_secret": "short"}])
def test_what_zalo_does_not_allow_is_refused_at_once(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as error:
        Settings(_env_file=None, **given)
    assert not [value for value in given.values() if value in str(error.value)]


def test_no_line_of_the_log_holds_the_token_or_a_text(
    fake: FakeZaloBot, bot: ZaloBot, chat: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for kind in ("500", "429"):
        fake.fault("sendMessage", kind)
    fake.say(chat, "điều riêng tư")
    fake.wait_for(chat, 1, 60)
    fake.fault("sendMessage", "reset")
    assert "riêng tư" not in str(refusal(bot, chat, "điều riêng tư"))
    assert caplog.records
    assert TOKEN.split(":")[1] not in caplog.text
    assert SECRET not in caplog.text
    assert "riêng tư" not in caplog.text
