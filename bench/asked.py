"""Search with and without the writers' questions in the index (decision 9).

    python -m bench.asked bench/questions/fresh-2.yaml ../shared/facts/questions-dev.yaml

The writer kept for testing is asked always, then the files given; each as written and without
diacritics. Both indexes hold the shipped content and the subjects outside the field; their vectors
come from the cache in the data folder, so run `binhdan kb publish` before.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.decide import kept_writer
from bench.published import Stored, vectors_of
from knowledge.load import Library, load
from knowledge.passages import passages
from retrieval.asked import asked_passages
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.evaluate import REAL, Labelled, evaluate, read_questions, tallies
from retrieval.index import open_index
from retrieval.outside import outside_passages
from retrieval.search import Searcher
from retrieval.slips import Slips
from webhook.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files
    sets = {"test writer": kept_writer()} | {path.stem: read_questions(path) for path in files}
    library = load()
    table = Table("questions", "count", "without", "with", title="right Entry first / among three")
    with tempfile.TemporaryDirectory() as folder:
        both = searchers(library, Path(folder))
        for name, questions in groups(sets):
            for form, bare in ((name, False), (f"{name} (bare)", True)):
                found = [tallies(evaluate(s, library.entries, questions, bare))[-1] for s in both]
                shares = [f"{each.first:.3f} / {each.among_three:.3f}" for each in found]
                table.add_row(form, str(found[0].count), *shares)
    Console().print(table)


def searchers(library: Library, folder: Path) -> tuple[Searcher, Searcher]:
    """Search over the content without the writers' questions, and with them."""
    entries, outside = [*passages(library)], [*outside_passages()]
    asked = [*asked_passages(library.entries.keys())]
    settings = Settings()
    real = load_encoder(EMBEDDED, settings.make_data_dir() / "encoder")
    whole = open_index(settings.data_dir / "index", [*entries, *asked, *outside], real)
    encoder = Stored(vectors_of(whole), real)
    part = open_index(folder, [*entries, *outside], encoder)
    slips = Slips.load()
    return Searcher(part, encoder, slips, library), Searcher(whole, encoder, slips, library)


def groups(
    sets: dict[str, tuple[Labelled, ...]],
) -> list[tuple[str, tuple[Labelled, ...]]]:
    """Every set, and of each its questions of real people if it has any."""
    found = []
    for name, questions in sets.items():
        found.append((name, questions))
        if real := tuple(q for q in questions if q.authenticity in REAL):
            found.append((f"{name}, real people", real))
    return found


if __name__ == "__main__":
    main()
