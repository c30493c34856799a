"""Where the public page of an Entry stands."""

from __future__ import annotations

from knowledge.model import AnyEntry

PATHS = {"procedure": "/thu-tuc", "guide": "/cam-nang", "lesson": "/bai-hoc"}
"""Kind of Entry → the path above its pages."""


def page_of(entry: AnyEntry) -> str:
    """The path of an Entry's public page."""
    return f"{PATHS[entry.kind]}/{entry.id}"
