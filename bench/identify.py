"""A province's own name of a procedure → its national code, over the whole national database.

    python -m bench.identify ../shared/data [--misses] [--beside-ours]

Asks the 256 names of `lists/name_variants_joined_by_code.jsonl` that differ from the national name,
as written and without diacritics. The pool is the national database as imported, alone; with
--beside-ours it is what `binhdan kb publish` publishes: our Entries, and the imports behind them.
The bonus for an Entry's level (`retrieval/level.py`) was set while looking at these names: they are
no proof of it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.published import FORMS, cache_folder
from knowledge.imported import merge
from knowledge.load import load
from knowledge.model import AnyEntry, Procedure
from knowledge.national.batch import read_file
from knowledge.passages import passages
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.index import open_index
from retrieval.search import Searcher, entry_ids
from retrieval.slips import Slips
from webhook.settings import Settings

LIMITS = (1, 3, 10)
"""Places within which the right code is looked for."""

console = Console()


@dataclass(frozen=True)
class Variant:
    """How a province names a procedure."""

    code: str
    name: str
    national_name: str


@dataclass(frozen=True)
class Found:
    """What the names found, and how long a name took."""

    ranked: dict[Variant, list[str | None]]
    """Name → codes, best first."""
    ms_each: float

    def share_within(self, limit: int) -> float:
        """The share of the names whose code is among the first so many."""
        return sum(v.code in codes[:limit] for v, codes in self.ranked.items()) / len(self.ranked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--beside-ours", action="store_true")
    arguments = parser.parse_args()
    entries = pool(arguments.data, arguments.beside_ours)
    table = Table(
        "names", "asked", "R@1", "R@3", "R@10", "ms each", title=f"{len(entries)} Entries"
    )
    for form, found in measure(arguments.data, entries).items():
        shares = [f"{found.share_within(limit):.3f}" for limit in LIMITS]
        table.add_row(form, str(len(found.ranked)), *shares, f"{found.ms_each:.0f}")
        for variant, ranked in found.ranked.items() if arguments.misses else ():
            if variant.code not in ranked[:1]:
                show_miss(variant, ranked, entries)
    console.print(table)


def measure(data: Path, entries: Sequence[AnyEntry]) -> dict[str, Found]:
    """What the names find among the Entries, in each of FORMS."""
    searcher = searcher_over(entries)
    codes = codes_of(entries)
    asked = [v for v in read_variants(data) if v.code in codes.values()]
    found = {}
    for form, written in FORMS.items():
        started = time.perf_counter()
        ranked = {v: codes_found(searcher, written(v.name), codes) for v in asked}
        found[form] = Found(ranked, 1000 * (time.perf_counter() - started) / len(asked))
    return found


def codes_of(entries: Sequence[AnyEntry]) -> dict[str, str | None]:
    """Entry id → national code."""
    return {e.id: e.code for e in entries if isinstance(e, Procedure)}


def pool(data: Path, beside_ours: bool = False) -> list[AnyEntry]:
    """The Entries to find the names among."""
    batch = read_file(data / "tthc" / "procedures.jsonl.gz")
    if beside_ours:
        return [*merge(load(), batch.imports).library]
    return [found.entry for found in batch.imports.values()]


def searcher_over(entries: Sequence[AnyEntry]) -> Searcher:
    """Search over Entries with the embedded encoder; vectors are cached in the data folder."""
    encoder = load_encoder(EMBEDDED, Settings().make_data_dir() / "encoder")
    index = open_index(
        cache_folder("national"),
        [*passages(entries)],
        encoder,
        lambda done, total: print(
            f"\rembedded {done} of {total}", end="" if done < total else "\n"
        ),
    )
    return Searcher(index, encoder, Slips.load(), entries)


def read_variants(data: Path) -> list[Variant]:
    """The names that differ from the national one."""
    lines = (data / "lists" / "name_variants_joined_by_code.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Variant(r["code"], r["variant_name"], r["national_name"]) for r in rows if r["differs"]]


def codes_found(searcher: Searcher, name: str, codes: dict[str, str | None]) -> list[str | None]:
    """The codes of the Entries found, best first."""
    hits = searcher.search(searcher.read(name))
    return [codes.get(entry_id) for entry_id in entry_ids(hits)]


def show_miss(variant: Variant, ranked: Sequence[str | None], entries: Sequence[AnyEntry]) -> None:
    """One name that did not come first, with what did."""
    titles = {e.code: e.title for e in entries if isinstance(e, Procedure) and e.code}
    rank = ranked.index(variant.code) + 1 if variant.code in ranked else None
    console.print(f"{variant.code} rank {rank}: {variant.name}", markup=False, soft_wrap=True)
    console.print(f"    is    {variant.national_name[:200]}", markup=False, soft_wrap=True)
    console.print(f"    found {titles.get(ranked[0] or '')}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
