"""How questions ended, by Entry, facet and place, counted over the Journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine, func, select

from bot import journal
from bot.model import Status
from knowledge.model import Facet

_answers = journal.metadata.tables["answers"]


class Ending(StrEnum):
    """How a question about some matter ended."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    DECLINED = "declined"
    """Nothing was found, it is outside the field, or the record does not say."""


_ENDINGS = {
    Status.ANSWERED_FACET: Ending.ANSWERED,
    Status.ANSWERED_OVERVIEW: Ending.ANSWERED,
    Status.ANSWERED_GUIDE: Ending.ANSWERED,
    Status.ANSWERED_LESSON: Ending.ANSWERED,
    Status.ANSWERED_SEVERAL: Ending.ANSWERED,
    Status.ANSWERED_CURATED: Ending.ANSWERED,
    Status.CLARIFICATION_ENTRY: Ending.ASKED_BACK,
    Status.CLARIFICATION_TOPIC: Ending.ASKED_BACK,
    Status.ANSWERED_FACET_UNKNOWN: Ending.DECLINED,
    Status.UNANSWERABLE_NOTHING_FOUND: Ending.DECLINED,
    Status.REFUSED_OUT_OF_SCOPE: Ending.DECLINED,
}
"""Other statuses are no answers to questions about a matter."""


@dataclass(frozen=True)
class Counted:
    """So many questions with the same ending about the same matter in the same province."""

    ending: Ending
    entry_id: str
    """The Entry answered from, otherwise the nearest; empty if there is none."""
    answered_from: bool
    lacking: Facet | None
    """The facet that was asked for and that the record does not have."""
    province: str
    """Id; empty if it was not said."""
    count: int


@dataclass(frozen=True)
class Share:
    """Questions about one field, or of one province."""

    answered: int = 0
    asked_back: int = 0
    declined: int = 0

    @property
    def total(self) -> int:
        return self.answered + self.asked_back + self.declined

    def percent(self, ending: str) -> int:
        """Of the total, rounded; 0 of none."""
        return round(100 * int(getattr(self, ending)) / self.total) if self.total else 0


def count_endings(engine: Engine, since: datetime) -> list[Counted]:
    """All questions answered since a moment."""
    first_hit = _answers.c.scores[(0, "entry")].as_string()
    entry = func.coalesce(_answers.c.entry_id, first_hit, "").label("entry")
    own = _answers.c.entry_id.is_not(None).label("own")
    place = func.coalesce(_answers.c.place, "").label("place")
    keys = (_answers.c.status, entry, own, _answers.c.facet, place)
    counted = (
        select(*keys, func.count().label("times"))
        .where(_answers.c.answered_at >= since, _answers.c.status.in_(_ENDINGS))
        .group_by(*keys)
    )
    with engine.connect() as db:
        return [
            Counted(
                _ENDINGS[Status(row.status)],
                row.entry,
                bool(row.own),
                Facet(row.facet)
                if row.status == Status.ANSWERED_FACET_UNKNOWN and row.facet
                else None,
                row.place.split("/")[0],
                row.times,
            )
            for row in db.execute(counted)
        ]


def shares(counted: Iterable[tuple[str, Counted]]) -> dict[str, Share]:
    """(name of a row, what was counted) → the row's Share, the most questions first."""
    sums: dict[str, Counter[str]] = {}
    for name, each in counted:
        sums.setdefault(name, Counter())[each.ending.value] += each.count
    found = {name: Share(**total) for name, total in sums.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1].total))
