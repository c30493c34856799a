"""How many messages and taps until a member of a team has the right leaflet?

    python -m bench.leaflet_taps [--shipped] [--list] [--every 1]

Types "tờ rơi" and a name of an Entry, into a conversation of its own each time, through the whole
Assistant: every title, and every other name, as written and without diacritics. One step: the
message gives the leaflet. Two: it asks back, and one of the choices does. Three: a choice asks back
once more. "Another": the leaflet of another Entry is given, and the right one is not among the
choices. "Never": neither. Names that two Entries have are left out; search knows all the others, so
this is how the way to the leaflet does, not search. --every N takes each Nth name,
--shipped the content files in place of what is published here; --list prints what took more than
two steps.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.follow_ups import Talks
from bench.published import known, shipped
from bot.draft import Known
from bot.model import Answer
from knowledge.load import Library
from knowledge.wording import fold

MOST_STEPS = 3
OUTCOMES = ("1", "2", "3", "another", "never")
KINDS = ("title", "other name")

Say = Callable[..., Answer]
Name = tuple[str, str, str]
"""Of what kind it is, the name, the id of its Entry."""


def names(library: Library) -> list[Name]:
    """The names by which Entries are called, each of one Entry alone."""
    found = [(KINDS[0], entry.title, entry.id) for entry in library]
    found += [(KINDS[1], alias, entry.id) for entry in library for alias in entry.aliases]
    owners = {(fold(name), entry_id) for _, name, entry_id in found}
    shared = Counter(name for name, _ in owners)
    return [name for name in found if shared[fold(name[1])] == 1]


def steps(say: Say, name: str, entry_id: str) -> str:
    """One of OUTCOMES, in a new conversation."""
    first = say(f"tờ rơi {name}")
    if _is_leaflet(first, entry_id):
        return "1"
    level = [first]
    for step in range(2, MOST_STEPS + 1):
        level = [say(action=action) for answer in level for action in _onward(answer, entry_id)]
        if any(_is_leaflet(answer, entry_id) for answer in level):
            return str(step)
    return "another" if first.leaflet else "never"


def _is_leaflet(answer: Answer, entry_id: str) -> bool:
    return answer.leaflet is not None and answer.leaflet.entry_id == entry_id


def _onward(answer: Answer, entry_id: str) -> Iterator[str]:
    """The choices that somebody who wants this leaflet presses: that of its Entry if it is offered,
    else what asks on."""
    actions = [choice.action for choice in answer.choices]
    of_entry = [action for action in actions if entry_id in action.split(":")]
    yield from of_entry or [
        a for a in actions if not a.startswith(("leaflet:", "guide:", "entry:"))
    ]


def measure(
    shown: Known, asked: Sequence[Name], bare: bool, folder: Path
) -> list[tuple[Name, str]]:
    """Each name with its outcome."""
    talks = Talks(shown, folder, bare)
    return [((kind, name, of), steps(talks.new(), name, of)) for kind, name, of in asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipped", action="store_true", help="the content files")
    parser.add_argument("--every", type=int, default=1, help="each so many-th name")
    parser.add_argument("--list", action="store_true", help="print what took long")
    arguments = parser.parse_args()
    shown = shipped() if arguments.shipped else known()
    asked = names(shown.edition.library)[:: arguments.every]
    console = Console()
    entries = len({entry_id for _, _, entry_id in asked})
    table = Table("names", "typed", "asked", *OUTCOMES, title=f"leaflets of {entries} Entries")
    for bare in (False, True):
        typed = "without diacritics" if bare else "as written"
        with TemporaryDirectory() as folder:
            found = measure(shown, asked, bare, Path(folder))
        for kind in KINDS:
            of_kind = [outcome for (k, _, _), outcome in found if k == kind]
            counts = Counter(of_kind)
            shares = [f"{counts[outcome] / max(1, len(of_kind)):.1%}" for outcome in OUTCOMES]
            table.add_row(kind, typed, str(len(of_kind)), *shares)
        for (kind, name, entry_id), outcome in found if arguments.list else ():
            if outcome not in OUTCOMES[:2]:
                line = f"{typed}, {kind}: {name} ({entry_id}): {outcome}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(table)


if __name__ == "__main__":
    main()
