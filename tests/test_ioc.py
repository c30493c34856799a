"""Figures for a province's monitoring centre: by key, in JSON, and never of a few people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from bot.figures import Counted, Figures, day_of, note
from bot.model import Status
from knowledge.store import connect
from tests.fakes.desk import published
from webhook.admin.audit import AuditLog
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.ioc.keys import Keys
from webhook.ioc.report import hidden
from webhook.ioc.routes import BURST, STRANGER_BURST, ioc_router
from webhook.settings import Settings

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
SHOWN = published(["procedures/khai-sinh"])
PATH = "/api/ioc/v1/figures"
DOC = Path(__file__).parents[1] / "docs" / "ioc.md"
NOW = datetime.now(UTC)
TODAY = day_of(NOW)
ANSWERED = Status.ANSWERED_FACET


@dataclass
class Office:
    """The server, with the page that gives keys."""

    app: FastAPI
    engine: Engine
    settings: Settings

    def ask(self, times: int, province: str = "lam-dong", **others: Any) -> None:
        given = {"channel": "web", "status": ANSWERED, "at": NOW, "field": "Hộ tịch", "ms": 90}
        with self.engine.begin() as db:
            for _ in range(times):
                note(db, Counted(**{**given, **others}, province=province), questions=1)

    def browser(self, login: str = "lan", **limits: tuple[str, ...]) -> TestClient:
        people = People(self.engine, self.settings.cookie_key())
        _, token = people.invite(login, login, Scope(Role.ADMINISTRATOR, **limits))
        browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
        given = {"name": login, "password": PASSWORD, "again": PASSWORD}
        browser.post(f"/quan-tri/loi-moi/{token}", data=given)
        return browser

    def key(self, browser: TestClient | None = None, *provinces: str) -> str:
        """A key as the page shows it."""
        found = re.search(r"<code>(ioc_\S+)</code>", make(browser or self.browser(), *provinces))
        assert found
        return found[1]

    def call(self, key: str = "", **query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        with TestClient(self.app, base_url=SITE) as caller:
            got: httpx.Response = caller.get(PATH, params=query, headers=headers)
        return got


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, public_url=SITE, database_url=database_url
    )
    migrate(database_url)
    engine = connect(database_url)
    app = FastAPI()
    app.include_router(admin_router(settings, engine, lambda: SHOWN))
    app.include_router(ioc_router(Keys(engine), Figures(engine), lambda: NOW))
    yield Office(app, engine, settings)
    engine.dispose()


def mark(browser: TestClient) -> dict[str, str]:
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found
    return {"dau": found[1]}


def make(browser: TestClient, *provinces: str, name: str = "IOC Lâm Đồng") -> str:
    given = {**mark(browser), "name": name, "provinces": list(provinces)}
    return unescape(browser.post("/quan-tri/ioc", data=given).text)


def counts(figures: list[dict[str, Any]], name: str) -> dict[str, int | None]:
    return {figure[name]: figure["questions"] for figure in figures}


# The figures.


def test_a_monitoring_centre_gets_the_figures_of_its_province(office: Office) -> None:
    office.ask(30)
    office.ask(6, channel="telegram", field="Cư trú", status=Status.UNANSWERABLE_NOTHING_FOUND)
    office.ask(50, "ha-noi")
    got = office.call(office.key(None, "lam-dong"))
    assert got.status_code == 200
    told = got.json()
    assert (told["questions"], told["provinces"]) == (36, ["lam-dong"])
    assert (told["from"], told["to"]) == (str(TODAY - timedelta(days=6)), str(TODAY))
    assert told["answered_share"] == 0.833
    assert counts(told["by_channel"], "channel") == {"web": 30, "telegram": 6}
    assert counts(told["by_field"], "field") == {"Hộ tịch": 30, "Cư trú": 6}
    assert counts(told["by_province"], "province") == {"lam-dong": 36}
    assert counts(told["by_day"], "begins")[str(TODAY)] == 36
    assert len(told["by_day"]) == 7
    assert 80 <= told["answer_ms"]["p50"] <= 100
    assert told["opinions"] is None


def test_a_key_of_the_country_sees_it_whole_or_by_province(office: Office) -> None:
    office.ask(30)
    office.ask(50, "ha-noi")
    office.ask(8, "")
    key = office.key()
    whole = office.call(key).json()
    assert counts(whole["by_province"], "province") == {"ha-noi": 50, "lam-dong": 30, "": 8}
    assert whole["questions"] == 88
    assert office.call(key, province="ha-noi").json()["questions"] == 50


def test_small_counts_are_not_told_nor_to_be_had_by_subtracting(office: Office) -> None:
    office.ask(40)
    office.ask(7, field="Cư trú")
    office.ask(1, field="Nuôi con nuôi")
    told = office.call(office.key()).json()
    fields = counts(told["by_field"], "field")
    assert fields == {"Hộ tịch": 40, "Cư trú": None, "Nuôi con nuôi": None}


def test_of_a_handful_of_questions_nothing_is_told(office: Office) -> None:
    office.ask(3)
    told = office.call(office.key()).json()
    assert told["questions"] is None
    assert (told["answered_share"], told["answer_ms"], told["opinions"]) == (None, None, None)
    assert set(counts(told["by_field"], "field").values()) == {None}


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ([], []),
        ([0, 9, 12], [0, 9, 12]),
        ([0, 9, 12, 3], [0, None, 12, None]),
        ([40, 1, 2], [None, None, None]),
        ([40, 4, 3], [40, None, None]),
        ([3], [None]),
        ([1, 1], [None, None]),
    ],
)
def test_hidden_counts_cannot_be_reckoned_from_the_others(
    counted: list[int], told: list[int | None]
) -> None:
    assert hidden(counted) == told


# Who may ask.


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"province": "ha-noi"}, 403, "foreign_province"),
        ({"province": "atlantis"}, 422, "unknown_province"),
        ({"from": "hôm qua"}, 422, "no_date"),
        ({"from": "2026-02-30"}, 422, "no_date"),
        ({"from": "2026-11-20", "to": "2026-11-01"}, 422, "no_period"),
        ({"to": "2999-01-01"}, 422, "no_period"),
        ({"from": "2020-01-01"}, 422, "no_period"),
        ({"to": "0001-01-01"}, 422, "no_date"),
    ],
)
def test_what_is_wrong_is_said_in_json(
    office: Office, query: dict[str, str], status: int, code: str
) -> None:
    got = office.call(office.key(None, "lam-dong"), **query)
    assert (got.status_code, got.json()["error"]["code"]) == (status, code)
    assert len(got.json()["error"]["message"]) > 15


def test_nobody_is_told_anything_without_a_key(office: Office) -> None:
    for key, code in (("", "no_key"), ("ioc_guessed", "wrong_key"), ("ịoc", "wrong_key")):
        headers = {"authorization": f"Bearer {key}".encode()} if key else {}
        got = TestClient(office.app).get(PATH, headers=headers)
        assert (got.status_code, got.json()["error"]["code"]) == (401, code)
        assert got.headers["www-authenticate"] == "Bearer"


def test_a_key_that_is_withdrawn_opens_nothing_from_the_next_call_on(office: Office) -> None:
    browser = office.browser()
    key = office.key(browser)
    assert office.call(key).status_code == 200
    browser.post("/quan-tri/ioc/1/thu-hoi", data=mark(browser))
    assert office.call(key).status_code == 401
    made, withdrawn = reversed(AuditLog(office.engine).read(subject="IOC Lâm Đồng"))
    assert (made.action, withdrawn.action) == ("ioc_key_made", "ioc_key_withdrawn")


def test_a_key_is_shown_once_and_kept_as_its_hash(office: Office) -> None:
    browser = office.browser()
    key = office.key(browser)
    assert key not in browser.get("/quan-tri/ioc").text
    with office.engine.connect() as db:
        kept = [
            *db.execute(text("SELECT * FROM ioc_keys")),
            *db.execute(text("SELECT * FROM audit")),
        ]
    assert key not in str(kept)


def test_the_page_says_when_a_key_was_used(office: Office) -> None:
    browser = office.browser()
    key = office.key(browser)
    assert "Chưa dùng" in browser.get("/quan-tri/ioc").text
    office.call(key)
    assert "Chưa dùng" not in browser.get("/quan-tri/ioc").text


def test_who_is_limited_to_provinces_gives_keys_of_those_alone(office: Office) -> None:
    office.key(office.browser())
    browser = office.browser("cuong", provinces=("lam-dong", "hue"))
    assert "Chưa cấp khóa nào" in browser.get("/quan-tri/ioc").text
    assert "Cần chọn ít nhất một tỉnh" in make(browser)
    assert "Cần chọn ít nhất một tỉnh" in make(browser, "ha-noi")
    key = office.key(browser, "hue", "ha-noi")
    assert office.call(key).json()["provinces"] == ["hue"]
    assert browser.post("/quan-tri/ioc/1/thu-hoi", data=mark(browser)).status_code == 404


def test_a_key_needs_a_name(office: Office) -> None:
    assert "Cần ghi đơn vị dùng khóa" in make(office.browser(), name=" ")


def test_who_calls_too_often_is_told_how_long_to_wait(office: Office) -> None:
    key = office.key()
    with TestClient(office.app, headers={"authorization": f"Bearer {key}"}) as caller:
        got = caller.get(PATH, params={"from": "x"})
        assert got.status_code == 422
        for _ in range(20 * BURST):  # on a slow machine some are earned back meanwhile
            if got.status_code == 429:
                break
            got = caller.get(PATH, params={"from": "x"})
    assert (got.status_code, got.json()["error"]["code"]) == (429, "too_fast")
    assert int(got.headers["retry-after"]) >= 1


def test_guessing_keys_is_slowed_down(office: Office) -> None:
    with TestClient(office.app, headers={"authorization": "Bearer ioc_guess"}) as caller:
        statuses = {caller.get(PATH).status_code for _ in range(STRANGER_BURST + 5)}
    assert statuses == {401, 429}


# What describes it.


def test_the_description_names_every_field_that_is_told(office: Office) -> None:
    described = TestClient(office.app).get("/api/ioc/v1/openapi.json").json()
    schema = described["components"]["schemas"]["Report"]["properties"]
    assert set(schema) == set(office.call(office.key()).json())
    parameters = described["paths"][PATH]["get"]["parameters"]
    assert {parameter["name"] for parameter in parameters} == {"from", "to", "province"}
    assert "HTTPBearer" in described["components"]["securitySchemes"]


def test_the_document_shows_an_answer_as_it_is_and_names_every_error(office: Office) -> None:
    document = DOC.read_text(encoding="utf-8")
    shown = re.search(r"```json\n(\{\n  \"version\".+?)```", document, re.DOTALL)
    assert shown
    example, told = json.loads(shown[1]), office.call(office.key()).json()
    assert list(example) == list(told)
    for code in ("no_key", "wrong_key", "foreign_province", "unknown_province", "no_date"):
        assert f"`{code}`" in document
    for code in ("no_period", "too_fast"):
        assert f"`{code}`" in document
