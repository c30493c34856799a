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
import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.decide import kept_writer
from bench.published import FORMS, known
from bot.draft import Known
from knowledge.load import load
from knowledge.passages import passages
from knowledge.wording import fold
from retrieval.evaluate import Labelled, Tally, evaluate, read_questions, tallies
from retrieval.slips import Slips
from retrieval.text import (
    clean,
    diacritic_ratio,
    expand,
    is_bare_syllable,
    is_syllable,
    split_tone,
    telex,
    token_spans,
    tokens,
    tone_style,
)

FRESH = Path(__file__).parent / "questions" / "fresh.yaml"
LEVELS = (0.0, 0.1, 0.2, 0.4)
CONTEXTS = 2
"""Questions in which a misspelt word is tried, at most."""

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


# --- the dictionaries ----------------------------------------------------------------------


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


# --- errors made from words ----------------------------------------------------------------

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
    """A letter dropped, doubled or swapped with the next, or hỏi and ngã confused."""
    at = rng.randrange(len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    forms = [word[:at] + word[at + 1 :], word[: at + 1] + word[at:], swapped]
    return rng.choice([*forms, word.translate(_HOI_NGA)])


_HOI_NGA = str.maketrans("ảẩẳẻểỉỏổởủửỷãẫẵẽễĩõỗỡũữỹ", "ãẫẵẽễĩõỗỡũữỹảẩẳẻểỉỏổởủửỷ")


# --- the tables ----------------------------------------------------------------------------

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


def token_table(slips: Iterable[Slip], texts: Sequence[str], read: Reader, listed: str) -> Table:
    """The first table; prints what stays wrong of the class `listed`."""
    where: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for text in texts:
        for right, start, end in _phrases(text):
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


def _phrases(text: str) -> Iterator[tuple[str, int, int]]:
    """Every run of one to four words with where it stands."""
    spans = token_spans(text)
    for i in range(len(spans)):
        for j in range(i, min(i + 4, len(spans))):
            if j > i and spans[j][1] != spans[j - 1][2] + 1:
                break
            yield " ".join(w for w, _, _ in spans[i : j + 1]), spans[i][1], spans[j][2]


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


# --- noise for search ----------------------------------------------------------------------


def shares(folder: Path) -> dict[str, float]:
    """How often each class was counted in real chats."""
    lines = (folder / "typo_tokens_17_6.tsv").read_text("utf-8").splitlines()[1:]
    counts = Counter(LABELS[line.split("\t")[0]] for line in lines)
    return {kind: n / counts.total() for kind, n in counts.items()}


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
            spans = list(_phrases(text))
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


if __name__ == "__main__":
    main()
