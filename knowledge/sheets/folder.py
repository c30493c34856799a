"""Where spreadsheets are kept between import and publication: a folder each, a file a row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from knowledge.imported import Import, ImportFileError, read_imported
from knowledge.model import Source, SourceKind
from knowledge.wording import fold

SHEETS = "sheets"
"""Below the folder of imports."""
PREFIX = "sheet_"
"""Of the ids of all Sources that are spreadsheets."""


def source_of(title: str, province: str | None, as_of: date, url: str | None) -> Source:
    """The Source of a spreadsheet. One title in one province is one Source, whatever its day."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:20]
    digest = hashlib.sha256(fold(title).encode()).hexdigest()[:6]
    return Source(
        id=f"{PREFIX}{province or 'toan-quoc'}_{slug}_{digest}",
        title=title,
        kind=SourceKind.AUTHORITY,
        url=url,
        published=as_of.isoformat(),
    )


def read_sheets(folder: Path) -> dict[str, dict[str, Import]]:
    """Every spreadsheet kept below the folder of imports, by Source id. ContentError if damaged."""
    return {path.name: read_imported(path) for path in sorted((folder / SHEETS).glob("*/"))}


def refuse_older(kept: Mapping[str, Import], source: Source) -> None:
    """ImportFileError if what is kept of this Source is newer."""
    newest = max((found.source.published or "" for found in kept.values()), default="")
    if newest > (source.published or ""):
        raise ImportFileError(
            f"“{source.title}” of {newest} is imported already and is newer than {source.published}"
        )
