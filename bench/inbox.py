"""Is the inbox quick with 10,000 open questions? Prints what its pages take, over HTTP without the
network, and what it takes to put 32 new ones in, beside the encoder (a stand-in; the real one takes
some 15 ms a question).

    python -m bench.inbox [--questions 10000]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert

from bot.inbox.intake import AT_ONCE, Intake
from bot.inbox.store import Inbox, Sight, Wanted
from bot.inbox.tables import answers, groups, items, progress, questions
from bot.journal import Journal
from bot.model import Answer, Channel, Question, Status
from knowledge.store import Editions, connect
from tests.fakes.encoder import DIM
from tests.fakes.knowing import small_library
from tests.fakes.office import Office
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

TIMES = 20
NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")


def main(
    questions_there: Annotated[int, typer.Option("--questions")] = 10_000,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), public_url="http://testserver")
        migrate(settings.database_url)
        engine = connect(settings.database_url)
        Editions(engine).publish(small_library(NAMES), "")
        office = Office(FastAPI(), engine, settings, Path(folder))
        office.app.include_router(admin_router(settings, engine, office.known))
        _fill(engine, questions_there)
        clerk = office.person("clerk", Role.EDITOR)
        first = Inbox(engine).page(Wanted(), Sight())[0][0].id
        count = Inbox(engine).counts(Sight())["open"]
        pages = {
            "the list, most asked first": "/quan-tri/hop-thu",
            "the list, newest first, of one channel": "/quan-tri/hop-thu?xep=moi&kenh=web",
            "a group, with the nearest Entries": f"/quan-tri/hop-thu/{first}",
        }
        table = Table(
            "what",
            "p50",
            "p95",
            "processor",
            title=f"{questions_there} questions in {count} groups",
        )
        for name, address in pages.items():
            table.add_row(name, *_timed(lambda address=address: clerk.get(address).read()))
        table.add_row(f"putting {AT_ONCE} new ones in", *_take_in(office))
        Console().print(table)
        engine.dispose()


def _fill(engine: Engine, count: int) -> None:
    """Questions without an Answer, of 3,000 people, in groups of one to four."""
    chance, now = np.random.default_rng(7), datetime.now(UTC)
    answer = Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=()).model_dump(mode="json")
    vectors = chance.normal(size=(count, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.sort(chance.integers(1, count * 2 // 5, count))
    rows = [
        {
            "id": f"web:{number}",
            "question_id": f"web:{number}",
            "group_id": int(owners[number]),
            "kind": "unanswered",
            "channel": "web" if number % 2 else "telegram",
            "conversation": f"c{number % 3000}",
            "asked_at": now - timedelta(minutes=number),
            "answered_at": now - timedelta(minutes=number),
            "text": f"câu hỏi số {number} về việc này",
            "status": str(Status.UNANSWERABLE_NOTHING_FOUND),
            "scores": [],
            "body": answer,
            "province": "",
            "field": "",
        }
        for number in range(count)
    ]
    begun = {"state": "open", "encoder": "fake", "done_by": "", "added": []}
    with engine.begin() as db:
        db.execute(insert(questions), rows)
        db.execute(insert(answers), [{**row, "id": f"a{n}"} for n, row in enumerate(rows)])
        groups_there = [
            {**begun, "id": int(owner), "vector": vectors[n].tobytes()}
            for n, owner in enumerate(np.unique(owners))
        ]
        db.execute(insert(groups), groups_there)
        db.execute(insert(items), rows)
        db.execute(insert(progress), {"id": 1, "looked_until": now})


def _take_in(office: Office) -> tuple[str, str, str]:
    """As `_timed`, of putting AT_ONCE new questions in, once."""
    journal = Journal(office.engine, b"key")
    for number in range(AT_ONCE):
        asked = Question(
            id=f"new:{number}",
            channel=Channel.WEB,
            conversation="c",
            text=f"nuôi {number} con hổ trong vườn",
        )
        journal.record(asked, Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=()))
    known = office.known()
    begun, worked = time.perf_counter(), time.process_time()
    assert Intake(office.engine).take_in(known) == AT_ONCE
    took = _ms(time.perf_counter() - begun)
    return took, took, _ms(time.process_time() - worked)


def _timed(work: Callable[[], object]) -> tuple[str, str, str]:
    """p50 and p95 by the clock, and the processor's time for one, which other programs on the
    machine do not lengthen."""
    took, worked = [], time.process_time()
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    worked = (time.process_time() - worked) / TIMES
    return _ms(statistics.median(took)), _ms(sorted(took)[int(0.95 * TIMES) - 1]), _ms(worked)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    typer.run(main)
