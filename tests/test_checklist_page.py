"""The page with ticked papers: made of its address alone, for the counter and for paper."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from bot.checklist.marks import MOST_MARKED, Mark, read, written
from bot.checklist.papers import papers_of
from bot.messages import say
from knowledge.model import Facet, Procedure
from tests.fakes import free_port, serve
from tests.fakes.desk import TODAY, published
from webhook.checklists import checklists_router
from webhook.pages import qr_svg
from webhook.settings import Settings
from webhook.site import static_router

SHOWN = published(["procedures/khai-sinh", "procedures/dich-vu-nuoc", "guides/lua-dao"])
PORT = free_port()
SITE = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("checklists")
    settings = Settings(_env_file=None, data_dir=folder, public_url=SITE, secret_key="s" * 40)
    app = FastAPI()
    app.include_router(checklists_router(lambda: SHOWN, settings, lambda: TODAY))
    app.include_router(static_router())
    with serve(app, PORT), httpx.Client(base_url=SITE, timeout=60) as client:
        yield client


def paper(number: int) -> str:
    """The identity of a paper of khai-sinh."""
    entry = SHOWN.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    found = papers_of(entry.facts[Facet.DOCUMENTS], entry.facts.get(Facet.FORM, ()), TODAY)
    return found.papers[number - 1].id


def states(page: str) -> list[str]:
    """What the page says of each paper."""
    return re.findall(r'<span class="state">\((.*?)\)</span>', page)


HAVE, MISSING = say("checklist.page.states.have"), say("checklist.page.states.missing")
NEEDLESS = say("checklist.page.states.not_needed")


def test_the_page_shows_each_paper_with_its_mark_its_sources_and_the_day(
    site: httpx.Client,
) -> None:
    marks = {paper(2): Mark.HAVE, paper(5): Mark.HAVE, paper(4): Mark.NOT_NEEDED}
    path = f"/giay-to/khai-sinh/{written(marks)}"
    got = site.get(path)
    page = html.unescape(got.text)
    assert states(page) == [MISSING, HAVE, MISSING, NEEDLESS, HAVE]
    assert say("checklist.state.both", missing=1, unsettled=1) in page
    assert "Tờ khai đăng ký khai sinh" in page
    assert "Nếu đã có giấy chứng sinh điện tử" in page, "what is told beside the papers"
    assert "Cổng Dịch vụ công quốc gia" in page
    assert "10/06/2026" in page
    assert str(qr_svg(SITE + path)) in got.text
    assert SITE + path in got.text
    assert got.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in got.text


def test_without_marks_it_is_an_empty_list(site: httpx.Client) -> None:
    assert states(site.get("/giay-to/khai-sinh").text) == [MISSING] * 5


def test_marks_of_papers_that_are_no_more_are_said_to_be_missing(site: httpx.Client) -> None:
    page = site.get(f"/giay-to/khai-sinh/{paper(1)}-zzzzzz").text
    assert states(page)[0] == HAVE
    assert say("checklist.page.stale") in html.unescape(page)
    assert say("checklist.page.stale") not in html.unescape(site.get("/giay-to/khai-sinh").text)


def test_the_papers_are_those_of_the_province(site: httpx.Client) -> None:
    here = site.get("/giay-to/dich-vu-nuoc?noi=ha-noi")
    assert here.status_code == 200
    assert SITE + "/giay-to/dich-vu-nuoc?noi=ha-noi" in here.text
    assert site.get("/giay-to/dich-vu-nuoc?noi=da-nang").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "khong-co",
        "lua-dao",
        "khai-sinh/1",
        "khai-sinh/abc",
        "khai-sinh/bcdfgh_",
        "khai-sinh/_",
        "khai-sinh/bcdfgh-bcdfgh",
        "khai-sinh/hjklmn-bcdfgh",
        "khai-sinh/bcdfgh_bcdfgh",
        "khai-sinh/<script>alert(1)</script>",
        "khai-sinh/../../etc/passwd",
        "khai-sinh/bcdfgh/bcdfgh",
        "khai-sinh/" + "-".join(["bcdfgh"] * (MOST_MARKED + 5)),
        "khai-sinh/" + "b" * 5000,
    ],
)
def test_an_address_that_we_have_not_made_leads_to_the_friendly_page(
    site: httpx.Client, path: str
) -> None:
    got = site.get(f"/giay-to/{path}")
    assert got.status_code == 404
    assert "<script>alert" not in got.text
    if "passwd" not in path:  # the client itself takes the dots out
        assert say("web.not_found_title") in html.unescape(got.text)


@pytest.mark.parametrize("text", ["", "bcdfgh", "bcdfgh-jklmnp", "_bcdfgh", "bcdfgh_jklmnp"])
def test_marks_are_read_as_they_were_written(text: str) -> None:
    marks = read(text)
    assert marks is not None
    assert written(marks) == text
