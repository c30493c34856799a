"""What every response carries, what every request must keep to, and what no log line holds."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from bot.draft import Known
from bot.messages import say
from knowledge.store import connect
from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.desk import DeskReplies, Shown, published
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from tests.test_web import hidden
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.database import migrate
from webhook.pages import pages_router
from webhook.parts import build_assistant
from webhook.security import (
    ADDRESS_BURST,
    LARGEST_BODY,
    STRANGER_BURST,
    VISITOR_BURST,
    BodyLimit,
    Failures,
)
from webhook.settings import Settings
from webhook.web import chat_router

SITE = "http://testserver"
PAGE = {"accept": "text/html"}
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture(scope="module")
def shown() -> Shown:
    return published(["procedures/khai-sinh"])


def app_for(shown: Shown, folder: Path, **settings: object) -> FastAPI:
    given = Settings(_env_file=None, data_dir=folder, **{"public_url": SITE, **settings})
    replies = DeskReplies(shown)
    routers = (
        chat_router(replies, given, lambda: shown),
        pages_router(lambda: shown, given),
    )
    # The clock stands still: how fast this machine is must not decide what is too fast.
    return create_app(given, replies, readiness=lambda: True, routers=routers, clock=lambda: 0.0)


@pytest.fixture
def browser(shown: Shown, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_for(shown, tmp_path), base_url=SITE) as client:
        yield client


# Headers.


@pytest.mark.parametrize(
    "path", ["/", "/danh-muc", "/thu-tuc/khai-sinh", "/healthz", "/static/chat.css", "/khong-co"]
)
def test_every_response_carries_the_security_headers(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "microphone=()" in headers["permissions-policy"]


@pytest.mark.parametrize(("url", "kept"), [(SITE, False), ("https://hoi.example.vn", True)])
def test_browsers_are_told_to_keep_to_https_where_we_are_reached_by_it(
    shown: Shown, tmp_path: Path, url: str, kept: bool
) -> None:
    with TestClient(app_for(shown, tmp_path, public_url=url), base_url=url) as client:
        assert ("strict-transport-security" in client.get("/").headers) == kept


def test_an_address_that_leads_nowhere_is_a_page_for_people_and_json_for_programs(
    browser: TestClient,
) -> None:
    page = browser.get("/khong-co", headers=PAGE)
    assert page.status_code == 404
    assert say("web.not_found_title") in page.text
    assert browser.get("/khong-co").json() == {"detail": say("web.not_found")}


# Bodies.


@pytest.mark.parametrize("path", ["/chat", "/khong-co", "/healthz"])
def test_a_body_too_large_is_refused_on_every_route(browser: TestClient, path: str) -> None:
    got = browser.post(path, content=b"x" * (LARGEST_BODY + 1), headers=PAGE)
    assert got.status_code == 413
    assert say("refused.too_large") in got.text
    assert "content-security-policy" in got.headers


async def _echo(scope: object, receive: object, send: object) -> None:
    request = Request(scope, receive)  # type: ignore[arg-type]
    body = await request.body()
    await JSONResponse({"bytes": len(body)})(scope, receive, send)  # type: ignore[arg-type]


async def _hides_errors(scope: object, receive: object, send: object) -> None:
    """As FastAPI does while it reads a form."""
    try:
        await _echo(scope, receive, send)
    except Exception:
        await JSONResponse({}, status_code=400)(scope, receive, send)  # type: ignore[arg-type]


@pytest.mark.parametrize("app", [_echo, _hides_errors])
def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(app: object) -> None:
    with serve(BodyLimit(app, limit=1000, larger={"/tep": 5000})) as url:
        parts = [b"x" * 300] * 4
        assert httpx.post(url, content=iter(parts)).status_code == 413
        assert httpx.post(url, content=iter(parts[:3])).json() == {"bytes": 900}
        assert httpx.post(f"{url}/tep", content=iter(parts)).json() == {"bytes": 1200}


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    with serve(BodyLimit(_echo, within_s=0.2)) as url:
        address = urlsplit(url)
        with socket.create_connection((str(address.hostname), int(address.port or 0))) as line:
            line.settimeout(20)
            line.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc")
            assert b" 408 " in line.recv(1000).split(b"\r\n")[0]


# Failures.


def test_whatever_fails_is_a_kind_page_and_one_line_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = FastAPI()
    app.add_middleware(Failures)

    @app.get("/hong/{name}")
    def broken(name: str) -> None:
        raise KeyError(f"what somebody wrote: {name}")

    with serve(app) as url:
        got = httpx.get(f"{url}/hong/0912345678", headers=PAGE)
    assert got.status_code == 500
    assert say("channel.failed") in got.text
    assert "GET /hong/{name} failed: KeyError" in caplog.text
    assert "0912345678" not in caplog.text


def test_somebody_who_leaves_in_the_middle_of_a_form_leaves_no_traceback(
    shown: Shown, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(app_for(shown, tmp_path)) as url:
        address = urlsplit(url)
        with socket.create_connection((str(address.hostname), int(address.port or 0))) as line:
            line.sendall(b"POST /chat HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\ntext=ab")
        assert httpx.get(f"{url}/healthz").status_code == 200
    assert "Traceback" not in caplog.text
    assert "Exception" not in caplog.text


# How often.


def test_an_address_that_opens_too_many_pages_is_asked_to_wait(browser: TestClient) -> None:
    for _ in range(ADDRESS_BURST):
        browser.cookies.clear()
        assert browser.get("/danh-muc", headers={"if-none-match": "x"}).status_code == 200
    browser.cookies.clear()
    got = [browser.get("/danh-muc", headers=PAGE) for _ in range(60)][-1]
    assert got.status_code == 429
    assert int(got.headers["retry-after"]) >= 1
    assert "Xin đợi" in got.text
    assert "<html" in got.text
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/static/chat.css").status_code == 200


def test_a_visitor_who_hurries_does_not_use_up_the_address(browser: TestClient) -> None:
    browser.get("/")
    statuses = [browser.get("/thu-tuc/khai-sinh").status_code for _ in range(VISITOR_BURST + 20)]
    assert statuses[: VISITOR_BURST - 1] == [200] * (VISITOR_BURST - 1)
    assert statuses[-1] == 429
    browser.cookies.clear()
    assert browser.get("/thu-tuc/khai-sinh").status_code == 200


def test_a_cookie_of_ones_own_making_is_no_visitor(browser: TestClient) -> None:
    browser.cookies.set("binhdan_chat", "AAAAAAAAAAAAAAAAAAAAAA.c2lnbmVk")
    statuses = {browser.get("/thu-tuc/khai-sinh").status_code for _ in range(VISITOR_BURST + 20)}
    assert statuses == {200}


@pytest.fixture
def telegram(tmp_path: Path) -> Iterator[tuple[FakeTelegram, str, EchoReplies]]:
    replies = EchoReplies()
    with FakeTelegram() as fake:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=fake.url,
        )
        with serve(create_app(settings, replies, readiness=lambda: True)) as url:
            fake.webhook = {"url": url + PATH, "secret_token": SECRET}
            yield fake, url, replies


def test_wrong_secrets_are_slowed_down_and_the_platform_is_not(
    telegram: tuple[FakeTelegram, str, EchoReplies],
) -> None:
    fake, url, replies = telegram
    with httpx.Client(headers={HEADER: "guess"}) as stranger:
        statuses = [stranger.post(url + PATH, json={}).status_code for _ in range(40)]
        assert statuses[:STRANGER_BURST] == [403] * STRANGER_BURST
        refused = stranger.post(url + PATH, json={})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    # From the same address, as behind a proxy that hides who calls.
    fake.user(7)
    fake.say(7, "khai sinh")
    fake.wait_for(7, 1)
    assert set(fake.statuses) == {200}
    assert [question.text for question in replies.asked] == ["khai sinh"]


def test_a_platform_may_deliver_as_much_as_it_likes(
    telegram: tuple[FakeTelegram, str, EchoReplies],
) -> None:
    _, url, _ = telegram
    with httpx.Client(headers={HEADER: SECRET}) as platform:
        got = [platform.post(url + PATH, json={}).status_code for _ in range(ADDRESS_BURST + 100)]
    assert set(got) == {200}


# The log.

PRIVATE = ("0912345678", "001099012345", "Nguyễn Thị Bưởi", "bưởi", TOKEN, SECRET)
SAID = "khai sinh cho bé Nguyễn Thị Bưởi, căn cước 001099012345, sđt 0912345678"


def test_no_log_line_of_a_conversation_holds_what_was_said_or_a_secret(
    shipped: Known, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeTelegram() as fake:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=fake.url,
        )
        migrate(settings.database_url)
        engine = connect(settings.database_url)
        assistant = build_assistant(settings, engine, lambda: shipped)
        routers = (
            chat_router(assistant, settings, lambda: shipped),
            pages_router(lambda: shipped, settings),
        )
        app = create_app(settings, assistant, readiness=lambda: True, routers=routers)
        with serve(app, log_level="debug") as url:
            fake.webhook = {"url": url + PATH, "secret_token": SECRET}
            _talk_on_telegram(fake)
            _talk_on_the_web(url)
        engine.dispose()
    written = caplog.text.casefold()
    assert [word for word in PRIVATE if word.casefold() in written] == []


def _talk_on_telegram(fake: FakeTelegram) -> None:
    fake.user(7)
    fake.fault("sendMessage", "500")
    fake.say(7, SAID)
    fake.wait_for(7, 1)
    fake.press(7, fake.sent(7)[0]["reply_markup"]["inline_keyboard"][0][0]["text"])
    fake.show(7, "photo")
    fake.say(7, "/xoa")
    wait_until(lambda: len(fake.sent(7)) >= 4, 30)


def _talk_on_the_web(url: str) -> None:
    ours = {"origin": url}
    with httpx.Client(base_url=url, headers={**PAGE, **ours}) as browser:
        form = hidden(browser.get("/", params={"hoi": SAID}).text)
        page = browser.post("/chat", data={**form, "text": SAID}).text
        browser.post("/chat", data={**hidden(page), "action": "entry:khai-sinh:fee"})
        browser.post("/chat", data={**hidden(page), "text": "xóa dữ liệu của tôi"})
        browser.post("/chat", content=b"\xff", headers={"x-test": SAID.encode()})
        browser.get("/danh-muc", params={"tim": SAID})
        browser.get(f"/{SAID}")
