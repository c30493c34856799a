"""The administrators' pages, people in front of them, and citizens who ask the bot meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bot.assistant import Assistant
from bot.draft import Known
from bot.inbox.intake import Intake
from bot.journal import Journal
from bot.model import Answer, Channel, Question
from bot.pipeline import Pipeline
from knowledge.proposals import Proposals
from knowledge.store import Editions
from tests.fakes.knowing import knowing
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.settings import Settings

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"


@dataclass
class Office:
    """A server with accounts, and a conversation over the newest Edition."""

    app: FastAPI
    engine: Engine
    settings: Settings
    folder: Path
    browsers: dict[str, TestClient] = field(default_factory=dict)
    read: dict[int, Known] = field(default_factory=dict)
    asked: int = 0
    later: timedelta = timedelta(0)
    """How far the inbox's clock is ahead."""

    def known(self) -> Known:
        """The newest Edition with its search, built once."""
        editions = Editions(self.engine)
        number = editions.newest_number() or 0
        if number not in self.read:
            self.read[number] = knowing(editions.get(number), self.folder / "index")
        return self.read[number]

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.engine)

    def person(self, login: str, role: Role, **limits: Any) -> TestClient:
        """Somebody at work, in a browser of their own."""
        if login not in self.browsers:
            people = People(self.engine, self.settings.cookie_key())
            _, token = people.invite(login, login.title(), Scope(role, **limits))
            browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
            given = {"name": login, "password": PASSWORD, "again": PASSWORD}
            browser.post(f"/quan-tri/loi-moi/{token}", data=given)
            self.browsers[login] = browser
        return self.browsers[login]

    def assistant(self, pipeline: Pipeline | None = None) -> Assistant:
        return Assistant(self.known, Journal(self.engine, b"key"), pipeline or Pipeline())

    def ask(
        self, text: str, who: str = "c1", channel: Channel = Channel.WEB, action: str = ""
    ) -> Answer:
        """A citizen asks, and the Journal notes it."""
        self.asked += 1
        question = Question(
            id=f"{channel}:{self.asked}",
            channel=channel,
            conversation=who,
            text=text,
            action=action or None,
        )
        return self.assistant().reply(question)

    def fill_inbox(self) -> int:
        """What the server does every few seconds; returns how many questions were put in."""
        intake, total = Intake(self.engine, lambda: datetime.now(UTC) + self.later), 0
        while taken := intake.take_in(self.known()):
            total += taken
        return total


def get(browser: TestClient, address: str) -> str:
    """A page as its reader sees it."""
    got = browser.get(address)
    assert got.status_code == 200, got.text
    return unescape(got.text)


def post(browser: TestClient, address: str, **given: Any) -> str:
    """Press a button; the page that it leads to."""
    got = browser.post(address, data={**mark(browser), **given})
    assert got.status_code in (200, 400, 409), got.text
    return unescape(got.text)


def mark(browser: TestClient) -> dict[str, str]:
    """What every form of ours carries."""
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found
    return {"dau": found[1]}
