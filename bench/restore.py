"""How well bare text gets its diacritics back, on texts the model never saw.

"half bare": the marks stop in the middle of the text. "harmed": marked texts that are not left
alone.

python -m bench.restore --data ../shared/data
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from knowledge.wording import fold
from retrieval.restore import MODEL, Restorer
from retrieval.restore_sources import WELL_MARKED
from retrieval.text import diacritic_ratio, tokens, tone_style
from retrieval.training.questions import read_written

SETS = {  # file in spelling/, and the best published word accuracy
    "business, official, everyday, news (55)": ("diacritic_eval_v0.txt", 97.8),
    "UDHR (72)": ("udhr_vi__diacritic_eval_udhr.txt", 99.4),
    "Tatoeba, everyday (300)": ("tatoeba_vi__diacritic_eval_300.txt", 94.1),
}


def lines_of(path: Path) -> list[str]:
    """The sentences of a test set, without its comments."""
    lines = path.read_text("utf-8").splitlines()
    return [tone_style(line) for line in lines if line.strip() and not line.startswith("#")]


def questions_of(data: Path) -> list[str]:
    """The questions of ALQAC, all marked."""
    with (data / "retrieval" / "ALQAC.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(dict.fromkeys(tone_style(row["question"]) for row in csv.DictReader(file)))


def strip(text: str) -> str:
    """What remains of a text when the marks are not typed; capitals stay."""
    return "".join(fold(c).upper() if c.isupper() else fold(c) for c in text)


def written_of_test() -> list[str]:
    """The marked questions of the writer who is kept for testing: how people really ask."""
    texts = (tone_style(question.text) for question in read_written() if question.test)
    return [text for text in texts if diacritic_ratio(text) >= WELL_MARKED]


def strip_half(text: str) -> str:
    """The text as left by somebody who stopped typing marks in the middle."""
    words = text.split(" ")
    middle = len(words) // 2
    return " ".join([*words[:middle], *map(strip, words[middle:])])


def accuracy(restorer: Restorer, lines: list[str], typed: Callable[[str], str] = strip) -> float:
    """Percent of words that come back as they were."""
    right = total = 0
    for line in lines:
        wanted, got = tokens(line), tokens(restorer.restore(typed(line)))
        right += sum(a == b for a, b in zip(wanted, got, strict=True))
        total += len(wanted)
    return 100 * right / total


def changed(restorer: Restorer, lines: list[str]) -> int:
    """How many marked texts are not left alone."""
    return sum(restorer.restore(line) != line for line in lines)


@dataclass(frozen=True)
class Restored:
    """What became of the texts of one set."""

    name: str
    texts: int
    right: float
    """Percent of the words, typed without marks."""
    half: float
    """The same of texts whose marks stop in the middle."""
    published: float | None
    """The best published percentage."""
    touched: int
    """Texts with all their marks that were not left alone."""


def measure(restorer: Restorer, data: Path) -> Iterator[Restored]:
    """Each of SETS, the questions of ALQAC, and the writer kept for testing."""
    sets = [(name, lines_of(data / "spelling" / file), best) for name, (file, best) in SETS.items()]
    sets += [("ALQAC questions", questions_of(data), None)]
    sets += [("a writer kept for testing", written_of_test(), None)]
    for name, lines, best in sets:
        right, half = accuracy(restorer, lines), accuracy(restorer, lines, strip_half)
        yield Restored(name, len(lines), right, half, best, changed(restorer, lines))


def milliseconds(work: Callable[[], object], rounds: int = 30) -> float:
    """The median time of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def fresh_load() -> str:
    """Seconds to load and peak memory, measured in a process of its own."""
    code = (
        "import time, numpy, retrieval.text; t = time.perf_counter();"
        "from retrieval.restore import Restorer; r = Restorer.load(); r.restore('xin chao');"
        "import resource; kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(f'{time.perf_counter() - t:.2f} s, {kb / 1024:.0f} MiB peak of the process')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    if not (arguments.data / "spelling").is_dir():
        raise SystemExit(f"No test sets in {arguments.data.resolve()}: pass --data FOLDER")
    restorer = Restorer.load(arguments.model)
    print(f"{'words right, %':42} {'bare':>6} {'published':>10} {'half bare':>10} {'harmed':>14}")
    for found in measure(restorer, arguments.data):
        best = f"{found.published:.1f}" if found.published else ""
        touched = f"{found.touched} of {found.texts}"
        print(f"{found.name:42} {found.right:6.2f} {best:>10} {found.half:10.2f} {touched:>14}")
    questions = questions_of(arguments.data)
    words = " ".join(map(strip, questions)).split()
    print()
    for length in (12, 60, 250):
        text = " ".join(words[:length])
        print(f"{length} words: {milliseconds(partial(restorer.restore, text)):.2f} ms")
    print(f"model: {arguments.model.stat().st_size / 1e6:.2f} MB, loads in {fresh_load()}")


if __name__ == "__main__":
    main()
