"""Leaflets: an Entry on paper, asked for as a browser asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from starlette.testclient import TestClient

from bot.messages import say
from knowledge.model import Facet, Procedure
from knowledge.places.units import communes
from tests.fakes.desk import TODAY, DeskReplies, Shown, published
from webhook.leaflets import Printer, leaflets_router
from webhook.pages import pages_router
from webhook.settings import Settings
from webhook.web import chat_router

SITE = "https://hoi.example.vn"
HA_NOI = next(c for c in communes().values() if c.province_id == "ha-noi")


@pytest.fixture(scope="module")
def shown() -> Shown:
    names = ["procedures/khai-sinh", "procedures/giam-ho", "guides/lua-dao"]
    return published([*names, "lessons/bai-1-ai-la-gi"])


@pytest.fixture(scope="module")
def visitor(shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("d"), public_url=SITE)
    app = FastAPI()
    app.include_router(chat_router(DeskReplies(shown), settings, lambda: shown))
    app.include_router(pages_router(lambda: shown, settings, lambda: TODAY))
    app.include_router(leaflets_router(Printer(lambda: shown, settings, lambda: TODAY)))
    with TestClient(app) as client:
        yield client


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, on one line."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def test_a_leaflet_tells_what_to_bring_where_how_long_and_how_much(
    visitor: TestClient, shown: Shown
) -> None:
    got = visitor.get("/thu-tuc/khai-sinh/to-roi.pdf")
    assert got.headers["content-type"] == "application/pdf"
    pages = pages_of(got.content)
    assert len(pages) <= 2
    seen = " ".join(pages)
    entry = shown.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    for facet in (Facet.DOCUMENTS, Facet.TIME, Facet.DEADLINE, Facet.ONLINE):
        assert say(f"leaflet.headings.{facet}") in seen
        assert all(fact.text in seen for fact in entry.facts[facet]), facet
    assert say("leaflet.online_code", site="dichvucong.gov.vn", code="1.001193") in seen
    assert "Sắp thay đổi từ 01/03/2027" in seen
    assert "Kiểm tra ngày 10/06/2026" in seen
    assert say("channel.edition", edition=3) in seen
    assert f"{SITE}/thu-tuc/khai-sinh" in seen


def test_a_leaflet_is_made_for_the_place_it_is_asked_for(visitor: TestClient) -> None:
    path = "/thu-tuc/khai-sinh/to-roi.pdf"
    here = " ".join(pages_of(visitor.get(f"{path}?noi=ha-noi/{HA_NOI.code}").content))
    assert HA_NOI.name_with_province in here
    assert "5.000 đồng một việc" in here
    assert "Hải Phòng" not in here
    nowhere = " ".join(pages_of(visitor.get(f"{path}?noi=%3Cb%3E/99999").content))
    assert say("leaflet.place", place="") not in nowhere
    assert "Bạn gõ" not in nowhere  # nobody types on paper


@pytest.mark.parametrize(("size", "width_mm"), [("a4", 210), ("a6", 105), ("a0", 210)])
def test_the_paper_is_the_one_asked_for(visitor: TestClient, size: str, width_mm: int) -> None:
    got = visitor.get(f"/thu-tuc/khai-sinh/to-roi.pdf?co={size}")
    first = PdfReader(BytesIO(got.content)).pages[0]
    assert float(first.mediabox.width) / 72 * 25.4 == pytest.approx(width_mm, abs=0.5)


def test_what_does_not_fit_is_counted_and_left_to_the_page(
    visitor: TestClient, shown: Shown
) -> None:
    place = f"ha-noi/{HA_NOI.code}"
    pages = pages_of(visitor.get(f"/thu-tuc/giam-ho/to-roi.pdf?co=a6&noi={place}").content)
    assert len(pages) == 2
    seen = " ".join(pages)
    entry = shown.edition.library.entries["giam-ho"]
    assert isinstance(entry, Procedure)
    papers = entry.facts[Facet.DOCUMENTS]
    told = sum(fact.text in seen for fact in papers)
    assert 0 < told < len(papers)
    assert say("leaflet.more", count=len(papers) - told) in seen
    assert HA_NOI.name_with_province in seen.split(say("leaflet.headings.deadline"))[0]


@pytest.mark.parametrize("path", ["/cam-nang/lua-dao", "/bai-hoc/bai-1-ai-la-gi"])
def test_guides_and_lessons_have_leaflets_too(visitor: TestClient, shown: Shown, path: str) -> None:
    pages = pages_of(visitor.get(f"{path}/to-roi.pdf?noi=ha-noi").content)
    assert 1 <= len(pages) <= 2
    entry = shown.edition.library.entries[path.split("/")[2]]
    assert say("leaflet.place", place="") not in " ".join(pages)
    first = next(entry.all_facts())
    assert first.text in " ".join(pages)


@pytest.mark.parametrize(
    "path", ["/thu-tuc/khong-co/to-roi.pdf", "/cam-nang/khai-sinh/to-roi.pdf", "/x/y/to-roi.pdf"]
)
def test_there_is_no_leaflet_of_what_is_not_there(visitor: TestClient, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_an_entrys_page_offers_its_leaflets(visitor: TestClient) -> None:
    page = visitor.get("/thu-tuc/khai-sinh").text
    for path in re.findall(r'href="([^"]+to-roi\.pdf[^"]*)"', page):
        assert visitor.get(path).content.startswith(b"%PDF")
    assert page.count("to-roi.pdf") == 2
    assert "to-roi.pdf" not in visitor.get("/thu-tuc/khai-sinh?quay=1").text
