"""What is new in a list of papers since somebody saw it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.checklist.papers import Paper

ALIKE = 0.6
"""From this likeness on (0 to 1) a paper is a former one in other words."""


@dataclass(frozen=True)
class Changed:
    """How a list differs from the one shown before."""

    added: tuple[int, ...] = ()
    """Numbers of papers that are new."""
    reworded: tuple[int, ...] = ()
    """Numbers of papers that were called otherwise; a mark of the former is not theirs."""
    gone: tuple[str, ...] = ()
    """Words of papers that are no longer asked for."""

    def __bool__(self) -> bool:
        return bool(self.added or self.reworded or self.gone)


def changed(shown: Mapping[str, str], papers: Sequence[Paper]) -> Changed:
    """What differs between the papers `shown` (identity → words) and those of today."""
    now = {paper.id for paper in papers}
    gone = {key: text for key, text in shown.items() if key not in now}
    added, reworded = [], []
    for number, paper in enumerate(papers, 1):
        if paper.id in shown:
            continue
        former = max(gone, key=lambda key: _alike(gone[key], paper.fact.text), default=None)
        if former is not None and _alike(gone[former], paper.fact.text) >= ALIKE:
            del gone[former]
            reworded.append(number)
        else:
            added.append(number)
    return Changed(tuple(added), tuple(reworded), tuple(gone.values()))


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()
