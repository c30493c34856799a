"""Everybody can use the pages: axe-core finds nothing, and the keyboard alone is enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.handoff.desks import Desks, Kind
from bot.handoff.hours import read_hours
from bot.handoff.store import Handoffs
from bot.model import Channel, Question
from knowledge.model import Facet, Procedure
from knowledge.places import Place
from tests.fakes.desk_site import DeskSite, desk_site
from tests.test_browser import CHROMIUM, FLAGS, SIZES
from webhook.admin.roles import Role

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: apt-get install chromium"),
]

PASSWORD = "mot hai ba bon nam"
WAIT_MS = 60_000
MOST_TABS = 250
LOOKS = {"desktop": "light", "phone": "dark"}
"""Size of the screen → the colours it is tried with."""
PUBLIC = (
    "/",
    "/?quay=1",
    "/danh-muc",
    "/thu-tuc/khai-sinh",
    "/giay-to/khai-sinh",
    "/cam-nang/lua-dao",
    "/thu-tuc/khong-co",
)
EXAMPLES = {
    "/quan-tri/loi-moi/{token}": "/quan-tri/loi-moi/qua-han",
    "/quan-tri/soan/{proposal_id:int}": "/quan-tri/soan/1",
    "/quan-tri/soan/{proposal_id:int}/xem": "",  # a part of the page before
    "/quan-tri/duyet/{proposal_id:int}": "/quan-tri/duyet/2",
    "/quan-tri/nguoi/{person_id:int}": "/quan-tri/nguoi/1",
    "/quan-tri/gap-nguoi/{handoff_id:int}": "/quan-tri/gap-nguoi/1",
    "/quan-tri/gap-nguoi/ban/{desk_id:int}": "/quan-tri/gap-nguoi/ban/1",
}
"""Of pages whose address has a number in it; "" if it is looked at within another."""

FOCUS = """() => {
  const it = document.activeElement;
  if (it === document.body) return {name: "", id: "", seen: true};
  const style = getComputedStyle(it), box = it.getBoundingClientRect();
  const name = it.getAttribute("aria-label") || it.labels?.[0]?.innerText || it.innerText || "";
  return {
    name: name.trim().replace(/\\s+/g, " "),
    id: it.id,
    outline: style.outline,
    top: box.top,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.bottom > 0 && box.top < innerHeight,
  };
}"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with desk_site(tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def window(chromium: Browser, size: str = "desktop") -> Page:
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if LOOKS[size] == "dark" else "light",
    )
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def somebody(chromium: Browser, site: DeskSite, login: str, role: Role, size: str) -> Page:
    """Somebody who has just accepted their invitation."""
    page = window(chromium, size)
    page.goto(site.invitation(login, role))
    faults(page)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/quan-tri")
    return page


