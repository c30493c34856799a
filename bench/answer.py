"""Time of an answer in process, without a model: from a Question to a recorded Answer.

    python -m bench.answer [--questions FILE]

The memory is this process's, without a web server around it; `bench.start` measures that.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.published import FORMS
from bench.start import memory
from bot.assistant import Assistant
from bot.model import Channel, Question
from knowledge.store import Editions
from retrieval.evaluate import read_questions
from webhook.database import open_database
from webhook.parts import Follower, build_assistant
from webhook.settings import Settings

QUESTIONS = Path("bench/questions/fresh.yaml")
WARMING_UP = 10
"""Questions asked before time is taken."""


@dataclass(frozen=True)
class Spent:
    """What the answers took."""

    ms: dict[str, NDArray[np.float64]]
    """For each of FORMS, the milliseconds of every answer."""
    words: int
    """Of the question in the middle."""
    memory_mb: float
    """Resident memory of this process in the end."""
    own_mb: float
    """Of it what no file backs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    spent = measure(parser.parse_args().questions)
    table = Table("questions", "count", "words", "p50 ms", "p95 ms", "p99 ms", "max ms")
    for form, times in spent.ms.items():
        figures = (f"{v:.0f}" for v in (*np.percentile(times, [50, 95, 99]), times.max()))
        table.add_row(form, str(len(times)), str(spent.words), *figures)
    Console().print(table)
    print(f"memory {spent.memory_mb:.0f} MB, {spent.own_mb:.0f} MB of it not backed by files")


def measure(questions: Path = QUESTIONS) -> Spent:
    """Answer every question, one after the other, each in a conversation of its own."""
    texts = [question.text for question in read_questions(questions)]
    settings = Settings()
    follower = Follower(Editions(open_database(settings)), settings)
    with tempfile.TemporaryDirectory() as folder:
        apart = Settings(data_dir=Path(folder), secret_key=settings.secret_key)
        assistant = build_assistant(apart, open_database(apart), follower.current)
        times = {
            form: milliseconds(assistant, [written(text) for text in texts])
            for form, written in FORMS.items()
        }
    words = int(np.median([len(text.split()) for text in texts]))
    pid = os.getpid()
    return Spent(times, words, memory(pid), memory(pid, "RssAnon"))


def milliseconds(assistant: Assistant, texts: Sequence[str]) -> NDArray[np.float64]:
    """How long each answer took, but for those that warm up."""
    spent = []
    for text in [*texts[:WARMING_UP], *texts]:
        question = Question(
            id=secrets.token_hex(8),
            channel=Channel.TERMINAL,
            conversation=secrets.token_hex(4),
            text=text,
        )
        start = time.perf_counter()
        assistant.reply(question)
        spent.append(time.perf_counter() - start)
    return np.array(spent[WARMING_UP:]) * 1000


if __name__ == "__main__":
    main()
