"""Two libraries of places and our own table on fifty old names, and what each of them costs.

    python -m bench.places [--list]
    python -m bench.places --questions      which questions of the bench name a place, to be read

The labels with their sources stand in `bench/places.yaml`. right: today's province and all its
communes; part: only the province, or one of several communes; wrong: another place; nothing.
The libraries are not needed to run the bot: `pip install vietnamadminunits vietnam-provinces`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from bot.place.reading import read_place
from knowledge.places import PROVINCES
from knowledge.wording import fold
from retrieval.evaluate import read_questions
from retrieval.search import Reading
from retrieval.text import clean, tokens

VERDICTS = ("right", "part", "wrong", "nothing")
LABELS = Path(__file__).with_suffix(".yaml")

Found = tuple[str | None, frozenset[str]]
"""A province id and names of communes."""


@dataclass(frozen=True)
class Candidate:
    """What is compared: how to ask it, how to load it, and its terms."""

    package: str | None
    find: Callable[[str], Found]
    load: str
    licence: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print what is not right")
    parser.add_argument("--questions", action="store_true", help="print what is read in questions")
    wanted = parser.parse_args()
    if wanted.questions:
        return read_questions_aloud()
    labels = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
    console = Console(width=160)
    table = Table("", *VERDICTS, "load s", "memory MB", "licence", "typed", "needs")
    for name, candidate in CANDIDATES.items():
        if candidate.package and not find_spec(candidate.package):
            console.print(f"{name} is not installed: not measured")
            continue
        counts: Counter[str] = Counter()
        for label in labels:
            found = candidate.find(label["name"])
            verdict = judge(label["province"], frozenset(label.get("communes", ())), found)
            counts[verdict] += 1
            if wanted.list and verdict != "right":
                console.print(f"{name}: {verdict}: {label['name']} → {found}", markup=False)
        table.add_row(
            name, *(str(counts[v]) for v in VERDICTS), *_cost(candidate.load), *_terms(candidate)
        )
    console.print(table)


def read_questions_aloud() -> None:
    """Every question of the bench that names a place, and the place that is read."""
    for path in sorted(LABELS.with_name("questions").glob("*.yaml")):
        questions = read_questions(path)
        texts = [(q.id, clean(q.text)) for q in questions]
        named = [(i, read_place(Reading(text, text, bare=False)), text) for i, text in texts]
        found = [row for row in named if row[1].place]
        print(f"{path.name}: {len(found)} of {len(questions)}")
        for question_id, place, text in found:
            communes = "|".join(commune.name for commune in place.options)
            print(f"  {question_id} {place.place} {communes}: {' '.join(text.split())}")


def judge(province: str, communes: frozenset[str], found: Found) -> str:
    """One of VERDICTS."""
    there, named = found
    if there is None:
        return "nothing"
    if there != province or not named <= communes:
        return "wrong"
    return "right" if named == communes else "part"


def _ours(name: str) -> Found:
    named = read_place(Reading(name, name, bare=False))
    if named.place is None:
        return None, frozenset()
    communes = named.options or filter(None, [named.place.commune])
    return named.place.province_id, frozenset(commune.bare_name for commune in communes)


def _vietnamadminunits(name: str) -> Found:
    from vietnamadminunits import convert_address

    unit = convert_address(name)
    communes = [unit.short_ward] if unit.short_ward else []
    return _province(unit.short_province), frozenset(communes)


def _vietnam_provinces(name: str) -> Found:
    from vietnam_provinces import Province, Ward

    first, *_, last = [part.strip() for part in name.split(",")] * 2
    provinces = [p for p in Province.iter_all() if _plain(p.name) == _plain(last)]
    wards = [w for w in Ward.iter_all() if fold(w.name) == fold(first)]
    wards = [w for w in wards if not provinces or w.province_code == provinces[0].code]
    if len(wards) == 1:
        province = Province.from_code(wards[0].province_code)
        return _province(province.name), frozenset([wards[0].name.split(" ", 1)[1]])
    return (_province(provinces[0].name) if provinces else None), frozenset()


def _province(name: str | None) -> str | None:
    ids = {_plain(province.name): key for key, province in PROVINCES.items()}
    return ids.get(_plain(name or ""))


def _plain(name: str) -> str:
    words = " ".join(tokens(fold(name)))
    return words.removeprefix("thanh pho ").removeprefix("tinh ")


def _cost(load: str) -> tuple[str, str]:
    """Seconds and resident megabytes that loading adds to a Python process."""
    code = (
        "import resource, time\n"
        "def rss(): return int(open('/proc/self/statm').read().split()[1]) * 4096 / 1e6\n"
        "before, start = rss(), time.perf_counter()\n"
        f"{load}\n"
        "print(time.perf_counter() - start, rss() - before)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, shown.stdout.split())
    return f"{seconds:.2f}", f"{megabytes:.0f}"


def _terms(candidate: Candidate) -> Iterable[str]:
    """Licence, whether it is typed, what it needs."""
    if candidate.package is None:
        return candidate.licence, "yes", "-"
    spec = find_spec(candidate.package)
    typed = spec and spec.origin and Path(spec.origin).with_name("py.typed").exists()
    try:
        needs = ", ".join(requires(candidate.package.replace("_", "-")) or ()) or "-"
    except PackageNotFoundError:
        needs = "?"
    return candidate.licence, "yes" if typed else "no", needs


CANDIDATES = {
    "vietnam-provinces": Candidate(
        "vietnam_provinces",
        _vietnam_provinces,
        "from vietnam_provinces.lookup import WARD_MAPPING",
        "GPL-3.0-or-later",
    ),
    "vietnamadminunits": Candidate(
        "vietnamadminunits", _vietnamadminunits, "import vietnamadminunits", "MIT"
    ),
    "our table": Candidate(
        None,
        _ours,
        "from knowledge.places.units import units; kept = list(units())",
        "MIT, built from vietnamadminunits",
    ),
}

if __name__ == "__main__":
    main()
