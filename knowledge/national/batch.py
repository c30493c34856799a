"""A whole file of the national database → Procedures, what was rejected, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from knowledge.imported import Import
from knowledge.national.entry import read_row, titles
from knowledge.national.facts import Tally
from knowledge.national.rows import BadRow, Row, read_rows

NEWEST = date(2026, 6, 30)
"""The day the file we know was taken from the portal at the latest; newer files need --as-of."""

SHARED_PAGE = "several codes share this page, so it is not about this code"


@dataclass(frozen=True)
class Batch:
    """What a file gave."""

    imports: dict[str, Import]
    """By Entry id."""
    bad: tuple[BadRow, ...]
    tally: Tally


def read_file(path: Path, checked_on: date = NEWEST) -> Batch:
    """Read a .jsonl or .jsonl.gz of the portal's columns. ImportFileError if that cannot be."""
    read = list(read_rows(path))
    rows = [row for row in read if isinstance(row, Row)]
    bad = [row for row in read if isinstance(row, BadRow)]
    names = titles(rows)
    held = _held(rows)
    tally: Tally = Counter()
    imports = {}
    for row in rows:
        code = row.ma_thu_tuc
        try:
            found = read_row(row, names[code], checked_on, tally, held.get(code, ""))
        except ValidationError as error:
            bad.append(BadRow(0, code, f"not allowed as a record: {error.errors()[0]['msg']}"))
        else:
            imports[found.entry.id] = found
    return Batch(imports, tuple(bad), tally)


def _held(rows: Sequence[Row]) -> dict[str, str]:
    """Codes that are kept as data only, and why."""
    pages = Counter(row.detail_url for row in rows)
    return {row.ma_thu_tuc: SHARED_PAGE for row in rows if pages[row.detail_url] > 1}
