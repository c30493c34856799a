"""The national database published, and two ways to hold 34 provinces' variants of it.

    python -m bench.scale ../shared/data/tthc/procedures.jsonl.gz [--shapes national facts entries]
        [--codes N]

national   what `binhdan kb publish` publishes after the import: ours, and the imports behind them
facts      34 provinces × N of those procedures (2,060 unless told otherwise: 70,040 records), as an
           import of spreadsheets keeps them: one Entry a code, with two Facts (place, fee) of each
           province
entries    the same records as Entries of their own, for comparison

The provinces' sentences are made up, and so are the vectors of what they change: the national
passage's vector with noise. Vectors of national passages are the encoder's, from the cache in the
data folder; what is missing there is embedded first, with its time. Everything is published into a
database of its own and searched by a process of its own, whose memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.published import Stored, cache_folder, vectors_of
from knowledge.imported import merge
from knowledge.load import Library, load
from knowledge.model import AnyEntry, Facet, Fact, Procedure
from knowledge.national.batch import read_file
from knowledge.passages import passages
from knowledge.places import PROVINCES
from knowledge.store import Editions
from knowledge.wording import fold
from retrieval.encoder import EMBEDDED, Encoder, Vectors, load_encoder
from retrieval.evaluate import read_questions
from retrieval.index import open_index
from retrieval.search import Searcher, entry_ids
from retrieval.slips import Slips
from webhook.database import open_database
from webhook.settings import Settings

CODES = 2_060
"""Procedures of which every province has a variant: 34 × 2,060 = 70,040."""
NOISE = 0.2
"""Length of what is added to the vector of a passage that a province words otherwise."""
QUESTIONS = Path("bench/questions/fresh-2.yaml")

console = Console()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--codes", type=int, default=CODES, help="procedures every province varies")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        print(json.dumps(serve(arguments.serve)))
        return
    national = merge(load(), read_file(arguments.file).imports).library
    encoder = load_encoder(EMBEDDED, Settings().make_data_dir() / "encoder")
    known = embed_national(national, encoder)
    varied = having_variants(national, arguments.codes)
    columns = [
        measure(arguments.file, shape, national, varied, known, encoder)
        for shape in arguments.shapes
    ]
    table = Table(
        "what",
        *arguments.shapes,
        title=f"{len(varied):,} procedures varied, {os.cpu_count()} cores",
    )
    for what in columns[0]:
        table.add_row(what, *(column[what] for column in columns))
    console.print(table)


def embed_national(national: Library, encoder: Encoder) -> dict[str, Vectors]:
    """Text → vector of every passage of the national library, from the cache if it is there."""
    made = [*passages(national)]
    new = 0

    def progress(done: int, total: int) -> None:
        nonlocal new
        new = total
        print(f"\rembedded {done} of {total}", end="", file=sys.stderr)

    started = time.perf_counter()
    index = open_index(cache_folder("national"), made, encoder, progress)
    seconds = time.perf_counter() - started
    console.print(f"{len(made):,} passages, of which {new:,} were embedded now; {seconds:.0f} s")
    return vectors_of(index)


def measure(
    file: Path,
    shape: str,
    national: Library,
    varied: Sequence[Procedure],
    known: dict[str, Vectors],
    encoder: Encoder,
) -> dict[str, str]:
    """Publish one shape, build its index, and search it in another process."""
    library = Library({e.id: e for e in SHAPES[shape](national, varied)}, national.sources)
    vectors = dict(known) if shape == "entries" else known
    if shape == "entries":
        invent_vectors(varied, vectors)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        started = time.perf_counter()
        Editions(open_database(settings)).publish(library, "scale")
        published = time.perf_counter() - started
        started = time.perf_counter()
        made = [*passages(library)]
        open_index(Path(folder) / "index", made, Stored(vectors, encoder))
        built = time.perf_counter() - started
        index = next((Path(folder) / "index").glob("*/manifest.json")).parent
        command = [sys.executable, "-m", "bench.scale", str(file), "--serve", folder]
        served = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return {
            "Entries": f"{len(library.entries):,}",
            "Facts": f"{sum(1 for entry in library for _ in entry.all_facts()):,}",
            "passages": f"{len(made):,}",
            "texts among them": f"{len({p.text for p in made}):,}",
            "database": f"{megabytes(*Path(folder).glob('binhdan.db*')):,.0f} MB",
            "index on disk": f"{megabytes(*index.iterdir()):,.0f} MB",
            "published in": f"{published:.0f} s",
            "index built in, without embedding": f"{built:.0f} s",
            **served,
        }


def serve(folder: Path) -> dict[str, Any]:
    """Load what was published as a server does, ask, and say what it took."""
    encoder = load_encoder(EMBEDDED, Settings().data_dir / "encoder")
    slips = Slips.load()
    before = memory()
    started = time.perf_counter()
    editions = Editions(open_database(Settings(data_dir=folder)))
    library = editions.get(editions.newest_number() or 0).library
    index = open_index(folder / "index", [*passages(library)], Stored({}, encoder))
    searcher = Searcher(index, encoder, slips, library)
    ready = time.perf_counter() - started
    asked = [q for q in read_questions(QUESTIONS) if set(q.about) <= library.entries.keys()]
    found: dict[str, str] = {}
    for form, written in (("as written", str), ("bare", fold)):
        spent, first = [], 0
        for question in asked:
            started = time.perf_counter()
            hits = searcher.search(searcher.read(written(question.text)))
            spent.append(1000 * (time.perf_counter() - started))
            first += entry_ids(hits)[0] in question.about
        p50, p95 = np.percentile(spent, [50, 95])
        found[f"search, {form}: p50, p95"] = f"{p50:.0f}, {p95:.0f} ms"
        found[f"right Entry first, {form}"] = f"{first / len(asked):.3f} of {len(asked)}"
    added = f"{memory() - before:,.0f} MB"
    return {"loaded in": f"{ready:.0f} s", "memory it adds": added, **found}


def as_published(national: Library, varied: Sequence[Procedure]) -> Iterator[AnyEntry]:
    yield from national


def with_local_facts(national: Library, varied: Sequence[Procedure]) -> Iterator[AnyEntry]:
    """One Entry a code, with the Facts of every province."""
    several = {entry.id for entry in varied}
    for entry in national:
        if isinstance(entry, Procedure) and entry.id in several:
            facts = dict(entry.facts)
            for province in PROVINCES:
                for facet, fact in local_facts(entry, province, (province,)).items():
                    facts[facet] = (*facts.get(facet, ()), fact)
            yield entry.model_copy(update={"facts": facts})
        else:
            yield entry


def with_local_entries(national: Library, varied: Sequence[Procedure]) -> Iterator[AnyEntry]:
    """What is published, and an Entry of its own for every province."""
    yield from national
    for entry in varied:
        yield from (local_entry(entry, province) for province in PROVINCES)


SHAPES = {"national": as_published, "facts": with_local_facts, "entries": with_local_entries}


def having_variants(national: Library, count: int) -> list[Procedure]:
    """The imported Procedures that every province words for itself: the first so many by code."""
    imported = [e for e in national if isinstance(e, Procedure) and e.imported]
    return sorted(imported, key=lambda entry: entry.id)[:count]


def local_entry(entry: Procedure, province: str) -> Procedure:
    facts = entry.facts | {f: (fact,) for f, fact in local_facts(entry, province, ()).items()}
    key = f"{province}-{(entry.code or '').replace('.', '-')}"
    return entry.model_copy(update={"id": key, "regions": (province,), "facts": facts})


def local_facts(entry: Procedure, province: str, regions: tuple[str, ...]) -> dict[Facet, Fact]:
    """What a province says of its own; sentences made up for this measurement."""
    name = PROVINCES[province].name
    where = f"Nộp tại Trung tâm Phục vụ hành chính công {name} hoặc điểm tiếp nhận của xã, phường."
    fee = f"Mức thu do Hội đồng nhân dân {name} quyết định: 25.000 đồng."
    return {
        facet: Fact(
            text=text,
            sources=entry.source_ids[:1],
            checked_on=date(2026, 6, 30),
            regions=regions,
        )
        for facet, text in ((Facet.WHERE, where), (Facet.FEE, fee))
    }


def invent_vectors(varied: Sequence[Procedure], vectors: dict[str, Vectors]) -> None:
    """Add a vector for every text that a province's Entry words otherwise than the nation's."""
    chance = np.random.default_rng(1)
    for entry in varied:
        base = {p.facet: vectors[p.text] for p in passages([entry])}
        for province in PROVINCES:
            for passage in passages([local_entry(entry, province)]):
                if passage.text not in vectors:
                    near = base.get(passage.facet, base[Facet.OVERVIEW])
                    noise = chance.normal(size=near.shape) * NOISE / np.sqrt(len(near))
                    vectors[passage.text] = unit(near + noise)


def unit(vector: Vectors) -> Vectors:
    scaled: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return scaled


def megabytes(*files: Path) -> float:
    return sum(file.stat().st_size for file in files) / 1e6


def memory() -> float:
    """MB of this process that no file backs."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
