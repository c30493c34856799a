"""Days and moments: which day it is in Vietnam, and moments as databases give them back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh has had one offset since 1975."""


def today(moment: datetime | None = None) -> date:
    """The day in Vietnam, now or at a moment: fees and laws begin and end there, wherever the
    server stands."""
    return (moment or datetime.now(UTC)).astimezone(VIETNAM).date()


def in_utc(moment: datetime) -> datetime:
    """SQLite forgets the zone, PostgreSQL answers in its own."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
