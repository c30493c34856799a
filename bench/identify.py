"""A province's own name of a procedure → its national code, over the whole national database.

    python -m bench.identify ../shared/data [--misses] [--beside-ours]

Asks the 256 names of `lists/name_variants_joined_by_code.jsonl` that differ from the national name,
as written and without diacritics. The pool is the national database as imported, alone; with
--beside-ours it is what `binhdan kb publish` publishes: our Entries, and the imports behind them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.imported import merge
from knowledge.load import load
from knowledge.model import AnyEntry, Procedure
from knowledge.national.batch import read_file
from knowledge.passages import passages
from knowledge.wording import fold
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.index import open_index
from retrieval.restore import Restorer
from retrieval.search import Searcher, entry_ids
from webhook.settings import Settings

console = Console()


@dataclass(frozen=True)
class Variant:
    """How a province names a procedure."""

    code: str
    name: str
    national_name: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--beside-ours", action="store_true")
    arguments = parser.parse_args()
    entries = pool(arguments.data, arguments.beside_ours)
    searcher = searcher_over(entries)
    codes = {e.id: e.code for e in entries if isinstance(e, Procedure)}
    asked = [v for v in read_variants(arguments.data) if v.code in codes.values()]
    table = Table(
        "names", "asked", "R@1", "R@3", "R@10", "ms each", title=f"{len(entries)} Entries"
    )
    forms: dict[str, Callable[[str], str]] = {"as written": str, "without diacritics": fold}
    for form, written in forms.items():
        started = time.perf_counter()
        found = {v: codes_found(searcher, written(v.name), codes) for v in asked}
        each = 1000 * (time.perf_counter() - started) / len(asked)
        shares = [f"{share_within(found, limit):.3f}" for limit in (1, 3, 10)]
        table.add_row(form, str(len(asked)), *shares, f"{each:.0f}")
        for variant, ranked in found.items() if arguments.misses else ():
            if variant.code not in ranked[:1]:
                show_miss(variant, ranked, {e.id: e for e in entries}, codes)
    console.print(table)


def pool(data: Path, beside_ours: bool) -> list[AnyEntry]:
    """The Entries to find the names among."""
    batch = read_file(data / "tthc" / "procedures.jsonl.gz")
    if beside_ours:
        return [*merge(load(), batch.imports).library]
    return [found.entry for found in batch.imports.values()]


def searcher_over(entries: Sequence[AnyEntry]) -> Searcher:
    """Search over Entries with the embedded encoder; vectors are cached in the data folder."""
    settings = Settings()
    encoder = load_encoder(EMBEDDED, settings.make_data_dir() / "encoder")
    index = open_index(
        settings.data_dir / "index",
        [*passages(entries)],
        encoder,
        lambda done, total: print(
            f"\rembedded {done} of {total}", end="" if done < total else "\n"
        ),
    )
    return Searcher(index, encoder, Restorer.load(), entries)


def read_variants(data: Path) -> list[Variant]:
    """The names that differ from the national one."""
    lines = (data / "lists" / "name_variants_joined_by_code.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Variant(r["code"], r["variant_name"], r["national_name"]) for r in rows if r["differs"]]


def codes_found(searcher: Searcher, name: str, codes: dict[str, str | None]) -> list[str | None]:
    """The codes of the Entries found, best first."""
    hits = searcher.search(searcher.read(name))
    return [codes.get(entry_id) for entry_id in entry_ids(hits)]


def share_within(found: dict[Variant, list[str | None]], limit: int) -> float:
    """The share of the names whose code is among the first so many."""
    return sum(v.code in ranked[:limit] for v, ranked in found.items()) / len(found)


def show_miss(
    variant: Variant,
    ranked: list[str | None],
    entries: dict[str, AnyEntry],
    codes: dict[str, str | None],
) -> None:
    """One name that did not come first, with what did."""
    titles = {codes[key]: entry.title for key, entry in entries.items() if codes.get(key)}
    rank = ranked.index(variant.code) + 1 if variant.code in ranked else None
    console.print(f"{variant.code} rank {rank}: {variant.name}", markup=False, soft_wrap=True)
    console.print(f"    is    {variant.national_name[:200]}", markup=False, soft_wrap=True)
    console.print(f"    found {titles.get(ranked[0])}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
