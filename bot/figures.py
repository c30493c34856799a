"""How many questions there were and how they went: numbers by day, never texts or people.

What is counted is first noted as a row of its own, in the transaction that records the Answer, so
that no two Answers wait for one another; from time to time the notes are added up. The sums outlive
the Journal's retention (docs/decisions/0016-figures.md).
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.model import Channel, Status
from knowledge.clock import VIETNAM, in_utc

log = logging.getLogger(__name__)

COUNTRY = "*"
"""The `province` of sums over the whole country, people of unknown provinces too."""
UNKNOWN = ""
"""The name of what is not known: a province not spoken of, a field of an Answer about no Entry."""
STEPS_MS = (
    *(10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800),
    *(1000, 1500, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000),
)
"""Times are kept as the first of these that they do not exceed: percentiles can be had of the
sums of any days."""
BATCH = 20_000
"""Notes added up in one transaction."""

_KEY = ("province", "day", "part", "name")
_SUMMED = ("questions", "helpful", "unhelpful")
_UNCOUNTED = {
    Status.CLARIFICATION_FEEDBACK,
    Status.ANSWERED_FEEDBACK,
    Status.ANSWERED_NOTHING,
    Status.ANSWERED_BY_PERSON,
}
"""What an opinion is answered with, or a word to or of a person: it was no question."""

metadata = MetaData()

_notes = Table(
    "figure_notes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("province", String(24), nullable=False),
    Column("field", String(160), nullable=False),
    Column("status", String(40), nullable=False),
    Column("ms", Integer),
    Column("questions", Integer, nullable=False),
    Column("helpful", Integer, nullable=False),
    Column("unhelpful", Integer, nullable=False),
)
_figures = Table(
    "figures",
    metadata,
    Column("province", String(24), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("part", String(8), primary_key=True),
    Column("name", String(160), primary_key=True),
    Column("questions", BigInteger, nullable=False),
    Column("helpful", BigInteger, nullable=False),
    Column("unhelpful", BigInteger, nullable=False),
)
_model_use = Table(
    "model_use",
    metadata,
    Column("day", Date, primary_key=True),
    Column("model", String(120), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
)


class Part(StrEnum):
    """What questions are told apart by."""

    CHANNEL = "channel"
    FIELD = "field"
    STATUS = "status"
    TIME = "time"
    """Names are milliseconds, of STEPS_MS."""
    PROVINCE = "province"
    """Only of the whole country."""


@dataclass(frozen=True)
class Counted:
    """What is told of one Question."""

    channel: str
    status: str
    at: datetime
    province: str = UNKNOWN
    field: str = UNKNOWN
    ms: int | None = None
    """How long the Answer took to compute, in milliseconds."""


@dataclass(frozen=True)
class Figure:
    """Questions of one kind, and what people thought of their Answers."""

    name: str
    questions: int
    helpful: int
    unhelpful: int


@dataclass(frozen=True)
class ModelUse:
    """What a language model was asked in some days."""

    model: str
    calls: int
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class Period:
    """Whole days of Vietnam, both included."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Each of them."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def day_of(at: datetime) -> date:
    """The day in Vietnam of a moment; one without a zone is UTC, as SQLite gives it."""
    return in_utc(at).astimezone(VIETNAM).date()


def note(
    db: Connection, counted: Counted, *, questions: int = 0, helpful: int = 0, unhelpful: int = 0
) -> None:
    """Note a Question, or a change of what is thought of its Answer, in the caller's transaction.

    Opinions count on the day of the Answer. The terminal is not counted: it is the operator's.
    """
    if counted.channel == Channel.TERMINAL or counted.status in _UNCOUNTED:
        return
    db.execute(
        insert(_notes).values(
            day=day_of(counted.at),
            channel=counted.channel,
            province=counted.province,
            field=counted.field,
            status=counted.status,
            ms=None if counted.ms is None else step(counted.ms),
            questions=questions,
            helpful=helpful,
            unhelpful=unhelpful,
        )
    )


def step(ms: int) -> int:
    """What a time is kept as."""
    return STEPS_MS[min(bisect_left(STEPS_MS, ms), len(STEPS_MS) - 1)]


