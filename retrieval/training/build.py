"""Writes `retrieval/data/asked.tsv.gz`: `python -m retrieval.training.build`.

What our writers asked, as search reads a question: short forms written out, diacritics restored,
slips mended. It is kept ready because that would take longer for thousands of texts than starting
the server.
Questions kept for testing are left out, and near misses too: an import may bring their Entry.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import yaml

from retrieval.asked import FILE
from retrieval.outside import PREFIX
from retrieval.slips import Slips
from retrieval.text import clean, expand
from retrieval.training.questions import read_written

OUTSIDE = Path(__file__).with_name("outside.yaml")
NEAR_MISS = "near_miss"
"""Questions about procedures of which we have no Entry: kept for measuring."""


def main() -> None:
    """Write the file and say what is in it."""
    text = build()
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{text.count(chr(10)):,} questions, {FILE.stat().st_size:,} bytes")


def build() -> str:
    """The file's text: a line a question, the Entry's id or the subject, a tab, the question."""
    slips = Slips.load()
    asked = [(q.entry_id, q.text) for q in read_written() if not q.test]
    asked += [
        (PREFIX + kind, text)
        for kind, texts in read_outside().items()
        if kind != NEAR_MISS
        for text in texts
    ]
    return "".join(f"{key}\t{as_searched(text, slips)}\n" for key, text in asked)


def as_searched(text: str, slips: Slips) -> str:
    """A question's text as search reads it, in one line."""
    return " ".join(slips.read(expand(clean(text))).split())


def read_outside() -> dict[str, list[str]]:
    """Messages that no Entry answers, by kind."""
    kinds: dict[str, list[str]] = yaml.safe_load(OUTSIDE.read_text(encoding="utf-8"))["kinds"]
    return kinds


if __name__ == "__main__":
    main()
