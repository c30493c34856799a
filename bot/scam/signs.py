"""The rules of signs.yaml: what counts in a message's words, and how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.scam.model import Kind
from knowledge.model import EntryId, Record, SourceId

_CLAUSE = re.compile(r"[.;:!?\n]")
_BEFORE = 45
"""Letters before a match in which a denial counts."""


class _Row(Record):
    weight: int
    deniable: bool = False
    guides: tuple[EntryId, ...] = ()
    sources: tuple[SourceId, ...] = ()
    patterns: tuple[str, ...] = ()


class _Pair(Record):
    kinds: frozenset[Kind]
    adds: int


class _File(Record):
    words: dict[str, str]
    warns: str
    kinds: dict[Kind, _Row]
    together: tuple[_Pair, ...]
    ordinary: frozenset[Kind]


@dataclass(frozen=True)
class Sign:
    """A kind of mark that is looked for in the words."""

    kind: Kind
    pattern: re.Pattern[str]
    deniable: bool


class Signs:
    """All of signs.yaml, its patterns ready."""

    def __init__(self, path: Path) -> None:
        self._file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        words = self._file.words
        self._warns = re.compile(re.sub(r"\s*\n\s*", "", self._file.warns), re.DOTALL)
        self._denied = re.compile(rf"\b{words['denied']}\b")
        self._signs = [
            Sign(kind, re.compile("|".join(f"(?:{p.format(**words)})" for p in row.patterns)), deny)
            for kind, row in self._file.kinds.items()
            if row.patterns
            for deny in [row.deniable]
        ]

    def found(self, text: str) -> Iterator[Kind]:
        """The kinds of marks in one reading of a message."""
        for sign in self._signs:
            if any(not self._is_denied(text, m, sign) for m in sign.pattern.finditer(text)):
                yield sign.kind

    def warns(self, text: str) -> bool:
        """Whether a message warns of scams."""
        return self._warns.search(text) is not None

    def weight(self, kinds: frozenset[Kind]) -> int:
        """What the marks weigh together; nothing, if they are such as ordinary messages have."""
        if kinds <= self._file.ordinary:
            return min(1, len(kinds))
        extra = sum(pair.adds for pair in self._file.together if pair.kinds <= kinds)
        return sum(map(self.weight_of, kinds)) + extra

    def weight_of(self, kind: Kind) -> int:
        """What one mark weighs."""
        return self._file.kinds[kind].weight

    def guides(self, kinds: frozenset[Kind]) -> tuple[EntryId, ...]:
        """The Guides that fit, those of the weightiest marks first."""
        ordered = sorted(kinds, key=lambda kind: -self.weight_of(kind))
        return tuple(dict.fromkeys(g for kind in ordered for g in self._file.kinds[kind].guides))

    def sources(self, kind: Kind) -> tuple[SourceId, ...]:
        """The Sources that say that a mark is one."""
        return self._file.kinds[kind].sources

    def _is_denied(self, text: str, match: re.Match[str], sign: Sign) -> bool:
        if not sign.deniable:
            return False
        clause = _CLAUSE.split(text[max(0, match.start() - _BEFORE) : match.start()])[-1]
        return self._denied.search(clause) is not None


SIGNS = Signs(Path(__file__).with_name("signs.yaml"))
