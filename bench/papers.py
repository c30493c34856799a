"""What the checklist takes for papers, for papers that some need, and for remarks:

python -m bench.papers [--list] [--national FILE]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.checklist.papers import Papers, papers_of
from knowledge.clock import today
from knowledge.load import load
from knowledge.model import Facet, Procedure
from knowledge.national.batch import read_file

SIGNS = {"needed": "☐", "optional": "?", "remarks": "·", "forms": "F"}


def main() -> None:
    """Print how many there are of each; with --list every one of them, to be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--national", type=Path, help="the national database, instead of ours")
    asked = parser.parse_args()
    entries: Iterable[object] = load()
    if asked.national:
        entries = [item.entry for item in read_file(asked.national).imports.values()]
    counts: Counter[str] = Counter()
    for entry in entries:
        if not isinstance(entry, Procedure):
            continue
        documents, forms = (entry.facts.get(f, ()) for f in (Facet.DOCUMENTS, Facet.FORM))
        told = list(_told(papers_of(documents, forms, today())))
        counts.update(kind for kind, _ in told)
        counts["procedures"] += 1
        counts["procedures with a list"] += any(kind in ("needed", "optional") for kind, _ in told)
        if asked.list:
            print(f"# {entry.id} {entry.title}")
            print("\n".join(f"  {SIGNS[kind]} {text}" for kind, text in told))
    for name, count in counts.items():
        print(f"{name}: {count}")


def _told(found: Papers) -> Iterator[tuple[str, str]]:
    for paper in found.papers:
        condition = f"[{paper.fact.condition}] " if paper.fact.condition else ""
        yield "optional" if paper.optional else "needed", condition + paper.fact.text
    for kind, facts in (("remarks", found.remarks), ("forms", found.forms)):
        yield from ((kind, fact.text) for fact in facts)


if __name__ == "__main__":
    main()
