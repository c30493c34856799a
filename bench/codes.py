"""How often a sheet's right and wrong codes are believed: `python -m bench.codes NATIONAL LIST…`

NATIONAL is the file of the national database, each LIST a spreadsheet with codes and names. Every
code we know is tried as it is, and with each digit changed to another code that we know too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.imported import merge
from knowledge.load import load
from knowledge.model import Procedure
from knowledge.national.batch import read_file
from knowledge.sheets.codes import read_code
from knowledge.sheets.columns import Column
from knowledge.sheets.likeness import ENOUGH_FOR_FACTS, Names
from knowledge.sheets.table import read_table


def main(national: Path, lists: Iterable[Path]) -> None:
    """Print the table."""
    names, ids = _known(national)
    believed: Counter[tuple[str, str]] = Counter()
    for code, name in _rows(lists):
        cases = [("right", code), *(("wrong", other) for other in _slips(code))]
        for kind, tried in cases:
            if code in ids and tried in ids:
                believed[kind, "tried"] += 1
                alike = names.likeness(name, ids[tried]) >= ENOUGH_FOR_FACTS
                believed[kind, "words"] += alike
                believed[kind, "nearest"] += alike and not names.another_is_nearer(name, ids[tried])
    table = Table("codes", "tried", "believed by 60 % of the words", "and nobody's name is nearer")
    for kind in ("right", "wrong"):
        table.add_row(kind, *(str(believed[kind, what]) for what in ("tried", "words", "nearest")))
    Console().print(table)


def _known(national: Path) -> tuple[Names, dict[str, str]]:
    """The names by Entry id, and code → Entry id."""
    imports = read_file(national).imports
    names, ids = Names(), {}
    for entry in merge(load(), imports).library:
        if isinstance(entry, Procedure):
            names.add(entry.id, (entry.full_name, *entry.aliases))
            if entry.code:
                ids[entry.code] = entry.id
    for found in imports.values():
        if found.entry.code in ids:
            names.add(ids[found.entry.code], [found.entry.full_name])
    return names, ids


def _rows(lists: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in lists:
        for row in read_table(path).rows:
            code = read_code(row.cells.get(Column.CODE, ""))
            if code and code.national:
                yield code.national, row.cells.get(Column.NAME, "")


def _slips(code: str) -> Iterator[str]:
    """The code with one of its last six digits another one."""
    for place in range(2, len(code)):
        for digit in "0123456789":
            if digit != code[place]:
                yield code[:place] + digit + code[place + 1 :]


if __name__ == "__main__":
    main(Path(sys.argv[1]), map(Path, sys.argv[2:]))
