"""Who decides, as a reason to prefer one of two procedures of nearly the same name.

The national database holds the same procedure for the ministry and for the province, and for the
province and for the commune. People deal with the nearest office unless they name another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.model import AnyEntry, Level, Procedure
from retrieval.text import tone_style

LOCAL = 0.05
"""For an Entry that an office of the person's own province handles, or that has no office."""
NAMED = 0.05
"""For a Procedure of the level the question names."""

_OFFICE = r"\b(?:cấp|ubnd|ủy ban nhân dân|chủ tịch ubnd)(?: cấp)? (?:{})\b"
_NAMES = {
    Level.COMMUNE: re.compile(_OFFICE.format("xã|phường|đặc khu|huyện|quận|thị xã|thị trấn")),
    Level.PROVINCE: re.compile(_OFFICE.format("tỉnh|thành phố")),
    Level.CENTRAL: re.compile(r"\b(?:cấp|thẩm quyền(?: của)?) bộ\b|\bthủ tướng\b"),
}
"""With their marks: "cấp bổ sung" names no ministry. What the districts decided until 1 July 2025
went to the communes, most of it."""


class Levels:
    """The levels of an index's Entries."""

    def __init__(self, entry_ids: Sequence[str], entries: Iterable[AnyEntry]) -> None:
        levels = {e.id: frozenset(e.levels) for e in entries if isinstance(e, Procedure)}
        self._of: Mapping[Level, NDArray[np.float32]] = {
            level: np.array([level in levels.get(i, ()) for i in entry_ids], dtype=np.float32)
            for level in Level
        }
        self._far = np.array([levels.get(i) == frozenset({Level.CENTRAL}) for i in entry_ids])

    def bonus(self, text: str) -> NDArray[np.float32]:
        """Per Entry: what its level is worth for this question, from 0 to LOCAL + NAMED."""
        worth = np.where(self._far, 0.0, LOCAL).astype(np.float32)
        for level in levels_named(text):
            worth += NAMED * self._of[level]
        return worth


def levels_named(text: str) -> frozenset[Level]:
    """The levels a question names: "cấp tỉnh", "UBND huyện" (today the commune), "cấp bộ"."""
    written = tone_style(text).lower()
    return frozenset(level for level, name in _NAMES.items() if name.search(written))
