"""Time of an answer in process, without a model: from a Question to a recorded Answer.

python -m bench.answer [--questions FILE]
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.model import Channel, Question
from knowledge.store import Editions
from knowledge.wording import fold
from retrieval.evaluate import read_questions
from webhook.parts import Follower, build_assistant, open_database
from webhook.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=Path("bench/questions/fresh.yaml"))
    arguments = parser.parse_args()
    texts = [question.text for question in read_questions(arguments.questions)]
    settings = Settings()
    follower = Follower(Editions(open_database(settings)), settings)
    table = Table("questions", "count", "words", "p50 ms", "p95 ms", "p99 ms", "max ms")
    with tempfile.TemporaryDirectory() as folder:
        apart = Settings(data_dir=Path(folder), secret_key=settings.secret_key)
        assistant = build_assistant(apart, open_database(apart), follower.current)
        for label, change in (("as written", str), ("without diacritics", fold)):
            spent = []
            for text in [*texts[:10], *texts]:  # the first ten warm up
                question = Question(
                    id=secrets.token_hex(8),
                    channel=Channel.TERMINAL,
                    conversation=secrets.token_hex(4),
                    text=change(text),
                )
                start = time.perf_counter()
                assistant.reply(question)
                spent.append(time.perf_counter() - start)
            times = np.array(spent[10:]) * 1000
            words = f"{np.median([len(t.split()) for t in texts]):.0f}"
            figures = (f"{v:.0f}" for v in (*np.percentile(times, [50, 95, 99]), times.max()))
            table.add_row(label, str(len(texts)), words, *figures)
    Console().print(table)


if __name__ == "__main__":
    main()
