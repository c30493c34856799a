"""Talking with a person on the web page: with our script, without, and for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.messages import say
from tests.fakes import free_port, serve
from tests.fakes.duty import NAMES, Duty
from tests.fakes.small_search import small_known
from tests.test_browser import CHROMIUM, FLAGS, SIZES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium"),
]

WAIT_MS = 60_000


@pytest.fixture
def duty(tmp_path: Path) -> Iterator[Duty]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    duty = Duty(small_known(NAMES, tmp_path / "index"), tmp_path, url)
    with serve(duty.app, port):
        yield duty
    duty.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def visitor(chromium: Browser, duty: Duty, size: str, *, script: bool = True) -> Page:
    """Somebody who waits at a desk, on a page of that size."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    duty.desk()
    page.goto(duty.url)
    page.fill("#text", "gặp người ở phường Hoàn Kiếm, Hà Nội")
    page.click("button.send")
    page.get_by_role("button", name=say("handoff.buttons.yes")).click()
    expect(page.locator("#log")).to_contain_text("Bạn đứng thứ 1", timeout=WAIT_MS)
    return page


def faults(page: Page) -> None:
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


@pytest.mark.parametrize("size", SIZES)
def test_what_a_person_says_shows_by_itself_once(chromium: Browser, duty: Duty, size: str) -> None:
    page = visitor(chromium, duty, size)
    bar = page.locator("#handoff")
    expect(bar).to_contain_text(say("web.handoff.waiting"))
    duty.handoffs.take(1, 1, "Lan Anh")
    expect(page.locator("#log")).to_contain_text("đang ở đây với bạn", timeout=WAIT_MS)
    expect(bar).to_contain_text(say("web.handoff.taken"))
    page.fill("#text", "tôi cần gì")
    page.click("button.send")
    turns = page.locator("#log .turn")
    expect(turns.last).to_contain_text("tôi cần gì")
    duty.handoffs.write(1, 1, "Mang <b>giấy</b>", "k")
    expect(page.locator("#log .clerk")).to_contain_text("Mang <b>giấy</b>", timeout=WAIT_MS)
    faults(page)
    page.reload()
    expect(page.locator("#log .clerk")).to_have_count(1)
    duty.handoffs.give_back(1, 1)
    expect(page.locator("#log")).to_contain_text("trợ lý tự động, trả lời lại", timeout=WAIT_MS)
    expect(bar).to_be_hidden()
    expect(page.locator("#log .clerk")).to_have_count(1)


def test_without_script_a_button_shows_it(chromium: Browser, duty: Duty) -> None:
    page = visitor(chromium, duty, "phone", script=False)
    duty.handoffs.take(1, 1, "Lan Anh")
    duty.handoffs.write(1, 1, "Tôi đây", "k")
    page.get_by_role("button", name=say("web.handoff.look")).click()
    expect(page.locator("#log")).to_contain_text("Tôi đây")
    page.get_by_role("button", name=say("web.handoff.end")).click()
    expect(page.locator("#log")).to_contain_text("Đã dừng trò chuyện")
    expect(page.locator("#handoff")).to_be_hidden()
