"""YAML content files → validated Entries and Sources; errors name file, line and field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from knowledge.model import AnyEntry, Entry, Lesson, Record, Source
from knowledge.yaml_file import ContentError, Loc, Problem, line_naming, line_of, read_yaml

SHIPPED = Path(__file__).parent / "content"

_ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(AnyEntry)
_SOURCES = TypeAdapter(tuple[Source, ...])
_INHERITED = ("sources", "checked_on", "confidence")
_FACT_LISTS = {"facts", "sections", "cards", "exercise", "changes"}
_KINDS = {"procedure", "guide", "lesson"}
_OF_A_COURSE = ("level", "tracks", "order", "skill", "exercise")
_LEAST = {"cards": 5, "quiz": 4}
"""Of a Lesson, beyond what the model asks: it also reads Lessons that were stored before."""


@dataclass(frozen=True)
class Library:
    """All Entries and the Sources they cite, by id."""

    entries: dict[str, AnyEntry]
    sources: dict[str, Source]

    def __iter__(self) -> Iterator[AnyEntry]:
        return iter(self.entries.values())


def load(folder: Path = SHIPPED) -> Library:
    """Read a content folder: `sources/*.yaml` and one file an Entry anywhere else below it.

    Raises ContentError with every problem in every file.
    """
    problems: list[Problem] = []
    sources: dict[str, tuple[Path, Source]] = {}
    entries: dict[str, tuple[Path, AnyEntry]] = {}
    for path in _content_files(folder):
        try:
            if path.parent.name == "sources":
                read = ((source.id, source) for source in read_sources(path))
                problems += _add(sources, path, read)
            else:
                entry = read_entry(path)
                problems += _add(entries, path, [(entry.id, entry)])
        except ContentError as error:
            problems += error.problems
    if not problems:  # otherwise what a faulty file defines would be reported missing elsewhere
        problems += _broken_references(entries, sources.keys())
        problems += _broken_course(entries)
    if problems:
        raise ContentError(problems)
    return Library(
        {key: entry for key, (_, entry) in entries.items()},
        {key: source for key, (_, source) in sources.items()},
    )


def read_entry(path: Path) -> AnyEntry:
    """Read one Entry file. The file's name must be the Entry's id."""
    node, data = read_yaml(path)
    _inherit_defaults(path, node, data)
    try:
        entry = _ENTRY.validate_python(data)
    except ValidationError as error:
        raise ContentError(_problem(path, node, e) for e in error.errors()) from None
    if entry.id != path.stem:
        message = f"is {entry.id!r}, but the file is {path.name}; they must agree"
        raise ContentError([Problem(path, line_of(node, ("id",)), "id", message)])
    return entry


def read_sources(path: Path) -> tuple[Source, ...]:
    """Read a file of Sources: a mapping from id to title, kind, url, published, note."""
    node, data = read_yaml(path)
    for key, value in data.items():
        if not isinstance(value, dict) or "id" in value:
            message = "expected title, kind, url, published and note below the id"
            raise ContentError([Problem(path, line_of(node, (key,)), str(key), message)])
    try:
        return _SOURCES.validate_python([{"id": key, **value} for key, value in data.items()])
    except ValidationError as error:
        keys = list(data)
        raise ContentError(
            _problem(path, node, e, (keys[int(e["loc"][0])], *e["loc"][1:])) for e in error.errors()
        ) from None


def locate(folder: Path, entry_id: str, loc: Loc) -> tuple[Path, int]:
    """The file and line where a content folder has a field of an Entry."""
    files = folder.rglob(f"{entry_id}.yaml")
    path = next(path for path in files if path.parent.name != "sources")
    return path, line_of(_tree(path), loc)


@lru_cache(maxsize=1)  # findings of one Entry come one after the other
def _tree(path: Path) -> yaml.Node:
    return read_yaml(path)[0]


def parse_entry(data: dict[str, Any]) -> AnyEntry:
    """An Entry from its stored JSON form."""
    return _ENTRY.validate_python(data)


def dump_entry(entry: Entry) -> dict[str, Any]:
    """The stored JSON form of an Entry."""
    kind = getattr(entry, "kind", "")
    return {**entry.model_dump(mode="json", exclude_defaults=True), "kind": kind}


def _content_files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.rglob("*.y*ml")) if not path.name.startswith(".")]
    wrong = [path for path in files if path.suffix != ".yaml"]
    if wrong:
        raise ContentError(Problem(path, 1, "file", "rename it to .yaml") for path in wrong)
    if not any(path.parent.name != "sources" for path in files):
        raise ContentError([Problem(folder, 1, "folder", "has no Entries (*.yaml)")])
    return files


def _add(
    found: dict[str, tuple[Path, Any]], path: Path, items: Iterable[tuple[str, Any]]
) -> Iterator[Problem]:
    for key, item in items:
        if key in found:
            message = f"{key!r} is already defined in {found[key][0]}"
            yield Problem(path, line_naming(path, key), "id", message)
        else:
            found[key] = (path, item)


def _broken_references(
    entries: Mapping[str, tuple[Path, AnyEntry]], sources: Iterable[str]
) -> Iterator[Problem]:
    """Sources and related Entries that are named but not there."""
    sources = set(sources)
    for path, entry in entries.values():
        for source in entry.source_ids:
            if source not in sources:
                message = (
                    f"unknown source {source!r}; add it under sources/{_like(source, sources)}"
                )
                yield Problem(path, line_naming(path, source), "sources", message)
        for other in entry.related:
            if other not in entries:
                message = f"no entry {other!r}{_like(other, entries)}"
                yield Problem(path, line_naming(path, other), "related", message)


def _broken_course(entries: Mapping[str, tuple[Path, AnyEntry]]) -> Iterator[Problem]:
    """Lessons that are unfinished, share a number, or need what is no Lesson before them."""
    lessons = {key: entry for key, (_, entry) in entries.items() if isinstance(entry, Lesson)}
    first: dict[int, str] = {}
    for key, lesson in lessons.items():
        path = entries[key][0]
        yield from _unfinished(path, lesson)
        if first.setdefault(lesson.order, key) != key:
            message = f"{lesson.order} is the number of {first[lesson.order]!r} already"
            yield Problem(path, line_naming(path, "order"), "order", message)
        for other in lesson.needs:
            if other not in lessons or lessons[other].order >= lesson.order:
                message = f"no lesson {other!r} comes before it{_like(other, lessons)}"
                yield Problem(path, line_naming(path, other), "needs", message)


def _unfinished(path: Path, lesson: Lesson) -> Iterator[Problem]:
    """What a Lesson must have and does not."""
    for field in _OF_A_COURSE:
        if field not in lesson.model_fields_set:
            yield Problem(path, 1, field, "Field required")
    for field, least in _LEAST.items():
        if len(getattr(lesson, field)) < least:
            message = f"a lesson has at least {least}"
            yield Problem(path, line_naming(path, field), field, message)


def _inherit_defaults(path: Path, node: yaml.Node, data: dict[str, Any]) -> None:
    """`defaults:` gives every Fact below it the sources, date and confidence it does not state."""
    defaults = data.pop("defaults", None) or {}
    if not isinstance(defaults, dict) or not defaults.keys() <= set(_INHERITED):
        message = f"expected only {', '.join(_INHERITED)}"
        raise ContentError([Problem(path, line_of(node, ("defaults",)), "defaults", message)])
    for key in _FACT_LISTS & data.keys():
        for fact in _facts_below(data[key]):
            for name in defaults:
                if key != "changes" or name == "sources":
                    fact.setdefault(name, defaults[name])


def _facts_below(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "text" in value:
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _facts_below(child)


def _problem(path: Path, node: yaml.Node, error: ErrorDetails, loc: Loc | None = None) -> Problem:
    if loc is None:
        loc = error["loc"][1:] if error["loc"][:1] and error["loc"][0] in _KINDS else error["loc"]
    loc = tuple(part for part in loc if part != "[key]")
    field = ".".join(map(str, loc)) or "kind"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = f"unknown field{_like(str(loc[-1]), _field_names(Record))}"
    elif error["type"] not in ("missing", "value_error"):
        message += f" (found {str(error['input'])[:60]!r})"
    return Problem(path, line_of(node, loc), field, message)


def _field_names(record: type[Record]) -> set[str]:
    names = set(record.model_fields)
    return names.union(*map(_field_names, record.__subclasses__()))


def _like(word: str, known: Iterable[str]) -> str:
    """A hint at what was perhaps meant."""
    near = get_close_matches(word, known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
