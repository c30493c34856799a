"""Curated answers: written by one person, approved by another, given before search decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from fastapi import FastAPI

from bot.assistant import Assistant
from bot.curated.shelf import Shelf
from bot.curated.store import CuratedAnswers, CuratedError, State, Wording
from bot.journal import Journal
from bot.model import Answer, Question, Status
from bot.pipeline import Pipeline
from knowledge.store import Editions, connect
from tests.fakes import wait_until
from tests.fakes.knowing import small_library
from tests.fakes.office import Office, get, mark, post
from webhook.admin.audit import AuditLog
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")
ASKED = "bộ phận một cửa nghỉ lễ Quốc khánh ngày nào"
TEXT = "Bộ phận một cửa nghỉ từ ngày 1/9 đến hết ngày 2/9."
SOURCE = "Thông báo 12/TB-UBND về lịch nghỉ lễ"
NEW = "/quan-tri/tra-loi-rieng/moi"
PATIENCE_S = 60.0


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


class Citizen:
    """Somebody who writes to the bot; the server knows the curated answers all the while."""

    def __init__(self, office: Office, today: date | None = None) -> None:
        store = CuratedAnswers(office.engine)
        self._assistant = Assistant(
            office.known,
            Journal(office.engine, b"key"),
            Pipeline(shelf=Shelf(store)),
            lambda: today or datetime.now(UTC).date(),
            given=store.hit,
        )
        self._name, self._asked = token_hex(4), 0

    def ask(self, text: str, who: str = "c1") -> Answer:
        self._asked += 1
        number = f"web:{self._name}-{self._asked}"
        return self._assistant.reply(
            Question(id=number, channel="web", conversation=who, text=text)  # type: ignore[arg-type]
        )

    def is_told(self, text: str, who: str = "c1") -> bool:
        """Whether the curated answer comes."""
        return self.ask(text, who).status is Status.ANSWERED_CURATED


def wording(**changed: Any) -> dict[str, Any]:
    given = {
        "title": "Nghỉ lễ của bộ phận một cửa",
        "examples": ASKED,
        "text": TEXT,
        "source_title": SOURCE,
        "source_url": "https://example.gov.vn/12",
        "checked_on": "2026-11-20",
    }
    return {"lam": "luu", **given, **changed}


def revision(browser: Any, address: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', browser.get(address).text)
    assert found
    return found[1]


def press(browser: Any, address: str, button: str) -> str:
    return post(browser, address, lam=button, revision=revision(browser, address))


def approved(office: Office, **changed: Any) -> str:
    """One that lan wrote and minh approved; its address."""
    lan, minh = office.person("lan", Role.REVIEWER), office.person("minh", Role.REVIEWER)
    got = lan.post(NEW, data={**mark(lan), **wording(**changed)})
    assert got.status_code == 200, got.text
    address = str(got.url.path)
    assert "Đã duyệt" in press(minh, address, "duyet")
    return address


# In the chat.


def test_an_approved_answer_is_given_with_its_source_and_date(office: Office) -> None:
    approved(office, text=f"{TEXT}\n- Trực tuyến: nộp cả ngày lễ.")
    told = Citizen(office).ask("bo phan mot cua nghi le quoc khanh ngay nao?")
    assert told.status is Status.ANSWERED_CURATED
    said = [line for block in told.blocks for line in block.lines]
    assert said == ["Nghỉ lễ của bộ phận một cửa", TEXT, "Trực tuyến: nộp cả ngày lễ."]
    assert told.sources[0].title == SOURCE
    assert told.checked_on == date(2026, 11, 20)
    assert told.asks_opinion


def test_other_questions_are_answered_as_before(office: Office) -> None:
    approved(office)
    citizen = Citizen(office)
    assert citizen.ask("lệ phí đăng ký khai sinh").entry_id == "khai-sinh"
    assert not citizen.is_told("bộ phận một cửa ở đâu")
    assert not citizen.is_told("xin chào")


def test_a_question_for_another_facet_is_not_caught(office: Office) -> None:
    approved(office, examples="làm thẻ đi chợ đêm phường Hồng Bàng mất bao nhiêu tiền")
    citizen = Citizen(office)
    assert citizen.is_told("làm thẻ đi chợ đêm phường Hồng Bàng mất bao nhiêu tiền vậy")
    assert not citizen.is_told("làm thẻ đi chợ đêm phường Hồng Bàng mất bao nhiêu ngày")


def test_what_waits_for_approval_is_not_given(office: Office) -> None:
    lan = office.person("lan", Role.REVIEWER)
    post(lan, NEW, **wording())
    assert not Citizen(office).is_told(ASKED)


def test_hits_are_counted(office: Office) -> None:
    address = approved(office)
    citizen = Citizen(office)
    citizen.ask(ASKED, "a")
    citizen.ask(ASKED, "b")
    page = get(office.person("lan", Role.REVIEWER), address)
    assert "Đã dùng 2 lần" in page
    assert "lần gần nhất" in page


def test_switched_off_it_stops_in_a_running_server(office: Office) -> None:
    address = approved(office)
    citizen = Citizen(office)
    assert citizen.is_told(ASKED)
    press(office.person("lan", Role.REVIEWER), address, "tat")
    wait_until(lambda: not citizen.is_told(ASKED), PATIENCE_S)


def test_approved_while_the_server_runs_it_begins(office: Office) -> None:
    citizen = Citizen(office)
    assert not citizen.is_told(ASKED)
    approved(office)
    wait_until(lambda: citizen.is_told(ASKED), PATIENCE_S)


def test_it_holds_from_its_first_to_its_last_day(office: Office) -> None:
    approved(office, valid_from="2026-12-01", valid_until="2026-12-31")
    days = {"2026-11-30": False, "2026-12-01": True, "2026-12-31": True, "2027-01-01": False}
    for day, given in days.items():
        assert Citizen(office, date.fromisoformat(day)).is_told(ASKED, day) is given, day
    told = Citizen(office, date(2026, 12, 2)).ask(ASKED)
    assert "31/12/2026" in str(told.blocks)


def test_it_holds_in_its_provinces_alone(office: Office) -> None:
    approved(office, provinces="ha-noi")
    citizen = Citizen(office)
    assert not citizen.is_told(ASKED, "nowhere")
    citizen.ask("tôi ở Hà Nội", "h")
    assert citizen.is_told(ASKED, "h")
    citizen.ask("tôi ở Đà Nẵng", "d")
    assert not citizen.is_told(ASKED, "d")


def test_it_stops_when_its_entry_is_published_in_other_words(office: Office) -> None:
    address = approved(office, entry_id="khai-sinh")
    told = Citizen(office).ask(ASKED)
    assert told.entry_id == "khai-sinh"
    assert told.choices
    library = small_library(NAMES)
    entry = library.entries["khai-sinh"]
    library.entries["khai-sinh"] = entry.model_copy(update={"summary": "Một câu tóm tắt khác."})
    Editions(office.engine).publish(library, "")
    assert not Citizen(office).is_told(ASKED)
    assert "Đang dừng vì mục đã đổi" in get(office.person("lan", Role.REVIEWER), address)


# On the pages.


def test_nobody_approves_their_own_words(office: Office) -> None:
    lan = office.person("lan", Role.REVIEWER)
    got = lan.post(NEW, data={**mark(lan), **wording()})
    assert "không tự duyệt được" in press(lan, str(got.url.path), "duyet")
    assert not Citizen(office).is_told(ASKED)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("source_title", "", "Không có nguồn"),
        ("checked_on", "", "Cần ngày kiểm tra"),
        ("checked_on", "2999-01-01", "không muộn hơn hôm nay"),
        ("examples", "ngắn", "mỗi câu từ 8"),
        ("source_url", "javascript:alert(1)", "bắt đầu bằng https://"),
        ("entry_id", "khong-co", "Không có mục nào"),
        ("valid_until", "hôm nào", "chưa đúng"),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_the_field(
    office: Office, field: str, value: str, said: str
) -> None:
    page = post(office.person("lan", Role.REVIEWER), NEW, **wording(**{field: value}))
    assert said in page
    assert TEXT in page, "what was typed is kept"
    assert CuratedAnswers(office.engine).all() == []


def test_a_change_stops_it_until_somebody_else_approves_again(office: Office) -> None:
    address = approved(office)
    lan, minh = office.person("lan", Role.REVIEWER), office.person("minh", Role.REVIEWER)
    post(minh, address, **wording(text="Nghỉ hai ngày."), revision=revision(minh, address))
    assert not Citizen(office).is_told(ASKED)
    assert "không tự duyệt được" in press(minh, address, "duyet")
    assert "không tự duyệt được" in press(lan, address, "duyet"), "lan wrote in it too"
    chief = office.person("chief", Role.ADMINISTRATOR)
    assert "Đã duyệt" in press(chief, address, "duyet")
    deeds = [deed.action for deed in AuditLog(office.engine).read(subject="tra-loi-rieng/1")]
    assert deeds == ["curated_approved", "curated_written", "curated_approved", "curated_written"]


def test_two_who_write_at_the_same_time_lose_nothing(office: Office) -> None:
    address = approved(office)
    lan, minh = office.person("lan", Role.REVIEWER), office.person("minh", Role.REVIEWER)
    read = revision(lan, address)
    post(minh, address, **wording(text="Nghỉ hai ngày."), revision=read)
    page = post(lan, address, **wording(text="Nghỉ ba ngày liền."), revision=read)
    assert "người khác vừa sửa" in page
    assert "Nghỉ ba ngày liền." in page


def test_the_page_shows_which_questions_would_be_caught(office: Office) -> None:
    office.ask(ASKED)
    office.fill_inbox()
    library = office.known().edition.library
    known = library.entries["khai-sinh"].questions[0]
    address = approved(office, examples=f"{ASKED}\n{known}")
    page = get(office.person("lan", Role.REVIEWER), address)
    assert f"“{ASKED}”" in page
    assert f"“{known}”" in page
    assert "Coi chừng" in page
    own = approved(office, examples=known, entry_id="khai-sinh")
    assert "Coi chừng" not in get(office.person("lan", Role.REVIEWER), own)


def test_a_group_of_the_inbox_gives_the_examples(office: Office) -> None:
    office.ask(ASKED)
    office.fill_inbox()
    lan = office.person("lan", Role.REVIEWER)
    group = re.search(r"/quan-tri/hop-thu/(\d+)", get(lan, "/quan-tri/hop-thu"))
    assert group
    assert ASKED in get(lan, f"{NEW}?nhom={group[1]}")


def test_editors_read_and_do_not_write(office: Office) -> None:
    address = approved(office)
    an = office.person("anh", Role.EDITOR)
    assert TEXT in get(an, address)
    assert an.get(NEW).status_code == 403
    assert an.post(address, data={**mark(an), "lam": "tat"}).status_code == 403


def test_who_is_limited_to_a_province_writes_for_it_alone(office: Office) -> None:
    ha = office.person("hanoi", Role.REVIEWER, provinces=("ha-noi",))
    assert ha.post(NEW, data={**mark(ha), **wording()}).status_code == 403
    assert ha.post(NEW, data={**mark(ha), **wording(provinces="ha-noi")}).status_code == 200


def test_curated_answers_are_kept_on_both_databases(database_url: str) -> None:
    migrate(database_url)
    engine = connect(database_url)
    store = CuratedAnswers(engine)
    given = {k: v for k, v in wording(examples=[ASKED]).items() if k != "lam"}
    one = store.begin(Wording.model_validate(given), "lan")
    before = store.stamp()
    store.hit(one.id)
    assert store.stamp() == before, "a hit is nothing to follow"
    active = store.approve(one.id, one.revision, "minh", "")
    assert store.stamp() != before
    assert (active.state, active.hits) == (State.ACTIVE, 1)
    assert active.last_hit
    assert datetime.now(UTC) - active.last_hit < timedelta(minutes=10)
    with pytest.raises(CuratedError):
        store.switch_off(one.id, one.revision)
    engine.dispose()
