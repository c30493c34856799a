"""Where the public page of an Entry stands."""

from __future__ import annotations

from knowledge.model import AnyEntry
from knowledge.places import Place

PATHS = {"procedure": "/thu-tuc", "guide": "/cam-nang", "lesson": "/bai-hoc"}
"""Kind of Entry → the path above its pages."""
CHECKLISTS = "/giay-to"
"""The path above the lists of papers to tick."""


def page_of(entry: AnyEntry) -> str:
    """The path of an Entry's public page."""
    return f"{PATHS[entry.kind]}/{entry.id}"


def checklist_of(entry: AnyEntry, marks: str = "", place: Place | None = None) -> str:
    """The path of the page with an Entry's papers, marked as `bot.checklist.marks` writes marks;
    of the papers that hold in a place's province."""
    where = f"?noi={place.province_id}" if place else ""
    return f"{CHECKLISTS}/{entry.id}{f'/{marks}' if marks else ''}{where}"


def leaflet_of(entry: AnyEntry, size: str = "a4", place: Place | None = None) -> str:
    """The path of an Entry's leaflet on a paper, "a4" or "a6", for somebody in a place."""
    where = f"&noi={place}" if place else ""
    return f"{page_of(entry)}/to-roi.pdf?co={size}{where}"
