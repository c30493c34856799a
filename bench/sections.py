"""The parts of the scorecard: what each measures, and the program that prints more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench import alqac, answer, identify, noise, restore, spelling
from bench.decide import decide, kept_writer, near_misses, outcome_shares, short
from bench.misspell import Noise
from bench.published import FORMS, known
from bench.row import Goal, Row
from bot.draft import Known
from retrieval.evaluate import Labelled, Tally, evaluate, read_questions, tallies
from retrieval.restore import MODEL, Restorer

QUESTIONS = Path("bench/questions")


class Absent(Exception):
    """The data of a section is not there; the message names it."""


@dataclass(frozen=True)
class Subject:
    """What is measured, and the folder of the measuring data."""

    data: Path

    @cached_property
    def known(self) -> Known:
        """The newest Edition, read when the first section asks for it."""
        return known()

    def file(self, name: str) -> Path:
        """A file or folder of the measuring data. Raises Absent."""
        path = self.data / name
        if not path.exists():
            raise Absent(f"{name} is not there")
        return path


@dataclass(frozen=True)
class Section:
    """Rows that belong together."""

    title: str
    command: str
    """Prints these figures, or more of the same; $DATA is the folder of the measuring data."""
    rows: Callable[[Subject], Iterable[Row]]


def voices(subject: Subject) -> Iterable[Row]:
    """Our questions, by how their askers write."""
    sets = {
        "test writer": kept_writer(),
        "fresh": read_questions(QUESTIONS / "fresh.yaml"),
        "fresh-2": read_questions(QUESTIONS / "fresh-2.yaml"),
    }
    for name, questions in sets.items():
        yield _found(name, *_both(subject, questions))
        spoken = sorted((q for q in questions if q.voice), key=lambda q: q.voice)
        for voice, group in groupby(spoken, key=lambda q: q.voice):
            yield _found(f"{name}, {voice}", *_both(subject, tuple(group)))


def _both(subject: Subject, questions: Sequence[Labelled]) -> tuple[Tally, Tally]:
    """Over all questions, as written and without diacritics."""
    return _tallies(subject, questions, False)[-1], _tallies(subject, questions, True)[-1]


def _tallies(subject: Subject, questions: Sequence[Labelled], bare: bool) -> list[Tally]:
    entries = subject.known.edition.library.entries.keys()
    return tallies(evaluate(subject.known.searcher, entries, questions, bare))


def _found(name: str, marked: Tally, bare: Tally, goal: Goal | None = None) -> Row:
    figures = [(tally.first, tally.among_three) for tally in (marked, bare)]
    return Row(f"{name}: first / among three", marked.count, *figures, goal)


def development(subject: Subject) -> Iterable[Row]:
    """Questions of several origins, real people's among them."""
    questions = read_questions(subject.file("facts/questions-dev.yaml"))
    goals = {"real people": Goal((0.80, 0.93), drop=0.04)}
    both = (_tallies(subject, questions, bare) for bare in (False, True))
    for marked, bare in zip(*both, strict=True):
        yield _found(marked.group, marked, bare, goals.get(marked.group))


def legal(subject: Subject) -> Iterable[Row]:
    """Questions of an examination, over articles of law."""
    found = alqac.measure(subject.file("data/retrieval/ALQAC.csv"))
    marked, bare = ((m.first, m.among_ten, m.mrr) for m in found.values())
    goal = Goal((None, None, 0.967), (None, None, 0.955))
    count = next(iter(found.values())).count
    yield Row("P@1 / R@10 / MRR@10", count, marked, bare, goal, "94.7 / 99.6 / 96.7")


def names(subject: Subject) -> Iterable[Row]:
    """Provinces' names of procedures, over the national database."""
    subject.file("data/tthc/procedures.jsonl.gz")
    folder = subject.file("data/lists/name_variants_joined_by_code.jsonl").parents[1]
    entries = identify.pool(folder)
    found = identify.measure(folder, entries)
    marked, bare = (tuple(map(f.share_within, identify.LIMITS)) for f in found.values())
    goal = Goal((0.88, None, 0.99), drop=0.02)
    count = len(next(iter(found.values())).ranked)
    yield Row(f"R@1 / R@3 / R@10 over {len(entries):,}", count, marked, bare, goal)


def misspelt(subject: Subject) -> Iterable[Row]:
    """Shares of words misspelt as in real chats, in ways that no rule was written from."""
    folder = subject.file("data/spelling")
    held_out = [slip for slip in spelling.read_slips(folder) if spelling.is_held_out(slip.wrong)]
    made = Noise(held_out, spelling.shares(folder))
    for found in noise.searched(subject.known, made, noise.measured(every=4)):
        yield _found(f"{found.name}, {found.level:.0%} of words", found.marked, found.bare)