def faults(page: Page) -> None:
    """Nothing that axe-core knows is wrong with the page, unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    found = Axe().run(page)
    assert not found.violations_count, f"{page.url}\n{found.generate_report()}"


def admin_pages(site: DeskSite) -> list[str]:
    """The address of every page of the administrators that is fetched; files (".csv") are none."""
    routes = [route for route in site.app.routes if isinstance(route, APIRoute)]
    paths = [
        r.path for r in routes if r.path.startswith("/quan-tri") and "GET" in (r.methods or ())
    ]
    return [address for path in paths if (address := EXAMPLES.get(path, path))]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault_in_the_public_pages(
    chromium: Browser, site: DeskSite, size: str
) -> None:
    page = window(chromium, size)
    for address in PUBLIC:
        page.goto(site.url + address)
        faults(page)
    page.goto(site.url)
    page.fill("#text", "đăng ký khai sinh")
    page.click("button.send")
    expect(page.locator("#log .turn")).to_have_count(3)
    faults(page)


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault_in_the_administrators_pages(
    chromium: Browser, site: DeskSite, size: str
) -> None:
    stranger = window(chromium, size)
    stranger.goto(f"{site.url}/quan-tri/dang-nhap")
    stranger.fill("#login", "khong-co")
    stranger.fill("#password", "khong biet")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert")).to_be_visible()
    faults(stranger)

    page = somebody(chromium, site, f"chief-{size}", Role.ADMINISTRATOR, size)
    busy_desk(site)
    begin(page, site, "thuong-tru")
    page.get_by_role("button", name="Thêm nguồn mới").click()
    expect(page.locator(".row.new")).to_be_visible()
    page.get_by_role("button", name="Gửi duyệt").click()
    faults(page)  # with what is wrong in it
    begin(page, site, "khai-sinh")
    faults(page)
    page.get_by_role("button", name="Gửi duyệt").click()
    page.wait_for_url(re.compile("/quan-tri/duyet/"))
    for address in [*admin_pages(site), "/quan-tri/muc?q=khong-co-gi", "/quan-tri/soan/99"]:
        answer = page.goto(site.url + address)
        if answer and "html" in answer.headers["content-type"]:
            faults(page)


def busy_desk(site: DeskSite) -> None:
    """The first account answers at a desk: it has taken somebody, and somebody else waits."""
    hours, place = read_hours(["7:30-17:00"] * 7), Place("ha-noi", "00070")
    desk = Desks(site.engine).open("Một cửa", place, Kind.OFFICE, hours, [1], 1)
    handoffs = Handoffs(site.engine)
    for name in ("1", "2"):
        asks = Question(id=f"web:{name}", channel=Channel.WEB, conversation=name)
        handoffs.begin(desk, asks, name, place, "khai-sinh")
    handoffs.take(1, 1, "Lan")
    handoffs.turns.hear(1, "web:3", "Tôi cần gì?", handoffs.clock())
    handoffs.write(1, 1, "Mang giấy chứng sinh.", "k")


def begin(page: Page, site: DeskSite, entry_id: str) -> None:
    """Begin to write an Entry, or go on with it."""
    page.goto(f"{site.url}/quan-tri/muc?q={entry_id}")
    page.get_by_role("button", name=re.compile("^Sửa ")).first.click()
    page.wait_for_url(re.compile("/quan-tri/soan/"))


# By keyboard.


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus; every stop on the way must be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        assert at["seen"], f"nobody sees that {at} has the focus"
        if at["name"].startswith(name) or at["id"] == name:
            return
    pytest.fail(f"no way to {name} by keyboard")


def go(page: Page, name: str) -> None:
    """To what is called so, press Enter, and wait for the page it leads to."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_skip_link_comes_first_and_leads_to_the_content(
    chromium: Browser, site: DeskSite
) -> None:
    page = window(chromium)
    for address in ("/danh-muc", "/thu-tuc/khai-sinh", "/quan-tri/loi-moi/qua-han"):
        page.goto(site.url + address)
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        assert at["seen"], at
        assert at["name"] in ("Đến phần chính", "Bỏ qua đến nội dung")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector(location.hash).tagName") == "MAIN"


def test_a_fee_is_corrected_approved_and_published_by_keyboard_alone(
    chromium: Browser, site: DeskSite
) -> None:
    clerk = somebody(chromium, site, "clerk", Role.EDITOR, "desktop")
    keys = clerk.keyboard
    go(clerk, "Nội dung")
    tab_to(clerk, "Tìm theo tên")
    keys.type("dang ky khai sinh")
    go(clerk, "Tìm")
    go(clerk, "Sửa Đăng ký khai sinh")
    tab_to(clerk, "Lệ phí")
    keys.press("Enter")
    tab_to(clerk, "facts.fee.1.text")
    keys.press("ControlOrMeta+a")
    keys.type("Cấp bản sao: 7.000 đồng một bản.")
    tab_to(clerk, "facts.fee.1.amount")
    keys.press("ControlOrMeta+a")
    keys.type("7.000")
    go(clerk, "Gửi duyệt")
    assert "/quan-tri/duyet/" in clerk.url

    colleague = somebody(chromium, site, "colleague", Role.REVIEWER, "desktop")
    go(colleague, "Duyệt")
    go(colleague, "Mở Đăng ký khai sinh")
    tab_to(colleague, "Hỏi về")
    chosen = colleague.locator("#phan option:checked")
    while chosen.text_content() != "Lệ phí":
        at = chosen.text_content()
        colleague.keyboard.press("ArrowDown")
        assert chosen.text_content() != at, "the list ends without it"
    go(colleague, "Xem")
    expect(colleague.locator(".bubble").last).to_contain_text("7.000 đồng")
    for button in ("Duyệt", "Kiểm tra trước khi xuất bản"):
        colleague.locator("h1").click()  # begins below the menu, which has a link of this name
        go(colleague, button)
    assert "/quan-tri/an-ban" in colleague.url
    entry = site.newest().edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    assert any(fact.amount == 7000 for fact in entry.facts[Facet.FEE])
