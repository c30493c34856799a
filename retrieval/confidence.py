"""How far the first Entry found can be trusted: two calibrated probabilities over named features.

Logistic regressions, fitted by `python -m retrieval.training.confidence` on questions that neither
the index nor the encoder has learnt, and on messages outside the field. Questions of a few words
have a pair of their own: whole sentences mean one Entry, "lệ phí cấp lại thẻ" fits several that all
look good. `python -m bench.decide` prints how right they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path

from retrieval.outside import subject_of
from retrieval.search import Hit, Reading

FILE = Path(__file__).parent / "data" / "confidence.json"
OFFERED = 4
"""Entries that "did you mean" offers."""
FEW = 5
"""Words of a short question at most."""


@dataclass(frozen=True)
class Confidence:
    """Both 0 to 1."""

    right: float
    """That the first Entry answers the question."""
    offered: float
    """That one of the first OFFERED does."""


NOTHING = Confidence(0.0, 0.0)
CERTAIN = Confidence(1.0, 1.0)
"""Of a question that is a name of one Entry: it is no more doubtful than its button."""


def confidence(hits: Sequence[Hit], reading: Reading) -> Confidence:
    """For the Hits as search found them, best first; those outside the field are counted too."""
    values = features(hits, reading)
    if not values:
        return NOTHING
    if hits[0].is_name:
        return CERTAIN
    models = _models()["few" if is_short(reading) else "more"]
    return Confidence(*(_probability(models[name], values) for name in ("right", "offered")))


def is_short(reading: Reading) -> bool:
    """Whether a question has a few words only."""
    return len(reading.text.split()) <= FEW


def features(hits: Sequence[Hit], reading: Reading) -> dict[str, float]:
    """What the models look at, by name; empty if no Entry was found."""
    inside = [hit for hit in hits if subject_of(hit.entry_id) is None]
    if not inside:
        return {}
    first, others = inside[0], inside[1:]
    outside = [hit for hit in hits if subject_of(hit.entry_id) is not None]
    return {
        "dense": first.dense,
        "dense_lead": first.dense - max((hit.dense for hit in others), default=0.0),
        "lead": first.score - max((hit.score for hit in others), default=0.0),
        "words": first.words,
        "words_lead": first.words - max((hit.words for hit in others), default=0.0),
        "coverage": first.coverage,
        "is_name": float(first.is_name),
        "votes": first.votes,
        "votes_of_four": sum(hit.votes for hit in inside[:OFFERED]),
        # A message outside the field that is not among the hits is at most as near as the last.
        "lead_over_outside": first.score - (outside or hits[-1:])[0].score,
        "outside_votes": sum(hit.votes for hit in outside),
        "bare": float(reading.bare),
        "words_asked": min(len(reading.text.split()), 60) / 60,
    }


def _probability(fitted: dict[str, float], values: dict[str, float]) -> float:
    return 1 / (1 + exp(-sum(fitted[name] * value for name, value in values.items()) - fitted["1"]))


@cache
def _models() -> dict[str, dict[str, dict[str, float]]]:
    """ "few" or "more" words → model → feature → its weight; "1" is the constant."""
    models: dict[str, dict[str, dict[str, float]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return models
