"""CSV files as offices save them: several encodings, commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from knowledge.imported import ImportFileError

DELIMITERS = ",;\t"
MOST_CHARACTERS = 200_000
"""Of one cell; more is an unclosed quotation mark that swallows the file."""


def text_of(path: Path) -> str:
    """The file's text: UTF-8 or UTF-16 with or without their marks, else Windows-1258.

    ImportFileError if it is none of these.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(f"{path}: {error}") from None
    return text_in(data, path)


def text_in(data: bytes, name: Path) -> str:
    """As `text_of`, of a file that is not on the disk; `name` is what errors call it."""
    for encoding in _encodings(data):
        try:
            return unicodedata.normalize("NFC", data.decode(encoding))
        except UnicodeDecodeError:
            continue
    message = "is in an encoding that is not known; save it as “CSV UTF-8” in Excel"
    raise ImportFileError(f"{name}: {message}")


def _encodings(data: bytes) -> Sequence[str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if b"\0" in data[:200]:  # half of the bytes of plain letters
        return ("utf-16-be",) if data[:1] == b"\0" else ("utf-16-le",)
    return "utf-8-sig", "cp1258"


def rows_of(text: str, delimiter: str, path: Path, first: int | None = None) -> Iterator[list[str]]:
    """The rows, all or the first; a cell with line breaks is one cell. ImportFileError if torn."""
    csv.field_size_limit(MOST_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from islice(reader, first)
    except csv.Error as error:
        message = f"near line {reader.line_num}: {error}; look for a quotation mark left open"
        raise ImportFileError(f"{path}: {message}") from None


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write UTF-8 with its mark, by which Excel knows it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
