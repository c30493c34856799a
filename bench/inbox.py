"""Is the inbox quick with 10,000 open questions? Prints what its pages take, over HTTP without the
network, and what taking in takes without the encoder (a stand-in of 64 dimensions; the real one has
384 and takes some 15 ms a question).

    python -m bench.inbox [--questions 10000]
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from bot.inbox.intake import Intake
from bot.inbox.store import Inbox, Sight, Wanted
from bot.journal import Journal
from bot.model import Answer, Channel, Question, Status
from knowledge.store import Editions, connect
from tests.fakes.knowing import small_library
from tests.fakes.office import Office
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

TIMES = 20
NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")
SYLLABLES = (
    "xin giấy phép nuôi hổ bay chợ đêm thuê vỉa hè quảng cáo karaoke đất rừng biển xe tàu nhà máy"
    " trường học bác sĩ thuốc nước điện rác cây cầu đường hồ cá tôm lúa vườn hoa mộ chùa lễ hội"
)


def main(questions: Annotated[int, typer.Option()] = 10_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), public_url="http://testserver")
        migrate(settings.database_url)
        engine = connect(settings.database_url)
        Editions(engine).publish(small_library(NAMES), "")
        office = Office(FastAPI(), engine, settings, Path(folder))
        office.app.include_router(admin_router(settings, engine, office.known))
        _ask(Journal(engine, b"key"), questions)
        taken, seconds = _take_in(office)
        clerk = office.person("clerk", Role.EDITOR)
        first = Inbox(engine).page(Wanted(), Sight())[0][0].id
        groups = Inbox(engine).counts(Sight())["open"]
        pages = {
            "the list, most asked first": "/quan-tri/hop-thu",
            "the list, newest first, of one channel": "/quan-tri/hop-thu?xep=moi&kenh=web",
            "a group, with the nearest Entries": f"/quan-tri/hop-thu/{first}",
        }
        table = Table("what", "p50", "p95", title=f"{taken} questions in {groups} groups")
        for name, address in pages.items():
            table.add_row(name, *_timed(lambda address=address: clerk.get(address).read()))
        table.add_row(f"taking in, a question (all: {seconds:.0f} s)", _ms(seconds / taken), "")
        Console().print(table)
        engine.dispose()


def _ask(journal: Journal, count: int) -> None:
    chance = random.Random(7)
    nothing = Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=())
    for number in range(count):
        text = " ".join(chance.sample(SYLLABLES.split(), chance.randint(4, 8)))
        asked = Question(
            id=f"web:{number}",
            channel=chance.choice((Channel.WEB, Channel.TELEGRAM)),
            conversation=f"c{number % 3000}",
            text=text,
        )
        journal.record(asked, nothing)


def _take_in(office: Office) -> tuple[int, float]:
    intake, known, taken = Intake(office.engine), office.known(), 0
    begun = time.perf_counter()
    while more := intake.take_in(known):
        taken += more
    return taken, time.perf_counter() - begun


def _timed(work: Callable[[], object]) -> tuple[str, str]:
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return _ms(statistics.median(took)), _ms(sorted(took)[int(0.95 * TIMES) - 1])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    typer.run(main)
