"""Excel workbooks (.xlsx): read as untrusted input, and written for the template.

openpyxl reads their XML with defusedxml where that is installed, which refuses entities.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from knowledge.imported import ImportFileError

MOST_BYTES_INSIDE = 300_000_000
"""Of a workbook's parts, unpacked. A sheet of 20,000 full rows has some 50 million."""
MOST_PARTS = 2_000
MOST_COLUMNS = 200
MOST_ROWS = 20_000
AS_TEXT = "@"
"""The format of every cell of the template: Excel must not turn codes and days into numbers."""
FORMULA = "="
"""What begins a cell with a formula."""


def read_workbook(path: Path, sheet: str | None) -> Iterator[list[str]]:
    """The rows of a worksheet (the first, or the one named), cells as text, formulas unevaluated.

    At most MOST_ROWS and one more, to show that there are too many. ImportFileError if the file is
    no workbook, unpacks to too much, or has no such sheet.
    """
    try:
        _check_size(path)
        with path.open("rb") as file:  # openpyxl leaves a path open where it fails
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
            page = _sheet(book, sheet, path)
            page.reset_dimensions()  # a file may claim a million rows
            rows = page.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
            for row in rows:
                yield [_text(value) for value in row]
    except ImportFileError:
        raise
    except (OSError, zipfile.BadZipFile, ParseError, ValueError, KeyError, TypeError) as error:
        message = "is not an Excel workbook (.xlsx); open it in Excel and save it as .xlsx"
        raise ImportFileError(f"{path}: {message} ({type(error).__name__})") from None


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES_INSIDE:
        raise ImportFileError(f"{path}: unpacks to far more than a spreadsheet has; not read")


def _sheet(book: Any, name: str | None, path: Path) -> Any:
    if name is None:
        return book.worksheets[0]
    for page in book.worksheets:
        if page.title.casefold() == name.casefold():
            return page
    known = ", ".join(page.title for page in book.worksheets)
    raise ImportFileError(f"{path}: has no sheet {name!r}; it has: {known}")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Có" if value else "Không"
        case datetime() | date():
            return value.strftime("%d/%m/%Y")
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case _:
            return FORMULA  # an array formula is an object of its own


@dataclass(frozen=True)
class Page:
    """A sheet to be written."""

    title: str
    rows: Sequence[Sequence[str]]
    """The headers first."""
    widths: Sequence[int]
    """Of the columns, in characters."""


def write_workbook(path: Path, pages: Sequence[Page], choices: dict[int, tuple[str, ...]]) -> None:
    """Write a workbook of sheets of text.

    `choices` are drop-downs on the first sheet: number of the column from 1 → values.
    """
    book = Workbook()
    for number, content in enumerate(pages):
        page = book.active if number == 0 else book.create_sheet()
        if not isinstance(page, Worksheet):
            raise TypeError("a new workbook begins with a worksheet")
        page.title = content.title
        _fill(page, content.rows, content.widths)
        for column, values in choices.items() if number == 0 else ():
            page.add_data_validation(_drop_down(get_column_letter(column), values))
    book.save(path)


@dataclass(frozen=True)
class Table:
    """A sheet of a report: a title, then a table with its headers first."""

    title: str
    rows: Sequence[Sequence[str | int]]
    widths: Sequence[int]


def report_workbook(tables: Sequence[Table]) -> bytes:
    """A workbook of tables as a file. What people wrote stays text: nothing is a formula."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        page = book.create_sheet(table.title)
        for row in table.rows:
            page.append(list(row))
        for cells in page.iter_rows():
            for cell in cells:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                if isinstance(cell.value, str):
                    cell.data_type = "s"
        for cell in page[1]:
            cell.font = Font(bold=True)
        for number, width in enumerate(table.widths, 1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.freeze_panes = "A2"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(page: Worksheet, rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    for row in rows:
        page.append(list(row))
    for cells in page.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = AS_TEXT
    for cell in page[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE8F5")
    for number, width in enumerate(widths, 1):
        column = page.column_dimensions[get_column_letter(number)]
        column.width, column.number_format = width, AS_TEXT
    page.freeze_panes = "A2"


def _drop_down(letter: str, values: tuple[str, ...]) -> DataValidation:
    rule = DataValidation(
        type="list", formula1=f'"{",".join(values)}"', allow_blank=True, showErrorMessage=True
    )
    rule.error = "Chọn một giá trị trong danh sách."
    rule.add(f"{letter}2:{letter}{MOST_ROWS}")
    return rule
