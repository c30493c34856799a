"""The offline pack: fetched over HTTP, then opened from a file in a browser without any network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect, sync_playwright
from starlette.testclient import TestClient

from bot.messages import say
from knowledge.clock import today
from knowledge.load import SHIPPED
from tests.fakes.desk import TODAY, Shown, published
from webhook.pack import LARGEST, PATH, pack_router
from webhook.settings import Settings

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def shown() -> Shown:
    kinds = ("procedures", "guides", "lessons")
    return published([f"{k}/{path.stem}" for k in kinds for path in SHIPPED.glob(f"{k}/*.yaml")])


def fetched(shown: Shown, folder: Path, today: date = TODAY) -> bytes:
    """The pack as somebody downloads it."""
    settings = Settings(_env_file=None, data_dir=folder, public_url="https://hoi.example.vn")
    app = FastAPI()
    app.include_router(pack_router(lambda: shown, settings, lambda: today))
    with TestClient(app) as visitor:
        got = visitor.get(PATH)
        again = visitor.get(PATH, headers={"accept-encoding": "identity"})
    assert "attachment" in got.headers["content-disposition"]
    assert got.content == again.content
    return got.content


def test_the_pack_has_every_entry_and_stays_small(shown: Shown, tmp_path: Path) -> None:
    page = fetched(shown, tmp_path).decode()
    assert len(page.encode()) <= LARGEST
    entries = list(shown.edition.library)
    assert page.count("<details data-names=") == len(entries)
    for entry in entries:
        assert f"/{entry.id}</div>" in page
    assert say("channel.edition", edition=3) in page
    assert "21/11/2026" in page


def test_the_pack_asks_nothing_of_any_network(shown: Shown, tmp_path: Path) -> None:
    page = fetched(shown, tmp_path).decode()
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href|action)=["']|url\(|@import|fetch\(|XMLHttp""", page)


@pytest.fixture
def phone(shown: Shown, tmp_path: Path) -> Iterator[tuple[Page, list[str]]]:
    """The pack opened from a file on a phone in flight mode, and what it asked of networks."""
    file = tmp_path / "pack.html"
    file.write_bytes(fetched(shown, tmp_path, today()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, offline=True, timezone_id="Asia/Ho_Chi_Minh"
        )
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        yield page, asked
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize(
    "typed", ["lam giay khai sinh", "Làm giấy khai sinh", "LÀM GIẤY KHAI SINH"]
)
def test_an_entry_is_found_and_read_without_signal(
    phone: tuple[Page, list[str]], typed: str
) -> None:
    page, asked = phone
    page.get_by_label(say("pack.search")).fill(typed)
    first = page.locator("#list > details:not([hidden])").first
    expect(first.locator("summary").first).to_have_text("Đăng ký khai sinh", timeout=WAIT_MS)
    first.locator("summary").first.click()
    expect(first.get_by_text("Đăng ký trong vòng 60 ngày")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert [url for url in asked if not url.startswith("file:")] == []


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium")
def test_what_is_called_so_comes_before_what_begins_so(phone: tuple[Page, list[str]]) -> None:
    page, _ = phone
    page.get_by_label(say("pack.search")).fill("khai sinh cho con")
    titles = page.locator("#list > details:not([hidden]) > summary")
    expect(titles.first).to_have_text("Đăng ký khai sinh", timeout=WAIT_MS)
    assert any(title.startswith("Khai sinh cho con có") for title in titles.all_inner_texts())


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium")
def test_what_is_nowhere_is_not_found_and_said_so(phone: tuple[Page, list[str]]) -> None:
    page, _ = phone
    page.get_by_label(say("pack.search")).fill("xyzzy")
    expect(page.locator("#found")).to_have_text(say("pack.none"), timeout=WAIT_MS)
    assert page.locator("#list > details:not([hidden])").count() == 0


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium")
def test_after_a_month_the_pack_says_that_it_may_be_old(
    phone: tuple[Page, list[str]],
) -> None:
    page, _ = phone
    expect(page.locator("#old")).to_be_hidden()
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=32))
    page.reload()
    expect(page.locator("#old")).to_be_visible(timeout=WAIT_MS)
