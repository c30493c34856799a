"""Whether a row's name and an Entry's can be the same procedure's.

A code alone is not enough: one wrong digit would put a fee on another procedure, and the national
database has given old codes to procedures of another scope. `docs/import-check.md` has how often
a wrong digit gets through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.wording import fold

ENOUGH_FOR_FACTS = 0.6
ENOUGH_FOR_A_NAME = 0.75
"""Shares of the shorter name's words that stand in the longer one."""
_COMMON = frozenset(["thu", "tuc", "cap", "tinh", "xa", "huyen", "doi", "voi", "va", "cua", "tai"])


class Names:
    """The names of all Procedures, by Entry id, as sets of words."""

    def __init__(self) -> None:
        self._words: dict[str, list[frozenset[str]]] = {}

    def add(self, entry_id: str, names: Iterable[str]) -> None:
        """Add names of a Procedure."""
        self._words.setdefault(entry_id, []).extend(map(_words, names))

    def likeness(self, name: str, entry_id: str) -> float:
        """0 to 1: the share of the shorter name's words that stand in the longer one, at best."""
        said = _words(name)
        return max((_shared(said, words) for words in self._words[entry_id]), default=0.0)

    def another_is_nearer(self, name: str, entry_id: str) -> bool:
        """Whether another Procedure's name has more words in common with this one."""
        said = _words(name)
        own = max(_nearness(said, words) for words in self._words[entry_id])
        return own < 1 and any(
            _nearness(said, words) > own
            for known in self._words.values()
            for words in known
            if min(len(words), len(said)) > own * max(len(words), len(said))  # else it cannot be
        )


def _nearness(said: frozenset[str], words: frozenset[str]) -> float:
    """Words in common of all words."""
    return len(said & words) / (len(said | words) or 1)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter > 1 else float(one == other)


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", fold(name))) - _COMMON
