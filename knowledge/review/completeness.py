"""What people ask about every Procedure and find nothing on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from knowledge.load import Library
from knowledge.model import Facet, Procedure
from knowledge.review.finding import Finding, Kind

EXPECTED = (Facet.WHERE, Facet.DOCUMENTS, Facet.TIME, Facet.FEE)


def review(library: Library, today: date) -> Iterator[Finding]:
    """Procedures without a Fact on one of the expected Facets."""
    for entry in library:
        if isinstance(entry, Procedure):
            missing = [facet for facet in EXPECTED if not entry.facts.get(facet)]
            if missing:
                message = f"has nothing on {', '.join(missing)}; add it if a source says it"
                yield Finding(Kind.MISSING_FACET, entry.id, ("facts",), message)
