"""What somebody has marked on a list of papers, how it stands, and how an address carries it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.checklist.papers import ID_LENGTH, LETTERS, Paper, Papers

MOST_MARKED = 60
"""Papers that an address may name; the longest list of the national database has fewer."""

_ID = rf"[{LETTERS}]{{{ID_LENGTH}}}"
_WRITTEN = re.compile(rf"({_ID}(?:-{_ID})*)?(?:_({_ID}(?:-{_ID})*))?")


class Mark(StrEnum):
    """What is said of a paper. One without a mark is missing."""

    HAVE = "have"
    NOT_NEEDED = "not_needed"


Marks = Mapping[str, Mark]
"""Identity of a paper → its mark."""


@dataclass(frozen=True)
class Standing:
    """A list of papers with somebody's marks. Papers are named by their numbers, from 1."""

    papers: tuple[Paper, ...]
    marks: Marks

    @property
    def missing(self) -> tuple[int, ...]:
        """Those that everybody needs and that are not marked."""
        return self._unmarked(optional=False)

    @property
    def unsettled(self) -> tuple[int, ...]:
        """Those that some need, of which nothing is said yet."""
        return self._unmarked(optional=True)

    @property
    def common(self) -> bool:
        """Whether there are papers that everybody needs."""
        return any(not paper.optional for paper in self.papers)

    @property
    def have(self) -> int:
        return sum(self.mark(paper) is Mark.HAVE for paper in self.papers)

    @property
    def complete(self) -> bool:
        return not self.missing and not self.unsettled

    def mark(self, paper: Paper) -> Mark | None:
        return self.marks.get(paper.id)

    def numbers(self, papers: Sequence[str]) -> tuple[int, ...]:
        """The numbers of papers, in the list's order."""
        return tuple(n for n, paper in enumerate(self.papers, 1) if paper.id in papers)

    def _unmarked(self, *, optional: bool) -> tuple[int, ...]:
        return tuple(
            number
            for number, paper in enumerate(self.papers, 1)
            if paper.optional is optional and paper.id not in self.marks
        )


def standing(papers: Papers, marks: Marks) -> Standing:
    """How a list stands; marks of papers that are not in it count for nothing."""
    ids = {paper.id for paper in papers.papers}
    return Standing(papers.papers, {key: mark for key, mark in marks.items() if key in ids})


def written(marks: Marks) -> str:
    """Marks as a part of an address: "bcdfgh-jklmnp_qrstvw", what one has before "_", what one
    needs not after it; "" without any."""
    have, other = (sorted(k for k, m in marks.items() if m is mark) for mark in Mark)
    return "-".join(have) + ("_" + "-".join(other) if other else "")


def read(text: str) -> dict[str, Mark] | None:
    """Marks as `written` writes them; None if it has not written this."""
    if len(text) > MOST_MARKED * (ID_LENGTH + 1):
        return None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    have, other = ((found[n] or "").split("-") for n in (1, 2))
    marks = dict.fromkeys(filter(None, have), Mark.HAVE)
    marks |= dict.fromkeys(filter(None, other), Mark.NOT_NEEDED)
    return marks if written(marks) == text else None
