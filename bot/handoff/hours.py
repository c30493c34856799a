"""When a desk is open: spans of each day of the week, by Vietnam's clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from bot.messages import node, say
from knowledge.clock import VIETNAM
from knowledge.model import Record

WEEK = 7
_SPAN = re.compile(
    r"(\d{1,2})(?:[:hg.](\d{2})?)?\s*(?:-|–|đến)\s*(\d{1,2})(?:[:hg.](\d{2})?)?", re.IGNORECASE
)

Span = tuple[int, int]
"""The first and the last minute of a day, the last not included."""


class HoursError(ValueError):
    """What was typed for a day is no list of spans; the text is the day's number, Monday is 0."""


class Hours(Record):
    """The spans of each day, Monday first."""

    days: tuple[tuple[Span, ...], ...]

    def is_open(self, at: datetime) -> bool:
        """Whether a moment lies in a span."""
        return self.closes_at(at) is not None

    def closes_at(self, at: datetime) -> datetime | None:
        """The end of the span that a moment lies in, in UTC; None while it is closed."""
        here = at.astimezone(VIETNAM)
        minute = here.hour * 60 + here.minute
        spans = self.days[here.weekday()]
        end = next((last for first, last in spans if first <= minute < last), None)
        return None if end is None else _moment(here, end)

    def opens_at(self, after: datetime) -> datetime | None:
        """The next beginning of a span after a moment, in UTC; None if no day has any."""
        here = after.astimezone(VIETNAM)
        for ahead in range(WEEK + 1):
            day = here + timedelta(days=ahead)
            for first, _ in self.days[day.weekday()]:
                if (opening := _moment(day, first)) > after:
                    return opening
        return None

    def told(self) -> str:
        """As people read it: "thứ Hai đến thứ Sáu: 7:30–11:30, 13:30–17:00"."""
        names, parts = node("handoff.weekdays"), []
        for spans, days in groupby(range(WEEK), key=lambda day: self.days[day]):
            run = [names[day] for day in days]
            if spans:
                several = say("handoff.days", first=run[0], last=run[-1])
                parts.append(f"{several if len(run) > 1 else run[0]}: {written(spans)}")
        return "; ".join(parts)


def read_hours(typed: Sequence[str]) -> Hours:
    """The hours that were typed for each day: "7:30-11:30, 13h30-17h", "" for none. HoursError."""
    return Hours(days=tuple(_read_day(text, day) for day, text in enumerate(typed)))


def written(spans: Sequence[Span]) -> str:
    """A day's spans as `read_hours` reads them."""
    return ", ".join(f"{_clock(first)}–{_clock(last)}" for first, last in spans)


def _read_day(text: str, day: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for part in re.split(r"[,;]", text):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise HoursError(str(day))
        first, last = _minute(found[1], found[2]), _minute(found[3], found[4])
        if not (spans[-1][1] if spans else 0) <= first < last <= 24 * 60:
            raise HoursError(str(day))
        spans.append((first, last))
    return tuple(spans)


def _minute(hour: str, minute: str | None) -> int:
    found = int(minute or 0)
    return int(hour) * 60 + found if found < 60 else 25 * 60


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _moment(day: datetime, minute: int) -> datetime:
    midnight = datetime.combine(day.date(), time(), VIETNAM)
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)
