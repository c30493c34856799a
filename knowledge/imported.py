"""Imported Procedures between their import and their publication: one JSON file each, in a folder.

An import compares what it has read with these files and rewrites those that differ; publishing
reads them beside the shipped content. What the same rows say again is the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from knowledge.load import Library, dump_entry, parse_entry
from knowledge.model import AnyEntry, Fact, Procedure, Source
from knowledge.yaml_file import ContentError, Problem


class ImportFileError(Exception):
    """A file cannot be read at all; the message says why."""


@dataclass(frozen=True)
class Import:
    """One procedure as imported."""

    entry: Procedure
    source: Source
    held: str = ""
    """Why it is kept as data but not published; empty: it may be."""


def entry_id(code: str) -> str:
    """ "1.001193" → "tthc-1-001193"."""
    return "tthc-" + code.replace(".", "-")


@dataclass(frozen=True)
class Change:
    """One field of one Entry that the import would say differently."""

    entry_id: str
    field: str
    """"title", "facts.fee", …"""
    old: tuple[str, ...]
    """The lines that are no longer said."""
    new: tuple[str, ...]
    """The lines that are said now."""


@dataclass(frozen=True)
class Difference:
    """What an import does to the folder. All are Entry ids."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    confirmed: tuple[str, ...]
    """The same, seen on another day."""
    unchanged: tuple[str, ...]
    gone: tuple[str, ...]
    """In the folder, but no longer in the file."""
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Merged:
    """Shipped content with what was imported, ready to be published."""

    library: Library
    published: int
    """Imported Procedures in the library."""
    behind: tuple[str, ...]
    """Codes for which we have an Entry of our own, which stands instead."""
    held: Counter[str]
    """Reason → imported Procedures kept as data only."""


def read_imported(folder: Path) -> dict[str, Import]:
    """Every file of the folder, by Entry id; empty if there is none. ContentError if damaged."""
    imports, problems = {}, []
    for path in sorted(folder.glob("*.json")):
        try:
            found = _parse(path.read_text(encoding="utf-8"))
            imports[found.entry.id] = found
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            message = f"cannot be read ({type(error).__name__}); import again"
            problems.append(Problem(path, 1, "file", message))
    if problems:
        raise ContentError(problems)
    return imports


def compare(old: Mapping[str, Import], new: Mapping[str, Import]) -> Difference:
    """What an import changes, Entry by Entry and field by field."""
    changes = {key: tuple(_changes(old[key], new[key])) for key in new if key in old}
    same = [key for key, found in changes.items() if not found]
    return Difference(
        added=tuple(key for key in new if key not in old),
        changed=tuple(key for key, found in changes.items() if found),
        confirmed=tuple(key for key in same if old[key] != new[key]),
        unchanged=tuple(key for key in same if old[key] == new[key]),
        gone=tuple(key for key in old if key not in new),
        changes=tuple(change for found in changes.values() for change in found),
    )


def write_imported(
    folder: Path, new: Mapping[str, Import], difference: Difference, remove_gone: bool = False
) -> None:
    """Bring the folder to the new state; files that would stay the same are not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for key in (*difference.added, *difference.changed, *difference.confirmed):
        beside = folder / f"{key}.json.new"
        beside.write_text(_dump(new[key]), encoding="utf-8")
        beside.replace(folder / f"{key}.json")
    for key in difference.gone if remove_gone else ():
        (folder / f"{key}.json").unlink()


def merge(shipped: Library, imports: Mapping[str, Import]) -> Merged:
    """Both together. One code has one Entry: ours if there is one; Sources of ours stay ours."""
    ours = {entry.code for entry in shipped if isinstance(entry, Procedure) and entry.code}
    behind = tuple(i.entry.code or "" for i in imports.values() if i.entry.code in ours)
    entries: dict[str, AnyEntry] = dict(shipped.entries)
    sources: dict[str, Source] = dict(shipped.sources)
    held: Counter[str] = Counter()
    for key, found in imports.items():
        if found.entry.code in ours:
            continue
        if found.held:
            held[found.held] += 1
            continue
        entries.setdefault(key, found.entry)
        sources.setdefault(found.source.id, found.source)
    return Merged(Library(entries, sources), len(entries) - len(shipped.entries), behind, held)


def _changes(old: Import, new: Import) -> Iterator[Change]:
    before, after = _said(old), _said(new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ()), after.get(name, ())
        if was != now:
            gone = tuple(line for line in was if line not in now)
            come = tuple(line for line in now if line not in was)
            yield Change(new.entry.id, name, gone or was, come or now)


def _said(item: Import) -> dict[str, tuple[str, ...]]:
    """Field → its lines; the day of reading is left out, it is no change of what is said."""
    entry = item.entry
    fields: dict[str, tuple[str, ...]] = {
        "title": (entry.title,),
        "aliases": entry.aliases,
        "questions": entry.questions,
        "summary": (entry.summary,),
        "field": (entry.field,),
        "levels": tuple(entry.levels),
        "portal_url": (entry.portal_url or "",),
        "cautions": tuple(caution.text for caution in entry.cautions),
        "decision": (item.source.note or "",),
        "held": (item.held,),
    }
    for facet, facts in entry.facts.items():
        fields[f"facts.{facet}"] = tuple(_line(fact) for fact in facts)
    return fields


def _line(fact: Fact) -> str:
    text = f"“{fact.text}”" if fact.quoted else fact.text
    if fact.valid_from or fact.valid_until:
        text += f" [{fact.valid_from or ''} – {fact.valid_until or ''}]"
    return f"{fact.condition}: {text}" if fact.condition else text


def _dump(item: Import) -> str:
    body = {
        "entry": dump_entry(item.entry),
        "source": item.source.model_dump(mode="json", exclude_defaults=True),
        "held": item.held,
    }
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _parse(text: str) -> Import:
    body = json.loads(text)
    entry = parse_entry(body["entry"])
    if not isinstance(entry, Procedure):
        raise ValueError("not a procedure")
    return Import(entry, Source.model_validate(body["source"]), body["held"])
