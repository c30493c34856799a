"""A document of any kind → Drafts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowledge.documents.blocks import Unreadable, Why
from knowledge.documents.docx import read_docx
from knowledge.documents.draft import Draft, Origin, draft_of
from knowledge.documents.kinds import Kind, kind_of
from knowledge.documents.outline import Part, outline
from knowledge.documents.pdf import read_pdf
from knowledge.imported import ImportFileError
from knowledge.sheets.table import read_table

MOST_PROCEDURES = 30
"""Of one file: each becomes a draft that somebody has to read."""


def read_document(path: Path, origin: Origin) -> list[Draft]:
    """A Draft of each procedure in the file, at least one. Unreadable if it is refused."""
    parts = _parts(path)
    if len(parts) > MOST_PROCEDURES:
        raise Unreadable(Why.TOO_MANY)
    return [draft_of(part, origin, origin.title) for part in parts]


def _parts(path: Path) -> Sequence[Part]:
    match kind_of(path):
        case Kind.DOCX:
            return outline(read_docx(path))
        case Kind.PDF:
            return outline(read_pdf(path))
        case Kind.XLSX | Kind.CSV:
            return _rows(path)


def _rows(path: Path) -> list[Part]:
    try:
        table = read_table(path)
    except ImportFileError as error:
        why = Why.NO_HEADERS if "headers" in str(error) else Why.DAMAGED
        raise Unreadable(why) from None
    rows = [
        Part({column: text.split("\n") for column, text in row.cells.items()}) for row in table.rows
    ]
    if not rows:
        raise Unreadable(Why.NO_HEADERS)
    return rows
