"""The public pages of the Entries, over the Entries that are shipped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.messages import say
from knowledge.load import SHIPPED
from knowledge.model import Facet, Fact, Lesson, Procedure
from knowledge.pages import page_of
from tests.fakes.desk import TODAY, DeskReplies, Shown, published
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.parse import parse
from webhook.pages import pages_router
from webhook.settings import Settings
from webhook.web import chat_router

SITE = "https://hoi.example.vn"
KINDS = ("procedures", "guides", "lessons")


@pytest.fixture(scope="module")
def shown() -> Shown:
    return published([f"{k}/{path.stem}" for k in KINDS for path in SHIPPED.glob(f"{k}/*.yaml")])


@pytest.fixture(scope="module")
def visitor(shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(server(shown, tmp_path_factory.mktemp("pages"))) as client:
        yield client


def server(shown: Shown, folder: Path, today: date = TODAY, **others: object) -> FastAPI:
    settings = Settings(_env_file=None, data_dir=folder, public_url=SITE, **others)
    app = FastAPI()
    app.include_router(chat_router(DeskReplies(shown), settings, lambda: shown))
    app.include_router(pages_router(lambda: shown, settings, lambda: today))
    return app


def text_of(page: str) -> str:
    """What a reader sees of a page, on one line."""
    body = re.sub(r"<(script|title)[^>]*>.*?</\1>|<[^>]+>", "", page, flags=re.S)
    return " ".join(unescape(body).split())


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_shipped_entry_has_a_page_with_every_fact_and_source(
    visitor: TestClient, shown: Shown
) -> None:
    library = shown.edition.library
    assert len(library.entries) > 50
    for entry in library:
        got = visitor.get(page_of(entry))
        assert got.status_code == 200, entry.id
        seen = text_of(got.text)
        wanted = [entry.title, entry.summary, *(fact.text for fact in entry.all_facts())]
        wanted += [caution.text for caution in entry.cautions]
        wanted += [fact.caution for fact in entry.all_facts() if fact.caution]
        wanted += [library.sources[source].title for source in entry.source_ids]
        missing = [text for text in wanted if one_line(text) not in seen]
        assert not missing, entry.id


def test_notes_for_administrators_stay_inside(visitor: TestClient, shown: Shown) -> None:
    library = shown.edition.library
    for entry in library:
        notes = {library.sources[s].note for s in entry.source_ids} - {None}
        own = {fact.text for fact in entry.all_facts()}
        page = visitor.get(page_of(entry)).text
        assert not [note for note in notes - own if note and len(note) > 30 and note in page]


def test_a_procedures_page_says_when_and_where_each_fact_holds(visitor: TestClient) -> None:
    seen = text_of(visitor.get("/thu-tuc/khai-sinh").text)
    assert "Mã thủ tục1.001193" in seen.replace("tục 1", "tục1")
    assert "Đăng ký đúng hạn: Miễn lệ phí." in seen
    assert "Hà Nội: Đăng ký quá hạn: 5.000 đồng một việc khi nộp trực tiếp. (*)" in seen
    assert say("web.page.medium") in seen
    assert "Sắp thay đổi từ 01/03/2027" in seen
    assert "kiểm tra 22/09/2026" in seen


def test_references_lead_to_sources_that_are_there(visitor: TestClient, shown: Shown) -> None:
    for entry in shown.edition.library:
        page = visitor.get(page_of(entry)).text
        inside = set(re.findall(r'href="#([^"]+)"', page))
        assert inside <= set(re.findall(r' id="([^"]+)"', page)), entry.id


def test_a_rule_that_has_ended_stands_last_and_says_so(shown: Shown, tmp_path: Path) -> None:
    entry = shown.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    ended = Fact(
        text="Miễn lệ phí cho mọi người.", sources=("hp23",), checked_on=TODAY,
        valid_until=date(2026, 12, 31),
    )  # fmt: skip
    facts = {**entry.facts, Facet.FEE: (ended, *entry.facts[Facet.FEE])}
    library = shown.edition.library
    changed = type(library)(
        {**library.entries, entry.id: entry.model_copy(update={"facts": facts})}, library.sources
    )
    edition = type(shown.edition)(4, "1" * 64, shown.edition.published_at, changed)
    later = server(Shown(edition), tmp_path, date(2027, 2, 1))
    with TestClient(later) as visitor:
        seen = text_of(visitor.get("/thu-tuc/khai-sinh").text)
    assert say("answer.expired", date="31/12/2026") in seen
    assert seen.index("Miễn lệ phí cho mọi người.") > seen.index("8.000 đồng một bản sao")


def test_a_lesson_has_its_exercise_and_quiz_with_hidden_solutions(
    visitor: TestClient, shown: Shown
) -> None:
    lessons = [entry for entry in shown.edition.library if isinstance(entry, Lesson)]
    assert lessons
    for lesson in lessons:
        page = visitor.get(page_of(lesson)).text
        seen = text_of(page)
        assert page.count("<details>") == len(lesson.quiz) + 1
        assert one_line(lesson.exercise.sample) in seen
        assert one_line(lesson.exercise.answer.text) in seen
        for question in lesson.quiz:
            right = "ABCDE"[question.correct - 1]
            option = question.options[question.correct - 1]
            assert one_line(f"Đáp án đúng: {right}. {option}") in seen
            assert one_line(question.explanation) in seen


def test_a_page_can_be_printed_with_its_codes(visitor: TestClient) -> None:
    page = visitor.get("/thu-tuc/khai-sinh").text
    assert re.search(r'<link rel="stylesheet" href="/static/print.css\?v=\w+" media="print">', page)
    assert page.count('class="qr"') == 2
    assert f"{SITE}/thu-tuc/khai-sinh</span>" in page
    assert f"{SITE}/?muc=khai-sinh</span>" in page


def test_a_page_tells_search_engines_only_what_the_record_says(
    visitor: TestClient, shown: Shown
) -> None:
    page = visitor.get("/thu-tuc/khai-sinh").text
    assert f'<link rel="canonical" href="{SITE}/thu-tuc/khai-sinh">' in page
    assert "<title>Đăng ký khai sinh – " in page
    assert '<meta name="description" content="Ghi nhận việc sinh của trẻ' in page
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found
    data = json.loads(found[1])
    entry = shown.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    assert (data["@type"], data["name"]) == ("GovernmentService", entry.title)
    assert data["identifier"]["value"] == entry.code
    assert "application/ld+json" not in visitor.get("/cam-nang/lua-dao").text


@pytest.mark.parametrize(
    "path", ["/thu-tuc/khong-co", "/cam-nang/khai-sinh", "/bai-hoc/khai-sinh", "/thu-tuc/%3Cb%3E"]
)
def test_an_address_that_leads_nowhere_offers_the_search(visitor: TestClient, path: str) -> None:
    got = visitor.get(path)
    assert got.status_code == 404
    assert say("web.not_found") in got.text
    assert 'action="/danh-muc"' in got.text


def test_a_browser_that_has_the_page_does_not_load_it_again(
    visitor: TestClient, shown: Shown, tmp_path: Path
) -> None:
    got = visitor.get("/thu-tuc/khai-sinh")
    assert got.headers["cache-control"].startswith("public, max-age=")
    tag = {"if-none-match": got.headers["etag"]}
    again = visitor.get("/thu-tuc/khai-sinh", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    newer = Shown(published(["procedures/khai-sinh"], number=4).edition)
    with TestClient(server(newer, tmp_path)) as other:
        assert other.get("/thu-tuc/khai-sinh", headers=tag).status_code == 200
    with TestClient(server(shown, tmp_path, date(2027, 3, 1))) as other:
        assert other.get("/thu-tuc/khai-sinh", headers=tag).status_code == 200


# The list.


def test_the_list_has_every_entry_under_a_heading(visitor: TestClient, shown: Shown) -> None:
    page = visitor.get("/danh-muc").text
    for entry in shown.edition.library:
        assert f'href="{page_of(entry)}"' in page
    assert "<h2>Hộ tịch</h2>" in page
    assert say("web.found", count=len(shown.edition.library.entries)) in page


@pytest.mark.parametrize("typed", ["khai sinh", "KHAI SINH", "sinh khai", "lam giay khai sinh"])
def test_the_list_is_searched_without_regard_to_marks_and_order(
    visitor: TestClient, typed: str
) -> None:
    page = visitor.get("/danh-muc", params={"tim": typed}).text
    assert 'href="/thu-tuc/khai-sinh"' in page
    assert 'href="/thu-tuc/dich-vu-dien"' not in page


def test_a_code_finds_its_procedure(visitor: TestClient) -> None:
    assert 'href="/thu-tuc/khai-sinh"' in visitor.get("/danh-muc?tim=1.001193").text


def test_a_search_for_nothing_known_says_so_and_escapes_it(visitor: TestClient) -> None:
    page = visitor.get("/danh-muc", params={"tim": "<script>x"}).text
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert say("web.show_all") in page


# QR codes for posters, and the counter.


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        ("/qr/thu-tuc/khai-sinh.svg", "image/svg+xml", b"<?xml"),
        ("/qr/cam-nang/lua-dao.png", "image/png", b"\x89PNG"),
        ("/qr/hoi/khai-sinh.png", "image/png", b"\x89PNG"),
    ],
)
def test_codes_can_be_had_as_files(
    visitor: TestClient, path: str, kind: str, begins: bytes
) -> None:
    got = visitor.get(path)
    assert got.headers["content-type"].startswith(kind)
    assert got.content.startswith(begins)


@pytest.mark.parametrize(
    "path",
    ["/qr/thu-tuc/khong-co.svg", "/qr/bai-hoc/khai-sinh.svg", "/qr/hoi/khai-sinh.exe", "/qr/x/y"],
)
def test_there_is_no_code_of_what_is_not_there(visitor: TestClient, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_a_page_opens_its_entry_in_telegram_once_the_bots_name_is_set(
    shown: Shown, visitor: TestClient, tmp_path: Path
) -> None:
    with TestClient(server(shown, tmp_path, telegram_username="fake_bot")) as named:
        page = named.get("/thu-tuc/khai-sinh").text
        code = named.get("/qr/telegram/khai-sinh.png")
    link = re.search(r'href="https://t\.me/fake_bot\?start=([\w-]{1,64})"', page)
    assert link
    assert page.count('class="qr"') == 3
    assert code.content.startswith(b"\x89PNG")
    assert "t.me" not in visitor.get("/thu-tuc/khai-sinh").text
    assert visitor.get("/qr/telegram/khai-sinh.png").status_code == 404
    opened = parse(started(link[1]), Me(123456, "fake_bot"))
    assert opened
    assert opened.question.action == "entry:khai-sinh"


def started(payload: str) -> dict[str, object]:
    """What Telegram sends when somebody follows a link."""
    person = {"id": 777, "is_bot": False}
    message = {"message_id": 1, "from": person, "chat": {"id": 777, "type": "private"}}
    return {"update_id": 1, "message": {**message, "text": f"/start {payload}"}}


def test_on_a_counter_a_page_leads_only_to_our_own(visitor: TestClient) -> None:
    page = visitor.get("/thu-tuc/khai-sinh?quay=1").text
    assert 'class="kiosk"' in page
    assert say("web.restart") in page
    links = re.findall(r'<a [^>]*href="([^"#]+)"', page)
    assert all(link.startswith("/") and "quay=1" in link for link in links), links
