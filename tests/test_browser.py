"""The pages in a real Chromium: as a phone, as a desktop, on a counter, and with a bad network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from bot.messages import say
from tests.fakes import serve
from tests.fakes.desk import DeskReplies, Shown, published
from webhook.pages import pages_router
from webhook.security import SecurityHeaders, security_headers
from webhook.settings import Settings
from webhook.web import chat_router

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": (360, 740), "desktop": (1366, 768)}
WAIT_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium"),
]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shown() -> Shown:
    return published(["procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao"])


@pytest.fixture(scope="module")
def replies(shown: Shown) -> DeskReplies:
    return DeskReplies(shown)


@pytest.fixture(scope="module")
def url(
    shown: Shown, replies: DeskReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("browser"))
    app = FastAPI()
    # The policy the pages must live with.
    app.add_middleware(SecurityHeaders, headers=security_headers(settings))
    app.include_router(chat_router(replies, settings, lambda: shown))
    app.include_router(pages_router(lambda: shown, settings))
    with serve(app) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, url: str) -> Iterator[Open]:
    """Opens an address in a window of its own; at the end, nothing may have gone wrong in any."""
    complaints: list[str] = []
    contexts = []

    def open_one(path: str = "/", size: str = "phone", script: bool = True) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            is_mobile=size == "phone",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    unexpected = [text for text in complaints if "ERR_FAILED" not in text and "503" not in text]
    assert not unexpected


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.click(".send")


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("size", SIZES)
def test_somebody_asks_and_presses_a_choice(open_page: Open, size: str) -> None:
    page = open_page(size=size)
    ask(page, "lam giay khai sinh can gi")
    expect(page.locator(".person p")).to_have_text("lam giay khai sinh can gi")
    answer = page.locator(".bot").last
    expect(answer.locator("h3")).to_have_text("Đăng ký khai sinh")
    expect(page.locator("#text")).to_have_value("")
    answer.get_by_role("button", name="Lệ phí").click()
    expect(page.locator(".bot h3").last).to_have_text("Lệ phí: Đăng ký khai sinh")
    expect(page.locator(".bot h3").last).to_be_in_viewport()
    expect(page.locator(".send")).to_be_enabled()
    assert fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_an_entrys_page_fits_and_breaks_no_rule_of_the_policy(open_page: Open, size: str) -> None:
    page = open_page("/thu-tuc/khai-sinh", size)
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh")
    expect(page.locator(".qr").first).to_be_visible()
    assert fits(page)
    small = page.evaluate(
        "[...document.querySelectorAll('button, .button')].filter(b => b.offsetHeight &&"
        " b.offsetHeight < 44).map(b => b.textContent)"
    )
    assert small == []


def test_it_works_without_javascript(open_page: Open) -> None:
    page = open_page(script=False)
    ask(page, "khai sinh cho con")
    expect(page.locator("#cuoi h3")).to_have_text("Đăng ký khai sinh")
    expect(page.locator("#cuoi h3")).to_be_in_viewport()
    page.locator("#cuoi").get_by_role("button", name="Giấy tờ").click()
    expect(page.locator(".person p")).to_have_text(["khai sinh cho con", "Giấy tờ"])


def test_enter_sends_and_shift_enter_begins_a_line(open_page: Open) -> None:
    page = open_page(size="desktop")
    page.locator("#text").press_sequentially("khai sinh")
    page.keyboard.press("Shift+Enter")
    page.locator("#text").press_sequentially("cho con")
    expect(page.locator("#text")).to_have_value("khai sinh\ncho con")
    page.keyboard.press("Enter")
    expect(page.locator(".person")).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()


def test_on_a_phone_the_answer_has_the_focus_not_the_keyboard(open_page: Open) -> None:
    page = open_page()
    ask(page, "khai sinh cho con")
    expect(page.locator(".bot").last).to_be_focused()


def test_while_it_waits_it_says_so_and_cannot_be_pressed_again(open_page: Open) -> None:
    page = open_page()
    held: list[Route] = []
    page.route("**/chat", lambda route: held.append(route))
    ask(page, "khai sinh cho con")
    expect(page.locator("#waiting")).to_have_text(say("web.waiting"))
    expect(page.locator(".send")).to_be_disabled()
    held[0].continue_()
    expect(page.locator(".bot h3")).to_be_visible()
    expect(page.locator("#waiting")).to_be_empty()


def test_a_lost_question_is_kept_and_asked_once_when_sent_again(
    open_page: Open, replies: DeskReplies
) -> None:
    page = open_page()
    before = len(replies.asked)
    # The server hears it, but its answer is lost on the way.
    page.route("**/chat", lambda route: (route.fetch(), route.abort()), times=1)
    ask(page, "đăng ký khai sinh cho bé nhà tôi")
    expect(page.locator("#notice")).to_contain_text(say("web.lost"))
    expect(page.locator("#text")).to_have_value("đăng ký khai sinh cho bé nhà tôi")
    expect(page.locator(".person")).to_have_count(0)
    page.get_by_role("button", name=say("web.resend")).click()
    expect(page.locator(".bot h3")).to_have_text("Đăng ký khai sinh")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#notice")).to_be_empty()
    assert len(replies.asked) == before + 1


def test_a_failing_server_is_told_in_its_own_words(open_page: Open, replies: DeskReplies) -> None:
    page = open_page()
    replies.broken = True
    try:
        ask(page, "câu chưa ai hỏi")
        expect(page.locator("#notice p")).to_have_text(say("channel.failed"))
    finally:
        replies.broken = False


def test_coming_back_from_an_entrys_page_finds_the_talk_again(open_page: Open) -> None:
    page = open_page()
    ask(page, "khai sinh cho con")
    page.get_by_role("link", name=say("web.full_page")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh")
    page.get_by_role("link", name=say("web.home"), exact=True).click()
    expect(page.locator(".person p")).to_have_text("khai sinh cho con")
    ask(page, "xóa dữ liệu của tôi")
    expect(page.locator(".bot")).to_have_count(1)
    page.reload()
    expect(page.locator("body")).not_to_contain_text("khai sinh cho con")


def test_a_scanned_code_shows_its_entry_once(open_page: Open) -> None:
    page = open_page("/?muc=khai-sinh")
    expect(page.locator(".bot h3")).to_have_text("Đăng ký khai sinh")
    assert "muc" not in page.url
    page.reload()
    expect(page.locator(".bot h3")).to_have_count(1)


def test_hostile_text_stays_text(open_page: Open) -> None:
    page = open_page()
    ask(page, "<img src=x onerror=alert(1)><script>alert(2)</script>")
    expect(page.locator(".bot")).to_have_count(2)
    expect(page.locator("#log img, #log script")).to_have_count(0)


def test_on_a_counter_the_next_person_finds_nothing_of_the_last(open_page: Open) -> None:
    page = open_page("/?quay=1", "desktop")
    ask(page, "khai sinh cho con")
    expect(page.locator(".bot h3")).to_be_visible()
    page.get_by_role("link", name=say("web.restart")).click()
    expect(page.locator(".person")).to_have_count(0)
    page.go_back()
    expect(page.locator(".person")).to_have_count(0)


def test_on_a_counter_an_abandoned_talk_ends_by_itself_after_a_warning(
    chromium: Browser, url: str
) -> None:
    # Gliding takes real time, of which the clock below knows nothing.
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.clock.install()
    page.goto(url + "/?quay=1")
    ask(page, "khai sinh cho con")
    expect(page.locator(".bot h3")).to_be_visible()
    page.clock.run_for(170_000)
    expect(page.locator(".idle")).to_have_text(say("web.idle"))
    page.clock.run_for(15_000)
    expect(page.locator(".person")).to_have_count(0)
    context.close()
