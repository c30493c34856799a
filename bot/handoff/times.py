"""How long people waited: of some days, by the middle one, which a single long wait can't move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from statistics import median

from sqlalchemy import Engine, select

from bot.handoff.store import Ending
from bot.handoff.tables import handoffs
from knowledge.clock import in_utc
from knowledge.model import Record


class Times(Record):
    """What came of the requests of a time. Medians are whole seconds; None without any."""

    requests: int
    taken: int
    until_taken: int | None
    """From the acknowledgement on."""
    until_reply: int | None
    """To the first word of a person, from the acknowledgement on."""
    until_end: int | None
    """From being taken on."""
    endings: dict[Ending, int]


def times(engine: Engine, desk_ids: Sequence[int], since: datetime) -> Times:
    """The times of some desks' handoffs, acknowledged since a moment."""
    wanted = (
        select(handoffs)
        .where(handoffs.c.desk_id.in_(desk_ids))
        .where(handoffs.c.acknowledged_at >= since)
    )
    with engine.connect() as db:
        rows = db.execute(wanted).all()
    endings = Counter(Ending(row.ending) for row in rows if row.ending)
    return Times(
        requests=len(rows),
        taken=sum(row.taken_at is not None for row in rows),
        until_taken=_middle([(row.acknowledged_at, row.taken_at) for row in rows]),
        until_reply=_middle([(row.acknowledged_at, row.first_reply_at) for row in rows]),
        until_end=_middle([(row.taken_at, row.ended_at) for row in rows]),
        endings=dict(endings),
    )


def _middle(spans: Sequence[tuple[datetime | None, datetime | None]]) -> int | None:
    lengths = [in_utc(end) - in_utc(start) for start, end in spans if start and end]
    return round(median(length.total_seconds() for length in lengths)) if lengths else None
