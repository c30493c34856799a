"""Fits when to answer: `python -m retrieval.training.confidence`, into `retrieval/data`.

The questions are those of the writer kept out of the encoder's training, searched for in an index
without that writer's passages, and labelled files of ours, one of them of short questions, a third
of them too vague for one Entry; the messages that no Entry answers are a labelled file and every
second near miss (the others are for measuring). All as written and bare.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from knowledge.load import load
from knowledge.passages import passages
from knowledge.wording import fold
from retrieval.asked import asked_passages
from retrieval.confidence import FILE, OFFERED, features, is_short
from retrieval.encoder import EMBEDDED, load_encoder
from retrieval.evaluate import Labelled, read_questions
from retrieval.index import open_index
from retrieval.outside import outside_passages, subject_of
from retrieval.search import Searcher
from retrieval.slips import Slips
from retrieval.training.build import NEAR_MISS, as_searched, read_outside
from retrieval.training.encoder.pairs import CALIBRATION
from retrieval.training.questions import read_written

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Case:
    """A search's features, and what was true of it."""

    short: bool
    features: dict[str, float]
    right: bool
    offered: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    questions = Path("bench/questions")
    parser.add_argument("--inside", type=Path, default=questions / "fresh.yaml")
    parser.add_argument("--outside", type=Path, default=questions / "outside.yaml")
    parser.add_argument("--short", type=Path, default=Path(__file__).with_name("short.yaml"))
    parser.add_argument("--var", type=Path, default=Path("var"), help="encoder and vectors")
    arguments = parser.parse_args()
    searcher = searcher_without(CALIBRATION, arguments.var)
    files = (arguments.inside, arguments.outside, arguments.short)
    labelled = [question for path in files for question in read_questions(path)] + ours()
    cases = list(searched(searcher, labelled))
    models = {
        "few": fit_pair([case for case in cases if case.short]),
        "more": fit_pair([case for case in cases if not case.short]),
    }
    FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(models, indent=1))


def fit_pair(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """The models of one length."""
    names = sorted(cases[0].features)
    rows = np.array([[case.features[name] for name in names] for case in cases])
    return {
        "right": fit(rows, [case.right for case in cases], names),
        "offered": fit(rows, [case.offered for case in cases], names),
    }


def searcher_without(writer: str, var: Path) -> Searcher:
    """Search as it is served, but without what one writer asked."""
    library, slips = load(), Slips.load()
    encoder = load_encoder(EMBEDDED, var / "encoder")
    left_out = {as_searched(q.text, slips) for q in read_written() if q.writer == writer}
    asked = [p for p in asked_passages(library.entries.keys()) if p.text not in left_out]
    index = open_index(var / "index", [*passages(library), *asked, *outside_passages()], encoder)
    return Searcher(index, encoder, slips, library)


def ours() -> list[Labelled]:
    """The calibration writer's questions, and every second near miss."""
    written = [q for q in read_written() if q.writer == CALIBRATION]
    near = read_outside()[NEAR_MISS][::2]
    return [
        *(Labelled(id=f"w{i}", text=q.text, about=(q.entry_id,)) for i, q in enumerate(written)),
        *(Labelled(id=f"n{i}", text=text) for i, text in enumerate(near)),
    ]


def searched(searcher: Searcher, questions: Iterable[Labelled]) -> Iterator[Case]:
    """A Case for each question, as written and bare, that search takes for one of the field."""
    for question in questions:
        for text in (question.text, fold(question.text)):
            reading = searcher.read(text)
            hits = searcher.search(reading)
            if not hits or subject_of(hits[0].entry_id) is not None:
                continue
            found = [hit.entry_id for hit in hits if subject_of(hit.entry_id) is None]
            yield Case(
                is_short(reading),
                features(hits, reading),
                question.answered_by(found[0]),
                question.offered_by(found[:OFFERED]),
            )


def fit(rows: Rows, labels: list[bool], names: list[str]) -> dict[str, float]:
    """Feature → weight, and "1" → the constant; prints how well it holds on parts left out."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    guessed = cross_val_predict(model, rows, labels, cv=5, method="predict_proba")[:, 1]
    print(
        f"{len(labels)} searches, {np.mean(labels):.1%} true; on parts left out: log loss"
        f" {log_loss(labels, guessed):.3f}, Brier score {brier_score_loss(labels, guessed):.3f}"
    )
    model.fit(rows, labels)
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    constant = logistic.intercept_[0] - float(weights @ scaler.mean_)
    fitted = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}
    return fitted | {"1": round(float(constant), 4)}


if __name__ == "__main__":
    main()
