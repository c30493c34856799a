"""Does the bot keep up with a talk? Over short conversations, through the whole Assistant.

    python -m bench.follow_ups [--after bench/questions/fresh.yaml] [--bare] [--list]

Every turn but the first of a conversation counts: right if one of its Entries answers, by one of
its facets where it names any. A conversation whose first turn finds another Entry is left out, and
counted. --after asks each question of a file after a talk about another Entry: a new subject must
not be read as a follow-up, so what is told is the share whose Entry changed by it. --bare asks
everything without diacritics. --list prints every turn that went wrong.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from bot.assistant import Assistant
from bot.draft import Known
from bot.journal import Journal
from bot.model import Answer, Channel, Question
from bot.pipeline import Pipeline
from knowledge.model import Facet
from knowledge.store import Editions, connect
from knowledge.wording import fold
from retrieval.evaluate import read_questions
from webhook.database import migrate, open_database
from webhook.parts import Follower
from webhook.settings import Settings

FILE = Path(__file__).with_name("follow_ups.yaml")
OUTCOMES = ("right", "asked, right among them", "another facet", "another entry", "no entry")


class Turn(BaseModel):
    """What a person says, and the Entries and facets that should answer; none: no Entry should."""

    model_config = ConfigDict(extra="forbid")

    say: str
    about: tuple[str, ...]
    facet: tuple[Facet, ...] = ()


class Conversation(BaseModel):
    """Turns in order; rules were tuned on those whose `split` is "dev"."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    split: str
    turns: tuple[Turn, ...]


class Talks:
    """Conversations with a real Assistant, each new."""

    def __init__(self, known: Known, folder: Path, bare: bool = False) -> None:
        url = f"sqlite:///{folder / 'journal.db'}"
        migrate(url)
        self._assistant = Assistant(lambda: known, Journal(connect(url), b"key"), Pipeline())
        self._numbers, self._bare = count(1), bare

    def new(self) -> Callable[..., Answer]:
        """A way to say something in a conversation of its own."""
        name = f"talk-{next(self._numbers)}"

        def say(text: str = "", action: str | None = None) -> Answer:
            asked = Question(
                id=f"terminal:{next(self._numbers)}",
                channel=Channel.TERMINAL,
                conversation=name,
                text=fold(text) if self._bare else text,
                action=action,
            )
            return self._assistant.reply(asked)

        return say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=Path, help="questions to ask after another subject")
    parser.add_argument("--bare", action="store_true", help="strip the diacritics first")
    parser.add_argument("--list", action="store_true", help="print what went wrong")
    arguments = parser.parse_args()
    settings = Settings()
    known = Follower(Editions(open_database(settings)), settings).current()
    console = Console()
    with TemporaryDirectory() as folder:
        talks = Talks(known, Path(folder), arguments.bare)
        rows = list(_judged(talks, read_conversations()))
        console.print(_table(rows))
        for conversation, turn, outcome, answer in rows if arguments.list else ():
            if outcome != "right":
                got = f"{answer.entry_id or answer.status}:{answer.facet or ''}"
                line = f"{conversation.split} {conversation.turns[0].say} → {turn.say}: {got}"
                console.print(line, markup=False, soft_wrap=True)
        if arguments.after:
            _print_after(console, talks, known, arguments.after)


def read_conversations(path: Path = FILE) -> tuple[Conversation, ...]:
    """The conversations of a file."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]
    return tuple(map(Conversation.model_validate, rows))


Row = tuple[Conversation, Turn, str, Answer]


def _judged(talks: Talks, conversations: tuple[Conversation, ...]) -> Iterator[Row]:
    for conversation in conversations:
        say = talks.new()
        first, *rest = conversation.turns
        answer = say(first.say)
        if judge(first, answer) not in ("right", "another facet"):
            yield conversation, first, "first turn missed", answer
            continue
        for turn in rest:
            answer = say(turn.say)
            yield conversation, turn, judge(turn, answer), answer


def judge(turn: Turn, answer: Answer) -> str:
    """One of OUTCOMES."""
    if answer.entry_id in turn.about:
        fits = not turn.facet or answer.facet in turn.facet
        return "right" if fits else "another facet"
    if answer.entry_id:
        return "another entry"
    if not turn.about:
        return "right"
    offered = {choice.action.split(":")[1] for choice in answer.choices if ":" in choice.action}
    asks = answer.status.family == "clarification" and offered & set(turn.about)
    return "asked, right among them" if asks else "no entry"


def _table(rows: list[Row]) -> Table:
    table = Table("split", "kind", "turns", *OUTCOMES, "first turn missed")
    for split in ("dev", "test"):
        kinds = list(dict.fromkeys(row[0].kind for row in rows))
        for kind in (*kinds, None):
            group = [r for r in rows if r[0].split == split and kind in (None, r[0].kind)]
            counts = Counter(outcome for _, _, outcome, _ in group)
            turns = len(group) - counts["first turn missed"]
            shares = [f"{counts[outcome]}" for outcome in OUTCOMES]
            shares[0] += f" ({counts['right'] / turns:.0%})" if turns else ""
            missed = str(counts["first turn missed"] or "")
            table.add_row(split, kind or "all", str(turns), *shares, missed, end_section=not kind)
    return table


def _print_after(console: Console, talks: Talks, known: Known, path: Path) -> None:
    """Each question by itself, after any Entry, and after one that is related to its own."""
    library = known.edition.library
    random.seed(1)
    changed: Counter[str] = Counter()
    questions = read_questions(path)
    for question in questions:
        alone = talks.new()(question.text).entry_id
        own = library.entries.get(question.about[0]) if question.about else None
        related = [i for i in own.related if i not in question.about] if own else []
        before = {"any": random.choice([i for i in library.entries if i not in question.about])}
        if related:
            before["related"] = random.choice(related)
        for kind, entry_id in before.items():
            say = talks.new()
            say(action=f"entry:{entry_id}")
            after = say(question.text).entry_id
            changed[f"{kind} asked"] += 1
            if after != alone:
                changed[f"{kind} changed"] += 1
                changed[f"{kind} for the better"] += after in question.about
                changed[f"{kind} for the worse"] += alone in question.about
    for kind in ("any", "related"):
        console.print(
            f"{path.stem}, after {kind} entry: {changed[f'{kind} asked']} asked, "
            f"{changed[f'{kind} changed']} changed: {changed[f'{kind} for the better']} for the "
            f"better, {changed[f'{kind} for the worse']} for the worse"
        )


if __name__ == "__main__":
    main()
