"""`binhdan kb check`: is the content valid, and what is worth an editor's look?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from knowledge.clock import today
from knowledge.load import SHIPPED, Library, load, locate
from knowledge.review import findings
from knowledge.review.finding import STOPPING, Finding, Kind

console = Console()
errors = Console(stderr=True)


def check(
    content: Annotated[Path, typer.Option("--content", help="Folder of content files.")] = SHIPPED,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only errors and counts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 on what must not be published.")
    ] = False,
) -> None:
    """Validate all content, and list what is worth a look: words, links, dates, old sources.

    Exit status 1 if something must be corrected before publishing; findings are no such thing,
    unless --strict: then what has expired, rules no longer in force and dead links stop.
    """
    library = load(content)
    found = list(findings(library, today()))
    if as_json:
        json.dump(_report(library, found, content), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        _print(library, found, content, quiet)
    stopping = [finding for finding in found if finding.kind in STOPPING]
    if strict and stopping:
        kinds = ", ".join(sorted({finding.kind for finding in stopping}))
        errors.print(f"Not to be published: {len(stopping)} ({kinds}).", style="red")
        raise typer.Exit(1)


def _print(library: Library, found: Sequence[Finding], content: Path, quiet: bool) -> None:
    for finding in () if quiet else found:
        file, line = locate(content, finding.entry_id, finding.loc)
        where = f"{file}:{line}: {finding.field}"
        console.print(
            f"{where}: {finding.kind}: {finding.message}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    counts = Counter(finding.kind for finding in found)
    for kind in Kind:
        if counts[kind]:
            console.print(f"{counts[kind]:6} {kind}", highlight=False)
    kinds = Counter(entry.kind for entry in library)
    entries = ", ".join(f"{count} {kind}s" for kind, count in kinds.most_common())
    console.print(f"[green]Valid:[/] {entries}, {len(library.sources)} sources.")


def _report(library: Library, found: Sequence[Finding], content: Path) -> dict[str, Any]:
    """Everything as plain data."""
    counts = Counter(finding.kind for finding in found)
    return {
        "entries": Counter(entry.kind for entry in library),
        "sources": len(library.sources),
        "counts": {kind: counts[kind] for kind in Kind},
        "findings": [_as_data(finding, content) for finding in found],
    }


def _as_data(finding: Finding, content: Path) -> dict[str, Any]:
    file, line = locate(content, finding.entry_id, finding.loc)
    return {
        "kind": finding.kind,
        "stops": finding.kind in STOPPING,
        "entry": finding.entry_id,
        "file": str(file),
        "line": line,
        "field": finding.field,
        "message": finding.message,
    }
