"""What the bot does with questions: over labelled files, through the whole pipeline.

    python -m bench.decide bench/questions/fresh-2.yaml bench/questions/outside-2.yaml [--written]

--written adds the questions of the writer kept for testing, and the near misses: procedures of
which there is no Entry. A question with `about` should be answered from one of those Entries; one
without should not be answered from any. Prints shares, and with --list every question that went
wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.draft import Context, Draft, Known
from bot.model import Answer, Channel, Question
from bot.pipeline import Pipeline
from bot.protect import mask
from knowledge.store import Editions
from knowledge.wording import fold
from retrieval.evaluate import Labelled, read_questions
from retrieval.training.build import NEAR_MISS, read_outside
from retrieval.training.questions import read_written
from webhook.parts import Follower, open_database
from webhook.settings import Settings

OUTCOMES = ("right", "asked, right among them", "asked, right missing", "wrong", "not answered")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--written", action="store_true", help="add the writer kept for testing")
    parser.add_argument("--list", action="store_true", help="print what went wrong")
    arguments = parser.parse_args()
    settings = Settings()
    known = Follower(Editions(open_database(settings)), settings).current()
    console = Console()
    table = Table("file", "questions", *OUTCOMES)
    sets = {path.stem: read_questions(path) for path in arguments.files}
    for name, questions in (sets | (kept_for_testing() if arguments.written else {})).items():
        for bare in (False, True):
            results = [(q, judge(q, reply(known, q, bare))) for q in questions]
            counts = Counter(outcome for _, (outcome, _) in results)
            shares = (f"{counts[o] / len(questions):.1%}" for o in OUTCOMES)
            table.add_row(name + (" (bare)" if bare else ""), str(len(questions)), *shares)
            for question, (outcome, answer) in results if arguments.list and not bare else ():
                if outcome in ("wrong", "asked, right missing") or (
                    question.about and outcome == "not answered"
                ):
                    about = ",".join(question.about) or "-"
                    got = answer.entry_id or answer.status
                    console.print(f"{question.id} {outcome}: {about} → {got}", markup=False)
                    console.print(f"    {question.text[:150]}", markup=False, soft_wrap=True)
    console.print(table)


def kept_for_testing() -> dict[str, tuple[Labelled, ...]]:
    """The test writer's questions, and those about procedures that have no Entry."""
    written = [question for question in read_written() if question.test]
    return {
        "test writer": tuple(
            Labelled(id=f"{q.writer}-{i}", text=q.text, about=(q.entry_id,))
            for i, q in enumerate(written)
        ),
        "near misses": tuple(
            Labelled(id=f"near-{i}", text=text) for i, text in enumerate(read_outside()[NEAR_MISS])
        ),
    }


def reply(known: Known, question: Labelled, bare: bool) -> Answer:
    """The Answer to a question that starts a conversation."""
    text = mask(fold(question.text) if bare else question.text)
    asked = Question(id=question.id, channel=Channel.TERMINAL, conversation="bench", text=text)
    answer, _ = Pipeline().run(Draft(asked, known, Context(), date.today()))
    return answer


def judge(question: Labelled, answer: Answer) -> tuple[str, Answer]:
    """One of OUTCOMES."""
    if answer.entry_id:
        return ("right" if answer.entry_id in question.about else "wrong"), answer
    offered = {choice.action.split(":")[1] for choice in answer.choices if ":" in choice.action}
    if answer.status.family == "clarification":
        inside = offered & set(question.about)
        return ("asked, right among them" if inside else "asked, right missing"), answer
    return "not answered", answer


if __name__ == "__main__":
    main()
