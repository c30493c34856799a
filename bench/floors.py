"""A small part of the scorecard that tests hold to what was recorded.

    python -m bench.floors [--write]

Measures the shipped content with the embedded encoder and prints each figure beside the recorded
one; --write records the new ones in floors.yaml. Do so when a change is meant to move them, and
give both in the commit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml

from bench.decide import decide, outcome_shares, short
from bench.published import shipped
from bot.draft import Known
from retrieval.evaluate import evaluate, read_questions, tallies

FILE = Path(__file__).with_name("floors.yaml")
QUESTIONS = Path(__file__).parent / "questions"
SLACK = 1.5
"""Points by which a figure may be worse than recorded."""
EVERY = 3
"""Of the questions in the field, so many-th are sent through the whole pipeline."""
LOWER_IS_BETTER = "answered with an Entry"
"""Figures with these words in their name must not rise."""

_HEAD = """\
# Percentages as measured by `python -m bench.floors --write`; tests/test_scorecard.py fails when
# one is more than SLACK points worse.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="record these figures")
    write = parser.parse_args().write
    before, now = recorded(), measure(shipped())
    for name, figure in now.items():
        print(f"{name:55} {figure:6.1f}   recorded {before.get(name, float('nan')):6.1f}")
    if write:
        text = yaml.safe_dump(now, allow_unicode=True, sort_keys=False)
        FILE.write_text(_HEAD + text, encoding="utf-8")


def measure(published: Known) -> dict[str, float]:
    """Percentages by name, rounded to a tenth."""
    inside = read_questions(QUESTIONS / "fresh.yaml")
    outside = read_questions(QUESTIONS / "outside.yaml")
    figures = {}
    for form, bare in (("", False), (", bare", True)):
        entries = published.edition.library.entries.keys()
        total = tallies(evaluate(published.searcher, entries, inside, bare))[-1]
        figures[f"fresh{form}: right Entry first"] = total.first
        figures[f"fresh{form}: right Entry among three"] = total.among_three
    shares = outcome_shares(decide(published, inside[::EVERY]))
    figures["fresh, every third: right Entry answered"] = shares["right"]
    shares = outcome_shares(decide(published, short()))
    figures["short: right Entry answered"] = shares["right"]
    shares = outcome_shares(decide(published, short(vague=True)))
    figures[f"short, fits several: {LOWER_IS_BETTER}"] = shares["wrong"]
    shares = outcome_shares(decide(published, outside))
    figures[f"outside: {LOWER_IS_BETTER}"] = shares["wrong"]
    return {name: round(100 * share, 1) for name, share in figures.items()}


def recorded() -> dict[str, float]:
    """The figures of the file; none before the first are written."""
    if not FILE.exists():
        return {}
    figures: dict[str, float] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return figures


def worse_by(name: str, figure: float, floor: float) -> float:
    """Points by which a figure is worse than recorded; negative if it is better."""
    return figure - floor if LOWER_IS_BETTER in name else floor - figure


if __name__ == "__main__":
    main()
