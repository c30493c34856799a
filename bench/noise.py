"""What becomes of misspelt words, and what they cost search.

    python -m bench.noise --data ../shared/data [--every 4] [--tokens-only] [--list CLASS]

Dictionaries of chat spelling (third-party, not part of this repository) are split in two by a hash
of the misspelt word: our rules are written from one half (`--half build`), this program measures
on the other. Three tables:

1. Per class of error, the share of misspelt words put right: alone, and in questions that have the
   right word (the whole question must then read as if nothing had been misspelt).
2. Search with 0, 10, 20 and 40 % of the words misspelt, classes drawn with the shares counted in
   real chats; bare: all diacritics left out afterwards.
3. Words changed in texts that have no errors: titles of laws, and our own content.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.decide import kept_writer
from bench.misspell import Noise, made_slips, phrases
from bench.published import FORMS, known
from bench.spelling import Slip, is_held_out, read_slips, shares
from bot.draft import Known
from knowledge.load import load
from knowledge.passages import passages
from retrieval.evaluate import Labelled, Tally, evaluate, read_questions, tallies
from retrieval.slips import Slips
from retrieval.text import clean, diacritic_ratio, expand, tokens, tone_style

FRESH = Path(__file__).parent / "questions" / "fresh.yaml"
LEVELS = (0.0, 0.1, 0.2, 0.4)
CONTEXTS = 2
"""Questions in which a misspelt word is tried, at most."""

Reader = Callable[[str], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=("held-out", "build"), default="held-out")
    parser.add_argument("--every", type=int, default=4, help="take every so many-th question")
    parser.add_argument("--tokens-only", action="store_true", help="without search")
    parser.add_argument("--list", default="", metavar="CLASS", help="print what stays wrong")
    arguments = parser.parse_args()
    if not (arguments.data / "spelling").is_dir():
        raise SystemExit(f"No dictionaries in {arguments.data.resolve()}: pass --data FOLDER")
    held_out = arguments.half == "held-out"
    slips = [s for s in read_slips(arguments.data / "spelling") if is_held_out(s.wrong) == held_out]
    questions = measured(arguments.every)
    console = Console()
    read = reader()
    texts = [clean(q.text) for group in questions.values() for q in group]
    marked = [text for text in texts if diacritic_ratio(text) > 0.6]
    console.print(token_table([*slips, *made_slips(marked)], marked, read, arguments.list))
    console.print(clean_table(arguments.data, read))
    if arguments.tokens_only:
        return
    noise = Noise(slips, shares(arguments.data / "spelling"))
    table = Table("misspelt words", "kind", "questions", "first", "among three", "words changed")
    for found in searched(known(), noise, questions):
        for form, tally in zip(FORMS, (found.marked, found.bare), strict=True):
            table.add_row(
                f"{found.level:.0%}", f"{found.name}, {form}", str(tally.count),
                f"{tally.first:.1%}", f"{tally.among_three:.1%}", f"{found.changed:.1%}",
            )  # fmt: skip
    console.print(table)
    console.print("classes of the words changed:", noise.classes())


def measured(every: int) -> dict[str, tuple[Labelled, ...]]:
    """The questions that are misspelt; of the writer kept for testing, every so many-th."""
    return {"fresh": read_questions(FRESH), "test writer": kept_writer()[::every]}


@dataclass(frozen=True)
class Searched:
    """What search found of misspelt questions."""

    name: str
    level: float
    """The share of words to misspell."""
    changed: float
    """The share that was misspelt."""
    marked: Tally
    bare: Tally


def searched(
    published: Known, noise: Noise, questions: Mapping[str, Sequence[Labelled]]
) -> Iterator[Searched]:
    """Search over every set of questions at every one of LEVELS, as misspelt and then bare."""
    entries = published.edition.library.entries.keys()
    for level in LEVELS:
        for name, group in questions.items():
            noisy, changed = noise.over(group, level)
            marked, bare = (
                tallies(evaluate(published.searcher, entries, noisy, strip))[-1]
                for strip in (False, True)
            )
            yield Searched(name, level, changed, marked, bare)


def reader() -> Reader:
    """What search does with a question before it searches."""
    slips = Slips.load()
    return cache(lambda text: slips.read(expand(clean(text))))


def token_table(slips: Iterable[Slip], texts: Sequence[str], read: Reader, listed: str) -> Table:
    """The first table; prints what stays wrong of the class `listed`."""
    where: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for text in texts:
        for right, start, end in phrases(text):
            where[right].append((text, start, end))
    rows: dict[str, list[tuple[bool, int, int]]] = defaultdict(list)
    for slip in slips:
        alone = tone_style(read(slip.wrong)).lower() in slip.right
        places = [place for right in sorted(slip.right) for place in where[right]]
        tried = [
            _restored(text, start, end, slip.wrong, read)
            for text, start, end in places[:: max(1, len(places) // CONTEXTS)][:CONTEXTS]
        ]
        rows[slip.kind].append((alone, sum(tried), len(tried)))
        if slip.kind == listed and not (all(tried) if tried else alone):
            print(f"{slip.wrong} → {read(slip.wrong)} ({', '.join(sorted(slip.right))})")
    table = Table("class", "words", "right alone", "tried in questions", "right there")
    for kind, results in sorted(rows.items()):
        right, tried = sum(r for _, r, _ in results), sum(t for _, _, t in results)
        alone = sum(a for a, _, _ in results) / len(results)
        there = f"{right / tried:.1%}" if tried else "-"
        table.add_row(kind, str(len(results)), f"{alone:.1%}", str(tried), there)
    return table


def _restored(text: str, start: int, end: int, wrong: str, read: Reader) -> bool:
    return tokens(read(text[:start] + wrong + text[end:])) == tokens(read(text))


def clean_table(data: Path, read: Reader, every: int = 25) -> Table:
    """The third table."""
    with gzip.open(data / "phapdien_articles.jsonl.gz", "rt", encoding="utf-8") as file:
        titles = [clean(json.loads(line)["title"]) for line in list(file)[::every]]
    ours = [clean(p.text) for p in passages(load())][::every]
    table = Table("texts without errors", "words", "changed", "which")
    for name, texts in (("titles of articles", titles), ("our content", ours)):
        changes: Counter[str] = Counter()
        total = 0
        for text in texts:
            before, after = tokens(text), tokens(read(text))
            total += len(before)
            changes.update(_changed(before, after))
        which = ", ".join(f"{change} ({n})" for change, n in changes.most_common(12))
        table.add_row(name, f"{total:,}", f"{changes.total():,}", which)
    return table


def _changed(before: list[str], after: list[str]) -> Iterator[str]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield f"{' '.join(before[i:j])} → {' '.join(after[k:m])}"


if __name__ == "__main__":
    main()
