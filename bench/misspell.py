"""Misspells words: in every order of keys of an input method, or as real chats do, by chance."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from bench.spelling import (
    BARE,
    JOINED,
    NEAR,
    OTHER,
    TELEX,
    TELEX_MADE,
    TELEX_PART,
    VNI,
    Slip,
)
from knowledge.wording import fold
from retrieval.evaluate import Labelled
from retrieval.text import clean, is_syllable, split_tone, token_spans, tokens, tone_style

_TONE_KEYS = dict(zip("\u0301\u0300\u0309\u0303\u0323", range(5), strict=True))
_TELEX_TONES, _VNI_TONES = "sfrxj", "12345"
_TELEX_SHAPES = {"â": "aa", "ê": "ee", "ô": "oo", "ă": "aw", "ơ": "ow", "ư": "uw", "đ": "dd"}
_VNI_SHAPES = {"â": "a6", "ê": "e6", "ô": "o6", "ă": "a8", "ơ": "o7", "ư": "u7", "đ": "d9"}


def telex_orders(word: str) -> set[str]:
    """Every order of keys in which Telex users type a syllable."""
    return _orders(word, _TELEX_SHAPES, _TELEX_TONES)


def vni_orders(word: str) -> set[str]:
    """The same with VNI's figures."""
    return _orders(word, _VNI_SHAPES, _VNI_TONES)


def _orders(word: str, shapes: dict[str, str], tones: str) -> set[str]:
    """Shape keys behind their letter or at the end; the tone behind a vowel or at the end."""
    base, tone = split_tone(word)
    key = tones[_TONE_KEYS[tone]] if tone else ""
    at_once = "".join(shapes.get(c, c) for c in base)
    late = [shapes.get(c, c) for c in base]
    later = "".join(p[0] for p in late) + "".join(dict.fromkeys(p[1] for p in late if p[1:]))
    bodies = {at_once, later}
    if "ươ" in base:
        bodies |= {b.replace("uwow", "uow").replace("u7o7", "uo7") for b in bodies}
    if not key:
        return bodies - {word}
    inner = {
        body[: m.end()] + key + body[m.end() :]
        for body in bodies
        for m in re.finditer(r"[aeiouy][aeiouyw678]*", body)
    }
    return {body + key for body in bodies} | inner


def one_key_left(word: str) -> set[str]:
    """The syllable with its tone, or one shape, still as a key: "nhâpj", "dđươcj"."""
    base, tone = split_tone(word)
    made = {base + _TELEX_TONES[_TONE_KEYS[tone]]} if tone and base != fold(base) else set()
    for letter, keys in _TELEX_SHAPES.items():
        if letter in base and letter != "đ":
            made.add(tone_style(word).replace(letter, keys))
    return {form for form in made if form != word and not is_syllable(form)}


_NEAR = {
    letter: near
    for letter, _, near in (pair.partition(":") for pair in re.findall(r"\S+", """
        a:qwsz b:vghn c:xdfv d:serfcx e:wrds f:drtgvc g:ftyhbv h:gyujnb i:uokj j:huikmn k:jiolm
        l:kop m:njk n:bhjm o:ipl p:ol q:was r:etdf s:awedzx t:rygf u:yijh v:cfgb w:qesa x:zsdc
        y:tuhg z:asx"""))
}  # fmt: skip
"""The keys around each key."""


def near_key(word: str, rng: random.Random) -> str:
    """One letter replaced by a neighbour on the keyboard, its mark lost."""
    at = rng.randrange(len(word))
    return word[:at] + rng.choice(_NEAR.get(fold(word[at]), word[at])) + word[at + 1 :]


