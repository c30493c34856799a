"""The desk: who opens one, who sees who waits, taking, writing, giving back; and the web page of
whoever talks with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.draft import Known
from bot.handoff.desks import Kind
from bot.messages import say
from bot.model import Channel, Status
from bot.team.store import Teams
from tests.fakes.duty import HOAN_KIEM, NAMES, SITE, Clerk, Duty
from tests.fakes.small_search import small_known, words
from webhook.admin.audit import AuditLog
from webhook.admin.handoffs import LONGEST_WORD
from webhook.admin.roles import Role

DAYS = {f"day-{day}": "0:00-24:00" for day in range(7)}
FETCH = {"origin": SITE, "x-requested-with": "fetch"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return small_known(NAMES, tmp_path_factory.mktemp("index"))


@pytest.fixture
def duty(known: Known, tmp_path: Path) -> Iterator[Duty]:
    duty = Duty(known, tmp_path)
    yield duty
    duty.close()


def opened(duty: Duty, by: Clerk, *people: Clerk, **others: str) -> str:
    """The page of a desk that was opened on its form, or of what was wrong with it."""
    given = {
        "name": "Một cửa Hoàn Kiếm",
        "province": "ha-noi",
        "commune": "hoan kiem",
        "kind": "office",
        "people": [str(person.id) for person in people],
        **DAYS,
        **others,
    }
    return by.send("/ban", **given)


def deeds(duty: Duty) -> list[str]:
    return [deed.action for deed in AuditLog(duty.engine).read()]


# --- enrolling ------------------------------------------------------------------------------------


def test_an_administrator_opens_changes_and_shuts_a_desk(duty: Duty) -> None:
    chief, clerk = duty.browser("chief", Role.ADMINISTRATOR), duty.browser("lan", Role.CLERK)
    seen = opened(duty, chief, clerk)
    assert "Đã lưu" in seen
    [desk] = duty.desks.all()
    assert (desk.place, desk.people, desk.kind) == (str(HOAN_KIEM), (clerk.id,), Kind.OFFICE)
    assert desk.is_open(duty.clock.now)
    assert "phường Hoàn Kiếm (Hà Nội)" in chief.see()
    lan = duty.waiting()
    seen = chief.send(f"/ban/{desk.id}", name="Một cửa", people=[str(clerk.id)], **DAYS)
    assert not duty.desks.all()[0].on
    assert "chưa có ai" in words(duty.sent()[0]), "who waits there is told at once"
    assert say("handoff.no_desk") in words(lan.say("gặp người"))
    assert deeds(duty)[:2] == ["desk_changed", "desk_opened"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "gõ tên nơi trực"),
        ("province", "mat-trang", "chọn tỉnh"),
        ("commune", "không có", "Không tìm thấy xã"),
        ("day-2", "sáng", "thứ Tư chưa đúng"),
    ],
)
def test_a_desk_that_can_not_be_is_not_opened(
    duty: Duty, field: str, value: str, said: str
) -> None:
    chief = duty.browser("chief", Role.ADMINISTRATOR)
    assert said in opened(duty, chief, **{field: value})
    assert chief.status == 400
    assert duty.desks.all() == []


def test_a_desk_without_hours_is_not_opened(duty: Duty) -> None:
    chief = duty.browser("chief", Role.ADMINISTRATOR)
    assert "ít nhất một ngày" in opened(duty, chief, **dict.fromkeys(DAYS, ""))


def test_a_leader_opens_a_desk_of_volunteers_where_their_team_is(duty: Duty) -> None:
    leader = duty.browser("to-truong", Role.TEAM_LEADER, ("ha-noi",))
    chief, far = (
        duty.browser("chief", Role.ADMINISTRATOR),
        duty.browser("hue", Role.CLERK, ("hue",)),
    )
    assert "tổ do bạn phụ trách" in opened(duty, leader, leader)
    Teams(duty.engine).create("Tổ thôn Đồng", HOAN_KIEM, leader.id)
    assert "Đã lưu" in opened(duty, leader, leader, chief, far, team_place=str(HOAN_KIEM))
    [desk] = duty.desks.all()
    assert desk.kind is Kind.TEAM
    assert desk.people == (leader.id,), "nobody from elsewhere, and nobody above them"
    assert chief.see(f"/ban/{desk.id}")
    assert chief.status == 200
    other = duty.browser("khac", Role.TEAM_LEADER, ("ha-noi",))
    other.see(f"/ban/{desk.id}")
    assert other.status == 404


def test_who_works_for_other_provinces_runs_no_desk_here(duty: Duty) -> None:
    duty.desk()
    chief = duty.browser("hue", Role.ADMINISTRATOR, ("hue",))
    chief.see("/ban/1")
    assert chief.status == 404
    assert "chọn tỉnh" in opened(duty, chief)


@pytest.mark.parametrize(("role", "status"), [(Role.CLERK, 403), (Role.VIEWER, 403)])
def test_others_open_no_desk(duty: Duty, role: Role, status: int) -> None:
    somebody = duty.browser("ai-do", role)
    somebody.see("/ban")
    assert somebody.status == status
    opened(duty, somebody)
    assert somebody.status == status
    assert duty.desks.all() == []


def test_a_form_from_elsewhere_does_nothing(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    duty.waiting()
    for path in ("ban", "1/nhan", "1/viet", "1/tra-lai"):
        got = clerk.browser.post(f"/quan-tri/gap-nguoi/{path}", data={"dau": "x", "text": "a"})
        assert got.status_code == 403, path
    assert duty.handoffs.waiting() == 1


# --- at the desk ----------------------------------------------------------------------------------


def test_a_clerk_sees_who_waits_takes_reads_writes_and_gives_back(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    lan = duty.chat()
    lan.say("lệ phí đăng ký tạm trú, căn cước 001099012345")
    consent = lan.say("gặp người ở phường Hoàn Kiếm, Hà Nội")
    lan.say(action=consent.choices[0].action)
    duty.clock.now += timedelta(minutes=5)
    seen = clerk.see()
    assert "(1) Gặp người" in seen
    assert "Đang chờ: 1" in seen
    assert "phường Hoàn Kiếm (Hà Nội)" in seen
    page = clerk.send("/1/nhan")
    assert "căn cước [số giấy tờ]" in page
    assert "001099012345" not in page
    assert "đang ở đây với bạn" in words(duty.sent()[0])
    lan.say("tôi <b>cần</b> gì?")
    assert "tôi <b>cần</b> gì?" in clerk.see("/1")
    assert "tôi &lt;b&gt;cần" in clerk.browser.get("/quan-tri/gap-nguoi/1").text
    key = re.findall(r'name="key" value="([^"]+)"', clerk.see("/1"))[0]
    for _ in range(2):
        page = clerk.send("/1/viet", text="Chị mang giấy này, gọi 0912345678 nhé", key=key)
    assert page.count("gọi [số điện thoại] nhé") == 1
    assert "chưa đến người dân" in page
    [told] = duty.sent()
    assert words(told).endswith("Chị mang giấy này, gọi [số điện thoại] nhé")
    assert "chưa đến người dân" not in clerk.see("/1")
    assert "Không có ai đang chờ" in clerk.send("/1/tra-lai")
    assert "trả lời lại" in words(duty.sent()[0])
    assert "đã kết thúc lúc" in clerk.see("/1")
    assert "đã kết thúc nên chưa gửi" in clerk.send("/1/viet", text="còn nữa", key="k")
    assert deeds(duty)[:3] == ["handoff_given_back", "handoff_replied", "handoff_replied"]
    log = str(AuditLog(duty.engine).read())
    assert "giấy này" not in log


def test_nobody_reads_before_taking_and_nobody_else_after(duty: Duty) -> None:
    clerk, other, chief = (
        duty.browser("lan"),
        duty.browser("minh"),
        duty.browser("chief", Role.ADMINISTRATOR),
    )
    duty.desk([clerk.id, other.id])
    lan = duty.chat()
    lan.say("chuyện riêng của tôi về tạm trú")
    consent = lan.say("gặp người ở phường Hoàn Kiếm, Hà Nội")
    lan.say(action=consent.choices[0].action)
    for path in ("", "/1"):
        assert "chuyện riêng" not in clerk.see(path)
        assert "phường Hoàn Kiếm (Hà Nội)" not in chief.see(path) or path == ""
    duty.clock.now += timedelta(minutes=1)
    assert chief.status == 404, "who manages desks does not sit at them"
    assert "chuyện riêng" in clerk.send("/1/nhan")
    lan.say("chuyện kín")
    assert "chuyện" not in re.sub("Trò chuyện|trò chuyện|cuộc chuyện", "", other.see("/1"))
    assert "đang trả lời người này" in other.see("/1")
    other.send("/1/viet", text="chen vào", key="k")
    other.send("/1/tra-lai")
    assert duty.handoff().taken_by == clerk.id
    assert all(turn.text != "chen vào" for turn in duty.handoffs.turns.of(1))


def test_of_two_who_take_at_once_one_has_it(
    known: Known, tmp_path: Path, database_url: str
) -> None:
    duty = Duty(known, tmp_path, database_url=database_url)
    clerks = [duty.browser("lan"), duty.browser("minh")]
    duty.desk([clerk.id for clerk in clerks])
    duty.waiting()
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda clerk: clerk.send("/1/nhan"), clerks))
    assert sorted(clerk.status for clerk in clerks) == [200, 409]
    [late] = [p for p, c in zip(pages, clerks, strict=True) if c.status == 409]
    winner = "Lan" if clerks[0].status == 200 else "Minh"
    assert f"{winner} đã nhận người này trước bạn" in late
    assert len(duty.sent()) == 1
    assert deeds(duty).count("handoff_taken") == 1
    visitor = Visitor(duty)
    assert visitor.look().strip() == ""
    [first] = [c for c in clerks if c.status == 200]
    first.send("/1/viet", text="chào", key="k")
    first.send("/1/viet", text="chào", key="k")
    first.send("/1/tra-lai")
    assert [answer.status for answer in duty.sent()] == [
        Status.ANSWERED_BY_PERSON,
        Status.ANSWERED_HANDOFF,
    ]
    assert duty.chat().say("/xoa").status is Status.ANSWERED_DATA_DELETED
    duty.close()


def test_what_was_given_up_can_not_be_taken(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    duty.waiting().say("thôi gặp người")
    assert "không còn chờ" in clerk.send("/1/nhan")


def test_a_word_is_not_empty_and_not_endless(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    duty.waiting()
    clerk.send("/1/nhan")
    assert "viết câu trả lời" in clerk.send("/1/viet", text="  ", key="a")
    clerk.send("/1/viet", text="a" * (LONGEST_WORD + 50), key="b")
    assert len(duty.handoffs.turns.of(1)[-1].text) == LONGEST_WORD


def test_the_page_says_when_zalo_lets_nothing_through(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    duty.waiting(channel=Channel.ZALO_OA)
    page = clerk.send("/1/nhan")
    assert "Zalo không cho nhắn" not in page
    duty.heard_at = duty.clock.now - timedelta(hours=48)
    assert "Zalo không cho nhắn" in clerk.see("/1")
    clerk.send("/1/viet", text="chào", key="k")
    assert duty.sent() == []
    duty.heard_at = duty.clock.now
    duty.clock.now += timedelta(minutes=16)
    assert [answer.status for answer in duty.sent()] == [
        Status.ANSWERED_HANDOFF,
        Status.ANSWERED_BY_PERSON,
    ]


def test_who_deleted_their_data_is_not_read_any_more(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    lan = duty.waiting()
    clerk.send("/1/nhan")
    lan.say("điều riêng")
    lan.say("/xoa")
    page = clerk.see("/1")
    assert "điều riêng" not in page
    assert "người dân xóa dữ liệu" in page


def test_times_and_hours_stand_on_the_page(duty: Duty) -> None:
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    duty.waiting()
    duty.clock.now += timedelta(minutes=7)
    clerk.send("/1/nhan")
    page = " ".join(re.sub(r"<[^>]+>", " ", clerk.see()).split())
    assert "Yêu cầu 1 Đã nhận 1 Chờ đến khi nhận 7 phút" in page


def test_who_sits_at_no_desk_is_told_so(duty: Duty) -> None:
    assert "chưa được giao bàn trực" in duty.browser("lan").see()
    viewer = duty.browser("xem", Role.VIEWER)
    viewer.see()
    assert viewer.status == 403


# --- on the web page ------------------------------------------------------------------------------


class Visitor:
    """Somebody on the chat page."""

    def __init__(self, duty: Duty) -> None:
        self.browser = TestClient(duty.app, base_url=SITE)
        self.browser.get("/")
        self.state = ""
        self._number = 0

    def post(self, script: bool = True, **form: str) -> str:
        headers = FETCH if script else {"origin": SITE}
        self._number += 1
        data = {"nonce": f"nonce-of-the-page-{self._number:04}", **form}
        got = self.browser.post("/chat", data=data, headers=headers)
        self.state = got.headers.get("x-handoff", "")
        return unescape(got.text)

    def look(self, after: int = 0) -> str:
        got = self.browser.get("/chat/moi", params={"sau": after})
        self.state = got.headers["x-handoff"]
        assert got.headers["cache-control"] == "no-store"
        return unescape(got.text)


def arrived(duty: Duty, clerk: Clerk) -> Visitor:
    """Somebody on the web who waits at the desk."""
    desk = duty.desk([clerk.id])
    visitor = Visitor(duty)
    visitor.post(text="gặp người ở phường Hoàn Kiếm, Hà Nội")
    assert visitor.state == ""
    assert "Bạn đứng thứ 1" in visitor.post(action=f"handoff:yes:{desk.id}")
    assert visitor.state == "waiting"
    return visitor


def test_the_page_fetches_what_a_person_says(duty: Duty) -> None:
    clerk = duty.browser("lan")
    visitor = arrived(duty, clerk)
    assert visitor.look().strip() == ""
    assert visitor.state == "waiting"
    clerk.send("/1/nhan")
    seen = visitor.look()
    assert "đang ở đây với bạn" in seen
    assert visitor.state == "taken"
    assert visitor.post(text="tôi cần gì?").strip() == ""
    clerk.send("/1/viet", text="Mang <i>giấy</i> khai sinh", key="k")
    last = max(map(int, re.findall(r'data-turn="(\d+)"', seen)))
    raw = visitor.browser.get("/chat/moi", params={"sau": last}).text
    assert "Mang &lt;i&gt;giấy&lt;/i&gt; khai sinh" in raw
    assert 'class="turn clerk"' in raw
    assert visitor.look(last) == unescape(raw), "a lost answer is fetched again"
    assert "chưa đến người dân" not in clerk.see("/1")
    clerk.send("/1/tra-lai")
    assert "trả lời lại" in visitor.look(last)
    assert visitor.state == ""
    assert "tam-tru" in visitor.post(text="đăng ký tạm trú")


def test_nobody_fetches_what_is_said_to_another(duty: Duty) -> None:
    clerk = duty.browser("lan")
    arrived(duty, clerk)
    clerk.send("/1/nhan")
    clerk.send("/1/viet", text="riêng", key="k")
    assert Visitor(duty).look().strip() == ""
    assert TestClient(duty.app, base_url=SITE).get("/chat/moi").text.strip() == ""


def test_a_page_without_script_has_a_button_for_it(duty: Duty) -> None:
    clerk = duty.browser("lan")
    visitor = arrived(duty, clerk)
    page = visitor.post(script=False, action="handoff:look")
    assert say("handoff.nothing_new") in page
    assert '<button name="action" value="handoff:look">' in page
    clerk.send("/1/nhan")
    page = visitor.post(script=False, text="có ai không")
    assert say("web.handoff.taken") in page
    assert 'id="cuoi"' in page, "the page opens at its end"
    clerk.send("/1/viet", text="Tôi đây", key="k")
    page = visitor.post(script=False, action="handoff:look")
    assert "Tôi đây" in page
    assert say("web.handoff.look") in page
    clerk.send("/1/viet", text="Xong rồi nhé", key="k2")
    clerk.send("/1/tra-lai")
    assert say("web.handoff.told") in unescape(visitor.browser.get("/").text)
    page = visitor.post(script=False, action="handoff:look")
    assert "Xong rồi nhé" in page
    assert "Tôi đây" not in page
    assert 'data-state=""' in page


def test_ending_on_the_page_ends_it_at_the_desk(duty: Duty) -> None:
    clerk = duty.browser("lan")
    visitor = arrived(duty, clerk)
    clerk.send("/1/nhan")
    assert "Đã dừng trò chuyện" in visitor.post(action="handoff:end")
    assert "người dân dừng" in clerk.see("/1")
