"""A desk on duty: the chat, the desk's store and pages, and a clock that a test turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from html import unescape
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.assistant import Assistant
from bot.draft import Known
from bot.handoff.desks import Desk, Desks, Kind
from bot.handoff.hours import WEEK, Hours, read_hours
from bot.handoff.outbox import holds_back
from bot.handoff.store import Handoff, Handoffs
from bot.handoff.talk import HandoffTalk
from bot.journal import Journal
from bot.model import Answer, Channel, Question
from bot.notices import Notices
from bot.pipeline import Pipeline
from knowledge.places import Place
from tests.fakes.desk import TODAY
from tests.fakes.small_search import Chat
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import open_database
from webhook.sealing import Seal
from webhook.security import SecurityHeaders, security_headers
from webhook.settings import Settings
from webhook.web import chat_router

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
NAMES = (
    "procedures/khai-sinh",
    "procedures/tam-tru",
    "procedures/tam-vang",
    "guides/lua-dao",
    "guides/duong-day-nong",
    "guides/chinh-quyen-hai-cap",
)
HOAN_KIEM = Place("ha-noi", "00070")
ALWAYS = read_hours(["0:00-24:00"] * WEEK)
NEVER = Hours(days=((),) * WEEK)
ON = (Channel.TELEGRAM, Channel.ZALO_OA)


class Clock:
    """The time it is; a test turns it on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Duty:
    """The server with people who write to it and people at a desk."""

    def __init__(self, known: Known, folder: Path, url: str = SITE, database_url: str = "") -> None:
        """On SQLite in the folder, unless another database is given."""
        database_url = database_url or f"sqlite:///{folder / 'duty.db'}"
        settings = Settings(
            _env_file=None, data_dir=folder, public_url=url, database_url=database_url
        )
        self.url, self.known, self.engine, self.clock = url, known, open_database(settings), Clock()
        self.people = People(self.engine, settings.cookie_key())
        self.journal = Journal(self.engine, settings.cookie_key().encode())
        self.heard_at: datetime | None = None
        """When people last wrote, if it is to be another moment than in the Journal."""
        self.handoffs, self.desks = Handoffs(self.engine, self.clock), Desks(self.engine)
        self.notices = Notices(
            self.engine,
            Seal("k" * 40, "reminders"),
            frozenset(ON),
            lambda conversation: self.heard_at or self.journal.heard_at(conversation),
            self.clock,
            held=partial(holds_back, self.handoffs),
        )
        self.talk = HandoffTalk(
            self.journal, lambda: known, self.handoffs, self.desks, lambda: TODAY, self.notices
        )
        self.assistant = Assistant(
            lambda: known,
            self.journal,
            Pipeline(offer=self.talk.offer),
            lambda: TODAY,
            notices=self.notices,
            handoffs=self.talk,
        )
        self.app = FastAPI()
        self.app.add_middleware(SecurityHeaders, headers=security_headers(settings))
        pages = admin_router(settings, self.engine, lambda: known, talk=self.talk)
        self.app.include_router(pages)
        self.app.include_router(
            chat_router(self.assistant, settings, lambda: known, handed=self.talk.telling)
        )

    def close(self) -> None:
        self.engine.dispose()

    def desk(
        self,
        people: Sequence[int] = (1,),
        place: Place = HOAN_KIEM,
        hours: Hours = ALWAYS,
        kind: Kind = Kind.OFFICE,
    ) -> Desk:
        """A desk, opened without its page."""
        return self.desks.open("Một cửa Hoàn Kiếm", place, kind, hours, people, 1)

    def chat(self, name: str = "777", channel: Channel = Channel.TELEGRAM) -> Chat:
        """Somebody who writes to the bot."""
        return Chat(self.assistant, name, channel)

    def waiting(self, name: str = "777", channel: Channel = Channel.TELEGRAM) -> Chat:
        """Somebody in the line."""
        chat = self.chat(name, channel)
        asked = chat.say("gặp người ở phường Hoàn Kiếm, Hà Nội")
        chat.say(action=asked.choices[0].action)
        return chat

    def handoff(self, name: str = "777", channel: Channel = Channel.TELEGRAM) -> Handoff:
        """What waits or is taken in somebody's conversation."""
        found = self.handoffs.current(self.pseudonym(name, channel))
        assert found
        return found

    def pseudonym(self, name: str = "777", channel: Channel = Channel.TELEGRAM) -> str:
        asks = Question(id="q", channel=channel, conversation=name)
        return self.journal.pseudonym(asks)

    def sent(self) -> list[Answer]:
        """What is sent of the bot's own accord now, as the queue does it: answered, then taken."""
        told = []
        for notice in self.notices.due(ON):
            told.append(self.assistant.reply(notice.question))
            self.notices.taken(notice.key)
        return [answer for answer in told if answer.blocks]

    def browser(
        self, login: str, role: Role = Role.CLERK, provinces: tuple[str, ...] = ()
    ) -> Clerk:
        """Somebody who is logged in."""
        person, token = self.people.invite(login, login.title(), Scope(role, provinces))
        browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
        given = {"name": "", "password": PASSWORD, "again": PASSWORD}
        assert browser.post(f"/quan-tri/loi-moi/{token}", data=given).status_code == 200
        return Clerk(browser, person.id)


class Clerk:
    """Somebody at the pages."""

    def __init__(self, browser: TestClient, id: int) -> None:
        self.browser, self.id = browser, id
        self.status = 0

    def see(self, path: str = "") -> str:
        """A page below the list of handoffs."""
        got = self.browser.get(f"/quan-tri/gap-nguoi{path}")
        self.status = got.status_code
        return unescape(got.text)

    def send(self, path: str, **fields: str | list[str]) -> str:
        """The page that a form leads to, sent with the mark of our pages."""
        found = re.search(r'name="dau" value="([^"]+)"', self.browser.get("/quan-tri").text)
        assert found
        data = {"dau": found[1], **fields}
        got = self.browser.post(f"/quan-tri/gap-nguoi{path}", data=data)
        self.status = got.status_code
        return unescape(got.text)
