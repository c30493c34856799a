"""Every figure of quality in one table, beside its goal: `make evaluate`.

    python -m bench.scorecard [--data ../shared] [--only alqac names] [--write FILE]

Measures the newest Edition of the data folder (`binhdan kb publish`). What needs data that is not
there is left out, and the table says so. FILE gets the table in Markdown with the commit, the day
and the machine; `make evaluate` writes docs/scorecard.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.row import HEADINGS, Row
from bench.sections import SECTIONS, Absent, Section, Subject
from knowledge.store import Editions
from webhook.database import open_database
from webhook.settings import Settings

WIDTH = 160
"""Columns of the terminal's table, at least: narrower it could not be read."""


@dataclass(frozen=True)
class Measured:
    """A Section's rows, or why there are none."""

    section: Section
    rows: list[Row] = field(default_factory=list)
    absent: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--only", type=names, default=list(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--write", type=Path, help="a Markdown file that gets the table")
    arguments = parser.parse_args()
    subject = Subject(arguments.data)
    parts = []
    for name in arguments.only:
        Console(stderr=True).print(f"measuring {name} …")
        parts.append(measure(SECTIONS[name], subject))
        if arguments.write:  # after each: all of them take an hour, and one may fail
            arguments.write.write_text(as_markdown(parts), encoding="utf-8")
    Console(width=max(WIDTH, Console().width)).print(as_table(parts))


def names(text: str) -> list[str]:
    """ "alqac,names" → the names of those sections."""
    chosen = text.split(",")
    if unknown := set(chosen) - SECTIONS.keys():
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown))}: the sections are {', '.join(SECTIONS)}"
        )
    return chosen


def measure(section: Section, subject: Subject) -> Measured:
    """A Section's rows; what is missing is said instead of them."""
    try:
        return Measured(section, [*section.rows(subject)])
    except Absent as absent:
        return Measured(section, absent=f"not measured: {absent}")


def as_table(parts: Sequence[Measured]) -> Table:
    """For the terminal."""
    table = Table(*HEADINGS)
    for part in parts:
        table.add_row(f"[bold]{part.section.title}[/]")
        for cells in lines(part):
            table.add_row(*cells)
        table.add_section()
    return table


def as_markdown(parts: Sequence[Measured]) -> str:
    """The same for the documentation, with what it was measured on."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for part in parts:
        rows.append((f"**{part.section.title}**: `{part.section.command}`",))
        rows += lines(part)
    table = "\n".join(
        "| " + " | ".join((*row, *[""] * (len(HEADINGS) - len(row)))) + " |" for row in rows
    )
    return f"# Scorecard\n\n{circumstances()}\n\n{table}\n"


def lines(part: Measured) -> Iterator[tuple[str, ...]]:
    """The cells of a Section's rows."""
    if part.absent:
        yield (part.absent,)
    for row in part.rows:
        yield row.cells()


def circumstances() -> str:
    """What was measured, when and on which machine."""
    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = (
        " with changes not committed"
        if git("status", "--porcelain", "-uno", "--", ".", ":!docs/scorecard.md")
        else ""
    )
    editions = Editions(open_database(Settings()))
    number = editions.newest_number()
    entries = len(editions.get(number).library.entries) if number else 0
    return (
        "Written by `make evaluate`. The measuring data is third-party and not part of this"
        " repository: `$DATA` is its folder. The program behind each part stands beside its name. A"
        " question counts if an Entry that answers it is published.\n\n"
        f"Commit {commit}{changed}, {date.today()}, {os.cpu_count()} cores ({processor()});"
        f" Edition {number} with {entries} Entries, encoder {Settings().encoder or 'embedded'}."
    )


def git(*words: str) -> str:
    """What git prints; nothing outside a repository."""
    run = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return run.stdout.strip()


def processor() -> str:
    """The name the processor gives itself."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else "unknown"


if __name__ == "__main__":
    main()
