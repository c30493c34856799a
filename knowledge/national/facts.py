"""What the readers of the columns share: making Facts of a row, and counting what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from knowledge.model import Confidence, Fact
from knowledge.wording import pieces

MOST_ITEMS = 40
"""Facts of one facet; nobody reads more on a phone, and the portal's page has them all."""
MOST_PIECES = 8
"""Facts that one quoted text may become; what follows is left to the portal's page."""


class Outcome(StrEnum):
    """What became of a thing the portal says."""

    TYPED = "typed"  # read with certainty; a sentence of ours
    KEPT = "kept"  # the portal's own words, in quotation marks
    REJECTED = "rejected"  # not shown; where it matters the reader is sent to the page


Tally = Counter[tuple[str, Outcome, str]]
"""(column, outcome, reason) → how many."""


@dataclass
class Desk:
    """Makes the Facts of one row, all with the row's source and date, and counts them."""

    source: str
    checked_on: date
    url: str
    tally: Tally = field(default_factory=Counter)

    def count(self, column: str, outcome: Outcome, reason: str = "", times: int = 1) -> None:
        """Note what became of something in a column."""
        self.tally[column, outcome, reason] += times

    def typed(self, text: str, **more: Any) -> Fact:
        """A sentence of ours about something read with certainty."""
        return self._fact(text, more)

    def quoted(self, text: str, condition: str | None = None) -> list[Fact]:
        """The portal's own text, as one Fact or several; whoever reads it sees it is not ours."""
        parts = list(pieces(text))
        facts = [
            self._fact(part, {"quoted": True, "condition": condition})
            for part in parts[:MOST_PIECES]
        ]
        return facts + ([self.see_page("Cổng còn ghi thêm")] if len(parts) > MOST_PIECES else [])

    def see_page(self, what: str) -> Fact:
        """A Fact that sends the reader to the portal's page, for what is not shown."""
        return self._fact(f"{what}; xem trang của thủ tục trên Cổng: {self.url}", {})

    def _fact(self, text: str, more: dict[str, Any]) -> Fact:
        return Fact(
            text=text,
            sources=(self.source,),
            checked_on=self.checked_on,
            confidence=Confidence.MEDIUM,
            **more,
        )


def distinct(facts: Iterable[Fact]) -> list[Fact]:
    """The facts in order, each said once."""
    return list({(fact.condition, fact.text): fact for fact in facts}.values())


def capped(facts: list[Fact], what: str, desk: Desk) -> list[Fact]:
    """The facts, or as many as can be read, and where the rest is."""
    if len(facts) <= MOST_ITEMS:
        return facts
    desk.count("shortened", Outcome.REJECTED, what, len(facts) - MOST_ITEMS + 1)
    return [*facts[: MOST_ITEMS - 1], desk.see_page(what)]
