"""What the figures of some days come to, for a page or a monitoring centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.figures import STEPS_MS, Figure, Figures, Part, Period
from bot.model import Status

TOO_FEW = 20
"""Opinions below which their share says nothing."""


@dataclass(frozen=True)
class Bar:
    """A day, or a month."""

    begins: date
    questions: int
    answered: int


@dataclass(frozen=True)
class Summary:
    """The figures of a Period."""

    period: Period
    bars: tuple[Bar, ...]
    """Each of its days, or of its months if they are many."""
    by_month: bool
    parts: Mapping[Part, Sequence[Figure]]

    @property
    def questions(self) -> int:
        return sum(figure.questions for figure in self.parts[Part.CHANNEL])

    @property
    def helpful(self) -> int:
        return sum(figure.helpful for figure in self.parts[Part.CHANNEL])

    @property
    def unhelpful(self) -> int:
        return sum(figure.unhelpful for figure in self.parts[Part.CHANNEL])

    @property
    def families(self) -> dict[str, int]:
        """Questions by the family of their Status, every family."""
        found = {status.family: 0 for status in Status}
        for figure in self.parts[Part.STATUS]:
            family = figure.name.split("_", 1)[0]
            found[family] = found.get(family, 0) + figure.questions
        return found

    @property
    def answered_share(self) -> float | None:
        """Of the questions that asked something, greetings and thanks aside, how many were
        answered; None without any."""
        families = self.families
        asked = self.questions - families["smalltalk"]
        return families["answered"] / asked if asked > 0 else None

    @property
    def satisfaction(self) -> float | None:
        """The share of 👍 among the opinions; None if there are too few to tell."""
        opinions = self.helpful + self.unhelpful
        return self.helpful / opinions if opinions >= TOO_FEW else None

    def within_ms(self, share: float) -> int | None:
        """The milliseconds in which so many of the Answers were computed; None without any.

        Within a step of STEPS_MS times are taken to lie evenly.
        """
        counts = sorted((int(figure.name), figure.questions) for figure in self.parts[Part.TIME])
        wanted, below = share * sum(count for _, count in counts), 0
        for upper, count in counts:
            if count and below + count >= wanted:
                lower = max((step for step in STEPS_MS if step < upper), default=0)
                return round(lower + (upper - lower) * (wanted - below) / count)
            below += count
        return None


DAYS_SHOWN = 92
"""Of longer Periods months are shown."""


def summarise(figures: Figures, period: Period, provinces: Sequence[str] = ()) -> Summary:
    """The figures as they are now, of some provinces or, without any, of the country."""
    figures.roll_up()
    by_month = (period.last - period.first).days >= DAYS_SHOWN
    bars = {_begins(day, by_month): [0, 0] for day in period.days()}
    for day, status, questions in figures.by_day(period, provinces):
        bar = bars[_begins(day, by_month)]
        bar[0] += questions
        bar[1] += questions if status.startswith("answered_") else 0
    return Summary(
        period,
        tuple(Bar(day, questions, answered) for day, (questions, answered) in bars.items()),
        by_month,
        figures.by_part(period, provinces),
    )


def _begins(day: date, by_month: bool) -> date:
    return day.replace(day=1) if by_month else day
