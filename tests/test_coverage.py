"""What people ask for, and what the records have of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.coverage import Ending, Share, count_endings, shares
from bot.journal import Journal
from bot.model import Answer, Channel, Question, Status
from knowledge.model import Facet, Procedure
from knowledge.places import Place
from knowledge.store import Editions, connect
from tests.fakes.knowing import small_library
from tests.fakes.office import Office, get
from webhook.admin.coverage import MANY, by_field, by_province
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")
PAGE = "/quan-tri/do-phu"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url="http://testserver")
    migrate(settings.database_url)
    engine = connect(settings.database_url)
    Editions(engine).publish(small_library(NAMES), "")
    office = Office(FastAPI(), engine, settings, tmp_path)
    office.app.include_router(admin_router(settings, engine, office.known))
    yield office
    engine.dispose()


def words(page: str) -> str:
    """The page's text on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_questions_are_counted_by_field_and_by_province(office: Office) -> None:
    office.ask("tôi ở Hà Nội", "a")
    office.ask("lệ phí đăng ký khai sinh", "a")
    office.ask("đăng ký khai sinh cần giấy tờ gì", "b")
    office.ask("xin giấy phép nuôi hổ trong vườn", "a")
    page = words(get(office.person("xem", Role.VIEWER), PAGE))
    entry = office.known().edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    assert "3 câu hỏi" in page
    assert f"{entry.field} 2 2 (100%) 0 (0%) 0 (0%)" in page
    assert "Hà Nội 2 1 (50%) 0 (0%) 1 (50%)" in page


def test_greetings_and_opinions_are_no_questions(office: Office) -> None:
    office.ask("xin chào")
    told = office.ask("lệ phí đăng ký khai sinh")
    office.ask("", action=f"fb-:{told.id}")
    assert sum(each.count for each in count_endings(office.engine, LONG_AGO)) == 1


def test_a_facet_that_the_record_lacks_is_listed(office: Office) -> None:
    library = office.known().edition.library
    entry = library.entries["thuong-tru"]
    assert isinstance(entry, Procedure)
    lacking = next(facet for facet in (Facet.BENEFIT, Facet.PENALTY) if facet not in entry.facts)
    told = office.ask("", action=f"entry:thuong-tru:{lacking}")
    assert told.status is Status.ANSWERED_FACET_UNKNOWN
    page = words(get(office.person("anh", Role.EDITOR), PAGE))
    part = page[page.index("Người dân hỏi mà mục chưa có") :]
    assert entry.title in part[: part.index("Mục chưa ai hỏi")]


def test_entries_nobody_asked_for_are_listed(office: Office) -> None:
    office.ask("", action="entry:khai-sinh:fee")
    page = words(get(office.person("xem", Role.VIEWER), PAGE))
    silent = page[page.index("Mục chưa ai hỏi") :]
    assert "2 mục không ai hỏi" in silent
    assert office.known().edition.library.entries["khai-sinh"].title not in silent


def test_only_the_period_counts(office: Office) -> None:
    journal = Journal(office.engine, b"key")
    told = Answer(status=Status.ANSWERED_OVERVIEW, blocks=(), entry_id="khai-sinh")
    asked = Question(id="web:x", channel=Channel.WEB, conversation="c", text="khai sinh")
    journal.record(asked, told)
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert count_endings(office.engine, later) == []
    assert get(office.person("xem", Role.VIEWER), PAGE + "?ngay=7")
    assert "30 ngày qua" in get(office.person("xem", Role.VIEWER), PAGE + "?ngay=12345")


def test_many_questions_and_few_entries_are_marked(office: Office) -> None:
    journal, library = Journal(office.engine, b"key"), office.known().edition.library
    told = Answer(status=Status.ANSWERED_OVERVIEW, blocks=(), entry_id="khai-sinh")
    for number in range(MANY):
        asked = Question(id=f"web:{number}", channel=Channel.WEB, conversation="c", text="x")
        journal.record(asked, told, Place("lai-chau"))
    counted = count_endings(office.engine, LONG_AGO)
    assert [row.is_thin for row in by_field(counted, library)] == [True]
    rows = by_province(counted, library)
    assert [(row.share.total, row.has, row.is_thin) for row in rows] == [(MANY, 0, True)]


def test_coverage_is_counted_on_both_databases(database_url: str) -> None:
    migrate(database_url)
    engine = connect(database_url)
    journal = Journal(engine, b"key")
    nothing = Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=())
    for number, scores in enumerate(([{"entry": "khai-sinh"}], [{"entry": "khai-sinh"}], [])):
        asked = Question(id=f"web:{number}", channel=Channel.WEB, conversation="c", text="x")
        journal.record(asked, nothing, Place("ha-noi", "00070"), scores)
    counted = sorted(count_endings(engine, LONG_AGO), key=lambda each: each.count)
    assert [(each.entry_id, each.count) for each in counted] == [("", 1), ("khai-sinh", 2)]
    assert {(each.ending, each.province) for each in counted} == {(Ending.DECLINED, "ha-noi")}
    assert not any(each.answered_from for each in counted)
    assert shares((each.entry_id, each) for each in counted) == {
        "khai-sinh": Share(declined=2),
        "": Share(declined=1),
    }
    engine.dispose()