class Figures:
    """The store of the sums. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def roll_up(self) -> None:
        """Add up what was noted. Several processes may do so at once: each note counts once."""
        while self._roll_batch() == BATCH:
            pass

    def by_day(self, period: Period, provinces: Sequence[str] = ()) -> list[tuple[date, str, int]]:
        """(day, Status, questions) of some provinces or, without any, of the country."""
        by = (_figures.c.day, _figures.c.name)
        rows = self._sums(period, provinces, *by, only=Part.STATUS)
        return [(row.day, row.name, row.questions) for row in rows]

    def by_part(self, period: Period, provinces: Sequence[str] = ()) -> dict[Part, list[Figure]]:
        """Questions by every Part, the most asked first."""
        found: dict[Part, list[Figure]] = {part: [] for part in Part}
        for row in self._sums(period, provinces, _figures.c.part, _figures.c.name):
            figure = Figure(row.name, row.questions, row.helpful, row.unhelpful)
            found[Part(row.part)].append(figure)
        if provinces:
            only = self._sums(period, provinces, _figures.c.province, only=Part.CHANNEL)
            found[Part.PROVINCE] = [
                Figure(row.province, row.questions, row.helpful, row.unhelpful) for row in only
            ]
        for figures in found.values():
            figures.sort(key=lambda figure: (-figure.questions, figure.name))
        return found

    def rows(
        self, period: Period, provinces: Sequence[str] = ()
    ) -> Iterator[tuple[date, str, Part, Figure]]:
        """Every sum there is, by day, province, Part and name, for whoever counts on."""
        wanted = (
            select(_figures)
            .where(_figures.c.province.in_(provinces or (COUNTRY,)))
            .where(_figures.c.day.between(period.first, period.last))
            .order_by(_figures.c.day, _figures.c.province, _figures.c.part, _figures.c.name)
            .execution_options(yield_per=1000)
        )
        with self._engine.connect() as db:
            for row in db.execute(wanted):
                figure = Figure(row.name, row.questions, row.helpful, row.unhelpful)
                yield row.day, row.province, Part(row.part), figure

    def note_model(self, model: str, tokens_in: int, tokens_out: int) -> None:
        """Count a call of a language model. Never raises: no Answer depends on it."""
        values = {"calls": 1, "tokens_in": tokens_in, "tokens_out": tokens_out}
        key = {"day": day_of(datetime.now(UTC)), "model": model[:120]}
        try:
            with self._engine.begin() as db:
                _add(db, _model_use, [{**key, **values}])
        except SQLAlchemyError as error:
            log.warning("a call of the model is not counted: %s", type(error).__name__)

    def model_use(self, period: Period) -> list[ModelUse]:
        """What the models were asked, the most talkative first."""
        sums = [func.sum(_model_use.c[name]) for name in ("calls", "tokens_in", "tokens_out")]
        wanted = (
            select(_model_use.c.model, *sums)
            .where(_model_use.c.day.between(period.first, period.last))
            .group_by(_model_use.c.model)
        )
        with self._engine.connect() as db:
            found = [ModelUse(row[0], *map(int, row[1:])) for row in db.execute(wanted)]
        return sorted(found, key=lambda use: -use.tokens_in - use.tokens_out)

    def _roll_batch(self) -> int:
        oldest = select(_notes.c.id).order_by(_notes.c.id).limit(BATCH)
        taken = delete(_notes).where(_notes.c.id.in_(oldest)).returning(*_notes.c)
        sums: dict[tuple[str, date, str, str], Counter[str]] = {}
        with self._engine.begin() as db:
            notes = db.execute(taken).all()
            for row in notes:
                for key in _keys(row):
                    counts = sums.setdefault(key, Counter())
                    for name in _SUMMED:
                        counts[name] += getattr(row, name)
            # Sorted, so that processes that add to the same sums never wait for each other in a
            # circle.
            rows = [dict(zip(_KEY, key, strict=True)) | dict(sums[key]) for key in sorted(sums)]
            _add(db, _figures, rows)
        return len(notes)

    def _sums(
        self,
        period: Period,
        provinces: Sequence[str],
        *by: Column[Any],
        only: Part | None = None,
    ) -> Sequence[Row[Any]]:
        sums = [cast(func.sum(_figures.c[name]), BigInteger).label(name) for name in _SUMMED]
        wanted = (
            select(*by, *sums)
            .where(_figures.c.province.in_(provinces or (COUNTRY,)))
            .where(_figures.c.day.between(period.first, period.last))
            .group_by(*by)
        )
        if only:
            wanted = wanted.where(_figures.c.part == only)
        with self._engine.connect() as db:
            return db.execute(wanted).all()


def _keys(note: Row[Any]) -> Iterator[tuple[str, date, str, str]]:
    """The sums that a note is part of: province, day, Part, name."""
    names = {Part.CHANNEL: note.channel, Part.FIELD: note.field, Part.STATUS: note.status}
    if note.ms is not None:
        names[Part.TIME] = str(note.ms)
    for part, name in names.items():
        yield COUNTRY, note.day, part, name
        if note.province:
            yield note.province, note.day, part, name
    yield COUNTRY, note.day, Part.PROVINCE, note.province


def _add(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to those of the same primary key, column by column."""
    if not rows:
        return
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[db.dialect.name]
    inserted = dialect.insert(table)
    summed = [column for column in table.c if not column.primary_key]
    db.execute(
        inserted.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={column: column + inserted.excluded[column.name] for column in summed},
        ),
        rows,
    )
