"""PDF documents that have text → blocks. The one home of pypdf, which runs no script in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from knowledge.documents.blocks import Block, Unreadable, Why
from knowledge.wording import visible

MOST_PAGES = 200
FEWEST_LETTERS = 40
"""Of a page on average; below that, the pages are pictures."""
_ACTIVE = ("/JavaScript", "/EmbeddedFiles")
_OPENS_ITEM = re.compile(r"(?:[-–+*•]|\(?(?:\d+(?:\.\d+)*|[IVX]+|[a-zđ])[.)])\s|bước \d", re.I)
_ENDS = (".", ";", ":")
_PAGE_NUMBER = re.compile(r"(?:trang\s*)?\d{1,3}(?:\s*/\s*\d{1,3})?", re.IGNORECASE)
_FULL = 0.7
"""Of the longest line: a line that is shorter ends its paragraph."""


def read_pdf(path: Path) -> list[Block]:
    """Its paragraphs. Unreadable if it is locked, active, endless, damaged or has no text."""
    try:
        with path.open("rb") as file:
            reader = PdfReader(file)
            if reader.is_encrypted:
                raise Unreadable(Why.LOCKED)
            _refuse_active(reader)
            if len(reader.pages) > MOST_PAGES:
                raise Unreadable(Why.TOO_MANY_PAGES)
            pages = [visible(page.extract_text()) for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError):
        # What pypdf raises for a file that is not what it says.
        raise Unreadable(Why.DAMAGED) from None
    if sum(map(len, pages)) < FEWEST_LETTERS * max(1, len(pages)):
        raise Unreadable(Why.SCANNED)
    return list(_paragraphs(line for page in pages for line in _lines(page)))


def _refuse_active(reader: PdfReader) -> None:
    """An office's document neither opens anything nor brings other files along."""
    root = reader.trailer["/Root"].get_object()
    if not isinstance(root, DictionaryObject):
        raise Unreadable(Why.DAMAGED)
    names = root.get("/Names", DictionaryObject()).get_object()
    found = isinstance(names, DictionaryObject) and any(key in names for key in _ACTIVE)
    action = root.get("/OpenAction", DictionaryObject()).get_object()
    runs = isinstance(action, DictionaryObject) and action.get("/S") in ("/JavaScript", "/Launch")
    if found or runs or "/AA" in root:
        raise Unreadable(Why.ACTIVE)


def _lines(page: str) -> list[str]:
    """Without the numbers at a page's head and foot."""
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    while lines and _PAGE_NUMBER.fullmatch(lines[-1]):
        lines.pop()
    while lines and _PAGE_NUMBER.fullmatch(lines[0]):
        lines.pop(0)
    return lines


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """A line of a page is no paragraph: those that go on are put together again."""
    given = list(lines)
    widest = max(map(len, given), default=0)
    part = last = ""
    for line in given:
        goes_on = not last.endswith(_ENDS) and len(last) > _FULL * widest
        if part and goes_on and not _OPENS_ITEM.match(line):
            part += " " + line
        else:
            if part:
                yield part
            part = line
        last = line
    if part:
        yield part
