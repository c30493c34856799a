"""Days begin in Vietnam; moments have a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from knowledge.clock import in_utc, today


def test_a_day_begins_when_it_does_in_vietnam() -> None:
    assert today(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert today(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == date(2027, 1, 1)


def test_a_moment_without_a_zone_is_utc_and_others_are_turned_into_it() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert in_utc(noon.replace(tzinfo=None)) == noon
    assert in_utc(noon.astimezone(timezone(timedelta(hours=7)))).tzinfo is UTC
