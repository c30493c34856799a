"""Importing the national database: time, memory and counts; rows drawn to be checked by hand.

    python -m bench.national ../shared/data/tthc/procedures.jsonl.gz
    python -m bench.national FILE --embed 100           # and the encoder's speed on so many
    python -m bench.national FILE --sample 200 --seed 1 # raw columns beside what was read

A sample takes rows of every ministry in proportion to its share, at least three of each.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.imported import entry_id, merge
from knowledge.load import load
from knowledge.model import Facet
from knowledge.national.batch import Batch, read_file
from knowledge.national.rows import Row, read_rows
from knowledge.passages import Passage, passages
from webhook.importing import tally_table

console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--embed", type=int, default=0, metavar="PROCEDURES")
    parser.add_argument("--sample", type=int, default=0, metavar="ROWS")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.sample:
        show_sample(arguments.file, arguments.sample, arguments.seed)
        return
    started = time.perf_counter()
    batch = read_file(arguments.file)
    seconds = time.perf_counter() - started
    made = [*passages(found.entry for found in batch.imports.values())]
    merged = merge(load(), batch.imports)
    table = Table("what", "measured", title="without embedding")
    table.add_row("rows to procedures", f"{len(batch.imports):,} in {seconds:.1f} s")
    table.add_row("rows rejected", str(len(batch.bad)))
    table.add_row("behind an entry of ours", str(len(merged.behind)))
    table.add_row("held back", str(merged.held.total()))
    table.add_row(
        "facts", f"{sum(1 for f in batch.imports.values() for _ in f.entry.all_facts()):,}"
    )
    table.add_row("passages", f"{len(made):,}, {len(made) / len(batch.imports):.1f} a procedure")
    most = max(Counter(passage.entry_id for passage in made).values())
    table.add_row("most passages of one", str(most))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("memory at its highest", f"{peak:.0f} MB")
    console.print(table, tally_table(batch.tally))
    if arguments.embed:
        embed(batch, made, arguments.embed)


def embed(batch: Batch, made: list[Passage], procedures: int) -> None:
    """The encoder's speed on the passages of some procedures, and what all would take."""
    import torch

    from retrieval.encoder import EMBEDDED, load_encoder
    from webhook.settings import Settings

    encoder = load_encoder(EMBEDDED, Settings().data_dir / "encoder")
    chosen = set(random.Random(1).sample(sorted(batch.imports), procedures))
    texts = sorted((p.text for p in made if p.entry_id in chosen), key=len)
    encoder.passages(texts[:8])
    started = time.perf_counter()
    encoder.passages(texts)
    each = (time.perf_counter() - started) / len(texts)
    load_average = os.getloadavg()[0]
    table = Table("what", "measured", title="embedding")
    table.add_row("threads of torch, of CPUs", f"{torch.get_num_threads()} of {os.cpu_count()}")
    table.add_row("load of the machine", f"{load_average:.1f}")
    table.add_row("passages", f"{len(texts)} of {procedures} procedures, {1000 * each:.0f} ms each")
    table.add_row("all, at this speed", f"{each * len(made) / 60:.1f} minutes")
    console.print(table)


def show_sample(file: Path, count: int, seed: int) -> None:
    """Print rows with the portal's column and what was read from it, for checking by hand."""
    batch = read_file(file)
    for row in draw([row for row in read_rows(file) if isinstance(row, Row)], count, seed):
        found = batch.imports[entry_id(row.ma_thu_tuc)]
        console.rule(f"{row.ma_thu_tuc} {row.agency_slug} {row.ten_thu_tuc[:70]}", align="left")
        console.print(row.cach_thuc_thuc_hien, markup=False, soft_wrap=True)
        for facet in (Facet.TIME, Facet.FEE):
            for fact in found.entry.facts.get(facet, ()):
                typed = fact.amount is not None or fact.duration is not None
                mark = "TYPED" if typed else "quoted" if fact.quoted else "said"
                line = f"  {facet} {mark}: [{fact.condition or 'mọi cách'}] {fact.text}"
                console.print(line, markup=False, soft_wrap=True)


def draw(rows: list[Row], count: int, seed: int) -> list[Row]:
    """Rows of every ministry in proportion to its share, at least three of each; by the seed."""
    by_ministry: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.ma_thu_tuc):
        by_ministry.setdefault(row.agency_slug, []).append(row)
    chance = random.Random(seed)
    drawn = []
    for ministry in sorted(by_ministry):
        share = max(3, round(count * len(by_ministry[ministry]) / len(rows)))
        drawn += chance.sample(by_ministry[ministry], min(share, len(by_ministry[ministry])))
    while len(drawn) > count:  # the three of a small ministry are one too many
        drawn.pop(chance.randrange(len(drawn)))
    rest = [row for row in rows if row not in drawn]
    return drawn + chance.sample(rest, count - len(drawn))


if __name__ == "__main__":
    main()
