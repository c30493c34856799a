"""Dictionaries of chat spelling (third-party): misspelt words, what they mean, classes of error."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.wording import fold
from retrieval.text import clean, is_bare_syllable, is_syllable, telex, tone_style

ABBREVIATION, BARE, TEENCODE, NEAR, TELEX, OTHER = (
    "abbreviation", "undiacritised", "teencode", "near key", "Telex", "other"
)  # fmt: skip
LABELS = {
    "Viết tắt": ABBREVIATION, "Viết không dấu": BARE, "teencode": TEENCODE,
    "Phím Gần": NEAR, "Telex": TELEX, "other": OTHER,
}  # fmt: skip
"""What the file of counted tokens calls the classes."""
JOINED, HELD, ANOTHER, VNI = "joined words", "key held down", "reads as another word", "VNI"
TELEX_MADE, TELEX_PART = "Telex, made: all keys", "Telex, made: one key left"

_RUDE = frozenset(
    re.findall(r"\w+", "đéo địt lồn cặc cứt vãi đĩ đít đụ đái buồi ỉa vú đếch chưỡng ngu tao")
)
_SHOP = re.compile(r"\b(?:giao hàng|sản phẩm|vòng|đơn hàng|số lượng lớn|dây kéo|bến cát|đầm)\b")
_FOREIGN_HERE = frozenset(re.findall(r"\w+", "hd cm mb st sh ks cp tv hq gv bc bm đ s n"))
"""Short forms whose reading in a shop is not the one at a public office."""


@dataclass(frozen=True)
class Slip:
    """A misspelt word, what it may mean, and the class of error."""

    wrong: str
    right: frozenset[str]
    kind: str


def is_held_out(wrong: str) -> bool:
    """Whether a misspelt word belongs to the half that is measured on."""
    return zlib.crc32(wrong.encode()) % 2 == 1


def read_slips(folder: Path) -> list[Slip]:
    """Every usable pair of the dictionaries, one Slip a misspelt word."""
    right: dict[str, set[str]] = defaultdict(set)
    label: dict[str, str] = {}
    for wrong, meant, kind in _raw(folder):
        wrong, meant = clean(wrong).lower(), tone_style(clean(meant)).lower()
        if _usable(wrong, meant):
            right[wrong].add(meant)
            label.setdefault(wrong, kind)
    return [
        Slip(wrong, frozenset(meant), _kind(wrong, sorted(meant), label[wrong]))
        for wrong, meant in sorted(right.items())
    ]


def _raw(folder: Path) -> Iterator[tuple[str, str, str]]:
    for line in (folder / "typo_tokens_17_6.tsv").read_text("utf-8").splitlines()[1:]:
        kind, wrong, meant = line.split("\t")
        yield wrong, meant, LABELS[kind]
    for line in (folder / "teencode_dic.tsv").read_text("utf-8").splitlines()[1:]:
        wrong, meant = line.split("\t")
        yield wrong, meant, OTHER
    pair = re.compile(r'"([^"]*)"\s*:\s*"([^"]*)"')
    for wrong, meant in pair.findall((folder / "short_word.json").read_text("utf-8")):
        yield wrong, meant, OTHER
    for wrong, several in json.loads((folder / "vi-nsw-dict.json").read_text("utf-8")).items():
        yield from ((wrong, meant, OTHER) for meant in several)


def _usable(wrong: str, meant: str) -> bool:
    """One word of letters that means Vietnamese words, not rude and not a shop's."""
    syllables = meant.split()
    return (
        re.fullmatch(r"[^\W\d_]+", wrong) is not None
        and tone_style(wrong) != meant
        and wrong not in _FOREIGN_HERE
        and not _SHOP.search(meant)
        and bool(syllables)
        and all(map(is_syllable, syllables))
        and not _RUDE.intersection(syllables)
    )


def _kind(wrong: str, meant: list[str], label: str) -> str:
    if label == OTHER:
        label = next((kind for kind, holds in _SIGNS if any(holds(wrong, m) for m in meant)), OTHER)
    same = any(fold(wrong) == fold(m) for m in meant)
    if not same and (is_syllable(wrong) or (is_bare_syllable(wrong) and label != ABBREVIATION)):
        return ANOTHER
    return label


def _held(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", fold(word))


_SIGNS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    (JOINED, lambda w, m: " " in m and fold(w) == fold(m).replace(" ", "")),
    (BARE, lambda w, m: fold(w) == fold(m)),
    (HELD, lambda w, m: _held(w) == _held(m)),
    (TELEX, lambda w, m: telex(w) == m),
    (ABBREVIATION, lambda w, m: " " in m or not re.search("[aeiouy]", fold(w))),
    (TEENCODE, lambda w, m: bool(re.search("[wzjf]|[aeiouy][gkqh]$|^k[aou]|^p[^h]", fold(w)))),
)


def shares(folder: Path) -> dict[str, float]:
    """How often each class was counted in real chats."""
    lines = (folder / "typo_tokens_17_6.tsv").read_text("utf-8").splitlines()[1:]
    counts = Counter(LABELS[line.split("\t")[0]] for line in lines)
    return {kind: n / counts.total() for kind, n in counts.items()}
