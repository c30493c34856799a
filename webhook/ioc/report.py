"""The figures as a monitoring centre gets them: without counts so small that they point at people.

The rule (docs/ioc.md): a count of 1 to 4 is not told (null). As a hidden count could be had by
subtracting the others from the sum, the next smallest of its list are hidden too, until at least
two are, which together come to five or more. What is reckoned from counts is told only if none of
them is hidden, or if there are enough of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import Field

from bot.figures import Figure, Part
from bot.summary import TOO_FEW, Summary
from knowledge.model import Record
from knowledge.places import PROVINCES

SMALL = 5
"""Counts below are not told."""


class Day(Record):
    """Questions of a day, or of the days of a month that belong to the period."""

    begins: date
    questions: int | None


class ByChannel(Record):
    channel: str
    questions: int | None


class ByStatus(Record):
    status: str
    """answered, clarification, unanswerable, refused, smalltalk or error."""
    questions: int | None


class ByField(Record):
    field: str
    """Of a procedure, as the national portal names it; "guide" and "lesson" for what is none; ""
    where the answer was about no entry."""
    questions: int | None


class ByProvince(Record):
    province: str
    """Our id ("lam-dong"); "" if people did not say where they live."""
    name: str
    questions: int | None


class Opinions(Record):
    """👍 and 👎 of people."""

    helpful: int
    unhelpful: int
    satisfaction: float
    """helpful / (helpful + unhelpful), 0 to 1."""


class Times(Record):
    """Milliseconds in which answers were computed."""

    p50: int
    p95: int


class Report(Record):
    """Figures of whole days of Vietnam (UTC+7)."""

    version: int = 1
    first_day: date = Field(serialization_alias="from")
    last_day: date = Field(serialization_alias="to")
    provinces: tuple[str, ...]
    """Whose people are counted; empty: the whole country, people of unknown provinces too."""
    made_at: datetime
    suppressed_below: int = SMALL
    """Counts from 1 up to this are null, and with them some others from which they could be had."""
    questions: int | None
    answered_share: float | None
    """Of the questions, greetings and thanks aside, 0 to 1."""
    opinions: Opinions | None
    """null below 20 opinions."""
    answer_ms: Times | None
    """null below 20 answers."""
    by_month: bool
    """Whether the entries of by_day are months: from 92 days on."""
    by_day: tuple[Day, ...]
    by_channel: tuple[ByChannel, ...]
    by_status: tuple[ByStatus, ...]
    by_field: tuple[ByField, ...]
    by_province: tuple[ByProvince, ...]


def report(summary: Summary, provinces: Sequence[str], made_at: datetime) -> Report:
    """What may be told of a Summary of some provinces or, without any, of the country."""
    families = _told(summary.families)
    whole = None in families.values()
    return Report(
        first_day=summary.period.first,
        last_day=summary.period.last,
        provinces=tuple(provinces),
        made_at=made_at,
        questions=None if 0 < summary.questions < SMALL else summary.questions,
        answered_share=None if whole else _rounded(summary.answered_share),
        opinions=_opinions(summary),
        answer_ms=_times(summary),
        by_month=summary.by_month,
        by_day=tuple(
            Day(begins=bar.begins, questions=count)
            for bar, count in zip(
                summary.bars, hidden([bar.questions for bar in summary.bars]), strict=True
            )
        ),
        by_channel=tuple(
            ByChannel(channel=name, questions=count)
            for name, count in _of(summary, Part.CHANNEL).items()
        ),
        by_status=tuple(ByStatus(status=name, questions=n) for name, n in families.items()),
        by_field=tuple(
            ByField(field=name, questions=count) for name, count in _of(summary, Part.FIELD).items()
        ),
        by_province=tuple(
            ByProvince(
                province=name,
                name=PROVINCES[name].name if name in PROVINCES else "",
                questions=count,
            )
            for name, count in _of(summary, Part.PROVINCE).items()
        ),
    )


def hidden(counts: Sequence[int]) -> list[int | None]:
    """Counts with None in place of the small ones, and of those that would give them away."""
    gone = {place for place, count in enumerate(counts) if 0 < count < SMALL}
    others = sorted(
        (place for place, count in enumerate(counts) if count >= SMALL),
        key=lambda place: counts[place],
    )
    while gone and others and (len(gone) < 2 or sum(counts[place] for place in gone) < SMALL):
        gone.add(others.pop(0))
    return [None if place in gone else count for place, count in enumerate(counts)]


def _told(counts: Mapping[str, int]) -> dict[str, int | None]:
    return dict(zip(counts, hidden(list(counts.values())), strict=True))


def _of(summary: Summary, part: Part) -> dict[str, int | None]:
    figures: Sequence[Figure] = summary.parts[part]
    return _told({figure.name: figure.questions for figure in figures})


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def _opinions(summary: Summary) -> Opinions | None:
    if summary.satisfaction is None:
        return None
    return Opinions(
        helpful=summary.helpful,
        unhelpful=summary.unhelpful,
        satisfaction=round(summary.satisfaction, 3),
    )


def _times(summary: Summary) -> Times | None:
    half, most = summary.within_ms(0.5), summary.within_ms(0.95)
    if half is None or most is None or summary.questions < TOO_FEW:
        return None
    return Times(p50=half, p95=most)
