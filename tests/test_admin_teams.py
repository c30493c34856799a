"""A leader's pages: a team, its codes, its questions and its month, as a browser has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bot.journal import Journal
from bot.model import Channel, Status
from bot.notices import Notices
from bot.team.book import Book
from bot.team.store import Teams
from bot.team.telling import Return, Visit
from knowledge.clock import VIETNAM, today
from knowledge.proposals import Proposals
from tests.fakes.desk import published
from tests.fakes.learning import notices_in
from tests.fakes.small_search import Chat, assistant_over, small_known, words
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import open_database
from webhook.settings import Settings

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
SHOWN = published(["procedures/khai-sinh"])


@dataclass
class Office:
    """The server, and people with accounts."""

    app: FastAPI
    engine: Engine
    people: People
    journal: Journal
    notices: Notices

    def browser(self, login: str, role: Role, provinces: tuple[str, ...] = ()) -> TestClient:
        """Somebody who is logged in."""
        _, token = self.people.invite(login, login.title(), Scope(role, provinces))
        browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
        given = {"name": "", "password": PASSWORD, "again": PASSWORD}
        assert browser.post(f"/quan-tri/loi-moi/{token}", data=given).status_code == 200
        return browser


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url=SITE)
    engine = open_database(settings)
    app = FastAPI()
    journal = Journal(engine, settings.cookie_key().encode())
    noon = datetime.combine(today() + timedelta(days=1), time(12), VIETNAM)
    notices = notices_in(journal, frozenset({Channel.TELEGRAM}), lambda: noon)
    app.include_router(admin_router(settings, engine, lambda: SHOWN, notices=notices))
    yield Office(app, engine, People(engine, settings.cookie_key()), journal, notices)
    engine.dispose()


def sent(browser: TestClient, path: str, **fields: str) -> str:
    """The page that a form leads to, sent with the mark of our pages."""
    seen = browser.get("/quan-tri/to").text
    found = re.search(r'name="dau" value="([^"]+)"', seen)
    assert found
    return unescape(browser.post(path, data={"dau": found[1], **fields}).text)


def made(browser: TestClient, name: str = "Tổ thôn Đồng") -> str:
    """The address of a new team in Hoàn Kiếm."""
    seen = sent(browser, "/quan-tri/to", name=name, province="ha-noi", commune="hoan kiem")
    found = re.search(r'action="(/quan-tri/to/\d+)/ma"', seen)
    assert found, seen
    return found[1]


def test_a_leader_makes_a_team_and_a_code_and_withdraws_it(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER, ("ha-noi",))
    team = made(leader)
    assert "phường Hoàn Kiếm" in leader.get(team).text
    seen = sent(leader, f"{team}/ma", uses="3")
    (code,) = re.findall(r"<code[^>]*>([A-Z]{4}\d{4})</code>", seen)
    assert "còn 3 lượt" in seen
    teams = Teams(office.engine)
    assert teams.join("somebody", "web", "web:1", code) == "joined"
    seen = sent(leader, f"{team}/huy-ma", code=code)
    assert code not in seen
    assert "1 thành viên" in seen
    assert "somebody" not in seen
    assert teams.join("other", "web", "web:2", code) == "wrong_code"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "province": "ha-noi"}, "gõ tên tổ"),
        ({"name": "Tổ", "province": "mat-trang"}, "chọn tỉnh"),
        ({"name": "Tổ", "province": "ha-noi", "commune": "không có"}, "Không tìm thấy xã"),
    ],
)
def test_a_team_that_is_nowhere_is_not_made(
    office: Office, fields: dict[str, str], words: str
) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    assert words in sent(leader, "/quan-tri/to", **fields)
    assert Teams(office.engine).all() == []


def test_a_leader_keeps_to_their_provinces_and_their_own_teams(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER, ("ha-noi",))
    sent(leader, "/quan-tri/to", name="Tổ khác tỉnh", province="hue")
    assert Teams(office.engine).all() == []
    team = made(leader)
    other = office.browser("nguoi-khac", Role.TEAM_LEADER)
    for page in ("", "/bao-cao", "/bao-cao.xlsx"):
        assert other.get(team + page).status_code == 404
    assert "Tổ thôn Đồng" not in other.get("/quan-tri/to").text
    chief = office.browser("quan-ly", Role.ADMINISTRATOR)
    assert "Tổ thôn Đồng" in chief.get("/quan-tri/to").text
    assert office.browser("bien-tap", Role.EDITOR).get("/quan-tri/to").status_code == 403


def test_a_form_from_elsewhere_makes_nothing(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    got = leader.post("/quan-tri/to", data={"dau": "x", "name": "Tổ", "province": "hue"})
    assert got.status_code == 403
    assert Teams(office.engine).all() == []


def test_an_answer_goes_to_the_member_and_begins_a_draft(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    team = made(leader)
    team_id = int(team.rsplit("/", 1)[1])
    book = Book(office.engine)
    book.ask(team_id, "member", "q1", "thôn mình <b>khi nào</b> có sóng?")
    (question,) = book.questions(team_id)
    path = f"{team}/tra-loi/{question.id}"
    assert "còn trống" in sent(leader, path, answer=" ")
    seen = sent(leader, path, answer="Xã báo tháng sau, gọi 0912345678.", draft="1")
    assert "Sẽ báo vào ban ngày" in seen
    (told,) = book.untold("member")
    assert told.answer == "Xã báo tháng sau, gọi [số điện thoại]."
    (draft,) = Proposals(office.engine).all()
    assert draft.title == "thôn mình <b>khi nào</b> có sóng?"
    assert draft.body["sections"][0]["points"][0]["text"] == told.answer
    assert "đã có trả lời" in sent(leader, path, answer="Câu khác.")
    editor = office.browser("bien-tap", Role.EDITOR)
    assert editor.get(f"/quan-tri/soan/{draft.id}").status_code == 200


def test_the_leaders_answer_is_sent_by_itself_and_once(office: Office, tmp_path: Path) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    team = made(leader)
    team_id = int(team.rsplit("/", 1)[1])
    known = small_known(["procedures/khai-sinh"], tmp_path)
    member = Chat(assistant_over(known, office.journal, office.notices), "7", Channel.TELEGRAM)
    member.say(f"vào tổ {Teams(office.engine).new_code(team_id, 1).code}")
    member.say("hỏi tổ trưởng: thôn mình khi nào có sóng?")
    assert office.notices.due([Channel.TELEGRAM]) == []
    (question,) = Book(office.engine).questions(team_id)
    sent(leader, f"{team}/tra-loi/{question.id}", answer="Xã báo tháng sau.")
    [notice] = office.notices.due([Channel.TELEGRAM])
    assert notice.question.conversation == "7"
    told = member.say(action=notice.question.action, id=notice.question.id)
    assert told.status is Status.ANSWERED_TEAM
    assert "Xã báo tháng sau." in words(told)
    assert member.say(action=notice.question.action).blocks == ()
    assert "Xã báo" not in words(member.say("khai sinh cần giấy tờ gì"))


def test_the_month_is_reported_by_task_and_its_workbook_has_no_formulas(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    team = made(leader)
    team_id = int(team.rsplit("/", 1)[1])
    book = Book(office.engine)
    told = [
        ("khai sinh", "thôn Đồng", 2, 20),
        ("Khai Sinh", "thôn dong", 1, 10),
        ("nhận biết lừa đảo", "xóm 5", 30, 90),
        ("=HYPERLINK(1)", "xóm 5", 1, 5),
    ]
    for number, (subject, hamlet, people, minutes) in enumerate(told):
        visit = Visit(subject=subject, hamlet=hamlet, people=people, minutes=minutes)
        book.write(team_id, "member", f"q{number}", visit, today())
    old = Visit(subject="cũ", hamlet="xóm 5", people=99, minutes=5)
    book.write(team_id, "member", "q-old", old, date(2026, 1, 31))
    book.promise(team_id, "m", "r1", Return(due=today(), hamlet="xóm 5", subject="VNeID"))
    page = re.sub(r"<[^>]+>|\s+", " ", unescape(leader.get(f"{team}/bao-cao").text))
    rows = " ".join(page.split())
    assert "a) Hướng dẫn dùng dịch vụ số 3 4 35" in rows
    assert "b) Tuyên truyền, cảnh báo lừa đảo 1 30 90" in rows
    assert "khai sinh 2 3 30" in rows
    assert "Cộng 4 34 125" in rows
    assert "99" not in rows
    file = leader.get(f"{team}/bao-cao.xlsx")
    book_read = load_workbook(BytesIO(file.content))
    cells = [c for sheet in book_read for row in sheet.iter_rows() for c in row]
    assert "=HYPERLINK(1)" in [c.value for c in cells]
    assert {c.data_type for c in cells} <= {"s", "n"}
    january = leader.get(f"{team}/bao-cao?thang=2026-01").text
    assert ">99<" in january
    assert leader.get(f"{team}/bao-cao?thang=x").status_code == 200


def test_the_pages_live_with_the_policy_of_the_server(office: Office) -> None:
    leader = office.browser("to-truong", Role.TEAM_LEADER)
    team = made(leader)
    for path in ("/quan-tri/to", team, f"{team}/bao-cao"):
        assert "style=" not in leader.get(path).text
