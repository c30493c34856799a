"""Desks: for a place, who answers there and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from bot.handoff.hours import Hours
from bot.handoff.tables import desks
from knowledge.model import Record
from knowledge.places import Place


class Kind(StrEnum):
    """Who sits there: a volunteer must not be told as an officer."""

    OFFICE = "office"
    TEAM = "team"


class Desk(Record):
    """A desk as it is now."""

    id: int
    name: str
    place: str
    kind: Kind
    hours: Hours
    people: tuple[int, ...]
    """Ids of the accounts that answer."""
    on: bool
    opened_by: int

    @property
    def where(self) -> Place | None:
        """Its province and commune; None if the province is no more."""
        return Place.parse(self.place)

    @property
    def serves(self) -> bool:
        """Whether it is switched on and somebody answers there, in its hours."""
        return self.on and bool(self.people)

    def is_open(self, at: datetime) -> bool:
        """Whether people can be handed over at a moment."""
        return self.serves and self.hours.is_open(at)


class Desks:
    """The store of desks. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def all(self) -> list[Desk]:
        """Every desk, by name."""
        with self._engine.connect() as db:
            return [_desk(row) for row in db.execute(select(desks).order_by(desks.c.name))]

    def get(self, desk_id: int) -> Desk | None:
        """The desk of an id."""
        with self._engine.connect() as db:
            row = db.execute(select(desks).where(desks.c.id == desk_id)).first()
        return _desk(row) if row else None

    def of(self, person_id: int) -> list[Desk]:
        """The desks at which an account answers."""
        return [desk for desk in self.all() if person_id in desk.people]

    def for_place(self, place: Place) -> list[Desk]:
        """The desks that serve a place, those of its commune before those of its province."""
        names = [str(place), place.province_id]
        wanted = select(desks).where(desks.c.place.in_(names)).order_by(desks.c.id)
        with self._engine.connect() as db:
            found = [_desk(row) for row in db.execute(wanted)]
        serving = [desk for desk in found if desk.serves]
        return sorted(serving, key=lambda desk: names.index(desk.place))

    def open(
        self,
        name: str,
        place: Place,
        kind: Kind,
        hours: Hours,
        people: Sequence[int],
        opened_by: int,
    ) -> Desk:
        """A new desk, switched on."""
        row = insert(desks).values(
            name=name[:120],
            place=str(place),
            kind=kind.value,
            hours=hours.model_dump(mode="json"),
            people=list(people),
            on=True,
            opened_by=opened_by,
            opened_at=self._clock(),
        )
        with self._engine.begin() as db:
            made = db.execute(row.returning(desks)).one()
        return _desk(made)

    def change(
        self, desk_id: int, name: str, hours: Hours, people: Sequence[int], *, on: bool
    ) -> None:
        """Change all but the place: another place is another desk."""
        values = {
            "name": name[:120],
            "hours": hours.model_dump(mode="json"),
            "people": list(people),
            "on": on,
        }
        with self._engine.begin() as db:
            db.execute(update(desks).where(desks.c.id == desk_id).values(**values))


def _desk(row: Row[Any]) -> Desk:
    return Desk(
        id=row.id,
        name=row.name,
        place=row.place,
        kind=Kind(row.kind),
        hours=Hours.model_validate(row.hours),
        people=tuple(row.people),
        on=row.on,
        opened_by=row.opened_by,
    )
