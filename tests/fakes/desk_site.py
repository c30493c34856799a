"""All web pages over a few shipped Entries on loopback, without search: for tests that need a
browser and not the real answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from knowledge.load import Library
from knowledge.store import Editions
from tests.fakes import free_port, serve
from tests.fakes.desk import DeskReplies, Shown, published
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.checklists import checklists_router
from webhook.database import open_database
from webhook.pages import pages_router
from webhook.security import SecurityHeaders, security_headers
from webhook.settings import Settings
from webhook.web import chat_router

ENTRIES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")


@dataclass(frozen=True)
class DeskSite:
    """The pages' address, and what stands behind them."""

    url: str
    app: FastAPI
    engine: Engine
    people: People
    newest: Callable[[], Shown]
    """The newest Edition, as the pages see it."""

    def invitation(self, login: str, role: Role) -> str:
        """The address of the page on which somebody new chooses a password."""
        _, token = self.people.invite(login, login.title(), Scope(role))
        return f"{self.url}/quan-tri/loi-moi/{token}"


@contextmanager
def desk_site(folder: Path, entries: Sequence[str] = ENTRIES) -> Iterator[DeskSite]:
    """Serves the pages from a database in the folder while it lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(_env_file=None, data_dir=folder, public_url=url)
    engine = open_database(settings)
    editions, first = Editions(engine), published(entries)
    library = first.edition.library
    # What they are related to is not here, and an Entry that names what is not is not complete.
    alone = {entry.id: entry.model_copy(update={"related": ()}) for entry in library}
    editions.publish(Library(alone, library.sources), "đầu tiên")
    read: dict[int, Shown] = {}

    def newest() -> Shown:
        number = editions.newest_number() or 0
        if number not in read:
            read[number] = Shown(editions.get(number))
        return read[number]

    app = FastAPI()
    # The policy the pages must live with.
    app.add_middleware(SecurityHeaders, headers=security_headers(settings))
    app.include_router(chat_router(DeskReplies(first), settings, newest))
    app.include_router(pages_router(newest, settings))
    app.include_router(checklists_router(newest, settings))
    app.include_router(admin_router(settings, engine, newest))
    with serve(app, port):
        yield DeskSite(url, app, engine, People(engine, settings.cookie_key()), newest)
    engine.dispose()