def other_slip(word: str, rng: random.Random) -> str:
    """A letter dropped, doubled or swapped with the next, or hỏi and ngã confused. A word of one
    letter is doubled."""
    if len(word) == 1:
        return word * 2
    at = rng.randrange(len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    forms = [word[:at] + word[at + 1 :], word[: at + 1] + word[at:], swapped]
    return rng.choice([*forms, word.translate(_HOI_NGA)])


_HOI_NGA = str.maketrans("ảẩẳẻểỉỏổởủửỷãẫẵẽễĩõỗỡũữỹ", "ãẫẵẽễĩõỗỡũữỹảẩẳẻểỉỏổởủửỷ")


def made_slips(texts: Sequence[str], words: int = 60) -> list[Slip]:
    """Leftovers of input methods and joined words, made from frequent words of the questions."""
    counts = Counter(w for text in texts for w in tokens(text) if is_syllable(w) and fold(w) != w)
    made = []
    for word, _ in counts.most_common(words):
        right = frozenset([word])
        made += [Slip(keys, right, TELEX_MADE) for keys in sorted(telex_orders(word))]
        made += [Slip(keys, right, TELEX_PART) for keys in sorted(one_key_left(word))]
        made += [Slip(keys, right, VNI) for keys in sorted(vni_orders(word))]
    pairs = Counter(p for text in texts for p in _pairs(text))
    for (first, second), _ in pairs.most_common(words):
        right = frozenset([f"{first} {second}"])
        made.append(Slip(first + second, right, JOINED + ", made"))
        made.append(Slip(fold(first + second), right, JOINED + ", made, bare"))
    return made


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    spans = token_spans(text)
    for (first, _, end), (second, start, _) in pairwise(spans):
        if start == end + 1 and is_syllable(first) and is_syllable(second):
            yield first, second


def phrases(text: str) -> Iterator[tuple[str, int, int]]:
    """Every run of one to four words with where it stands."""
    spans = token_spans(text)
    for i in range(len(spans)):
        for j in range(i, min(i + 4, len(spans))):
            if j > i and spans[j][1] != spans[j - 1][2] + 1:
                break
            yield " ".join(w for w, _, _ in spans[i : j + 1]), spans[i][1], spans[j][2]


class Noise:
    """Misspells words of questions, the same ones each time it is asked."""

    def __init__(self, slips: Iterable[Slip], shares: dict[str, float]) -> None:
        self._shares = shares
        self._forms: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._counts: Counter[str] = Counter()
        for slip in slips:
            for right in slip.right:
                kind = slip.kind if slip.kind in shares else OTHER
                self._forms[kind][right].append(slip.wrong)

    def over(self, questions: Iterable[Labelled], level: float) -> tuple[list[Labelled], float]:
        """The questions with that share of their words misspelt, and the share that became so."""
        noisy, changed, words = [], 0, 0
        for question in questions:
            rng = random.Random(f"{question.id} {level}")
            text = clean(question.text)
            goal = level * len(tokens(text))
            done = goal - rng.random()  # the fraction by chance
            spans = list(phrases(text))
            free = set(range(len(text)))
            edits: list[tuple[int, int, str]] = []
            for _ in range(200):
                if sum(len(text[s:e].split()) for s, e, _ in edits) >= done or not spans:
                    break
                kind = rng.choices([*self._shares], [*self._shares.values()])[0]
                options = [p for p in spans if free.issuperset(range(p[1], p[2]))]
                options = [p for p in options if self._can(kind, p[0])]
                if not options:
                    continue
                right, start, end = rng.choice(options)
                wrong = self._misspelt(kind, right, rng)
                if wrong != right:
                    edits.append((start, end, wrong))
                    free.difference_update(range(start, end))
                    self._counts[kind] += len(right.split())
            changed += sum(len(text[s:e].split()) for s, e, _ in edits)
            words += len(tokens(text))
            for start, end, wrong in sorted(edits, reverse=True):
                text = text[:start] + wrong + text[end:]
            noisy.append(question.model_copy(update={"text": text}))
        return noisy, changed / words

    def classes(self) -> str:
        """Shares of the classes over all that was misspelt."""
        total = self._counts.total()
        return ", ".join(f"{kind} {n / total:.0%}" for kind, n in self._counts.most_common())

    def _can(self, kind: str, right: str) -> bool:
        if right in self._forms[kind]:
            return True
        one_word = is_syllable(right) and len(right) > 2
        if kind == BARE:
            return one_word and fold(right) != right
        if kind == TELEX:
            return one_word and fold(right) != right
        return kind in (NEAR, OTHER) and one_word

    def _misspelt(self, kind: str, right: str, rng: random.Random) -> str:
        forms = self._forms[kind].get(right, [])
        if kind == BARE:
            return fold(right)
        if kind == TELEX:
            return rng.choice(sorted(telex_orders(right) | one_key_left(right)))
        if forms and (kind not in (NEAR, OTHER) or rng.random() < 0.5):
            return rng.choice(forms)
        return near_key(right, rng) if kind == NEAR else other_slip(right, rng)
