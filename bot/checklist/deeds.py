"""What is done to a list: which papers are meant by numbers, and what becomes of the marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.checklist.lines import numbers, text
from bot.checklist.marks import Mark, Marks, Standing
from bot.checklist.papers import ID_LENGTH, Paper
from bot.checklist.words import Said, Verb
from bot.messages import say
from bot.model import Block, Choice

_OFFERED = re.compile(rf"checklist:([a-z0-9-]+):([ync])([a-z]{{{ID_LENGTH}}})")
_BUTTONS = {"y": Verb.HAVE, "n": Verb.CLEAR, "c": Verb.NOT_NEEDED}
_MARKS = {Verb.HAVE: Mark.HAVE, Verb.NOT_NEEDED: Mark.NOT_NEEDED}


@dataclass(frozen=True)
class Deed:
    """What is said of one paper."""

    verb: Verb
    paper: str
    case: bool = False
    """Whether it is said of all open papers of its case."""


@dataclass(frozen=True)
class Spoken:
    """The list, or the question on its cases, that was shown last: what its numbers stand for."""

    entry: str
    papers: tuple[str, ...] = ()
    """In the list: the identity of paper 1, 2, …"""
    cases: tuple[str, ...] = ()
    """In the question on cases: the identity of the first paper of case 1, 2, …"""


def spoken_of(choices: Sequence[Choice]) -> Spoken | None:
    """What the Choices shown last say of a list; None if they were of something else."""
    found = [match for c in choices if (match := _OFFERED.fullmatch(c.action))]
    if not found:
        return None
    return Spoken(
        found[0][1],
        tuple(match[3] for match in found if match[2] != "c"),
        tuple(match[3] for match in found if match[2] == "c"),
    )


def deed_of(button: str) -> Deed | None:
    """The deed that the last part of a button's action stands for: "ybcdfgh"."""
    verb = _BUTTONS.get(button[:1])
    known = verb and re.fullmatch(rf"[a-z]{{{ID_LENGTH}}}", button[1:])
    return Deed(verb, button[1:], button[0] == "c") if verb and known else None


def deeds_of(found: Iterable[Said], spoken: Spoken) -> tuple[list[Deed], list[int]]:
    """The deeds that somebody's words on a list come to, and the numbers that there are none of."""
    named = spoken.cases or spoken.papers
    default = Verb.NOT_NEEDED if spoken.cases else Verb.HAVE
    deeds, wrong = [], []
    for said in found:
        for number in said.numbers:
            if 1 <= number <= len(named):
                verb = said.verb or default
                deeds.append(Deed(verb, named[number - 1], bool(spoken.cases)))
            else:
                wrong.append(number)
    return deeds, wrong


def marked(
    papers: Sequence[Paper], former: Marks, deeds: Sequence[Deed]
) -> tuple[dict[str, Mark], list[Deed]]:
    """The marks after the deeds, and the deeds as they were carried out: one a paper."""
    marks, done = dict(former), []
    for deed in _spread(papers, former, deeds):
        marks.pop(deed.paper, None)
        if mark := _MARKS.get(deed.verb):
            marks[deed.paper] = mark
        done.append(deed)
    return marks, done


def told_deeds(stand: Standing, done: Sequence[Deed]) -> Iterator[Block]:
    """What was marked, in words."""
    known = {paper.id: paper for paper in stand.papers}
    for verb in Verb:
        papers = [deed.paper for deed in done if deed.verb is verb and deed.paper in known]
        if papers:
            yield text(say(f"checklist.done.{verb}", numbers=numbers(stand.numbers(papers))))
        required = [paper for paper in papers if not known[paper].optional]
        if required and verb is Verb.NOT_NEEDED:
            numbered = numbers(stand.numbers(required))
            yield text(say("checklist.done.needed_by_all", numbers=numbered))
    if any(deed.paper not in known for deed in done):
        yield text(say("checklist.done.gone"))


def told_wrong(stand: Standing, wrong: Sequence[int]) -> Iterator[Block]:
    """That there are no papers of these numbers."""
    if wrong:
        count = len(stand.papers)
        yield text(say("checklist.done.wrong", numbers=numbers(wrong), count=count))


def _spread(papers: Sequence[Paper], former: Marks, deeds: Sequence[Deed]) -> Iterator[Deed]:
    """Deeds on a case as deeds on its open papers."""
    cases = {paper.id: paper.case for paper in papers}
    for deed in deeds:
        case = cases.get(deed.paper)
        if not deed.case or case is None:
            yield deed
            continue
        for paper, other in cases.items():
            if other == case and paper not in former:
                yield Deed(deed.verb, paper)
