"""Risk and coverage of `retrieval.confidence`: what other thresholds than bot/decide.py's would do.

    python -m bench.confidence bench/questions/{fresh-2,short,outside-2}.yaml

Over the files, the writer kept for testing and the near misses that the fitting left out, as
written and bare. None of them had a part in the fitting. An answer to a vague question counts as
wrong. The second table says how true the probabilities are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.decide import kept_writer, near_misses
from bench.published import FORMS, known
from bot.decide import POSSIBLE, SURE
from retrieval.confidence import NOTHING, OFFERED, Confidence, confidence
from retrieval.evaluate import Labelled, read_questions
from retrieval.outside import subject_of
from retrieval.search import Searcher

THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True)
class Judged:
    """A question's Confidence, and the truth."""

    inside: bool
    """Whether an Entry answers the question."""
    confident: Confidence
    right: bool
    offered: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    asked = [question for path in arguments.files for question in read_questions(path)]
    judged = list(judge(known().searcher, [*asked, *kept_writer(), *near_misses()]))
    console = Console()
    console.print(by_threshold(judged))
    console.print(by_probability(judged))


def judge(searcher: Searcher, questions: Iterable[Labelled]) -> Iterator[Judged]:
    """Every question as written and bare."""
    for question in questions:
        for change in FORMS.values():
            reading = searcher.read(change(question.text))
            hits = searcher.search(reading)
            found = [hit.entry_id for hit in hits if subject_of(hit.entry_id) is None]
            declined = not hits or subject_of(hits[0].entry_id) is not None
            yield Judged(
                inside=bool(question.about),
                confident=NOTHING if declined else confidence(hits, reading),
                right=bool(found) and question.answered_by(found[0]),
                offered=question.offered_by(found[:OFFERED]),
            )


def by_threshold(judged: Sequence[Judged]) -> Table:
    """Where to answer: the share answered and how much of it is right."""
    inside = [j for j in judged if j.inside]
    outside = [j for j in judged if not j.inside]
    table = Table(
        "answer from", "answered", "of these right", "asked back", "right among offered",
        "declined", "outside answered", "outside asked",
        title=f"{len(inside)} searches in the field, {len(outside)} outside; now {SURE}",
    )  # fmt: skip
    for threshold in THRESHOLDS:
        answered = [j for j in inside if j.confident.right >= threshold]
        asked = [j for j in inside if _asked_back(j, threshold)]
        wrongly = [j for j in outside if j.confident.right >= threshold]
        asked_outside = [j for j in outside if _asked_back(j, threshold)]
        table.add_row(
            f"{threshold:.2f}",
            _share(len(answered), len(inside)),
            _share(sum(j.right for j in answered), len(answered)),
            _share(len(asked), len(inside)),
            _share(sum(j.offered for j in asked), len(asked)),
            _share(len(inside) - len(answered) - len(asked), len(inside)),
            _share(len(wrongly), len(outside)),
            _share(len(asked_outside), len(outside)),
        )
    return table


def by_probability(judged: Sequence[Judged]) -> Table:
    """Calibration: what was promised and what was so."""
    table = Table("probability of being right", "searches", "promised", "right")
    for low, high in pairwise((0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)):
        part = [j for j in judged if low <= j.confident.right < high]
        if part:
            promised = sum(j.confident.right for j in part) / len(part)
            truly = sum(j.right and j.inside for j in part)
            table.add_row(
                f"{low:.2f}–{min(high, 1):.2f}", str(len(part)), f"{promised:.2f}",
                f"{truly / len(part):.2f}",
            )  # fmt: skip
    return table


def _asked_back(judged: Judged, threshold: float) -> bool:
    return judged.confident.right < threshold and judged.confident.offered >= POSSIBLE


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


if __name__ == "__main__":
    main()
