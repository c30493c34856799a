"""What the readers of the columns share: making Facts of a row, and counting what became of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from knowledge.model import Confidence, Fact

LONGEST = 700
"""Characters of one Fact, as the record allows."""
MOST_ITEMS = 40
"""Facts of one facet; nobody reads more on a phone, and the portal's page has them all."""
MOST_PIECES = 8
"""Facts that one quoted text may become; what follows is left to the portal's page."""


UPPER = "A-Z" + "".join(c for c in map(chr, range(0xC0, 0x1EFA)) if c.isupper())
LOWER = "a-z" + "".join(c for c in map(chr, range(0xDF, 0x1EFA)) if c.islower())
"""Letters, for character classes: between "À" and "Ỹ" stand small ones too."""


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


def one_line(text: str) -> str:
    """The text without line breaks, and without the marks of a list in front."""
    return re.sub(r"^(?:[-–+*•.;:,]\s*)+", "", " ".join(text.split())).strip()


def pieces(text: str, limit: int = LONGEST) -> Iterator[str]:
    """A text cut into parts of at most `limit` characters, between lines, sentences or words."""
    part = ""
    for bit in _bits(text, limit):
        if part and len(part) + 1 + len(bit) > limit:
            yield part
            part = ""
        part = f"{part} {bit}" if part else bit
    if len(part) > 1:
        yield part


_MARKER = re.compile(r"^(?:[a-zđ]\d?|[a-zđ]\.\d|\d{1,2}(?:\.\d{1,2})*)[.)/]\s*(?=\D)")
_SENTENCE = re.compile(rf"(?<=[.;:])\s+(?=[\"“(+•{UPPER}-])")


def _bits(text: str, limit: int) -> Iterator[str]:
    for line in filter(None, map(one_line, text.split("\n"))):
        for sentence in _SENTENCE.split(line):
            if len(sentence) <= limit:
                yield sentence
            else:
                yield from _words(sentence, limit)


def _words(sentence: str, limit: int) -> Iterator[str]:
    part = ""
    for word in re.findall(rf"(?:\d\S* )*\S{{1,{limit}}}", " ".join(sentence.split())):
        # A number stays with the word behind it: "15 ngày" is not cut in two.
        if part and len(part) + 1 + len(word) > limit:
            yield part
            part = ""
        part = f"{part} {word}" if part else word
    yield part[:limit]


def distinct(facts: Iterable[Fact]) -> list[Fact]:
    """The facts in order, each said once."""
    return list({(fact.condition, fact.text): fact for fact in facts}.values())


def capped(facts: list[Fact], what: str, desk: Desk) -> list[Fact]:
    """The facts, or as many as can be read, and where the rest is."""
    if len(facts) <= MOST_ITEMS:
        return facts
    desk.count("shortened", Outcome.REJECTED, what, len(facts) - MOST_ITEMS + 1)
    return [*facts[: MOST_ITEMS - 1], desk.see_page(what)]


def sentence(text: str) -> str:
    """With a capital and one full stop, as a line of a list."""
    return text[:1].upper() + text[1:].rstrip(".;:, ") + "."


def without_marker(text: str) -> str:
    """The text without "a)" or "2." in front."""
    return _MARKER.sub("", text)
