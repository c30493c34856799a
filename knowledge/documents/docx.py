"""Word documents (.docx) → blocks. The one home of python-docx.

Its parser (lxml) expands no entities and fetches nothing; `kinds` has looked at the package before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document
from docx.table import Table, _Cell

from knowledge.documents.blocks import Block, Grid, Unreadable, Why
from knowledge.wording import visible

MOST_BLOCKS = 30_000


def read_docx(path: Path) -> list[Block]:
    """Paragraphs and tables in their order. Unreadable if it is damaged or endless."""
    try:
        with path.open("rb") as file:
            document = docx.Document(file)
        return list(_blocks(document))
    except (KeyError, ValueError, AttributeError, OSError, SyntaxError, IndexError):
        # What lxml and python-docx raise for a package that is not what it says.
        raise Unreadable(Why.DAMAGED) from None


def _blocks(document: Document) -> Iterator[Block]:
    for number, item in enumerate(document.iter_inner_content()):
        if number > MOST_BLOCKS:
            raise Unreadable(Why.TOO_MANY_PAGES)
        if isinstance(item, Table):
            yield Grid(tuple(_cells(item)))
        else:
            yield from _lines(item.text)


def _cells(table: Table) -> Iterator[tuple[str, ...]]:
    for row in table.rows:
        # A merged cell is given once for each column that it spans.
        cells = {id(cell._tc): cell for cell in row.cells}
        yield tuple(_text(cell) for cell in cells.values())


def _text(cell: _Cell) -> str:
    """The cell's lines, those of tables within it too."""
    parts = [item.text for item in cell.paragraphs]
    parts += [" ".join(row) for inner in cell.tables for row in _cells(inner)]
    return "\n".join(line for part in parts for line in _lines(part))


def _lines(text: str) -> list[str]:
    return [line for line in visible(text).split("\n") if line.strip()]
