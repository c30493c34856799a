"""Diacritics for text typed without them: a syllable trigram model and a Viterbi search.

`python -m retrieval.restore_build OUT` counts the model anew. It holds statistics only: which
syllables there are and how often one follows two others.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from knowledge.wording import fold
from retrieval.text import (
    BARE_BELOW,
    PROTECTED,
    diacritic_ratio,
    is_english,
    is_marked,
    tone_style,
)

DATA = Path(__file__).parent / "data"
MODEL = DATA / "restore.npz"

READINGS = 8
"""Readings considered for one bare syllable, the likeliest."""
QUANTUM = 0.08
"""Log-probabilities are stored as whole multiples of this, in a byte."""
HALF_MARKED = 0.5
"""From this share of marked syllables on, an unmarked one is believed unless it is absurd."""
WELL_MARKED = 0.7
"""From this share on, a single unmarked syllable is never touched."""
ABSURD, DOUBTFUL = 12.0, 4.0
"""Nats that a run must gain before it is restored, in a marked and in a half-marked text."""
LONGEST = 2000
"""Words; a longer text is no question and comes back as it is."""
VIETNAMESE = 0.6
"""Below this share of words that could be Vietnamese, a text is in another language."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

SPECIAL = ("<s>", "<n>", "<?>")
BREAK, NUMBER, UNKNOWN = range(3)

_PIECE = re.compile(rf"(?P<kept>{PROTECTED.pattern})|(?P<word>[^\W\d_]+)|(?P<stop>[.;:!?()\n]+)")
_NEVER = np.float32(-1e6)


