"""Lists that people upload and download, as their Excel writes and reads them."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from fastapi import Response
from starlette.datastructures import UploadFile

from knowledge.imported import ImportFileError
from knowledge.sheets import delimited
from knowledge.sheets.workbook import read_workbook
from knowledge.wording import fold, visible
from webhook.admin.access import Posted

MOST_BYTES = 1_000_000
_NAME = Path("upload")
_WHOLE_LINE = "\x1f"
"""A delimiter that no text has: a file without headers is one column, commas and all."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell instead of showing it."""

Row = dict[str, str]


class FileProblem(Exception):
    """A file that is not taken; `reason` is the key of a sentence under "file"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def uploaded(posted: Posted, name: str) -> bytes:
    """The bytes of a form's file. FileProblem if there is none, or it is too large."""
    sent = posted.form.get(name)
    if not isinstance(sent, UploadFile):
        raise FileProblem("missing")
    with sent.file as file:
        data = file.read(MOST_BYTES + 1)
    if not data:
        raise FileProblem("missing")
    if len(data) > MOST_BYTES:
        raise FileProblem("too_large")
    return data


def read_rows(data: bytes, headers: Mapping[str, Sequence[str]], most: int) -> list[Row]:
    """The rows with a cell in the first column asked for, by our names of the columns.

    `headers`: our name → what people write above it. A file without these headers is a list of the
    first column. FileProblem if it cannot be read, is empty or has more than `most` rows.
    """
    try:
        rows = list(islice(_rows(data, headers), most + 1))
    except (ImportFileError, OSError, ValueError):
        raise FileProblem("unreadable") from None
    if not rows:
        raise FileProblem("empty")
    if len(rows) > most:
        raise FileProblem("too_many")
    return rows


def _rows(data: bytes, headers: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    first = next(iter(headers))
    grid = _grid(data, headers)
    top = next(grid, [])
    columns = _columns(top, headers)
    if first not in columns:
        columns, grid = {first: 0}, iter([top, *grid])
    for cells in grid:
        row = {name: visible(cells[i]) if i < len(cells) else "" for name, i in columns.items()}
        if row[first]:
            yield row


def _grid(data: bytes, headers: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    if data.startswith(b"PK"):
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(data)
            file.flush()
            yield from list(read_workbook(Path(file.name), None))
        return
    text = delimited.text_in(data, _NAME)
    yield from delimited.rows_of(text, _delimiter(text, headers), _NAME)


def _delimiter(text: str, headers: Mapping[str, Sequence[str]]) -> str:
    """The one by which the most headers are known; if none is, a line is one cell."""

    def known(delimiter: str) -> int:
        top = next(delimited.rows_of(text, delimiter, _NAME, 1), [])
        return len(_columns(top, headers))

    delimiters: list[str] = [_WHOLE_LINE, *delimited.DELIMITERS]
    return max(delimiters, key=known)


def _columns(top: Sequence[str], headers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found = [fold(visible(cell)).strip(" .:") for cell in top]
    return {
        name: found.index(word)
        for name, words in headers.items()
        for word in list(words)[::-1]
        if word in found
    }


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV that Excel opens rightly, whose cells are text whatever they begin with."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([header, *([_harmless(str(cell)) for cell in row] for row in rows)])
    return Response(
        file.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
