"""`binhdan evaluate`: does search find the right Entry?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.draft import Known
from retrieval.evaluate import Labelled, Outcome, evaluate, read_questions, tallies
from webhook.terminal import console, errors, open_follower, read_settings


def evaluate_search(
    file: Annotated[Path, typer.Argument(help="YAML: questions and what they are about.")],
    bare: Annotated[bool, typer.Option("--bare", help="Strip the questions' diacritics.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    misses: Annotated[bool, typer.Option(help="List what is not found first.")] = True,
) -> None:
    """Measure whether search finds the right Entry."""
    questions = read_questions(file)
    known = open_follower(read_settings()).current()
    outcomes = evaluate(known.searcher, known.edition.library.entries.keys(), questions, bare)
    if not outcomes:
        errors.print("None of the questions is about a published Entry.", style="red")
        raise typer.Exit(1)
    if as_json:
        report = {"bare": bare, **_report(known, questions, outcomes)}
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print(questions, outcomes, misses)


def _report(
    known: Known, questions: Sequence[Labelled], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """Everything as plain data."""
    return {
        "edition": known.edition.number,
        "asked": len(outcomes),
        "without_entry": len(questions) - len(outcomes),
        "tallies": [vars(figure) for figure in tallies(outcomes)],
        "misses": [
            {"id": o.question.id, "about": o.question.about, "found": o.found, "rank": o.rank}
            for o in _missed(outcomes)
        ],
    }


def _print(questions: Sequence[Labelled], outcomes: Sequence[Outcome], misses: bool) -> None:
    table = Table("questions", "count", "first", "among three", "MRR")
    for figure in tallies(outcomes):
        shares = (f"{value:.3f}" for value in (figure.first, figure.among_three, figure.mrr))
        table.add_row(figure.group, str(figure.count), *shares)
    console.print(table)
    console.print(f"{len(questions) - len(outcomes)} questions are about no published Entry.")
    for outcome in _missed(outcomes) if misses else ():
        right, found = ", ".join(outcome.question.about), ", ".join(outcome.found[:3])
        console.print(f"[red]{outcome.question.id}[/] {right} → {found}", soft_wrap=True)
        console.print(f"    {outcome.question.text[:160]}", markup=False, soft_wrap=True)


def _missed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.rank != 1]
