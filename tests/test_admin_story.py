"""At 9:00 a clerk corrects a fee, at 9:02 a colleague approves it, at 9:03 everybody is told it.

In a real Chromium, on the real server with the real search.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.draft import Known
from knowledge.load import load
from knowledge.store import Editions
from tests.conftest import VAR
from tests.fakes import free_port, serve
from tests.test_browser import CHROMIUM, FLAGS, SIZES
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.database import open_database
from webhook.serve import build_app
from webhook.settings import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium"),
]

PASSWORD = "mot hai ba bon nam"
WAIT_MS = 60_000
CHECKED_IN_MS = 900_000
"""Some 200 golden questions, asked twice: half a minute on a machine with nothing else to do."""
LIVE_IN_S = 10.0
PAGES = ("", "/muc", "/duyet", "/an-ban", "/thu", "/cau-hoi-vang", "/xem-lai")
QUESTION = "lệ phí đăng ký khai sinh"
FEE = "facts.fee.1"


@pytest.fixture(scope="module")
def site(shipped: Known, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, People]]:
    """The whole server, and its accounts."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    for part in ("encoder", "index"):
        (folder / part).symlink_to(VAR / part)
    url = f"http://127.0.0.1:{port}"
    settings = Settings(_env_file=None, data_dir=folder, public_url=url)
    engine = open_database(settings)
    Editions(engine).publish(load(), "")
    with serve(build_app(settings), port):
        yield url, People(engine, settings.cookie_key())
    engine.dispose()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def somebody(chromium: Browser, site: tuple[str, People], login: str, role: Role) -> Page:
    """Somebody who has just accepted their invitation."""
    url, people = site
    _, token = people.invite(login, login.title(), Scope(role))
    page = window(chromium).new_page()
    page.goto(f"{url}/quan-tri/loi-moi/{token}")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/quan-tri")
    return page


def window(chromium: Browser, size: str = "desktop") -> BrowserContext:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(WAIT_MS)
    return context


def told(chromium: Browser, url: str) -> str:
    """What the web chat answers, in a new conversation on a phone."""
    context = window(chromium, "phone")
    citizen = context.new_page()
    citizen.goto(url)
    citizen.fill("#text", QUESTION)
    citizen.click("button.send")
    expect(citizen.locator("#log .turn")).to_have_count(3, timeout=WAIT_MS)
    said = citizen.locator("#log .turn").last.inner_text()
    context.close()
    return said


def test_a_corrected_fee_is_live_within_seconds_of_its_publication(
    chromium: Browser, site: tuple[str, People]
) -> None:
    url, _ = site
    clerk = somebody(chromium, site, "clerk", Role.EDITOR)
    colleague = somebody(chromium, site, "colleague", Role.REVIEWER)
    assert "8.000 đồng" in told(chromium, url)

    clerk.goto(f"{url}/quan-tri/muc?q=khai-sinh")
    clerk.get_by_role("button", name="Sửa Đăng ký khai sinh", exact=True).click()
    clerk.locator("[id='facts.fee'] > summary").click()
    text = clerk.locator(f"[id='{FEE}.text']")
    text.fill(text.input_value().replace("8.000", "7.000"))
    clerk.locator(f"[id='{FEE}.amount']").fill("7.000")
    expect(clerk.locator("#trang-thai")).to_contain_text("Đã tự lưu", timeout=WAIT_MS)
    clerk.locator("#xem-thu select").select_option("fee")
    expect(clerk.locator("#xem-thu .bubble").first).to_contain_text("7.000 đồng", timeout=WAIT_MS)
    assert "7.000 đồng" not in told(chromium, url), "nothing is published yet"
    clerk.get_by_role("button", name="Gửi duyệt").click()
    clerk.wait_for_url(re.compile("/quan-tri/duyet/"))

    colleague.goto(f"{url}/quan-tri/duyet")
    colleague.get_by_role("link", name="Mở Đăng ký khai sinh").click()
    expect(colleague.locator("ins").first).to_have_text("7.000")
    colleague.get_by_role("button", name="Duyệt", exact=True).click()
    colleague.get_by_role("button", name="Kiểm tra trước khi xuất bản").click()
    publish = colleague.get_by_role("button", name="Xuất bản ngay")
    expect(publish).to_be_visible(timeout=CHECKED_IN_MS)
    expect(colleague.get_by_role("status")).to_contain_text("không câu nào bị hỏng")
    publish.click()
    colleague.wait_for_url(re.compile("/quan-tri/an-ban"))
    published = time.monotonic()
    while "7.000 đồng" not in told(chromium, url):
        assert time.monotonic() - published < 6 * LIVE_IN_S, "people are still told the old fee"


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_screen(
    chromium: Browser, site: tuple[str, People], size: str
) -> None:
    url, _ = site
    page = somebody(chromium, site, f"chief-{size}", Role.ADMINISTRATOR)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{url}/quan-tri/muc?q=thuong-tru")
    page.get_by_role("button", name=re.compile("^(Sửa|Soạn tiếp) ")).first.click()
    page.wait_for_url(re.compile("/quan-tri/soan/"))
    addresses = [page.url, *(f"{url}/quan-tri{p}" for p in PAGES)]
    for address in [*addresses, f"{url}/quan-tri/nguoi", f"{url}/quan-tri/nhat-ky"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