@dataclass(frozen=True)
class Trigrams:
    """How likely a syllable is after two others; what was never counted backs off to less.

    A pair is kept at `first * size + second`, a triple at `place of its first pair * size + third`.
    Both lists are sorted, so that a whole text is looked up at once.
    """

    syllables: tuple[str, ...]
    one: Floats
    back: Floats
    pairs: Ints
    two: Floats
    pair_back: Floats
    triples: Ints
    three: Floats

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path) as file:
            data = {name: file[name] for name in file.files}
        syllables = tuple(data["syllables"].tobytes().decode().split("\n"))
        logs = {k: data[k] * np.float32(-QUANTUM) for k in _LOGS}
        return cls(
            syllables=syllables,
            pairs=_rows(_joined(data["seconds_of"]), _joined(data["second"]), len(syllables)),
            triples=_rows(_joined(data["thirds_of"]), _joined(data["third"]), len(syllables)),
            **logs,
        )

    def save(self, path: Path) -> None:
        """Write it, small and the same each time."""
        size = len(self.syllables)
        packed = {k: _bytes_of(getattr(self, k)) for k in _LOGS}
        np.savez_compressed(
            path,
            allow_pickle=False,
            syllables=np.frombuffer("\n".join(self.syllables).encode(), np.uint8),
            seconds_of=_planes(np.bincount(self.pairs // size, minlength=size)),
            second=_planes(self.pairs % size),
            thirds_of=_planes(np.bincount(self.triples // size, minlength=len(self.pairs))),
            third=_planes(self.triples % size),
            **packed,
        )

    def after_one(self, first: Ints, second: Ints) -> tuple[Floats, Ints]:
        """log P(second | first), and where the pair stands (-1: it was not counted)."""
        place = find(self.pairs, first * len(self.syllables) + second)
        return np.where(place >= 0, self.two[place], self.back[first] + self.one[second]), place

    def after_two(self, place: Ints, third: Ints) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """log P(third | a counted pair), and whether the triple was counted at all."""
        found = find(self.triples, place * len(self.syllables) + third)
        return self.three[found], found >= 0

    def score(self, ids: list[int]) -> float:
        """log P of a sequence."""
        return float(_steps(self, np.array([[BREAK], [BREAK], *([i] for i in ids)])).sum())


_LOGS = ("one", "back", "two", "pair_back", "three")


def find(keys: Ints, wanted: Ints) -> Ints:
    """Where each wanted number stands in the sorted keys; -1 where it does not."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Ints = np.where(keys[place] == wanted, place, -1)
    return found


def _planes(numbers: Ints) -> npt.NDArray[np.uint8]:
    """Low bytes, then high bytes: compresses better than the numbers as they are."""
    octets: npt.NDArray[np.uint8] = numbers.astype("<u2").view(np.uint8)
    planes: npt.NDArray[np.uint8] = octets.reshape(-1, 2).T.copy()
    return planes


def _joined(planes: npt.NDArray[np.uint8]) -> Ints:
    low, high = planes.astype(np.int64)
    numbers: Ints = low + 256 * high
    return numbers


def _rows(lengths: Ints, columns: Ints, size: int) -> Ints:
    keys: Ints = np.repeat(np.arange(len(lengths)), lengths) * size + columns
    return keys


def _bytes_of(logs: Floats) -> npt.NDArray[np.uint8]:
    steps: npt.NDArray[np.uint8] = np.clip(np.rint(logs / -QUANTUM), 0, 255).astype(np.uint8)
    return steps


def _steps(model: Trigrams, options: Ints) -> Floats:
    """log P(third | first, second) for all choices; options is positions by choices, -1 is none."""
    n, k = options.shape
    valid = options >= 0
    pair_ok = valid[:-1, :, None] & valid[1:, None, :]
    at, i, j = np.nonzero(pair_ok)
    two = np.full((n - 1, k, k), _NEVER, np.float32)
    place = np.full((n - 1, k, k), -1)
    two[at, i, j], place[at, i, j] = model.after_one(options[at, i], options[at + 1, j])
    back = np.where(place >= 0, model.pair_back[place], np.float32(0))
    steps = back[:-1, :, :, None] + two[1:, None, :, :]
    at, i, j, h = np.nonzero((place[:-1] >= 0)[..., None] & valid[2:, None, None, :])
    three, counted = model.after_two(place[at, i, j], options[at + 2, h])
    steps[at[counted], i[counted], j[counted], h[counted]] = three[counted]
    return steps


def _best_path(model: Trigrams, choices: list[list[int]]) -> list[int]:
    """The likeliest sequence that takes one of the choices at each position (Viterbi)."""
    options = np.full((len(choices) + 2, max(map(len, choices))), -1)
    options[:2, 0] = BREAK
    for row, ids in enumerate(choices, 2):
        options[row, : len(ids)] = ids
    total = np.full((options.shape[1],) * 2, _NEVER, np.float32)
    total[0, 0] = 0
    came_from = []
    for step in _steps(model, options):
        reached = total[:, :, None] + step
        came_from.append(reached.argmax(axis=0))
        total = reached.max(axis=0)
    i, j = (int(x) for x in np.unravel_index(total.argmax(), total.shape))
    path = []
    for ids, best in zip(reversed(choices), reversed(came_from), strict=True):
        path.append(ids[j])
        i, j = int(best[i, j]), i
    return path[::-1]


class Restorer:
    """Puts diacritics where they were left out, and changes nothing else."""

    def __init__(self, model: Trigrams) -> None:
        self._model = model

    @classmethod
    def load(cls, path: Path = MODEL) -> Self:
        """The restorer that is packaged with the project, or another one."""
        return cls(Trigrams.load(path))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {syllable: i for i, syllable in enumerate(self._model.syllables)}

    @cached_property
    def _readings(self) -> dict[str, list[int]]:
        """What each bare spelling may stand for, likeliest first."""
        found: dict[str, list[int]] = {}
        for i in np.argsort(-self._model.one, kind="stable").tolist():
            if i >= len(SPECIAL):
                found.setdefault(fold(self._model.syllables[i]), []).append(i)
        return {bare: ids[:READINGS] for bare, ids in found.items()}

    def restore(self, text: str) -> str:
        """The text with its missing diacritics; marked syllables, codes and links stay."""
        text = unicodedata.normalize("NFC", text)
        pieces = list(_PIECE.finditer(text))
        if len(pieces) > LONGEST:
            return text
        words = [p["word"] or "" for p in pieces]
        ratio = diacritic_ratio(text)
        missing = [
            self._lacks_marks(words, i) and not (ratio >= BARE_BELOW and self._is_name(pieces, i))
            for i in range(len(words))
        ]
        if not any(missing) or self._foreign(words):
            return text
        choices = [self._choices(p, m) for p, m in zip(pieces, missing, strict=True)]
        path = _best_path(self._model, choices)
        if ratio >= BARE_BELOW:
            missing = self._unbelievable(path, words, missing, ratio)
        out, end = [], 0
        for piece, lacking, i in zip(pieces, missing, path, strict=True):
            if lacking:
                out += [text[end : piece.start()], _cased(self._model.syllables[i], piece[0])]
                end = piece.end()
        return "".join(out) + text[end:]

    def _lacks_marks(self, words: list[str], i: int) -> bool:
        """Whether marks may be missing: some reading has them and it is no acronym."""
        word = words[i]
        if not word or is_marked(word) or _acronym(words, i):
            return False
        readings = self._readings.get(word.lower(), ())
        return any(self._model.syllables[r] != word.lower() for r in readings)

    def _foreign(self, words: list[str]) -> bool:
        known = [is_marked(word) or word.lower() in self._readings for word in words if word]
        return sum(known) < VIETNAMESE * len(known)

    def _choices(self, piece: re.Match[str], missing: bool) -> list[int]:
        if missing:
            return self._readings[piece[0].lower()]
        if piece["word"]:
            return [self._ids.get(tone_style(piece[0].lower()), UNKNOWN)]
        return [BREAK if piece["stop"] else NUMBER if piece[0][0].isdigit() else UNKNOWN]

    def _is_name(self, pieces: list[re.Match[str]], i: int) -> bool:
        """A capital inside a clause of somewhat marked text: "chị Hoa", "quê Nam Cao"."""
        word = pieces[i]["word"]
        inside = i > 0 and not pieces[i - 1]["stop"]
        return inside and word.istitle() and word.lower() in self._ids

    def _unbelievable(
        self, path: list[int], words: list[str], missing: list[bool], ratio: float
    ) -> list[bool]:
        """Where the text is marked elsewhere: the bare runs that make no sense as they stand."""
        shortest = 2 if ratio >= WELL_MARKED else 1
        needed = ABSURD if ratio >= HALF_MARKED else DOUBTFUL
        kept = list(missing)
        for lacking, group in groupby(range(len(words)), key=lambda i: missing[i]):
            run = list(group)
            if lacking and (len(run) < shortest or self._gain(path, words, run) <= needed):
                kept[run[0] : run[-1] + 1] = [False] * len(run)
        return kept

    def _gain(self, path: list[int], words: list[str], run: list[int]) -> float:
        """How many nats likelier the run is with its marks than as it was typed."""
        as_typed = [self._ids.get(words[i].lower()) for i in run]
        if None in as_typed:  # "duoc": no such syllable
            return 0 if len(run) == 1 and is_english(words[run[0]]) else np.inf
        before, after = path[max(0, run[0] - 2) : run[0]], path[run[-1] + 1 : run[-1] + 3]
        typed = [i for i in as_typed if i is not None]
        restored = [path[i] for i in run]
        score = self._model.score
        return score(before + restored + after) - score(before + typed + after)


def _acronym(words: list[str], i: int) -> bool:
    """Up to three capitals alone among other words: "CA", "VAT"."""
    if not words[i].isupper() or len(words[i]) > 3:
        return False
    near = [w for w in (*words[max(0, i - 1) : i], *words[i + 1 : i + 2]) if len(w) > 1]
    return bool(near) and not any(w.isupper() for w in near)


def _cased(syllable: str, typed: str) -> str:
    if typed.islower():
        return syllable
    pairs = zip(syllable, typed, strict=True)
    return "".join(new.upper() if old.isupper() else new for new, old in pairs)
