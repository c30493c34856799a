"""YAML content files → validated Entries and Sources, with errors that name file, line and field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge.model import AnyEntry, Entry, Source

SHIPPED = Path(__file__).parent / "content"

_ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(AnyEntry)
_SOURCES = TypeAdapter(tuple[Source, ...])
_INHERITED = ("sources", "checked_on", "confidence")
_FACT_LISTS = {"facts", "sections", "cards", "changes"}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the content, and where."""

    file: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class ContentError(Exception):
    """The content cannot be published as it is. Carries every Problem found, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


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
    sources: dict[str, Source] = {}
    entries: dict[str, AnyEntry] = {}
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.yaml")):
        try:
            if path.parent.name == "sources":
                for source in read_sources(path):
                    if source.id in sources:
                        raise ContentError([Problem(path, 1, "id", f"source {source.id!r} is defined twice")])
                    sources[source.id] = source
            else:
                entry = read_entry(path)
                if entry.id in entries:
                    raise ContentError(
                        [Problem(path, 1, "id", f"{entry.id!r} is also in {files[entry.id]}")]
                    )
                entries[entry.id], files[entry.id] = entry, path
        except ContentError as error:
            problems += error.problems
    library = Library(entries, sources)
    problems += (
        Problem(files[entry_id], 1, field, message)
        for entry_id, field, message in broken_references(library)
    )
    if problems:
        raise ContentError(problems)
    return library


def read_entry(path: Path) -> AnyEntry:
    """Read one Entry file. The file's name must be the Entry's id."""
    node, data = _parse(path)
    _inherit_defaults(data)
    try:
        entry = _ENTRY.validate_python(data)
    except ValidationError as error:
        raise ContentError(_problems(path, node, error)) from None
    if entry.id != path.stem:
        raise ContentError([Problem(path, 1, "id", f"is {entry.id!r}, but the file is {path.name}")])
    return entry


def read_sources(path: Path) -> tuple[Source, ...]:
    """Read a file of Sources: a mapping from id to title, kind, url, published, note."""
    node, data = _parse(path)
    rows = [{"id": key, **(value or {})} for key, value in data.items()]
    try:
        return _SOURCES.validate_python(rows)
    except ValidationError as error:
        keys = list(data)
        raise ContentError(
            Problem(path, _line(node, (keys[int(e["loc"][0])],)), f"{keys[int(e['loc'][0])]}", e["msg"])
            for e in error.errors()
        ) from None


def broken_references(library: Library) -> Iterator[tuple[str, str, str]]:
    """Sources and related Entries that are named but not there: (entry id, field, message)."""
    for entry in library:
        for source in entry.source_ids:
            if source not in library.sources:
                yield entry.id, "sources", f"unknown source {source!r}; add it under sources/"
        for other in entry.related:
            if other not in library.entries:
                yield entry.id, "related", f"no entry {other!r}"


def parse_entry(data: dict[str, Any]) -> AnyEntry:
    """An Entry from its stored JSON form."""
    return _ENTRY.validate_python(data)


def dump_entry(entry: Entry) -> dict[str, Any]:
    """The stored JSON form of an Entry."""
    return entry.model_dump(mode="json", exclude_defaults=True) | {"kind": getattr(entry, "kind", "")}


def _parse(path: Path) -> tuple[yaml.Node, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        raise ContentError([Problem(path, 1, "file", f"is not UTF-8: {error.reason}")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError([Problem(path, line, "yaml", str(error.problem))]) from None
    if node is None or not isinstance(data, dict):
        raise ContentError([Problem(path, 1, "file", "expected a mapping of fields")])
    return node, data


def _inherit_defaults(data: dict[str, Any]) -> None:
    """`defaults:` gives every Fact below it the sources, date and confidence it does not state."""
    defaults = data.pop("defaults", None) or {}
    for key in _FACT_LISTS & data.keys():
        for fact in _facts_below(data[key]):
            for name in _INHERITED:
                if name in defaults and not (key == "changes" and name != "sources"):
                    fact.setdefault(name, defaults[name])


def _facts_below(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "text" in value:
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _facts_below(child)
    elif isinstance(value, list):
        for child in value:
            yield from _facts_below(child)


def _problems(path: Path, node: yaml.Node, error: ValidationError) -> Iterator[Problem]:
    for e in error.errors():
        loc = tuple(part for part in e["loc"] if part not in ("procedure", "guide", "lesson"))
        field = ".".join(map(str, loc)) or "kind"
        message = e["msg"].removeprefix("Value error, ")
        if e["type"] not in ("missing", "extra_forbidden", "value_error") and "input" in e:
            message += f" (found {str(e['input'])[:60]!r})"
        yield Problem(path, _line(node, loc), field, message)


def _line(node: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `loc` that the file has."""
    line = node.start_mark.line + 1
    for part in loc:
        child = _child(node, part)
        if child is None:
            break
        node, line = child
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None
