"""Where the public page of an Entry stands."""

from __future__ import annotations

from knowledge.model import AnyEntry
from knowledge.places import Place

PATHS = {"procedure": "/thu-tuc", "guide": "/cam-nang", "lesson": "/bai-hoc"}
"""Kind of Entry → the path above its pages."""


def page_of(entry: AnyEntry) -> str:
    """The path of an Entry's public page."""
    return f"{PATHS[entry.kind]}/{entry.id}"


def leaflet_of(entry: AnyEntry, size: str = "a4", place: Place | None = None) -> str:
    """The path of an Entry's leaflet on a paper, "a4" or "a6", for somebody in a place."""
    where = f"&noi={place}" if place else ""
    return f"{page_of(entry)}/to-roi.pdf?co={size}{where}"
