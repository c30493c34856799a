"""Logging in, inviting and watching over people, as a browser without JavaScript does it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from knowledge.store import connect
from tests.fakes.desk import published
from webhook.admin.audit import AuditLog
from webhook.admin.people import (
    FAILURES_ALLOWED,
    AccountError,
    People,
    Refusal,
    Scope,
)
from webhook.admin.roles import Person, Role
from webhook.admin.router import TRIES, admin_router
from webhook.admin.sessions import IDLE, LONGEST, Sessions
from webhook.database import migrate, open_database
from webhook.settings import Settings

SITE = "http://testserver"
OURS = {"origin": SITE}
PASSWORD = "mot hai ba bon nam"
SHOWN = published(["procedures/khai-sinh"])


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    migrate(database_url)
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, public_url=SITE)


@dataclass
class Office:
    """The server, and browsers in front of it."""

    app: FastAPI
    first_link: str

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=SITE, headers=OURS)

    def administrator(self) -> TestClient:
        browser = self.browser()
        join(browser, self.first_link, "Bà Lan")
        return browser


@pytest.fixture
def office(settings: Settings, caplog: pytest.LogCaptureFixture) -> Iterator[Office]:
    engine = open_database(settings)
    app = FastAPI()
    with caplog.at_level(logging.WARNING):
        app.include_router(admin_router(settings, engine, lambda: SHOWN))
    found = re.search(r"(http://\S+/loi-moi/\S+)", caplog.text)
    assert found
    yield Office(app, found[1])
    engine.dispose()


def join(browser: TestClient, link: str, name: str = "", password: str = PASSWORD) -> str:
    given = {"name": name, "password": password, "again": password}
    return unescape(browser.post(link, data=given).text)


def log_in(
    browser: TestClient, login: str, password: str = PASSWORD, code: str = "", back: str = ""
) -> httpx.Response:
    given = {"login": login, "password": password, "code": code, "toi": back or "/quan-tri"}
    got: httpx.Response = browser.post("/quan-tri/dang-nhap", data=given)
    return got


def mark(browser: TestClient, page: str = "/quan-tri/tai-khoan") -> dict[str, str]:
    found = re.search(r'name="dau" value="([^"]+)"', browser.get(page).text)
    assert found
    return {"dau": found[1]}


def invite(browser: TestClient, login: str, role: str, **others: object) -> str:
    given = {**mark(browser), "login": login, "name": login, "role": role, **others}
    page = unescape(browser.post("/quan-tri/nguoi", data=given).text)
    found = re.search(r"<code>(http\S+)</code>", page)
    assert found, page
    return found[1]


# Coming in.


def test_the_first_administrator_comes_by_a_link_that_works_once(office: Office) -> None:
    browser = office.browser()
    assert "Tạo mật khẩu" in browser.get(office.first_link).text
    assert "Chào Bà Lan" in join(browser, office.first_link, "Bà Lan")
    again = office.browser()
    assert "đã dùng rồi" in join(again, office.first_link, "Kẻ lạ")
    assert again.get("/quan-tri", follow_redirects=False).status_code == 303


def test_a_link_is_printed_only_until_somebody_can_log_in(
    office: Office, settings: Settings
) -> None:
    people = People(open_database(settings), settings.cookie_key())
    second = people.first_invitation()
    assert second
    assert people.invited(office.first_link.rsplit("/", 1)[1]) is None, "the older link is dead"
    people.accept(second, "Lan", PASSWORD)
    assert people.first_invitation() is None


def test_a_stranger_sees_the_log_in_page_and_comes_back_to_where_they_were(office: Office) -> None:
    office.administrator()
    browser = office.browser()
    asked = browser.get("/quan-tri/nguoi", follow_redirects=False)
    assert asked.headers["location"] == "/quan-tri/dang-nhap?toi=/quan-tri/nguoi"
    got = log_in(browser, "quan-tri", back="/quan-tri/nguoi")
    assert got.url.path == "/quan-tri/nguoi"


def test_nobody_is_led_to_another_site_after_logging_in(office: Office) -> None:
    office.administrator()
    for back in ("https://ke-gian.example/quan-tri", "//ke-gian.example", "/quan-tri//x.example"):
        assert log_in(office.browser(), "quan-tri", back=back).url == f"{SITE}/quan-tri"


def test_a_wrong_name_and_a_wrong_password_read_the_same(office: Office) -> None:
    office.administrator()
    pages = [log_in(office.browser(), who, "sai mat khau roi") for who in ("quan-tri", "khong-co")]
    assert {page.status_code for page in pages} == {401}
    assert all("chưa đúng" in unescape(page.text) for page in pages)


def test_an_account_is_locked_after_wrong_tries_and_opens_again(
    engine: Engine, settings: Settings
) -> None:
    clock = Clock()
    people = People(engine, settings.cookie_key(), clock)
    people.accept(people.first_invitation() or "", "Lan", PASSWORD)
    refusals = [people.log_in("quan-tri", "sai" * 5) for _ in range(FAILURES_ALLOWED)]
    assert refusals == [Refusal.WRONG] * (FAILURES_ALLOWED - 1) + [Refusal.LOCKED]
    assert people.log_in("quan-tri", PASSWORD) is Refusal.LOCKED
    clock.forward(timedelta(minutes=16))
    assert isinstance(people.log_in("quan-tri", PASSWORD), Person)


def test_one_address_may_not_try_for_ever(office: Office) -> None:
    statuses = [log_in(office.browser(), "khong-co").status_code for _ in range(TRIES + 2)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_a_session_ends_after_a_pause_and_after_a_working_day(
    engine: Engine, settings: Settings
) -> None:
    clock = Clock()
    people = People(engine, settings.cookie_key(), clock)
    person = people.accept(people.first_invitation() or "", "Lan", PASSWORD)
    sessions = Sessions(engine, people, clock)
    idle = sessions.begin(person)
    clock.forward(IDLE + timedelta(seconds=1))
    assert sessions.find(idle.token) is None
    busy, begun = sessions.begin(person), clock.now
    while clock.now < begun + LONGEST - IDLE / 2:
        assert sessions.find(busy.token)
        clock.forward(IDLE / 2)
    clock.forward(IDLE / 2)
    assert sessions.find(busy.token) is None


def test_a_password_must_be_of_some_length_and_typed_twice_alike(office: Office) -> None:
    browser = office.browser()
    assert "ít nhất 10 ký tự" in join(browser, office.first_link, password="ngan")
    assert "dễ đoán" in join(browser, office.first_link, password="aaaaaaaaaaaa")
    given = {"name": "Lan", "password": PASSWORD, "again": PASSWORD + "x"}
    assert "không giống nhau" in unescape(browser.post(office.first_link, data=given).text)


# The second factor.


def test_with_a_second_factor_a_code_is_asked_for_and_works_once(office: Office) -> None:
    browser = office.administrator()
    page = browser.post("/quan-tri/tai-khoan/ma", data=mark(browser)).text
    secret = re.search(r'name="secret" value="(\w+)"', page)[1]  # type: ignore[index]
    assert "<svg" in page
    code = pyotp.TOTP(secret).now()
    given = {**mark(browser), "secret": secret, "code": code}
    assert "Đã bật" in unescape(browser.post("/quan-tri/tai-khoan/ma/xac-nhan", data=given).text)
    assert "Mã 6 số" in unescape(log_in(office.browser(), "quan-tri").text)
    assert log_in(office.browser(), "quan-tri", code="000000").status_code == 401
    assert log_in(office.browser(), "quan-tri", code=pyotp.TOTP(secret).now()).status_code == 200
    assert log_in(office.browser(), "quan-tri", code=code).status_code == 401, "used before"


def test_a_secret_whose_code_does_not_fit_is_not_taken(office: Office) -> None:
    browser = office.administrator()
    given = {**mark(browser), "secret": pyotp.random_base32(), "code": "123"}
    assert browser.post("/quan-tri/tai-khoan/ma/xac-nhan", data=given).status_code == 400
    assert log_in(office.browser(), "quan-tri").url.path == "/quan-tri"


# Roles.


@pytest.mark.parametrize("role", ["viewer", "team_leader", "editor", "reviewer"])
def test_only_administrators_manage_people_and_read_the_log(office: Office, role: str) -> None:
    link = invite(office.administrator(), "nguyen.an", role)
    browser = office.browser()
    join(browser, link)
    for path in ("/quan-tri/nguoi", "/quan-tri/nhat-ky", "/quan-tri/nguoi/1"):
        got = browser.get(path)
        assert got.status_code == 403
        assert "Không làm được việc này" in unescape(got.text)
    given = {**mark(browser), "login": "ke.gian", "name": "x", "role": "administrator"}
    assert browser.post("/quan-tri/nguoi", data=given).status_code == 403


def test_somebody_limited_to_a_province_and_a_field_is_shown_so(office: Office) -> None:
    browser = office.administrator()
    limits = {"provinces": ["thai-nguyen", "khong-co"], "fields": ["Hộ tịch", "lạ"]}
    invite(browser, "nguyen.an", "editor", **limits)
    page = unescape(browser.get("/quan-tri/nguoi").text)
    assert "Thái Nguyên; Hộ tịch" in page
    assert "lạ</td>" not in page


def test_the_last_administrator_cannot_be_demoted(office: Office) -> None:
    browser = office.administrator()
    given = {**mark(browser), "name": "Lan", "role": "viewer", "active": "1"}
    got = browser.post("/quan-tri/nguoi/1", data=given)
    assert "ít nhất một quản trị viên" in unescape(got.text)
    assert browser.get("/quan-tri/nguoi").status_code == 200


def test_who_has_left_is_out_at_once(office: Office) -> None:
    administrator = office.administrator()
    browser = office.browser()
    join(browser, invite(administrator, "nguyen.an", "editor"))
    given = {**mark(administrator), "name": "An", "role": "editor"}
    administrator.post("/quan-tri/nguoi/2", data=given)
    assert browser.get("/quan-tri", follow_redirects=False).status_code == 303
    assert log_in(browser, "nguyen.an").status_code == 401


def test_a_new_invitation_ends_the_old_password_and_the_sessions(office: Office) -> None:
    administrator = office.administrator()
    browser = office.browser()
    join(browser, invite(administrator, "nguyen.an", "editor"))
    page = administrator.post("/quan-tri/nguoi/2/moi-lai", data=mark(administrator)).text
    assert browser.get("/quan-tri", follow_redirects=False).status_code == 303
    assert log_in(browser, "nguyen.an").status_code == 401
    link = re.search(r"<code>(http\S+)</code>", page)[1]  # type: ignore[index]
    assert "Chào" in join(browser, link, password="mot mat khau khac")


def test_a_new_password_logs_out_everywhere_else(office: Office) -> None:
    here, there = office.administrator(), office.browser()
    log_in(there, "quan-tri")
    new = {"old": PASSWORD, "password": PASSWORD + " moi", "again": PASSWORD + " moi"}
    assert "Đã đổi" in unescape(
        here.post("/quan-tri/tai-khoan/mat-khau", data={**mark(here), **new}).text
    )
    assert there.get("/quan-tri", follow_redirects=False).status_code == 303
    assert here.get("/quan-tri", follow_redirects=False).status_code == 200


def test_logins_are_checked(engine: Engine, settings: Settings) -> None:
    people = People(engine, settings.cookie_key())
    people.invite("nguyen.an", "An", Scope(Role.EDITOR))
    for login, reason in (
        ("Á", "login_shape"),
        ("a b c", "login_shape"),
        ("NGUYEN.AN", "login_taken"),
    ):
        with pytest.raises(AccountError) as caught:
            people.invite(login, "Ai", Scope(Role.EDITOR))
        assert caught.value.reason == reason


# Forms.


def test_a_form_from_elsewhere_or_without_the_mark_is_refused(office: Office) -> None:
    browser = office.administrator()
    given = {"login": "ke.gian", "name": "x", "role": "administrator"}
    assert browser.post("/quan-tri/nguoi", data=given).status_code == 403
    theirs = {"origin": "https://ke-gian.example"}
    marked = {**given, **mark(browser)}
    assert browser.post("/quan-tri/nguoi", data=marked, headers=theirs).status_code == 403
    assert "ke.gian" not in browser.get("/quan-tri/nguoi").text


def test_the_cookie_stays_with_us(office: Office) -> None:
    browser = office.browser()
    given = {"name": "Lan", "password": PASSWORD, "again": PASSWORD}
    cookie = browser.post(office.first_link, data=given, follow_redirects=False).headers[
        "set-cookie"
    ]
    assert {"HttpOnly", "Path=/quan-tri", "SameSite=strict"} <= set(cookie.split("; "))


def test_a_name_with_markup_is_shown_as_it_is(office: Office) -> None:
    browser = office.browser()
    join(browser, office.first_link, "<script>alert(1)</script>")
    page = browser.get("/quan-tri/nguoi").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# The log.


def test_the_log_says_who_did_what(office: Office) -> None:
    browser = office.administrator()
    invite(browser, "nguyen.an", "editor")
    log_in(office.browser(), "nguyen.an", "sai mat khau")
    page = unescape(browser.get("/quan-tri/nhat-ky?kiem_tra=1").text)
    for word in ("Mời người dùng", "nguyen.an", "role: editor", "Đăng nhập không được"):
        assert word in page
    assert "Nhật ký còn nguyên vẹn" in page
    assert PASSWORD not in page


def test_the_log_can_only_grow(engine: Engine) -> None:
    log = AuditLog(engine)
    log.write(None, "log_in", "a")
    for statement in ("UPDATE audit SET person = 'x'", "DELETE FROM audit"):
        with pytest.raises(DatabaseError, match="can only grow"), engine.begin() as db:
            db.execute(text(statement))
    assert log.length() == 1


def test_a_line_changed_behind_its_back_is_found(engine: Engine) -> None:
    log = AuditLog(engine)
    for number in range(5):
        log.write(None, "log_in", str(number), why={"câu": number})
    assert log.broken_at() is None
    with engine.begin() as db:
        if engine.dialect.name == "sqlite":
            db.execute(text("DROP TRIGGER audit_no_update"))
        else:
            db.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        db.execute(text("UPDATE audit SET subject = 'khác' WHERE number = 3"))
    assert log.broken_at() == 3
