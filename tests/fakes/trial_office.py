"""The administrators' pages over a few Entries with real search, and people before them."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bot.draft import Known
from knowledge.golden import GoldenQuestions, shipped_golden
from knowledge.proposals import Proposals
from knowledge.store import Editions, connect
from tests.fakes import wait_until
from tests.fakes.rehearsal import LightSearch, few
from webhook.admin.access import Gate
from webhook.admin.alike import Ways
from webhook.admin.audit import AuditLog
from webhook.admin.checks import Checks
from webhook.admin.desk import Desk
from webhook.admin.jobs import Jobs
from webhook.admin.people import People, Scope
from webhook.admin.press import Press
from webhook.admin.rehearsals import Rehearsals
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.admin.sessions import Sessions
from webhook.admin.uploads import Uploads
from webhook.database import open_database
from webhook.settings import Settings
from webhook.switches import Switches
from webhook.visitors import Buckets, Visitors

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
WAIT_S = 120.0


@dataclass
class TrialOffice:
    """The server, which follows the newest Edition as the real one does."""

    app: FastAPI
    engine: Engine
    people: People
    settings: Settings
    search: LightSearch
    browsers: dict[str, TestClient] = field(default_factory=dict)
    read: dict[int, Known] = field(default_factory=dict)

    @property
    def golden(self) -> GoldenQuestions:
        return GoldenQuestions(self.engine)

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.engine)

    @property
    def log(self) -> AuditLog:
        return AuditLog(self.engine)

    @property
    def rehearsals(self) -> Rehearsals:
        return self.search.rehearsals(self.engine, self.known)

    @property
    def press(self) -> Press:
        """What the schedule publishes with."""
        gate = Gate(
            self.people,
            Sessions(self.engine, self.people),
            self.log,
            Visitors(self.settings),
            secure=False,
            tries=Buckets(10, 1.0),
            switches=Switches(self.engine, b"key"),
        )
        desk = Desk(gate, self.known, self.proposals, Uploads(self.engine), SITE, Ways())
        return Press(desk, self.editions, Checks(self.rehearsals, self.golden, Jobs(self.engine)))

    @property
    def editions(self) -> Editions:
        return Editions(self.engine)

    def known(self) -> Known:
        number = self.editions.newest_number() or 0
        if number not in self.read:
            self.read[number] = self.search.build(self.editions.get(number))
        return self.read[number]

    def person(self, login: str, role: Role) -> TestClient:
        """Somebody at work, in a browser of their own."""
        if login not in self.browsers:
            _, token = self.people.invite(login, login.title(), Scope(role))
            browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
            given = {"name": login, "password": PASSWORD, "again": PASSWORD}
            browser.post(f"/quan-tri/loi-moi/{token}", data=given)
            self.browsers[login] = browser
        return self.browsers[login]


@contextmanager
def trial_office(folder: Path) -> Iterator[TrialOffice]:
    """An office whose Edition 1 has a few shipped Entries, and that has no golden questions."""
    shutil.copy(_prepared(), folder / "binhdan.db")
    settings = Settings(_env_file=None, data_dir=folder, public_url=SITE)
    engine = connect(settings.database_url)
    people = People(engine, settings.cookie_key())
    office = TrialOffice(FastAPI(), engine, people, settings, LightSearch(folder / "index"))
    office.app.include_router(
        admin_router(settings, engine, office.known, rehearsals=office.rehearsals)
    )
    yield office
    engine.dispose()


@cache
def _prepared() -> Path:
    """A database for all offices to begin from: making one takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="binhdan-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_database(Settings(_env_file=None, data_dir=folder))
    Editions(engine).publish(few(), "đầu tiên")
    golden = GoldenQuestions(engine)
    golden.add_shipped(shipped_golden())
    for shipped in golden.all():  # they are about Entries that are not here
        golden.retire(shipped.id, "")
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "binhdan.db"


def mark(browser: TestClient) -> dict[str, str]:
    """What every form of the person's session carries."""
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found
    return {"dau": found[1]}


def post(browser: TestClient, address: str, **fields: Any) -> str:
    """The page that a form leads to."""
    return unescape(browser.post(address, data={**mark(browser), **fields}).text)


def finished(browser: TestClient, address: str) -> str:
    """The page once what it waits for is done."""
    wait_until(lambda: 'http-equiv="refresh"' not in browser.get(address).text, WAIT_S)
    return unescape(browser.get(address).text)
