"""Certificates: given for what was learned, checked on their page, with a name if one is given."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import text

from bot.course.plan import Award
from bot.course.services import Facilities
from bot.journal import Journal
from tests.fakes import free_port, serve
from tests.fakes.learning import TODAY, Learner, journal_in, known, lesson
from webhook.certificates import PATH, certificates_router, certify
from webhook.settings import Settings
from webhook.site import static_router

PORT = free_port()
SITE = f"http://127.0.0.1:{PORT}"
NAME = "Nguyễn Thị Hồng Ngọc"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("certificates")
    return Settings(_env_file=None, data_dir=folder, public_url=SITE, secret_key="s" * 40)


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.include_router(certificates_router(settings))
    app.include_router(static_router())
    with serve(app, PORT), httpx.Client(base_url=SITE, timeout=60) as client:
        yield client


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


@pytest.fixture
def lan(journal: Journal, settings: Settings) -> Learner:
    return Learner(journal, facilities=Facilities(certify=certify(settings)))


def do(learner: Learner, *numbers: int) -> None:
    """Whole Lessons, of each the first question wrong."""
    for number in numbers:
        learner.act(f"course:quiz:{lesson(number).id}")
        for place, question in enumerate(lesson(number).quiz):
            learner.say(str(question.correct if place else question.correct % 3 + 1))


@pytest.fixture
def path(lan: Learner) -> str:
    """Of the certificate of somebody who has done level 1."""
    do(lan, 1, 2, 3, 4, 5)
    lan.say("chứng nhận học")
    assert lan.last.page
    return lan.last.page


def test_who_has_not_done_a_level_gets_none(lan: Learner) -> None:
    do(lan, 1, 2, 3, 4)
    assert "chưa học xong" in lan.say("chứng nhận học")
    lan.act("course:award:level-1")
    assert lan.last.page is None


def test_of_several_one_is_chosen(lan: Learner) -> None:
    levels = [e.order for e in known().edition.library if e.kind == "lesson" and e.level <= 2]
    do(lan, *sorted(levels))
    lan.say("chứng nhận học")
    assert [label[:8] for label in lan.labels] == ["Cấp độ 1", "Cấp độ 2"]
    lan.say("2")
    assert lan.last.page


def test_its_page_says_what_was_learned(site: httpx.Client, path: str) -> None:
    page = site.get(path)
    assert page.status_code == 200
    for words in ("cấp độ 1 – bước đầu", "5 bài học, trả lời đúng 15 trên 20 câu", "22/11/2026"):
        assert words in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    assert "no-store" in page.headers["cache-control"]


def test_the_code_on_it_leads_to_its_page(site: httpx.Client, path: str) -> None:
    png = site.get(f"{path}/giay.png")
    assert png.headers["content-type"] == "image/png"
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.content)))
    assert code.text == SITE + path


def test_it_can_be_printed(site: httpx.Client, path: str) -> None:
    pdf = site.get(f"{path}/giay.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert "attachment" in pdf.headers["content-disposition"]
    assert len(pdf.content) < 100_000


def test_a_name_stands_on_it_only_if_it_is_given(site: httpx.Client, path: str) -> None:
    assert NAME not in site.get(path).text
    named = site.post(path, data={"name": f"  {NAME} "}, follow_redirects=True)
    assert NAME in named.text
    assert str(named.url) != SITE + path
    assert 'name="name"' not in named.text, "whose it is does not change any more"
    assert site.get(f"{named.url}/giay.png").content != site.get(f"{path}/giay.png").content
    assert NAME not in site.get(path).text


def test_a_name_is_readable_in_no_address_and_kept_nowhere(
    site: httpx.Client, path: str, journal: Journal
) -> None:
    moved = site.post(path, data={"name": "Lan"})
    assert moved.status_code == 303
    assert "Lan" not in moved.headers["location"]
    with journal.engine.connect() as db:
        tables = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
        for table in list(tables):
            rows = db.execute(text(f'SELECT * FROM "{table}"')).all()
            assert moved.headers["location"] not in str(rows), table


@pytest.mark.parametrize("name", ["", "A" * 61, "Lan 0912345678", "<b>Lan</b>", "http://x", "\x00"])
def test_what_is_no_name_is_refused_kindly(site: httpx.Client, path: str, name: str) -> None:
    refused = site.post(path, data={"name": name})
    assert refused.status_code == 422
    assert "chữ và dấu cách" in refused.text


@pytest.mark.parametrize("name", ["Lan", "H'Hen Niê", "Nguyễn Văn A.", "Anne-Marie Trần"])
def test_names_of_all_kinds_are_taken(site: httpx.Client, path: str, name: str) -> None:
    assert site.post(path, data={"name": name}).status_code == 303


def test_what_we_have_not_made_is_told_to_be_false(site: httpx.Client, path: str) -> None:
    middle = len(path) // 2
    changed = path[:middle] + ("A" if path[middle] != "A" else "B") + path[middle + 1 :]
    for address in (changed, PATH + "/x", PATH + "/" + "A" * 5000, path[:-9], PATH + "/%C3%A9"):
        page = site.get(address)
        assert page.status_code == 404, address
        assert "Không đúng giấy" in page.text
    for address in (changed + "/giay.pdf", path + "/giay.exe", path + "/..%2f..%2fetc"):
        assert site.get(address).status_code == 404


def test_another_installations_certificate_is_not_ours(site: httpx.Client, tmp_path: Path) -> None:
    other = Settings(_env_file=None, data_dir=tmp_path, secret_key="t" * 40)
    assert site.get(certify(other)(Award("level-1", 5, 20, 20), TODAY)).status_code == 404


def test_without_the_pages_none_is_promised(journal: Journal) -> None:
    lan = Learner(journal)
    do(lan, 1, 2, 3, 4, 5)
    assert "chưa làm được" in lan.say("chứng nhận học")


def test_the_page_shows_the_picture_and_both_files(site: httpx.Client, path: str) -> None:
    links = re.findall(rf'(?:href|src)="({PATH}/[^"]+)"', site.get(path).text)
    assert {link.rpartition("/")[2] for link in links} == {"giay.pdf", "giay.png"}
    assert all(site.get(link).status_code == 200 for link in links)
