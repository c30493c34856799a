"""Retrieval on ALQAC beside published figures, on the same protocol.

Pool: the unique contexts; gold: the question's own context. Published MRR@10 (ViRE, EACL 2026):
BM25 .922, multilingual-e5-large .929, bge-m3 .941, best hybrid (bge-m3 + BM25) .967.

    python -m bench.alqac ../shared/data/retrieval/ALQAC.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.published import FORMS, cache_folder
from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.index import open_index
from retrieval.search import Searcher
from retrieval.slips import Slips
from webhook.settings import Settings

WORDS, STEP = 120, 90
"""Length of a passage of a context, and the distance to the next: neighbours overlap."""


@dataclass(frozen=True)
class Measures:
    """Shares of the questions."""

    count: int
    first: float
    """P@1"""
    among_ten: float
    """R@10"""
    mrr: float
    """MRR@10"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--encoder", default=EMBEDDED)
    arguments = parser.parse_args()
    if not arguments.file.exists():
        sys.exit(f"{arguments.file} is not there; give the path of ALQAC.csv.")
    table = Table("questions", "P@1", "R@10", "MRR@10", title="ALQAC")
    for form, found in measure(arguments.file, arguments.encoder).items():
        figures = (found.first, found.among_ten, found.mrr)
        table.add_row(f"{form} ({found.count})", *(f"{value:.3f}" for value in figures))
    Console().print(table)


def measure(file: Path, encoder_name: str = EMBEDDED) -> dict[str, Measures]:
    """The measures of each of FORMS. Vectors of the contexts are cached in the data folder."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = [(row["question"], row["context"]) for row in csv.DictReader(opened)]
    contexts = {text: f"context-{i}" for i, text in enumerate(dict.fromkeys(c for _, c in rows))}
    passages = [
        Passage(name, PassageKind.FACTS, Facet.OVERVIEW, part)
        for text, name in contexts.items()
        for part in overlapping(text)
    ]
    encoder = load_encoder(encoder_name, Settings().make_data_dir() / "encoder")
    index = open_index(cache_folder("alqac"), passages, encoder)
    searcher = Searcher(index, encoder, Slips.load())
    return {
        form: measures([rank(searcher, written(q), contexts[context]) for q, context in rows])
        for form, written in FORMS.items()
    }


def overlapping(text: str) -> list[str]:
    """Parts of a long text, each short enough for the encoder."""
    words = text.split()
    starts = range(0, max(1, len(words) - WORDS + STEP), STEP)
    return [" ".join(words[start : start + WORDS]) for start in starts]


def rank(searcher: Searcher, question: str, gold: str) -> int | None:
    """The place of the right context among the first ten, from 1; None if it is not there."""
    hits = searcher.search(searcher.read(question), limit=10)
    return next((i for i, hit in enumerate(hits, 1) if hit.entry_id == gold), None)


def measures(ranks: list[int | None]) -> Measures:
    """What the ranks of all questions come to."""
    found = [rank for rank in ranks if rank]
    return Measures(
        count=len(ranks),
        first=sum(rank == 1 for rank in found) / len(ranks),
        among_ten=len(found) / len(ranks),
        mrr=sum(1 / rank for rank in found) / len(ranks),
    )


if __name__ == "__main__":
    main()
