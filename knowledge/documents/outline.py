"""Blocks → the procedures a document describes, heading by heading, and what was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from knowledge.documents.blocks import Block, Grid
from knowledge.documents.headings import FORMS, OTHER, Meaning, headers, heading, name_of
from knowledge.sheets.columns import Column, is_numbering
from knowledge.wording import fold

LONGEST_NAME = 400
_CODE = re.compile(r"\b\d\.\d{6}\b")
_TITLE = re.compile(r"^\s*(?:\d+|[IVX]+|[A-Z])[.)]\s*(?:thủ tục|TTHC)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^\s*(?:\d+|[IVX]+)[.)]\s+\S")
_ONE_LINE = (Column.NAME, Column.CODE, Column.FIELD, Column.LEVEL, Column.DECISION)
"""Columns that hold what stands beside their heading, or in the first line below it."""


@dataclass
class Part:
    """One procedure as a document describes it."""

    cells: dict[Column, list[str]] = field(default_factory=dict)
    forms: list[str] = field(default_factory=list)
    left: list[tuple[str, list[str]]] = field(default_factory=list)
    """Heading → lines that no field is for, in their order; the heading is "" above the first."""

    def __bool__(self) -> bool:
        return bool(self.cells or self.forms)


def outline(blocks: Iterable[Block]) -> list[Part]:
    """The procedures, in their order; one that is empty but for `left` if nothing is understood."""
    reader = _Reader()
    for block in blocks:
        if isinstance(block, Grid):
            reader.grid(block.rows)
        else:
            reader.line(block)
    parts: list[Part] = []
    before: list[tuple[str, list[str]]] = []
    for part in reader.parts:
        if part:
            part.left[:0], before = before, []  # a decision's own text
            parts.append(part)
        else:
            (parts[-1].left if parts else before).extend(part.left)
    return parts or [Part(left=before)]


class _Reader:
    def __init__(self) -> None:
        self.parts = [Part()]
        self._at: Meaning = OTHER
        self._called = ""
        self._title = ""
        """The last line that may be the name of the next procedure."""

    @property
    def _part(self) -> Part:
        return self.parts[-1]

    def line(self, text: str) -> None:
        found = heading(text)
        if found is None:
            self._content(text)
            return
        meaning, called, rest = found
        self._open(meaning, called)
        if rest:
            self._content(rest)

    def grid(self, rows: Sequence[tuple[str, ...]]) -> None:
        if rows and rows[0] and is_numbering(rows[0][0]):
            rows = [row[1:] for row in rows]
        if not rows or not rows[0]:
            return
        known = headers(rows[0])
        papers = self._at is Column.DOCUMENTS and "giay to" in fold(" ".join(rows[0]))
        if Column.NAME in known.values() and len(known) > 1:
            self._listed(rows[1:], known)
        elif papers or (any(i > 0 for i in known) and len(rows) > 1):
            self._table(rows[0], rows[1:], known)
        else:
            for row in rows:
                self._row(row)

    def _open(self, meaning: Meaning, called: str) -> None:
        """A heading begins; the one of a procedure's name, or a second one of its steps, begins
        another procedure."""
        if meaning in self._part.cells and meaning in (Column.NAME, Column.CODE, Column.IN_PERSON):
            self._next()
        if meaning is Column.IN_PERSON and Column.NAME not in self._part.cells:
            self._name_it()
        self._at, self._called = meaning, called

    def _next(self) -> None:
        if not self._title:
            self._title = self._taken_back()
        self.parts.append(Part())
        self._at, self._called = OTHER, ""

    def _taken_back(self) -> str:
        """The numbered line that closed the former procedure: it was the next one's name."""
        if isinstance(self._at, Column):
            lines = self._part.cells.get(self._at, [])
        else:
            lines = self._part.left[-1][1] if self._part.left else []
        return lines.pop() if lines and _NUMBERED.match(lines[-1]) else ""

    def _name_it(self) -> None:
        title = self._title or self._taken_back()
        self._title = ""
        if title and len(title) <= LONGEST_NAME:
            self._part.cells[Column.NAME] = [name_of(_CODE.sub("", title).replace("()", ""))]
            if code := _CODE.search(title):
                self._part.cells.setdefault(Column.CODE, [code[0]])

    def _content(self, text: str) -> None:
        if _TITLE.match(text) and len(text) <= LONGEST_NAME:
            if Column.IN_PERSON in self._part.cells:
                self._next()
            self._title, self._at, self._called = text, OTHER, ""
            return
        at = self._at
        if at == FORMS:
            self._part.forms.append(text)
        elif not isinstance(at, Column):
            self._leave(text)
        elif at in _ONE_LINE and at in self._part.cells:
            self._at, self._called = OTHER, ""
            self._leave(text)
        else:
            self._part.cells.setdefault(at, []).append(text)

    def _leave(self, text: str) -> None:
        left = self._part.left
        if not left or left[-1][0] != self._called:
            left.append((self._called, []))
        left[-1][1].append(text)

    def _row(self, row: Sequence[str]) -> None:
        """A row of a table without headers: often a heading and what it is about."""
        found = heading(row[0]) if row else None
        if found and not found[2] and any(row[1:]):
            self.line(row[0])
            for line in "\n".join(filter(None, row[1:])).split("\n"):
                self._content(line)
            return
        for line in filter(None, "\n".join(row).split("\n")):
            self.line(line)

    def _table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], known: dict[int, Meaning]
    ) -> None:
        """A table below a heading: the ways to hand in with their times and fees, or papers."""
        if self._at is Column.DOCUMENTS:
            counts = [i for i, cell in enumerate(head) if "so luong" in fold(cell)]
            for row in rows:
                self._paper(row, counts)
            return
        for row in filter(None, rows):
            for i, cell in enumerate(row[1:], 1):
                self._way(row[0], head[i] if i < len(head) else "", cell, known.get(i, OTHER))

    def _paper(self, row: Sequence[str], counts: Sequence[int]) -> None:
        """A paper, and in brackets how many of it. What else its row says is left to the reader."""
        many = "; ".join(" ".join(row[i].split()) for i in counts if i < len(row) and row[i])
        name = " ".join(row[0].split()) if row else ""
        if name:
            self._part.cells.setdefault(Column.DOCUMENTS, []).append(
                f"{name} ({many})" if many else name
            )
        for i, cell in enumerate(row[1:], 1):
            if cell and i not in counts:
                self._leave(f"{name}: {' '.join(cell.split())}")

    def _way(self, way: str, called: str, cell: str, meaning: Meaning) -> None:
        said = " ".join(cell.split())
        if not said:
            return
        if meaning is Column.TIME or meaning is Column.FEE:
            said = re.sub(r"^(?:lệ )?phí\s*:\s*", "", said, flags=re.IGNORECASE)
            self._part.cells.setdefault(meaning, []).append(f"{way.strip()}: {said}")
        else:
            self._leave(f"{way.strip()}, {called.strip()}: {said}")

    def _listed(self, rows: Iterable[Sequence[str]], known: dict[int, Meaning]) -> None:
        """A list of procedures, one a row."""
        for row in rows:
            cells = {
                meaning: row[i].split("\n")
                for i, meaning in known.items()
                if isinstance(meaning, Column) and i < len(row) and row[i]
            }
            if Column.NAME in cells:
                self.parts.append(Part(cells))
        self.parts.append(Part())
        self._at, self._called = OTHER, ""
