"""From which cosine on do two questions mean the same? Prints, for the questions of all shipped
Entries, how many pairs are at least so near, how many of those belong to one Entry, and how many
ask for the same facets. The inbox groups by `NEAR`; curated answers go by `STRICT` and facets.

    python -m bench.likeness [--data var]
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.curated.shelf import STRICT
from bot.inbox.intake import NEAR
from bot.understand import facets_asked
from knowledge.load import load
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.slips import Slips
from retrieval.text import clean, expand

LONG = 200
"""Letters from which a question is a letter, and like no other."""
COSINES = (0.80, 0.84, 0.86, 0.88, 0.90, 0.92, 0.93, 0.94, 0.96)


def main(data: Annotated[Path, typer.Option()] = Path("var")) -> None:
    rows = [
        (entry.id, question)
        for entry in load()
        for question in entry.questions
        if len(question) < LONG
    ]
    slips = Slips.load()
    texts = [slips.read(expand(clean(question))) for _, question in rows]
    vectors = load_encoder(EMBEDDED, data / "encoder").queries(texts)
    first, second = np.triu_indices(len(rows), 1)
    cosines = (vectors @ vectors.T)[first, second]
    _, owner = np.unique([entry_id for entry_id, _ in rows], return_inverse=True)
    facets = np.array([hash(frozenset(facets_asked(text))) for text in texts])
    one_entry = owner[first] == owner[second]
    one_facet = facets[first] == facets[second]
    table = Table(
        *("cosine", "pairs", "of one Entry", "with the same facets", "of those, of one Entry"),
        title=f"{len(rows)} questions, {len(cosines):,} pairs",
    )
    for cosine in COSINES:
        near = cosines >= cosine
        named = {NEAR: " NEAR", STRICT: " STRICT"}.get(cosine, "")
        table.add_row(
            f"{cosine:.2f}{named}",
            str(near.sum()),
            _share(one_entry[near]),
            str((near & one_facet).sum()),
            _share(one_entry[near & one_facet]),
        )
    Console().print(table)


def _share(among: np.ndarray) -> str:
    return f"{100 * among.mean():.0f} %" if len(among) else "–"


if __name__ == "__main__":
    typer.run(main)
