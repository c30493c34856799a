"""Does the scam check notice scams, and leave honest messages alone?

    python -m bench.scam [--list] [--ordinary bench/questions/fresh.yaml …]

Over bench/questions/scams: for the half that the rules were written with (dev)
and the half set aside (test): recall, the share of scams that are called suspicious or worse, and
false alarms, the share of honest messages that are. --list prints what went wrong in the dev half;
--list-test, which spoils the other half for further measuring, in that. Files of citizens' ordinary
questions tell two things more: how many would be false alarms if they were checked, and how many
the bot would take for something to check, without having been asked to.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Console

from bot.protect import mask
from bot.scam.asking import asked
from bot.scam.judge import judge
from bot.scam.model import Level
from retrieval.evaluate import read_questions

FOLDER = Path(__file__).parent / "questions" / "scams"
ALARMED = (Level.LIKELY, Level.SUSPICIOUS)


class Message(BaseModel):
    """A message; of a scam, also where its pattern is documented."""

    model_config = ConfigDict(extra="forbid")

    id: str
    text: str
    source: str | None = None

    @property
    def split(self) -> str:
        """Rules were written with the odd numbers."""
        return "dev" if int(self.id[-1]) % 2 else "test"


def read(name: str) -> list[Message]:
    """The messages of one of the two files: "scam", "honest"."""
    rows = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["messages"]
    return [Message.model_validate(row) for row in rows]


def share(messages: list[Message]) -> tuple[int, int]:
    """How many of the messages are called suspicious or worse, and how many there are."""
    return sum(judge(m.text).level in ALARMED for m in messages), len(messages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print what went wrong in dev")
    parser.add_argument("--list-test", action="store_true", help="and in the half set aside")
    parser.add_argument("--ordinary", nargs="*", type=Path, default=[], help="files of questions")
    arguments = parser.parse_args()
    console = Console()
    for name, called in (("scam", "recall"), ("honest", "false alarms")):
        for split in ("dev", "test"):
            messages = [m for m in read(name) if m.split == split]
            hits, total = share(messages)
            console.print(f"{called}, {split}: {hits} of {total} ({hits / total:.1%})")
            if arguments.list_test if split == "test" else arguments.list:
                _list(console, messages, name == "scam")
    for path in arguments.ordinary:
        questions = [Message(id=q.id, text=q.text) for q in read_questions(path)]
        hits, total = share(questions)
        caught = [m for m in questions if asked(mask(m.text), expected=False)]
        console.print(
            f"{path.stem}, {total} ordinary questions: {hits} would be called suspicious, "
            f"{len(caught)} are taken for something to check"
        )
        for message in caught if arguments.list else ():
            console.print(f"{message.id}: {message.text}", markup=False, soft_wrap=True)


def _list(console: Console, messages: list[Message], scam: bool) -> None:
    for message in messages:
        judgement = judge(message.text)
        if (judgement.level in ALARMED) != scam:
            found = ", ".join(finding.kind for finding in judgement.findings)
            line = f"{message.id} {judgement.level} [{found}]: {message.text}"
            console.print(line, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
