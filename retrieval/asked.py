"""What our writers asked, as Passages beside those of the Entries.

An Entry's own questions are its editors'; these are `retrieval/training`'s, made ready by
`python -m retrieval.training.build`. A question finds the Entry whose askers spoke like it.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind
from retrieval.outside import subject_of

FILE = Path(__file__).parent / "data" / "asked.tsv.gz"


def asked_passages(entry_ids: Collection[str]) -> Iterator[Passage]:
    """One Passage a question about these Entries, or outside the field."""
    for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
        key, text = line.split("\t")
        if key in entry_ids or subject_of(key):
            yield Passage(key, PassageKind.QUESTION, Facet.OVERVIEW, text)
