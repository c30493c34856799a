"""Does the bot notice several requests in one message, and only then?

    python -m bench.several [--single bench/questions/fresh.yaml …] [--bare] [--list]

Over bench/questions/several.yaml: all, if every Entry asked for is answered or offered beside the
Answer, or an Entry about the combination answers; some, if more than one is; one, if only one of
them is answered. Files of single requests tell the false alarms: questions that were taken apart.
--list prints every message that was not wholly understood, and every false alarm.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Console

from bot.draft import Context, Draft, Known
from bot.model import Channel, Question
from bot.pipeline import Pipeline
from bot.protect import mask
from knowledge.clock import today
from knowledge.store import Editions
from knowledge.wording import fold
from retrieval.evaluate import read_questions
from webhook.database import open_database
from webhook.parts import Follower
from webhook.settings import Settings

FILE = Path(__file__).parent / "questions" / "several.yaml"


class Message(BaseModel):
    """A message, all the Entries it asks for, and those that answer them together."""

    model_config = ConfigDict(extra="forbid")

    id: str
    text: str
    about: tuple[str, ...]
    together: tuple[str, ...] = ()

    @property
    def split(self) -> str:
        """Rules were tuned on the odd numbers."""
        return "dev" if int(self.id[-1]) % 2 else "test"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", nargs="*", type=Path, default=[], help="single requests")
    parser.add_argument("--bare", action="store_true", help="strip the diacritics first")
    parser.add_argument("--list", action="store_true", help="print what went wrong")
    arguments = parser.parse_args()
    settings = Settings()
    known = Follower(Editions(open_database(settings)), settings).current()
    console = Console()
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["questions"]
    counts: Counter[tuple[str, str]] = Counter()
    for message in map(Message.model_validate, rows):
        found = asked(known, message.text, arguments.bare)
        outcome = judge(message, found)
        counts[message.split, outcome] += 1
        if arguments.list and outcome != "all":
            line = f"{message.id} {outcome}: {message.text} → {', '.join(found)}"
            console.print(line, markup=False, soft_wrap=True)
    for split in ("dev", "test"):
        told = ", ".join(f"{o} {counts[split, o]}" for o in ("all", "some", "one", "none"))
        console.print(f"several requests, {split}: {told}")
    for path in arguments.single:
        alarms = 0
        questions = read_questions(path)
        for question in questions:
            found = asked(known, question.text, arguments.bare)
            alarms += len(found) > 1
            if arguments.list and len(found) > 1:
                line = f"{question.id} taken apart: {question.text} → {', '.join(found)}"
                console.print(line, markup=False, soft_wrap=True)
        console.print(f"{path.stem}: {alarms} of {len(questions)} single requests taken apart")


def asked(known: Known, text: str, bare: bool) -> list[str]:
    """The Entries that a message is understood to ask for: the one answered, then the others."""
    text = mask(fold(text) if bare else text)
    question = Question(id="bench", channel=Channel.TERMINAL, conversation="bench", text=text)
    answer, draft = Pipeline().run(Draft(question, known, Context(), today()))
    first = [answer.entry_id] if answer.entry_id else []
    return first + [request.entry.id for request in draft.others]


def judge(message: Message, found: list[str]) -> str:
    """ "all", "some", "one" or "none" of the requests understood."""
    right = set(found) & set(message.about)
    if right == set(message.about) or set(found) & set(message.together):
        return "all"
    return "some" if len(right) > 1 else "one" if right else "none"


if __name__ == "__main__":
    main()
