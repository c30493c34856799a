"""Who did what, when and to what. Rows are only ever added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from knowledge.clock import in_utc
from knowledge.model import Record
from webhook.admin.roles import Person
from webhook.admin.tables import audit

PAGE = 50


class Deed(Record):
    """One line of the log."""

    number: int
    at: datetime
    person: str
    action: str
    subject: str
    details: dict[str, Any]


class AuditLog:
    """The log. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, person: Person | None, action: str, subject: str, **details: object) -> None:
        """Add a line. `person` is None for what the program did by itself."""
        with self._engine.begin() as db:
            self.write_with(db, person, action, subject, **details)

    def write_with(
        self, db: Connection, person: Person | None, action: str, subject: str, **details: object
    ) -> None:
        """As `write`, in the transaction of what was done: both are kept, or neither."""
        _one_writer(db)
        last = db.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).first()
        row = {
            "number": last.number + 1 if last else 1,
            "at": datetime.now(UTC).replace(microsecond=0),
            "person_id": person.id if person else None,
            "person": person.login if person else "",
            "action": action,
            "subject": subject[:160],
            "details": json.loads(json.dumps(details, default=str)),
        }
        db.execute(insert(audit).values(**row, hash=_hash(last.hash if last else "", row)))

    def read(self, *, before: int | None = None, subject: str = "", person: str = "") -> list[Deed]:
        """The newest lines first, at most PAGE of them."""
        wanted = select(audit).order_by(audit.c.number.desc()).limit(PAGE)
        if before is not None:
            wanted = wanted.where(audit.c.number < before)
        if subject:
            wanted = wanted.where(audit.c.subject == subject)
        if person:
            wanted = wanted.where(audit.c.person == person)
        with self._engine.connect() as db:
            return [_deed(row) for row in db.execute(wanted)]

    def broken_at(self) -> int | None:
        """The number of the first line that was changed, moved or taken out; None if none was.

        The newest lines can be cut off unseen: compare `length` with an earlier report.
        """
        wanted = select(audit).order_by(audit.c.number).execution_options(yield_per=500)
        with self._engine.connect() as db, db.execute(wanted) as rows:
            return _first_broken(rows)

    def length(self) -> int:
        """How many lines there are."""
        with self._engine.connect() as db:
            return int(db.scalar(select(func.count()).select_from(audit)) or 0)


def _one_writer(db: Connection) -> None:
    """Until the transaction ends, nobody else adds a line."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE audit IN EXCLUSIVE MODE")
    else:  # a statement that could write takes SQLite's write lock, whether it finds rows or not
        db.exec_driver_sql("UPDATE audit SET number = number WHERE 1 = 0")


def _first_broken(rows: Iterable[Row[Any]]) -> int | None:
    before = ""
    for number, row in enumerate(rows, 1):
        given = {name: getattr(row, name) for name in row._fields if name != "hash"}
        if row.number != number or _hash(before, given) != row.hash:
            return number
        before = row.hash
    return None


def _hash(before: str, row: dict[str, Any]) -> str:
    plain = {**row, "at": in_utc(row["at"]).isoformat()}
    text = json.dumps([before, plain], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _deed(row: Row[Any]) -> Deed:
    return Deed(
        number=row.number,
        at=in_utc(row.at),
        person=row.person,
        action=row.action,
        subject=row.subject,
        details=row.details,
    )
