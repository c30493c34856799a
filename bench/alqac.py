"""Retrieval on ALQAC beside published figures, on the same protocol.

Pool: the unique contexts; gold: the question's own context. Published MRR@10 (ViRE, EACL 2026):
BM25 .922, multilingual-e5-large .929, bge-m3 .941, best hybrid (bge-m3 + BM25) .967.

    python -m bench.alqac ../shared/data/retrieval/ALQAC.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from knowledge.wording import fold
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.index import open_index
from retrieval.restore import Restorer
from retrieval.search import Searcher

WORDS, STEP = 120, 90
"""Length of a passage of a context, and the distance to the next: neighbours overlap."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--encoder", default=EMBEDDED)
    parser.add_argument("--folder", type=Path, default=Path("var/encoder"))
    arguments = parser.parse_args()
    if not arguments.file.exists():
        sys.exit(f"{arguments.file} is not there; give the path of ALQAC.csv.")
    with arguments.file.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["question"], row["context"]) for row in csv.DictReader(file)]
    contexts = {text: f"context-{i}" for i, text in enumerate(dict.fromkeys(c for _, c in rows))}
    passages = [
        Passage(name, PassageKind.FACTS, Facet.OVERVIEW, part)
        for text, name in contexts.items()
        for part in overlapping(text)
    ]
    encoder = load_encoder(arguments.encoder, arguments.folder)
    table = Table("questions", "P@1", "R@10", "MRR@10", title=f"ALQAC, {len(contexts)} contexts")
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(Path(folder), passages, encoder)
        searcher = Searcher(index, encoder, Restorer.load())
        for label, change in (("as written", str), ("without diacritics", fold)):
            ranks = [rank(searcher, change(q), contexts[context]) for q, context in rows]
            table.add_row(label, *(f"{value:.3f}" for value in measures(ranks)))
    Console().print(table)


def overlapping(text: str) -> list[str]:
    """Parts of a long text, each short enough for the encoder."""
    words = text.split()
    starts = range(0, max(1, len(words) - WORDS + STEP), STEP)
    return [" ".join(words[start : start + WORDS]) for start in starts]


def rank(searcher: Searcher, question: str, gold: str) -> int | None:
    """The place of the right context among the first ten, from 1; None if it is not there."""
    hits = searcher.search(searcher.read(question), limit=10)
    return next((i for i, hit in enumerate(hits, 1) if hit.entry_id == gold), None)


def measures(ranks: list[int | None]) -> tuple[float, float, float]:
    """P@1, R@10, MRR@10."""
    found = [rank for rank in ranks if rank]
    first = sum(rank == 1 for rank in found)
    reciprocal = sum(1 / rank for rank in found)
    return first / len(ranks), len(found) / len(ranks), reciprocal / len(ranks)


if __name__ == "__main__":
    main()
