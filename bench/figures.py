"""How long figures take to be added up and to be shown, with many questions, on SQLite.

python -m bench.figures --questions 1000000
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, func, insert, select

from bot.figures import UNKNOWN, Figures, Period, day_of, metadata, step
from bot.model import Channel, Status
from bot.summary import summarise
from knowledge.places import PROVINCES
from knowledge.store import connect

FIELDS = 60
"""Fields of procedures that people ask about."""
CHUNK = 20_000
TRIES = 5


def main() -> None:
    """Fill a file with made-up questions, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'figures.db'}")
        metadata.create_all(engine)
        figures, last = Figures(engine), day_of(datetime.now(UTC))
        adding_s = fill(engine, figures, given.questions, given.days, last)
        with engine.connect() as db:
            sums = db.scalar(select(func.count()).select_from(metadata.tables["figures"]))
        table = Table("what", "seconds")
        table.add_row("adding up 1,000 questions", f"{1000 * adding_s / given.questions:.3f}")
        for days in (7, 30, 90, given.days):
            for name, provinces in (("the country", []), ("three provinces", [*PROVINCES][:3])):
                took = shown(figures, Period(last - timedelta(days=days - 1), last), provinces)
                table.add_row(f"figures of {days} days, {name}", f"{took:.3f}")
        console = Console()
        console.print(f"{given.questions:,} questions in {given.days} days: {sums:,} sums")
        console.print(table)
        engine.dispose()


def fill(engine: Engine, figures: Figures, questions: int, days: int, last: date) -> float:
    """Note questions and add them up; returns the seconds that adding up took."""
    adding_s = 0.0
    for first in range(0, questions, CHUNK):
        numbers = range(first, min(first + CHUNK, questions))
        rows = [made_up(last - timedelta(days=n * days // questions)) for n in numbers]
        with engine.begin() as db:
            db.execute(insert(metadata.tables["figure_notes"]), rows)
        adding_s += seconds(figures.roll_up)
    return adding_s


def made_up(day: date) -> dict[str, object]:
    """A question that nobody asked; a few fields are asked about more than all others."""
    return {
        "day": day,
        "channel": random.choice([*Channel][:4]).value,
        "province": random.choice([UNKNOWN, *PROVINCES]),
        "field": f"Lĩnh vực {int(random.paretovariate(1)) % FIELDS}",
        "status": random.choice([*Status]).value,
        "ms": step(int(random.lognormvariate(5, 0.8))),
        "questions": 1,
        "helpful": 0,
        "unhelpful": 0,
    }


def shown(figures: Figures, period: Period, provinces: list[str]) -> float:
    """The fewest seconds that the figures of a page took in some tries."""
    return min(seconds(lambda: summarise(figures, period, provinces)) for _ in range(TRIES))


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
