"""Comparing every vector, and walking a graph: recall, time and memory, on clustered vectors.

    python -m bench.vectors [--sizes 5000 20000]

The graph is what `retrieval.index` takes above FLAT_UP_TO vectors; here it is built from smaller
sets, because building is slow. Vectors stand in clusters, as passages stand around their Entries.
"""

from __future__ import annotations

import argparse
import time

import faiss
import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.encoder import Vectors
from retrieval.index import vector_index
from retrieval.search import NEIGHBOURS

DIM = 384
PER_CLUSTER = 25
SPREAD = 0.7
"""Length of the noise around a cluster's centre; gives neighbours a cosine of about 0.67."""
QUERIES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 20_000])
    arguments = parser.parse_args()
    console = Console()
    columns = ("vectors", "index", "built in s", "ms a query", "MB")
    recalls = ("R@10", f"R@{NEIGHBOURS}", "missing")
    table = Table(
        *columns, *recalls, title=f"{DIM} dimensions, {faiss.omp_get_max_threads()} threads"
    )
    for size in arguments.sizes:
        vectors, queries = clustered(size)
        _, right = vector_index(vectors, flat_up_to=size).search(queries, NEIGHBOURS)
        for name, limit in (("every one", size), ("graph", 0)):
            started = time.perf_counter()
            index = vector_index(vectors, flat_up_to=limit)
            built = time.perf_counter() - started
            found, each = search(index, queries)
            table.add_row(
                f"{size:,}",
                name,
                f"{built:.1f}",
                f"{1000 * each:.2f}",
                f"{len(faiss.serialize_index(index)) / 1e6:.0f}",
                f"{recall(right[:, :10], found[:, :10]):.4f}",
                f"{recall(right, found):.4f}",
                str((found < 0).sum()),
            )
    console.print(table)


def clustered(size: int) -> tuple[Vectors, Vectors]:
    """Unit vectors in clusters, and unlike them, queries from the same clusters."""
    random = np.random.default_rng(1)
    centres = random.normal(size=(max(1, size // PER_CLUSTER), DIM))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)

    def around(count: int) -> Vectors:
        noise = random.normal(size=(count, DIM)) * SPREAD / np.sqrt(DIM)
        points = centres[random.integers(len(centres), size=count)] + noise
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return np.asarray(points, dtype=np.float32)

    return around(size), around(QUERIES)


def search(index: faiss.Index, queries: Vectors) -> tuple[np.ndarray, float]:
    """What is found, asked one by one as a conversation does, and the mean time."""
    started = time.perf_counter()
    found = [index.search(query[None], NEIGHBOURS)[1][0] for query in queries]
    return np.stack(found), (time.perf_counter() - started) / len(queries)


def recall(right: np.ndarray, found: np.ndarray) -> float:
    """The share of the right neighbours that were found."""
    hits = [len({*a} & {*b}) for a, b in zip(right.tolist(), found.tolist(), strict=True)]
    return float(np.mean(hits) / right.shape[1])


if __name__ == "__main__":
    main()
