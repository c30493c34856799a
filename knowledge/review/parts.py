"""The parts of an Entry, each with the way to it in the Entry's file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from knowledge.model import AnyEntry, Facet, Fact, Guide, Lesson, Procedure
from knowledge.yaml_file import Loc

_READ = {
    "title",
    "summary",
    "text",
    "condition",
    "caution",
    "heading",
    "goal",
    "try_now",
    "sample",
    "question",
    "options",
    "explanation",
}
"""Fields that citizens read. Aliases and questions are theirs, not ours."""


def facts_of(entry: AnyEntry) -> Iterator[tuple[Loc, Fact]]:
    """Every Fact of the Entry, in reading order."""
    match entry:
        case Procedure():
            for facet in Facet:
                for number, fact in enumerate(entry.facts.get(facet, ())):
                    yield ("facts", facet.value, number), fact
        case Guide():
            for section_number, section in enumerate(entry.sections):
                for number, fact in enumerate(section.points):
                    yield ("sections", section_number, "points", number), fact
        case Lesson():
            for number, fact in enumerate(entry.cards):
                yield ("cards", number), fact
            if entry.exercise:
                yield ("exercise", "answer"), entry.exercise.answer


def texts_of(entry: AnyEntry) -> Iterator[tuple[Loc, str]]:
    """Every text of the Entry that citizens read."""
    for loc, text in _leaves(entry.model_dump(mode="json"), ()):
        field = next(part for part in reversed(loc) if isinstance(part, str))
        if field in _READ:
            yield loc, text


def _leaves(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*loc, key))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _leaves(child, (*loc, number))
    elif isinstance(value, str):
        yield loc, value
