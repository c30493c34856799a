"""The kill switch: a channel that is switched off says one thing to each, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from bot.messages import say
from bot.model import Answer, Channel, Question
from knowledge.store import connect
from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.desk import published
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.admin.audit import AuditLog
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.database import migrate, open_database
from webhook.gateway import build_gateway, core_router
from webhook.settings import Settings
from webhook.switches import LOOKED_EVERY_S, Switched, Switches
from webhook.web import chat_router

SHOWN = published(["procedures/khai-sinh"])
PASSWORD = "mot hai ba bon nam"
CORE_KEY = "a-key-of-at-least-thirty-two-letters"
WITHIN_S = 5.0
"""How soon every process has to follow."""
OFF = "Kênh này nghỉ đến chiều. Mời bạn hỏi ở bộ phận một cửa."


@dataclass
class Town:
    """A server with Telegram and the web chat, its database, and whom it answers with."""

    url: str
    telegram: FakeTelegram
    engine: Engine
    replies: EchoReplies
    settings: Settings
    browsers: ExitStack

    def browser(self) -> httpx.Client:
        given = {"origin": self.url}
        client = httpx.Client(base_url=self.url, headers=given, timeout=60)
        return self.browsers.enter_context(client)

    def administrator(self, login: str = "lan", **limits: tuple[str, ...]) -> httpx.Client:
        """A browser of somebody who may switch channels."""
        people = People(self.engine, self.settings.cookie_key())
        _, token = people.invite(login, login, Scope(Role.ADMINISTRATOR, **limits))
        browser = self.browser()
        given = {"name": login, "password": PASSWORD, "again": PASSWORD}
        browser.post(f"/quan-tri/loi-moi/{token}", data=given)
        return browser

    def ask(self, person: int, words: str) -> None:
        self.telegram.user(person)
        self.telegram.say(person, words)

    def handled(self) -> int:
        """Questions that came to an end, whatever it was."""
        counted = re.findall(r"binhdan_answers_total\{\S+ (\d+)", self.metrics())
        return sum(map(int, counted))

    def metrics(self) -> str:
        return httpx.get(self.url + "/metrics", timeout=60).text


@contextmanager
def town(folder: Path, replies: EchoReplies) -> Iterator[Town]:
    with FakeTelegram() as telegram:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
        )
        engine = open_database(settings)
        switches = Switches(engine, settings.cookie_key().encode())
        switched = Switched(replies, switches)
        routers = [
            chat_router(switched, settings, lambda: SHOWN),
            admin_router(settings, engine, lambda: SHOWN, switches=switches),
        ]
        app = create_app(
            settings, switched, readiness=lambda: True, routers=routers, switches=switches
        )
        with serve(app) as url, ExitStack() as browsers:
            telegram.webhook = {"url": url + PATH, "secret_token": SECRET}
            yield Town(url, telegram, engine, replies, settings, browsers)
            telegram.webhook = {}
        engine.dispose()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, EchoReplies()) as here:
        yield here


def mark(browser: httpx.Client) -> dict[str, str]:
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found
    return {"dau": found[1]}


def turn_off(browser: httpx.Client, channel: str = "telegram", **form: str) -> httpx.Response:
    given = {"reason": "trả lời sai lệ phí", "message": OFF, **form}
    return browser.post(f"/quan-tri/kenh/{channel}/dung", data={**mark(browser), **given})


def turn_on(browser: httpx.Client, channel: str = "telegram") -> httpx.Response:
    return browser.post(f"/quan-tri/kenh/{channel}/mo", data=mark(browser))


def test_a_channel_that_is_off_says_one_thing_once_and_goes_on_when_it_is_on(here: Town) -> None:
    browser = here.administrator()
    here.ask(7, "lệ phí khai sinh")
    assert "lệ phí khai sinh" in here.telegram.wait_for(7, 1, 60)[0]
    assert turn_off(browser).status_code == 303
    time.sleep(LOOKED_EVERY_S)
    for number, words in enumerate(("lệ phí", "thế còn giấy tờ", "sao không trả lời")):
        here.ask(7, words)
        wait_until(lambda n=number: here.handled() == 2 + n, 60)
    here.ask(8, "khai tử")
    assert here.telegram.wait_for(8, 1, 60) == [OFF]
    assert here.telegram.transcript(7)[1:] == [OFF]
    assert len(here.replies.asked) == 1
    assert turn_on(browser).status_code == 303
    time.sleep(LOOKED_EVERY_S)
    here.ask(7, "lệ phí kết hôn")
    assert "lệ phí kết hôn" in here.telegram.wait_for(7, 3, 60)[2]


def test_an_answer_that_was_being_computed_is_not_sent_any_more(tmp_path: Path) -> None:
    with town(tmp_path, EchoReplies(seconds=3 + LOOKED_EVERY_S)) as here:
        browser = here.administrator()
        here.ask(7, "lệ phí khai sinh")
        wait_until(lambda: here.replies.asked, 60)
        turn_off(browser)
        wait_until(lambda: here.handled() == 1, 60)
        here.ask(7, "còn đó không")
        assert here.telegram.wait_for(7, 1, 60) == [OFF]


def test_nobody_sees_that_somebody_types_on_a_channel_that_is_off(here: Town) -> None:
    turn_off(here.administrator())
    time.sleep(LOOKED_EVERY_S)
    here.ask(7, "lệ phí khai sinh")
    here.telegram.wait_for(7, 1, 60)
    assert here.telegram.called("sendChatAction") == []


def test_a_wish_to_be_forgotten_is_carried_out_on_a_channel_that_is_off(here: Town) -> None:
    turn_off(here.administrator())
    time.sleep(LOOKED_EVERY_S)
    here.ask(7, "xóa dữ liệu của tôi")
    assert here.telegram.wait_for(7, 1, 60) == [OFF]
    assert [question.text for question in here.replies.asked] == ["xóa dữ liệu của tôi"]


def test_the_web_chat_says_it_each_time_and_other_channels_go_on(here: Town) -> None:
    turn_off(here.administrator(), "web")
    time.sleep(LOOKED_EVERY_S)
    person = here.browser()
    for words in ("lệ phí khai sinh", "giấy tờ khai sinh"):
        assert OFF in person.post("/chat", data={"text": words}).text
    assert here.replies.asked == []
    here.ask(7, "lệ phí khai sinh")
    assert "lệ phí khai sinh" in here.telegram.wait_for(7, 1, 60)[0]


def test_without_words_of_their_own_people_are_told_ours(here: Town) -> None:
    turn_off(here.administrator(), message="")
    time.sleep(LOOKED_EVERY_S)
    here.ask(7, "lệ phí khai sinh")
    assert here.telegram.wait_for(7, 1, 60) == [say("channel.off")]


def test_every_page_and_the_metrics_show_it_and_the_log_keeps_it(here: Town) -> None:
    browser = here.administrator()
    assert 'binhdan_channel_off{channel="telegram"} 0.0' in here.metrics()
    turn_off(browser)
    time.sleep(LOOKED_EVERY_S)
    assert 'binhdan_channel_off{channel="telegram"} 1.0' in here.metrics()
    for page in ("", "/muc", "/an-ban", "/nguoi", "/kenh"):
        shown = browser.get(f"/quan-tri{page}").text
        assert "off-line" in shown, page
        assert "trả lời sai lệ phí" in shown, page
    turn_on(browser)
    assert "off-line" not in browser.get("/quan-tri").text
    off, on = reversed(AuditLog(here.engine).read(subject="telegram"))
    assert (off.action, off.person, off.details["message"]) == ("channel_off", "lan", OFF)
    assert on.action == "channel_on"


def test_a_reason_is_asked_for_and_what_was_typed_is_kept(here: Town) -> None:
    browser = here.administrator()
    got = turn_off(browser, reason=" ")
    assert got.status_code == 400
    assert OFF in got.text
    assert "Cần ghi lý do" in got.text
    assert turn_off(browser, "terminal").status_code == 404


def test_who_is_limited_to_provinces_cannot_switch_the_countrys_channels(here: Town) -> None:
    browser = here.administrator("cuong", provinces=("lam-dong",))
    assert turn_off(browser).status_code == 403
    assert "Dừng kênh" not in browser.get("/quan-tri/kenh").text
    assert Switches(here.engine, b"key").all() == ()


def test_a_form_of_another_page_switches_nothing(here: Town) -> None:
    browser = here.administrator()
    given = {"dau": "guessed", "reason": "x", "message": ""}
    assert browser.post("/quan-tri/kenh/web/dung", data=given).status_code == 403


# Several processes and restarts.

QUESTION = Question(id="zalo_oa:1", channel=Channel.ZALO_OA, conversation="p", text="lệ phí")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    migrate(database_url)
    engine = connect(database_url)
    yield engine
    engine.dispose()


def switch_off(engine: Engine) -> None:
    with engine.begin() as db:
        Switches(engine, b"key").turn_off(db, Channel.ZALO_OA, "lý do", OFF, "lan")


def told(answer: Answer) -> bool:
    return bool(answer.blocks)


def numbered(number: int, conversation: str = "p") -> Question:
    given = {"id": f"zalo_oa:{number}", "conversation": conversation}
    return QUESTION.model_copy(update=given)


def test_another_process_follows_and_a_restart_forgets_nothing(engine: Engine) -> None:
    other = Switches(engine, b"key")
    assert not other.is_off(Channel.ZALO_OA)
    begun = time.monotonic()
    switch_off(engine)
    wait_until(lambda: other.is_off(Channel.ZALO_OA), WITHIN_S)
    assert time.monotonic() - begun < WITHIN_S
    assert Switches(engine, b"key").is_off(Channel.ZALO_OA)
    assert not other.is_off(Channel.WEB)


def test_a_person_is_told_once_whichever_process_they_meet(engine: Engine) -> None:
    switch_off(engine)
    one, two = (Switched(EchoReplies(), Switches(engine, b"key")) for _ in range(2))
    assert told(one.reply(numbered(1)))
    assert not told(two.reply(numbered(2)))
    assert told(two.reply(numbered(1))), "asked again after a crash, it is the same Answer"
    assert told(two.reply(numbered(3, "somebody else")))


def test_a_person_who_writes_hours_later_is_told_again(engine: Engine) -> None:
    switch_off(engine)
    switched = Switched(EchoReplies(), Switches(engine, b"key"))
    assert told(switched.reply(numbered(1)))
    earlier = datetime.now(UTC) - timedelta(hours=7)
    with engine.begin() as db:
        db.execute(text("UPDATE channels_off_told SET told_at = :at"), {"at": earlier})
    assert told(switched.reply(numbered(2)))
    assert not told(switched.reply(numbered(3)))


def test_who_was_told_cannot_be_read_from_the_database(engine: Engine) -> None:
    switch_off(engine)
    Switched(EchoReplies(), Switches(engine, b"key")).reply(numbered(1, "0912345678"))
    with engine.connect() as db:
        rows = db.execute(text("SELECT conversation FROM channels_off_told")).all()
    assert rows
    assert "0912345678" not in str(rows)


def test_a_gateway_follows_its_core(tmp_path: Path, engine: Engine) -> None:
    switches, replies = Switches(engine, b"key"), EchoReplies()
    core = FastAPI(openapi_url=None)
    settings = Settings(_env_file=None, core_key=CORE_KEY)
    core.include_router(core_router(Switched(replies, switches), lambda: True, settings, switches))
    with FakeTelegram() as telegram, serve(core) as core_url:
        ours = Settings(
            _env_file=None,
            data_dir=tmp_path,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
            core_url=core_url,
            core_key=CORE_KEY,
        )
        with serve(build_gateway(ours)) as url:
            telegram.webhook = {"url": url + PATH, "secret_token": SECRET}
            telegram.user(7)
            with engine.begin() as db:
                switches.turn_off(db, Channel.TELEGRAM, "lý do", OFF, "lan")
            seen = 'binhdan_channel_off{channel="telegram"} 1.0'
            wait_until(lambda: seen in httpx.get(url + "/metrics", timeout=60).text, WITHIN_S)
            telegram.say(7, "lệ phí khai sinh")
            assert telegram.wait_for(7, 1, 60) == [OFF]
            assert telegram.called("sendChatAction") == []
            assert replies.asked == []
            telegram.webhook = {}
