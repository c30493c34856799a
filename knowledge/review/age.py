"""Facts whose Sources were read too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from knowledge.freshness import LOOK_AGAIN_AFTER
from knowledge.load import Library
from knowledge.model import AnyEntry, Fact, SourceKind
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import facts_of
from knowledge.yaml_file import Loc

SOURCES_NAMED = 4


def review(library: Library, today: date) -> Iterator[Finding]:
    """One finding an Entry that has old Facts, the oldest first."""
    found = []
    for entry in library:
        old = [
            (fact.checked_on, loc, sources)
            for loc, fact in facts_of(entry)
            if (sources := _old_sources(library, fact, today))
        ]
        if old:
            found.append((min(checked_on for checked_on, _, _ in old), _finding(entry, old)))
    for _, finding in sorted(found, key=lambda item: item[0]):
        yield finding


def _old_sources(library: Library, fact: Fact, today: date) -> dict[str, SourceKind]:
    """The Sources of a Fact that were read longer ago than their kind allows."""
    kinds = {source: library.sources[source].kind for source in fact.sources}
    age = today - fact.checked_on
    return {source: kind for source, kind in kinds.items() if age > LOOK_AGAIN_AFTER[kind]}


def _finding(entry: AnyEntry, old: list[tuple[date, Loc, dict[str, SourceKind]]]) -> Finding:
    checked_on, loc, _ = min(old, key=lambda item: item[0])
    sources = {source: kind for _, _, named in sorted(old) for source, kind in named.items()}
    named = [
        f"{source} ({kind}, {LOOK_AGAIN_AFTER[kind].days} days)" for source, kind in sources.items()
    ]
    if (more := len(named) - SOURCES_NAMED) > 0:
        named[SOURCES_NAMED:] = [f"and {more} more"]
    count = "1 fact" if len(old) == 1 else f"{len(old)} facts"
    message = f"{count} to compare with the sources again, oldest {checked_on}: {', '.join(named)}"
    return Finding(Kind.OLD_SOURCE, entry.id, loc, message)
