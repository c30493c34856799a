"""Quality does not drop unnoticed, and the scorecard says what it could not measure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import floors, scorecard
from bench.decide import judge
from bench.row import HEADINGS, Goal, Row
from bot.draft import Known
from bot.model import Answer, Choice, Status
from retrieval.evaluate import Labelled

DATA = ("development", "alqac", "names", "diacritics")
"""The sections that need data from outside this repository."""


@pytest.fixture(scope="module")
def measured(shipped: Known) -> dict[str, float]:
    return floors.measure(shipped)


@pytest.mark.parametrize("name", floors.recorded())
def test_no_figure_is_worse_than_recorded(measured: dict[str, float], name: str) -> None:
    """If it is meant to be: `python -m bench.floors --write`, and say so in the commit."""
    floor = floors.recorded()[name]
    assert floors.worse_by(name, measured[name], floor) <= floors.SLACK, (measured[name], floor)


def test_every_figure_has_a_floor(measured: dict[str, float]) -> None:
    assert measured.keys() == floors.recorded().keys()


def test_what_has_no_data_is_said_not_to_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(tmp_path / "var"))
    file = tmp_path / "scorecard.md"
    words = ["--data", str(tmp_path), "--only", ",".join(DATA), "--write", str(file)]
    monkeypatch.setattr(sys, "argv", ["scorecard", *words])
    scorecard.main()
    page, printed = file.read_text(encoding="utf-8"), capsys.readouterr().out
    assert page.count("not measured: ") == printed.count("not measured: ") == len(DATA)
    assert str(tmp_path) not in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(HEADINGS) + 1}


def test_a_section_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scorecard", "--only", "alqac,prose"])
    with pytest.raises(SystemExit):
        scorecard.main()
    assert "prose: the sections are voices, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("goal", "met", "words"),
    [
        (Goal((0.8, 0.93), drop=0.04), "yes", "≥ 80.0 / 93.0; bare 4.0 lower at most"),
        (Goal((0.8, 0.93), drop=0.03), "no", "≥ 80.0 / 93.0; bare 3.0 lower at most"),
        (Goal((0.8, None), drop=0.03), "no", "≥ 80.0 / –; bare 3.0 lower at most"),
        (Goal((None, 0.93), drop=0.03), "yes", "≥ – / 93.0; bare 3.0 lower at most"),
        (Goal((0.86, None)), "no", "≥ 86.0 / –"),
        (Goal((0.85, None), (0.81, None)), "yes", "≥ 85.0 / –; bare ≥ 81.0 / –"),
        (Goal((0.85, None), (0.82, None)), "no", "≥ 85.0 / –; bare ≥ 82.0 / –"),
        (Goal((0.85, None), (0.85, None), at_most=True), "yes", "both ≤ 85.0 / –"),
        (Goal((None, 0.94), at_most=True), "no", "≤ – / 94.0"),
    ],
)
def test_a_goal_is_met_by_every_figure_it_speaks_of(goal: Goal, met: str, words: str) -> None:
    row = Row("real people: first / among three", 42, (0.85, 0.95), (0.815, 0.93), goal)
    assert row.cells()[-2:] == (words, met)
    assert row.cells()[1:4] == ("42", "85.0 / 95.0", "81.5 / 93.0")


def test_figures_with_a_unit_are_no_percentages() -> None:
    quick = Goal((None, 150), at_most=True)
    cells = Row("an answer: p50 / p95", 220, (56.4, 103.2), goal=quick, unit="ms").cells()
    assert cells[2:] == ("56 / 103 ms", "", "", "≤ – / 150 ms", "yes")


@pytest.mark.parametrize(
    ("vague", "entry", "offered", "outcome"),
    [
        (True, "khai-sinh", (), "wrong"),
        (True, None, ("khai-sinh", "khai-tu", "tam-tru"), "asked, right among them"),
        (True, None, ("khai-sinh", "tam-tru"), "asked, right missing"),
        (False, "khai-sinh", (), "right"),
        (False, "tam-tru", (), "wrong"),
        (False, None, ("khai-sinh", "tam-tru"), "asked, right among them"),
    ],
)
def test_a_vague_question_must_be_asked_back_with_two_of_its_entries(
    vague: bool, entry: str | None, offered: tuple[str, ...], outcome: str
) -> None:
    question = Labelled(id="q", text="giấy", about=("khai-sinh", "khai-tu"), vague=vague)
    choices = tuple(Choice(label=i, action=f"entry:{i}:fee") for i in offered)
    status = Status.CLARIFICATION_ENTRY if choices else Status.ANSWERED_OVERVIEW
    answer = Answer(status=status, blocks=(), entry_id=entry, choices=choices)
    assert judge(question, answer) == outcome
