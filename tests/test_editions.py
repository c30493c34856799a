"""Editions: numbered, immutable, one row for one change; on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select, text

import bot.course.store
import bot.journal
from bot import figures, notices
from bot.checklist import store as checklists
from bot.curated import store as curated
from bot.handoff import tables as handoff
from bot.inbox import tables as inbox
from bot.team import tables as teams
from knowledge import golden, proposals, store
from knowledge.load import SHIPPED, Library, read_entry, read_sources
from knowledge.model import Facet, Procedure
from knowledge.store import Editions, UnknownEdition, connect
from webhook import database, switches
from webhook.admin import tables as admin
from webhook.channels.zalo_oa import tables as zalo_oa
from webhook.ioc import keys as ioc_keys


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    database.migrate(database_url)
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def editions(engine: Engine) -> Editions:
    return Editions(engine)


@pytest.fixture(scope="module")
def library() -> Library:
    """Two shipped Entries with all shipped Sources."""
    names = ("khai-sinh", "ket-hon")
    entries = [read_entry(SHIPPED / f"procedures/{name}.yaml") for name in names]
    sources = [s for path in sorted(SHIPPED.glob("sources/*.yaml")) for s in read_sources(path)]
    return Library({e.id: e for e in entries}, {s.id: s for s in sources})


def with_fee(library: Library, text: str) -> Library:
    """The same, but khai-sinh costs something else."""
    entry = library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    fee = entry.facts[Facet.FEE][0].model_copy(update={"text": text, "amount": None})
    changed = entry.model_copy(update={"facts": {**entry.facts, Facet.FEE: (fee,)}})
    return Library({**library.entries, entry.id: changed}, library.sources)


def rows(engine: Engine, table: str) -> int:
    with engine.connect() as db:
        found = db.scalar(select(func.count()).select_from(store.metadata.tables[table]))
    return int(found or 0)


def test_an_edition_is_read_back_as_it_was_published(editions: Editions, library: Library) -> None:
    assert editions.newest_number() is None
    before = datetime.now(UTC)
    assert editions.publish(library, "đầu tiên") == (1, True)
    edition = editions.get(1)
    assert edition.library == library
    assert list(edition.library.entries) == sorted(library.entries)
    assert before - timedelta(seconds=1) < edition.published_at <= datetime.now(UTC)
    with pytest.raises(UnknownEdition, match="2"):
        editions.get(2)


def test_publishing_twice_changes_nothing(
    editions: Editions, library: Library, engine: Engine
) -> None:
    editions.publish(library, "")
    tables = ("contents", "editions", "edition_contents")
    before = [rows(engine, table) for table in tables]
    backwards = Library(dict(reversed(library.entries.items())), library.sources)
    assert editions.publish(backwards, "again") == (1, False)
    assert [rows(engine, table) for table in tables] == before


def test_an_edited_fee_is_a_new_edition_with_one_new_row_of_content(
    editions: Editions, library: Library, engine: Engine
) -> None:
    editions.publish(library, "")
    before = rows(engine, "contents")
    assert editions.publish(with_fee(library, "Mức thu đã đổi."), "fee") == (2, True)
    assert rows(engine, "contents") == before + 1
    assert editions.newest_number() == 2
    assert editions.get(1).library == library, "an earlier Edition stays readable"


def test_rollback_is_publishing_an_earlier_edition(editions: Editions, library: Library) -> None:
    editions.publish(library, "")
    editions.publish(with_fee(library, "Mức thu đã đổi."), "wrong")
    earlier = editions.get(1)
    assert editions.publish(earlier.library, "back to 1") == (3, True)
    assert (editions.get(3).library, editions.get(3).hash) == (library, earlier.hash)


def test_an_entry_that_is_gone_is_not_in_the_next_edition(
    editions: Editions, library: Library
) -> None:
    editions.publish(library, "")
    editions.publish(Library({"ket-hon": library.entries["ket-hon"]}, library.sources), "")
    assert list(editions.get(2).library.entries) == ["ket-hon"]


def test_a_long_note_does_not_stop_a_publication(editions: Editions, library: Library) -> None:
    assert editions.publish(library, "ghi chú " * 200) == (1, True)


def test_threads_that_publish_at_once_lose_no_edition_and_share_no_number(
    editions: Editions, library: Library
) -> None:
    texts = [f"Mức thu lần {n}." for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(editions.publish, with_fee(library, text), text) for text in texts]
        published = sorted(future.result() for future in work)
    assert published == [(number, True) for number in range(1, 9)]
    stored = {_fee(editions.get(number).library) for number in range(1, 9)}
    assert stored == set(texts)


def test_threads_that_publish_the_same_at_once_make_one_edition(
    editions: Editions, library: Library, engine: Engine
) -> None:
    with ThreadPoolExecutor(6) as pool:
        published = list(pool.map(lambda _: editions.publish(library, ""), range(6)))
    assert sorted(published) == [(1, False)] * 5 + [(1, True)]
    assert rows(engine, "editions") == 1


_PUBLISH = """
import sys
from knowledge.load import SHIPPED, Library, read_entry
from knowledge.store import Editions, connect
entry = read_entry(SHIPPED / "procedures/khai-sinh.yaml")
editions = Editions(connect(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(10):
    changed = entry.model_copy(update={"title": f"{sys.argv[2]} {n}"})
    print(*editions.publish(Library({entry.id: changed}, {}), ""), flush=True)
"""


def test_processes_that_publish_at_once_lose_no_edition_and_share_no_number(
    engine: Engine, database_url: str
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PUBLISH, database_url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("Một", "Hai")
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [line for process in processes for line in process.communicate()[0].splitlines()]
    assert sorted(int(line.split()[0]) for line in lines) == list(range(1, 21))
    assert {line.split()[1] for line in lines} == {"True"}
    titles = [editions_title(engine, number) for number in range(1, 21)]
    assert sorted(titles) == sorted(f"{name} {n}" for name in ("Một", "Hai") for n in range(10))


def editions_title(engine: Engine, number: int) -> str:
    return Editions(engine).get(number).library.entries["khai-sinh"].title


def test_the_migrations_make_exactly_the_tables_of_the_stores(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        all_stores = [
            store.metadata,
            proposals.metadata,
            bot.course.store.metadata,
            golden.metadata,
            bot.journal.metadata,
            zalo_oa.metadata,
            admin.metadata,
            switches.metadata,
            figures.metadata,
            ioc_keys.metadata,
            inbox.metadata,
            curated.metadata,
            checklists.metadata,
            notices.metadata,
            teams.metadata,
            handoff.metadata,
        ]
        assert compare_metadata(context, all_stores) == []  # type: ignore[arg-type]


def test_migrating_again_changes_nothing(engine: Engine, database_url: str) -> None:
    tables = inspect(engine).get_table_names()
    database.migrate(database_url)
    assert inspect(engine).get_table_names() == tables
    assert store.metadata.tables.keys() < set(tables)


def _fee(library: Library) -> str:
    entry = library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    return entry.facts[Facet.FEE][0].text


def test_a_database_in_a_folder_with_a_space_and_vietnamese_letters_works(
    tmp_path: Path, library: Library
) -> None:
    folder = tmp_path / "dữ liệu"
    folder.mkdir()
    url = f"sqlite:///{folder / 'bình dân.db'}"
    database.migrate(url)
    engine = connect(url)
    assert Editions(engine).publish(library, "") == (1, True)
    engine.dispose()


@pytest.fixture
def urls(new_postgres: Callable[[], str], tmp_path: Path) -> list[str]:
    return [new_postgres(), f"sqlite:///{tmp_path / 'test.db'}"]


def test_both_databases_give_an_edition_the_same_order_and_hash(
    urls: list[str], library: Library
) -> None:
    found = []
    for url in urls:
        database.migrate(url)
        engine = connect(url)
        editions = Editions(engine)
        editions.publish(library, "")
        edition = editions.get(1)
        found.append((edition.hash, list(edition.library.entries), list(edition.library.sources)))
        engine.dispose()
    assert found[0] == found[1]


def test_a_process_of_the_former_release_starts_on_a_newer_database(
    engine: Engine, database_url: str, library: Library
) -> None:
    with engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = 'of-tomorrow'"))
    database.migrate(database_url)
    assert Editions(engine).publish(library, "") == (1, True)
    with engine.connect() as db:
        assert db.scalar(text("SELECT version_num FROM alembic_version")) == "of-tomorrow"


def test_processes_that_start_together_migrate_a_fresh_database_once(database_url: str) -> None:
    code = f"from webhook.database import migrate; migrate({database_url!r})"
    starting = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in starting] == [0, 0, 0]
