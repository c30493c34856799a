"""What the bot does with questions: over labelled files, through the whole pipeline.

    python -m bench.decide bench/questions/fresh-2.yaml bench/questions/outside-2.yaml [--written]

--written adds the questions of the writer kept for testing, the short ones that the fitting does
not see, and the near misses: procedures of which there is no Entry. A question with `about` should
be answered from one of those Entries; a vague one should be asked back with two of them at least,
and one without should not be answered from any. Prints shares, and with --list every question that
went wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.published import known
from bot.draft import Context, Draft, Known
from bot.model import Answer, Channel, Question
from bot.pipeline import Pipeline
from bot.protect import mask
from knowledge.clock import today
from knowledge.wording import fold
from retrieval.evaluate import Labelled, read_questions
from retrieval.training.build import NEAR_MISS, read_outside
from retrieval.training.questions import read_written

SHORT = Path(__file__).parent / "questions" / "short.yaml"
OUTCOMES = ("right", "asked, right among them", "asked, right missing", "wrong", "not answered")

VOICES = ("chat, one line", "chat, no diacritics", "story first", "old, rural, relative", "free")
"""Who asks the five questions that the writer kept for testing has for every Entry."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--written", action="store_true", help="add what was kept for testing")
    parser.add_argument("--list", action="store_true", help="print what went wrong")
    arguments = parser.parse_args()
    published = known()
    console = Console()
    table = Table("file", "questions", *OUTCOMES)
    sets = {path.stem: read_questions(path) for path in arguments.files}
    if arguments.written:
        sets |= {"test writer": kept_writer(), "near misses": near_misses()}
        sets |= {"short": short(), "short, vague": short(vague=True)}
    for name, questions in sets.items():
        for bare in (False, True):
            judged = decide(published, questions, bare)
            shares = (f"{share:.1%}" for share in outcome_shares(judged).values())
            table.add_row(name + (" (bare)" if bare else ""), str(len(questions)), *shares)
            for each in judged if arguments.list and not bare else ():
                if each.outcome in ("wrong", "asked, right missing") or (
                    each.question.about and each.outcome == "not answered"
                ):
                    show(each, console)
    console.print(table)


@dataclass(frozen=True)
class Judged:
    """A question, what the bot said, and which of OUTCOMES that is."""

    question: Labelled
    answer: Answer
    outcome: str


def decide(published: Known, questions: Sequence[Labelled], bare: bool = False) -> list[Judged]:
    """Each question through the whole pipeline; `bare` strips its diacritics first."""
    answers = [(question, reply(published, question, bare)) for question in questions]
    return [Judged(question, answer, judge(question, answer)) for question, answer in answers]


def outcome_shares(judged: Sequence[Judged]) -> dict[str, float]:
    """The share of each of OUTCOMES."""
    counts = Counter(each.outcome for each in judged)
    return {outcome: counts[outcome] / len(judged) for outcome in OUTCOMES}


def show(judged: Judged, console: Console) -> None:
    """One question with the Entries it is about and what it got."""
    about = ",".join(judged.question.about) or "-"
    got = judged.answer.entry_id or judged.answer.status
    console.print(f"{judged.question.id} {judged.outcome}: {about} → {got}", markup=False)
    console.print(f"    {judged.question.text[:150]}", markup=False, soft_wrap=True)


def kept_writer() -> tuple[Labelled, ...]:
    """The questions of the writer kept for testing: five of VOICES for every Entry, in order."""
    written = [question for question in read_written() if question.test]
    return tuple(
        Labelled(
            id=f"{q.writer}-{i}", text=q.text, about=(q.entry_id,), voice=VOICES[i % len(VOICES)]
        )
        for i, q in enumerate(written)
    )


def short(*, vague: bool = False) -> tuple[Labelled, ...]:
    """The short questions kept for testing that one Entry answers, or those that several fit."""
    return tuple(q for q in read_questions(SHORT) if q.vague == vague)


def near_misses() -> tuple[Labelled, ...]:
    """Questions about procedures that have no Entry, without those that confidence is fitted on."""
    texts = read_outside()[NEAR_MISS][1::2]
    return tuple(Labelled(id=f"near-{i}", text=text) for i, text in enumerate(texts))


def reply(published: Known, question: Labelled, bare: bool) -> Answer:
    """The Answer to a question that starts a conversation."""
    text = mask(fold(question.text) if bare else question.text)
    asked = Question(id=question.id, channel=Channel.TERMINAL, conversation="bench", text=text)
    answer, _ = Pipeline().run(Draft(asked, published, Context(), today()))
    return answer


def judge(question: Labelled, answer: Answer) -> str:
    """One of OUTCOMES."""
    if answer.entry_id:
        return "right" if question.answered_by(answer.entry_id) else "wrong"
    offered = [choice.action.split(":")[1] for choice in answer.choices if ":" in choice.action]
    if answer.status.family == "clarification":
        inside = question.offered_by(offered)
        return "asked, right among them" if inside else "asked, right missing"
    return "not answered"


if __name__ == "__main__":
    main()
