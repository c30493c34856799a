"""What a careful editor would look at again: nothing here stops publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure

LONGEST_SENTENCE = 60
"""Words; above, people on a phone lose the thread."""
EXPECTED = (Facet.WHERE, Facet.DOCUMENTS, Facet.TIME, Facet.FEE)
"""What people ask about every procedure."""


@dataclass(frozen=True)
class Finding:
    """Something worth an editor's look."""

    entry_id: str
    message: str


def findings(library: Library, today: date) -> Iterator[Finding]:
    """Everything worth a look, Entry by Entry."""
    claimed = Counter(name for entry in library for name in _names(entry))
    for entry in library:
        for message in _of_entry(entry, today):
            yield Finding(entry.id, message)
        for name in sorted(_names(entry)):
            if claimed[name] > 1:
                yield Finding(entry.id, f"another entry is also called {name!r}")


def _names(entry: AnyEntry) -> set[str]:
    return {name.casefold() for name in (entry.title, *entry.aliases)}


def _of_entry(entry: AnyEntry, today: date) -> Iterator[str]:
    if isinstance(entry, Procedure):
        missing = [facet for facet in EXPECTED if not entry.facts.get(facet)]
        if missing:
            yield f"has nothing on {', '.join(missing)}"
    for fact in entry.all_facts():
        if fact.expired_on(today):
            yield f"expired on {fact.valid_until}: {fact.text[:60]}"
        if len(fact.text.split()) > LONGEST_SENTENCE:
            yield f"{len(fact.text.split())} words in one fact: {fact.text[:60]}"
    for change in entry.changes:
        if change.effective_on <= today:
            yield f"the change of {change.effective_on} is in force; bring the facts up to date"
