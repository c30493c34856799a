"""Words hit beside the key, with a letter too many or too few, or without the space between them.

A noisy channel: only a word that is neither Vietnamese nor known is looked at. What it may have
been are the syllables one slip away, and the pairs of syllables it falls into; the one that suits
its neighbours best is taken, if it is much likelier there than an unknown word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product, takewhile
from pathlib import Path
from typing import Self

import numpy as np

from knowledge.wording import fold
from retrieval.restore import (
    BREAK,
    MODEL,
    NUMBER,
    SPECIAL,
    UNKNOWN,
    Floats,
    Ints,
    Restorer,
    Trigrams,
)
from retrieval.text import PROTECTED, is_known, is_marked, is_syllable, split_tone, telex

NEAR, FAR, DOUBLED, EXTRA, MISSING, SWAPPED, SPOKEN, KEYS = 3.0, 9.0, 1.5, 4.0, 4.5, 3.5, 1.5, 1.5
"""Nats that each slip costs: a key beside, another key, a letter twice, one too many, one missing,
two swapped, written as it is spoken or shortened, Telex keys left."""
JOINED = -4.0
"""Nats that a missing space costs: less than nothing, since two syllables are each less likely than
one. Only pairs that the model has counted are tried."""
SHORTENED = 1.0
"""Nats that a first syllable costs of which only the first letters were typed."""
TONE, SHAPE = 3.0, 1.5
"""Nats for each mark that the writer did type and that the syllable has not, or has differently."""
GAIN, GAIN_MARKED = -3.0, -8.0
"""Nats by which the mended word may be less likely than an unknown one. Letters with marks are
seldom a name or a foreign word."""
READINGS, PARTS = 6, 4
"""Marked readings tried for one bare spelling; for each half of a joined word."""
SHORTEST, LONGEST, MOST_WORDS = 3, 14, 400
"""Letters of a word that is looked at; words of a text."""

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACE = {key: (x + y / 2, y) for y, row in enumerate(_KEYS) for x, key in enumerate(row)}
_LETTERS = "".join(_KEYS)
_HABITS = tuple(
    (re.compile(typed), meant.split())
    for typed, meant in (
        (r"(?<=[aeiouy])g$", "ng"), (r"(?<=[aeiouy])q$", "ng"), (r"(?<=[aeiouy])h$", "nh"),
        (r"(?<=[aeiouy])n?k$", "c ch nh"), ("j", "i"), ("^j", "gi"), ("^w", "qu"),
        ("^q(?!u)", "qu"), ("^f", "ph"), ("^dz?", "v gi"), ("^z", "v d gi"), ("^k", "kh c"),
        ("^p(?!h)", "b ph"), ("(?<=[nctpgk])k", "h"), ("^(?=[iy])", "d"), ("iu$", "ieu"),
    )
)  # fmt: skip
"""Shortened and spoken spellings of chats: "phòg", "mjnh", "fường", "zậy", "thik"."""

_SHORT_ONSETS = tuple(re.findall(r"\w+", "b c d đ g h k l m n p q s t v x ch kh ng nh ph th tr"))
"""Beginnings that stand for a whole syllable: "qtrọng", "đthoại"."""

_PIECE = re.compile(rf"(?P<kept>{PROTECTED.pattern})|(?P<word>[^\W\d_]+)|(?P<stop>[.;:!?()\n]+)")
_GLUED = re.compile(r"[.'’]\w|'")


@dataclass(frozen=True)
class _Candidate:
    ids: tuple[int, ...]
    cost: float


class Slips:
    """Mends misspelt words beside restoring diacritics. Safe to share between threads."""

    def __init__(self, model: Trigrams, restorer: Restorer) -> None:
        self._model, self._restorer = model, restorer

    @classmethod
    def load(cls, path: Path = MODEL) -> Self:
        """With the model that is packaged with the project, or another one."""
        model = Trigrams.load(path)
        return cls(model, Restorer(model))

    @cached_property
    def _ids(self) -> dict[str, int]:
        names = enumerate(self._model.syllables)
        return {name: i for i, name in names if i >= len(SPECIAL) and is_syllable(name)}

    @cached_property
    def _names(self) -> frozenset[str]:
        """What the counted texts have besides Vietnamese syllables."""
        return frozenset(self._model.syllables) - self._ids.keys()

    @cached_property
    def _readings(self) -> dict[str, list[int]]:
        """The marked syllables of each bare spelling, likeliest first."""
        found: dict[str, list[int]] = {}
        for syllable, i in sorted(self._ids.items(), key=lambda x: -self._model.one[x[1]]):
            found.setdefault(fold(syllable), []).append(i)
        return found

    def read(self, text: str) -> str:
        """Restored and mended; what was mended helps to restore what stands beside it."""
        restored = self._restorer.restore(text)
        mended = self.mend(restored)
        return restored if mended == restored else self._restorer.restore(mended)

    def mend(self, text: str) -> str:
        """The text with its misspelt words put right; names, codes and known words stay."""
        text = unicodedata.normalize("NFC", text)
        pieces = list(_PIECE.finditer(text))
        odd = [i for i in range(len(pieces)) if self._is_odd(pieces, i)]
        if not odd or len(pieces) > MOST_WORDS or 2 * len(odd) > len(pieces) + 1:
            return text  # another language
        ids: list[tuple[int, ...]] = [(self._id(piece),) for piece in pieces]
        words = [piece[0] for piece in pieces]
        for i in odd:
            before = [x for past in ids[max(0, i - 2) : i] for x in past]
            after = [x for coming in ids[i + 1 : i + 3] for x in coming]
            after = list(takewhile(lambda x: x != UNKNOWN, after))
            before = list(takewhile(lambda x: x != UNKNOWN, before[:-3:-1]))[::-1]
            best = self._best(words[i].lower(), before, after)
            if best:
                ids[i] = best
                words[i] = _cased(" ".join(self._model.syllables[x] for x in best), words[i])
        out, end = [], 0
        for piece, word in zip(pieces, words, strict=True):
            out += [text[end : piece.start()], word]
            end = piece.end()
        return "".join(out) + text[end:]

    def _is_odd(self, pieces: list[re.Match[str]], i: int) -> bool:
        word = pieces[i]["word"] or ""
        if _GLUED.match(pieces[i].string, pieces[i].end()):
            return False  # "lienthong.dichvucong"
        shortest = SHORTEST - is_marked(word)
        if not shortest <= len(word) <= LONGEST or word.isupper():
            return False
        inside = i > 0 and not pieces[i - 1]["stop"]
        if not word.islower() and (inside or not word.istitle()):
            return False  # a name or an acronym
        word = word.lower()
        if not pieces[i][0].islower() and word in self._names:
            return False  # "Đắk"
        return not (is_known(word) or is_syllable(word) or word in self._readings)

    def _id(self, piece: re.Match[str]) -> int:
        if piece["word"]:
            return self._ids.get(piece[0].lower(), UNKNOWN)
        return BREAK if piece["stop"] else NUMBER if piece[0][0].isdigit() else UNKNOWN

    def _best(self, word: str, before: list[int], after: list[int]) -> tuple[int, ...] | None:
        context = [BREAK, BREAK, *before][-2:]
        candidates = [*self._single(word), *self._joined(word), *self._shortened(word)]
        if not candidates:
            return None
        lengths = {len(c.ids) for c in candidates}
        best: tuple[float, tuple[int, ...]] | None = None
        for length in lengths:
            group = [c for c in candidates if len(c.ids) == length]
            rows = np.array([[*context, *c.ids, *after] for c in group])
            scores = self._scores(rows) - np.array([c.cost for c in group], np.float32)
            top = int(scores.argmax())
            if best is None or scores[top] > best[0]:
                best = float(scores[top]), group[top].ids
        unknown = self._scores(np.array([[*context, UNKNOWN, *after]]))[0]
        needed = GAIN_MARKED if is_marked(word) else GAIN
        return best[1] if best and best[0] > unknown + needed else None

    def _scores(self, rows: Ints) -> Floats:
        """log P of each row after its first two ids."""
        model = self._model
        total = np.zeros(len(rows), np.float32)
        _, place = model.after_one(rows[:, 0], rows[:, 1])
        for at in range(2, rows.shape[1]):
            two, next_place = model.after_one(rows[:, at - 1], rows[:, at])
            known = np.where(place >= 0, model.pair_back[place], np.float32(0))
            three, counted = model.after_two(place, rows[:, at])
            total += np.where(counted & (place >= 0), three, known + two)
            place = next_place
        return total

    def _single(self, word: str) -> Iterator[_Candidate]:
        for keys, cost in _telex_slips(word):
            syllable = telex(keys)
            if syllable in self._ids:
                yield _Candidate((self._ids[syllable],), cost)
        costs: dict[str, float] = {}
        for spelling, cost in slips_of(fold(word)):
            if spelling in self._readings:
                costs[spelling] = min(cost, costs.get(spelling, cost))
        for spelling, cost in costs.items():
            for i in self._readings[spelling][:READINGS]:
                yield _Candidate((i,), cost + self._lost_marks(word, i))

    def _joined(self, word: str) -> Iterator[_Candidate]:
        for cut in range(2, len(word) - 1):
            head, tail = word[:cut], word[cut:]
            firsts = self._readings.get(fold(head), ())[:PARTS]
            seconds = self._readings.get(fold(tail), ())[:PARTS]
            for first, second in product(firsts, seconds):
                _, place = self._model.after_one(np.array([first]), np.array([second]))
                if place[0] >= 0:
                    lost = self._lost_marks(head, first) + self._lost_marks(tail, second)
                    yield _Candidate((first, second), JOINED + lost)

    def _shortened(self, word: str) -> Iterator[_Candidate]:
        """Two syllables of which only the first letters and the second whole were typed."""
        for onset, firsts in self._beginnings.items():
            tail = word.removeprefix(onset)
            if tail == word:
                continue
            for second in self._readings.get(fold(tail), ())[:READINGS]:
                _, place = self._model.after_one(firsts, np.full(len(firsts), second))
                lost = SHORTENED + self._lost_marks(tail, second)
                yield from (_Candidate((first, second), lost) for first in firsts[place >= 0])

    @cached_property
    def _beginnings(self) -> dict[str, Ints]:
        """The syllables that each onset may stand for: "t" does not stand for those with "tr"."""
        found: dict[str, list[int]] = {}
        for name, i in self._ids.items():
            onset = max((o for o in _SHORT_ONSETS if name.startswith(o)), key=len, default="")
            found.setdefault(onset, []).append(i)
        return {onset: np.array(ids) for onset, ids in found.items() if onset}

    def _lost_marks(self, word: str, syllable: int) -> float:
        """What it costs that the syllable lacks marks which the word has."""
        return lost_marks(word, self._model.syllables[syllable])


def lost_marks(word: str, syllable: str) -> float:
    """Nats for the marks of a word that a syllable has not: tones, and shapes of letters."""
    base, tone = split_tone(word)
    wanted, its_tone = split_tone(syllable)
    cost = TONE if tone and tone != its_tone else 0.0
    shapes = [c for c in base if fold(c) != c]
    return cost + SHAPE * sum(c not in wanted for c in shapes)


def slips_of(word: str) -> Iterator[tuple[str, float]]:
    """Spellings one slip away from bare letters, with what the slip costs."""
    yield word, 0
    for typed, meant in _HABITS:
        yield from ((typed.sub(m, word), SPOKEN) for m in meant)
    for i, letter in enumerate(word):
        rest = word[i + 1 :]
        yield word[:i] + rest, _extra(letter, word[i - 1 : i], rest)
        if rest:
            yield word[:i] + rest[0] + letter + rest[1:], SWAPPED
        for other in _LETTERS:
            if other != letter:
                yield word[:i] + other + rest, NEAR if _beside(letter, other) else FAR
    for i in range(len(word) + 1):
        yield from ((word[:i] + letter + word[i:], MISSING) for letter in _LETTERS)


def _telex_slips(word: str) -> Iterator[tuple[str, float]]:
    """The word's keys as they are, and with two of them in the wrong order."""
    yield word, KEYS
    for i in range(len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :], KEYS + SWAPPED


def _extra(letter: str, before: str, rest: str) -> float:
    if rest[:1] == letter:
        return DOUBLED
    if letter in "fjwz":
        return KEYS
    return NEAR if _beside(letter, before) or _beside(letter, rest[:1]) else EXTRA


def _beside(one: str, other: str) -> bool:
    if one not in _PLACE or other not in _PLACE:
        return False
    (x, y), (u, v) = _PLACE[one], _PLACE[other]
    return abs(x - u) <= 1 and abs(y - v) <= 1


def _cased(new: str, old: str) -> str:
    return new[0].upper() + new[1:] if old.istitle() else new
