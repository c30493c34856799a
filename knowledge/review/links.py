"""Ways between Entries: those that lead nowhere, and those that are missing.

`related` needs no review: content with a `related` Entry that is not there does not load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from knowledge.load import Library
from knowledge.model import AnyEntry, Guide, Procedure
from knowledge.pages import PATHS, page_of
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import texts_of

_PAGE = re.compile(
    r"(?:(?P<host>https?://[^\s/]+)|(?<![\w/.-]))"
    rf"(?P<path>(?:{'|'.join(PATHS.values())})/[\w-]+)"
)
_ID = re.compile(r"(?<![\w/.-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w/-])")


def review(library: Library, today: date) -> Iterator[Finding]:
    """Dead links in texts, ids that citizens would read, life events and guides without ways."""
    pages = {page_of(entry) for entry in library}
    led_to = {other for entry in library for other in entry.related}
    procedures = {e.title.casefold(): e for e in library if isinstance(e, Procedure)}
    for entry in library:
        yield from _in_texts(entry, library, pages)
        if isinstance(entry, Guide) and entry.topic == "life_event":
            yield from _of_life_event(entry, procedures, library)
        if isinstance(entry, Guide) and entry.id not in led_to:
            message = "no other entry has it in `related`: only search finds it"
            yield Finding(Kind.ORPHAN, entry.id, ("id",), message)


def _in_texts(entry: AnyEntry, library: Library, pages: set[str]) -> Iterator[Finding]:
    for loc, text in texts_of(entry):
        for page in _PAGE.finditer(text):
            official = (page["host"] or "").endswith("gov.vn")  # their pages, not ours
            if not official and page["path"] not in pages:
                yield Finding(Kind.DEAD_LINK, entry.id, loc, f"no page {page['path']}")
        for found in _ID.findall(text):
            if found in library.entries:
                title = library.entries[found].title
                message = f"shows readers the id {found!r}; write “{title}”"
                yield Finding(Kind.UNLINKED, entry.id, loc, message)


def _of_life_event(
    entry: Guide, procedures: dict[str, Procedure], library: Library
) -> Iterator[Finding]:
    """A life event is a list of things to do: each must be one step away."""
    if not any(isinstance(library.entries[other], Procedure) for other in entry.related):
        message = "a life event must lead to its procedures: name them in `related`"
        yield Finding(Kind.UNLINKED, entry.id, ("related",), message)
    for loc, text in texts_of(entry):
        for title, procedure in procedures.items():
            if title in text.casefold() and procedure.id not in entry.related:
                message = f"mentions “{procedure.title}”; add {procedure.id} to `related`"
                yield Finding(Kind.UNLINKED, entry.id, loc, message)
