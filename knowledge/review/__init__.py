"""What a careful editor would look at again. Nothing here is done while content is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from knowledge.load import Library
from knowledge.review import age, completeness, dates, jargon, links, names, replaced, sentences
from knowledge.review.finding import Finding

REVIEWS = (
    dates.review,
    replaced.review,
    links.review,
    completeness.review,
    names.review,
    sentences.review,
    jargon.review,
    age.review,
)
"""Most urgent first."""


def findings(library: Library, today: date) -> Iterator[Finding]:
    """Everything worth a look, review by review."""
    for review in REVIEWS:
        yield from review(library, today)
