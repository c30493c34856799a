"""Names that two Entries claim: the bot would have to ask back, or pick the wrong one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from knowledge.load import Library
from knowledge.model import AnyEntry
from knowledge.review.finding import Finding, Kind
from knowledge.yaml_file import Loc


def review(library: Library, today: date) -> Iterator[Finding]:
    """Titles and aliases that another Entry has too."""
    claimed: defaultdict[str, list[str]] = defaultdict(list)
    for entry in library:
        for name in {name.casefold() for _, name in _names(entry)}:
            claimed[name].append(entry.id)
    for entry in library:
        for loc, name in _names(entry):
            others = [other for other in claimed[name.casefold()] if other != entry.id]
            if others:
                message = f"{name!r} is also a name of {', '.join(others)}; keep it in one"
                yield Finding(Kind.SHARED_NAME, entry.id, loc, message)


def _names(entry: AnyEntry) -> Iterator[tuple[Loc, str]]:
    yield ("title",), entry.title
    for number, alias in enumerate(entry.aliases):
        yield ("aliases", number), alias
