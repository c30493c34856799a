"""What a document is made of, and why one is not read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why a document is not read; each has a sentence that says what to do."""

    TOO_LARGE = "too_large"
    WRONG_KIND = "wrong_kind"
    """No kind that is read, or its content is of another than its name says."""
    OLD_OFFICE = "old_office"
    """.doc, .xls, or protected by a password, which looks the same."""
    MACROS = "macros"
    BOMB = "bomb"
    """Unpacks to far more than a document has, or defines XML entities."""
    ACTIVE = "active"
    """A PDF that brings scripts, files or actions of its own."""
    LOCKED = "locked"
    TOO_MANY_PAGES = "too_many_pages"
    SCANNED = "scanned"
    """A PDF of pictures of pages."""
    TOO_MANY = "too_many"
    """Procedures at once."""
    NO_HEADERS = "no_headers"
    DAMAGED = "damaged"
    TOO_SLOW = "too_slow"
    BUSY = "busy"


class Unreadable(Exception):
    """A document is refused; the decision is `why`."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Grid:
    """A table: its cells, row by row."""

    rows: tuple[tuple[str, ...], ...]


Block = str | Grid
"""A paragraph or a table."""