def decided(subject: Subject) -> Iterable[Row]:
    """What the bot does with questions that have an Entry."""
    sets = {"test writer": kept_writer(), "fresh-2": read_questions(QUESTIONS / "fresh-2.yaml")}
    for name, questions in sets.items():
        both = _outcomes(subject, questions)
        yield _decided(name, len(questions), both)
        right, among, missing, wrong = (
            tuple(shares[outcome] for shares in both)
            for outcome in ("right", "asked, right among them", "asked, right missing", "wrong")
        )
        answered = [_part(a, b) for a, b in zip(right, wrong, strict=True)]
        yield Row(f"{name}: where it answers, right", None, *answered, Goal((0.95,), (0.95,)))
        offered = [_part(a, b) for a, b in zip(among, missing, strict=True)]
        yield Row(
            f"{name}: where it asks back, right offered", None, *offered, Goal((0.93,), (0.93,))
        )


def brief(subject: Subject) -> Iterable[Row]:
    """Questions of two to six words; the right Entries of a vague one are asked about."""
    sets = {"one Entry fits": short(), "several Entries fit": short(vague=True)}
    for name, questions in sets.items():
        yield _decided(name, len(questions), _outcomes(subject, questions))


def _outcomes(subject: Subject, questions: Sequence[Labelled]) -> list[dict[str, float]]:
    """Shares of what the bot does, as written and without diacritics."""
    return [outcome_shares(decide(subject.known, questions, bare)) for bare in (False, True)]


def _decided(name: str, count: int, both: Sequence[dict[str, float]]) -> Row:
    shown = ("right", "asked, right among them", "wrong")
    figures = (tuple(shares[outcome] for outcome in shown) for shares in both)
    return Row(f"{name}: right Entry / asked, right among them / another Entry", count, *figures)


def _part(good: float, bad: float) -> tuple[float, ...]:
    """The good share of the two; nothing if there is neither."""
    return (good / (good + bad),) if good + bad else ()


def outside(subject: Subject) -> Iterable[Row]:
    """Messages that no Entry answers."""
    few = Goal((0.02, None), (0.02, None), at_most=True)
    sets = {
        "outside": (read_questions(QUESTIONS / "outside.yaml"), few),
        "outside-2": (read_questions(QUESTIONS / "outside-2.yaml"), few),
        "procedures that have no Entry": (near_misses(), None),
    }
    for name, (questions, goal) in sets.items():
        both = _outcomes(subject, questions)
        figures = [(shares["wrong"], shares["asked, right missing"]) for shares in both]
        yield Row(f"{name}: answered with an Entry / asked", len(questions), *figures, goal)


def diacritics(subject: Subject) -> Iterable[Row]:
    """Marked texts must stay as they are; bare ones get their marks back."""
    subject.file("data/retrieval/ALQAC.csv")
    folder = subject.file("data/spelling").parent
    for found in restore.measure(Restorer.load(), folder):
        yield Row(
            f"{found.name}: texts left alone; words right",
            found.texts,
            (1 - found.touched / found.texts,),
            (found.right / 100,),
            Goal((1.0,)) if found.published is None else None,
            f"{found.published:.1f}" if found.published else "",
        )
    size = MODEL.stat().st_size / 1e6
    yield Row("the model's file", None, (size,), goal=Goal((5,), at_most=True), unit="MB")


def resources(subject: Subject) -> Iterable[Row]:
    """Measured in a process of its own, whose memory is its own too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        spent = process.submit(answer.measure).result()
    marked, bare = (tuple(np.percentile(spent.ms[form], [50, 95])) for form in FORMS)
    count = len(next(iter(spent.ms.values())))
    quick = Goal((None, 150), (None, 150), at_most=True)
    yield Row("an answer: p50 / p95", count, marked, bare, quick, unit="ms")
    small = Goal((900,), at_most=True)
    yield Row("memory of the process", None, (spent.memory_mb,), goal=small, unit="MB")


SECTIONS = {
    "voices": Section(
        "Search: our questions, by voice", "python -m bench.scorecard --only voices", voices
    ),
    "development": Section(
        "Search: development questions, by authenticity (in the end 90 / 97, bare 2 lower)",
        "binhdan evaluate $DATA/facts/questions-dev.yaml [--bare]",
        development,
    ),
    "alqac": Section(
        "Search: ALQAC", "python -m bench.alqac $DATA/data/retrieval/ALQAC.csv", legal
    ),
    "names": Section(
        "Search: provinces' names → national code (the bonus for an Entry's level was set while"
        " looking at these names)",
        "python -m bench.identify $DATA/data",
        names,
    ),
    "noise": Section(
        "Search: misspelt questions", "python -m bench.noise --data $DATA/data", misspelt
    ),
    "decided": Section(
        "Deciding: questions of ours",
        "python -m bench.decide bench/questions/fresh-2.yaml --written",
        decided,
    ),
    "short": Section(
        "Deciding: short questions of ours (a vague one should be asked back)",
        "python -m bench.decide bench/questions/fresh-2.yaml --written",
        brief,
    ),
    "outside": Section(
        "Deciding: out of the field (the thresholds were set on all but outside-2)",
        "python -m bench.decide bench/questions/outside.yaml bench/questions/outside-2.yaml"
        " --written",
        outside,
    ),
    "diacritics": Section("Diacritics", "python -m bench.restore --data $DATA/data", diacritics),
    "resources": Section("Time and memory", "python -m bench.answer", resources),
}
