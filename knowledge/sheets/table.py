"""A spreadsheet file → its rows, cell by cell under the columns we know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.imported import ImportFileError
from knowledge.sheets import delimited
from knowledge.sheets.columns import COLUMNS, Column, column_of, is_numbering
from knowledge.sheets.workbook import MOST_ROWS, read_workbook
from knowledge.wording import visible

MOST_BYTES = 30_000_000
HEADER_WITHIN = 30
"""Rows above the headers that a title, a motto and blank lines may take."""


@dataclass(frozen=True)
class Row:
    """One row below the headers."""

    number: int
    """As the spreadsheet shows it."""
    cells: dict[Column, str]
    """Visible text; a column that is empty in this row is absent."""


@dataclass(frozen=True)
class Place:
    """Where a column stands in the file."""

    letter: str
    header: str
    """In the file's own words."""


@dataclass(frozen=True)
class Table:
    """What a file holds."""

    rows: tuple[Row, ...]
    places: dict[Column, Place]
    ignored: tuple[Place, ...]
    """Columns whose header is not known, or repeats another's."""


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read .xlsx or .csv. ImportFileError if it cannot be, is too large, or has no headers."""
    _check_file(path)
    grid = [[visible(cell) for cell in row] for row in _grid(path, sheet)]
    if len(grid) > MOST_ROWS:
        raise ImportFileError(f"{path}: has more than {MOST_ROWS} rows; split it")
    head = _header_row(grid)
    if head is None:
        raise ImportFileError(f"{path}: {_no_headers(grid)}")
    places, ignored, columns = _places(grid[head])
    rows = tuple(
        Row(number, cells)
        for number, row in enumerate(grid[head + 1 :], head + 2)
        if (cells := {c: row[i] for i, c in columns.items() if i < len(row) and row[i]})
    )
    return Table(rows, places, ignored)


def letter_of(index: int) -> str:
    """Column 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ImportFileError(f"{path}: {error}") from None
    if size > MOST_BYTES:
        raise ImportFileError(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB; split it")
    if path.suffix.lower() not in (".xlsx", ".csv", ".tsv", ".txt"):
        raise ImportFileError(f"{path}: save it as .xlsx or .csv; other kinds are not read")


def _grid(path: Path, sheet: str | None) -> Iterator[list[str]]:
    if path.suffix.lower() == ".xlsx":
        yield from read_workbook(path, sheet)
        return
    if sheet is not None:
        raise ImportFileError(f"{path}: a CSV file has one sheet; leave out --sheet")
    text = delimited.text_of(path)
    yield from delimited.rows_of(text, _delimiter(text, path), path, MOST_ROWS + 1)


def _delimiter(text: str, path: Path) -> str:
    """The one by which the most headers are known."""

    def known(delimiter: str) -> int:
        try:
            rows = [*delimited.rows_of(text, delimiter, path, HEADER_WITHIN)]
        except ImportFileError:
            return -1
        return max((_known(row) for row in rows), default=0)

    return max(delimited.DELIMITERS, key=known)


def _header_row(grid: Sequence[Sequence[str]]) -> int | None:
    """The row with the most known headers, the name of the procedure and one more among them."""
    candidates = range(min(HEADER_WITHIN, len(grid)))
    best = max(candidates, key=lambda index: _known(grid[index]), default=None)
    if best is None or _known(grid[best]) < 2:
        return None
    return best if Column.NAME in map(column_of, grid[best]) else None


def _known(row: Sequence[str]) -> int:
    return len(set(map(column_of, row)) - {None})


def _no_headers(grid: Sequence[Sequence[str]]) -> str:
    seen = next(
        (", ".join(filter(None, row)) for row in grid if sum(map(bool, row)) > 1), "nothing"
    )
    wanted = COLUMNS[Column.NAME].header
    return (
        f"no row of headers among the first {HEADER_WITHIN}: need “{wanted}” and one more column of"
        f" the template (`binhdan kb import template`); found: {seen[:200]}"
    )


def _places(
    headers: Sequence[str],
) -> tuple[dict[Column, Place], tuple[Place, ...], dict[int, Column]]:
    places: dict[Column, Place] = {}
    ignored = []
    columns = {}
    for index, header in enumerate(headers):
        column, place = column_of(header), Place(letter_of(index), header)
        if column and column not in places:
            places[column], columns[index] = place, column
        elif header and not is_numbering(header):
            ignored.append(place)
    return places, tuple(ignored), columns
