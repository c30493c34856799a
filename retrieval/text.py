"""Text as people type it, made comparable: cleaning, folding, tokens, chat spelling, Telex."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from knowledge.wording import fold

SPELLINGS = Path(__file__).parent / "data" / "spellings.yaml"

BARE_BELOW = 0.2
"""Below this share of marked syllables a text counts as typed without marks (normal: 0.7-0.9)."""

PROTECTED = re.compile(
    r"https?://\S+|www\.\S+|(?<![\w.+-])[\w.+-]{1,64}@\S+"  # links, e-mails
    r"|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:vn|com|net|org|gov|edu|info|io)\b(?:/\S*)?"
    r"|(?<!\w)(?:"
    r"\w*\d\w*(?:[./-]\w*\d\w*|[/-]\w+)*"  # numbers and codes: 1.001193, 03/2026/nđ-cp, ct07
    r"|\w+(?:[/-]\w+)+"  # tt-btp, e-mail, n/a
    r"|\w*_\w*)"
    r"|[@#]\w+"
)
"""What no spelling rule and no diacritic restorer may touch."""

# --- cleaning ------------------------------------------------------------------------------

_NEWLINES = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63], "-")
_DOUBLE_QUOTES = dict.fromkeys(map(ord, "“”„‟«»″"), '"')
_SINGLE_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′´"), "'")
_ETH = {0xD0: "Đ", 0xF0: "đ", 0x189: "Đ"}  # look-alikes some keyboards and old fonts produce
_BLANKS = dict.fromkeys([0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0])
_VARIATION = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_REPLACED: Mapping[int, str | None] = {
    **_DASHES, **_DOUBLE_QUOTES, **_SINGLE_QUOTES, **_ETH, **_BLANKS, **_VARIATION
}  # fmt: skip
_FANCY = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]+")
_LEFTOVER_MARKS = re.compile("[\u0300-\u036f]+")


def clean(text: str) -> str:
    """The same text without what cannot be seen, and with plain spaces, dashes and quotes."""
    text = _NEWLINES.sub("\n", text)
    text = "".join(c for c in text if c in "\n\t" or not _invisible(c))
    text = _FANCY.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text).translate(_REPLACED)
    text = unicodedata.normalize("NFC", text)
    text = unicodedata.normalize("NFC", _LEFTOVER_MARKS.sub("", text))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _invisible(char: str) -> bool:
    """Control, format (zero-width, bidi, tags), surrogate, private and unassigned characters."""
    return unicodedata.category(char)[0] == "C"


_TONED = "àáảãạèéẻẽẹỳýỷỹỵ"
_LATE_TONE = re.compile(
    rf"(?<![^\W\d_])([^\W\d_]*?)(o[{_TONED[:10]}]|u[{_TONED[10:]}])(?![^\W\d_])", re.IGNORECASE
)


def tone_style(text: str) -> str:
    """The tone where official texts put it: hoà → hòa, thuỷ → thủy; quý stays."""
    return _LATE_TONE.sub(_move_tone, unicodedata.normalize("NFC", text))


def _move_tone(match: re.Match[str]) -> str:
    head, first, second = match[1], match[2][0], match[2][1]
    if head.endswith(("q", "Q")):
        return match[0]
    apart = unicodedata.normalize("NFD", second)
    return head + unicodedata.normalize("NFC", first + apart[1]) + apart[0]


_TOKEN = re.compile(r"\d+(?:[.,]\d+)+(?:[/-][^\W_]+)*|\d+(?:[/-][^\W_]+)+|[^\W_]+")


def tokens(text: str) -> list[str]:
    """Lower-cased words in one tone style; "1.001193" and "03/2026/nđ-cp" stay whole."""
    return _TOKEN.findall(tone_style(text).lower())


def token_spans(text: str) -> list[tuple[str, int, int]]:
    """The tokens of a cleaned text with where each begins and ends in it."""
    return [(m[0].lower(), m.start(), m.end()) for m in _TOKEN.finditer(tone_style(text))]


# --- syllables -----------------------------------------------------------------------------

_TONES = {"f": "\u0300", "s": "\u0301", "x": "\u0303", "r": "\u0309", "j": "\u0323"}
_TONE_MARKS = frozenset(_TONES.values())
_ONSETS = re.findall(r"\w+", "ngh ng gh gi kh nh ph qu th tr ch b c d đ g h k l m n p r s t v x")
_RIMES = frozenset(
    re.findall(
        r"\w+",
        """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu y yêm yên yêt yêu
    o oa oac oach oai oam oan oang oanh oao oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi
    om on ong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya
    uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu""",
    )
)
_BARE_RIMES = frozenset(fold(rime) for rime in _RIMES)
_FRONT = tuple("eêiy")


def split_tone(word: str) -> tuple[str, str]:
    """A lower-case syllable without its tone, and the tone's combining mark ("" if level)."""
    apart = unicodedata.normalize("NFD", word)
    tone = "".join(c for c in apart if c in _TONE_MARKS)
    return unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONE_MARKS)), tone


def is_syllable(word: str) -> bool:
    """Whether a fully marked syllable follows Vietnamese spelling: "được", "thủ", not "duoc"."""
    base, tone = split_tone(word.lower())
    if len(tone) > 1 or not _fits(base, _RIMES):
        return False
    return not base.endswith(("c", "ch", "p", "t")) or tone in ("\u0301", "\u0323")


def is_bare_syllable(word: str) -> bool:
    """Whether unmarked letters can be a syllable whose marks were left out: "duoc", "thu"."""
    return _fits(word.lower(), _BARE_RIMES)


def _fits(base: str, rimes: frozenset[str]) -> bool:
    return any(rime in rimes and _spelled(onset, rime) for onset, rime in _splits(base))


def _splits(base: str) -> Iterator[tuple[str, str]]:
    yield "", base
    if base.startswith("qu"):
        yield "qu", base[1:]  # "quỳnh", "quýt": the u belongs to both
    yield from ((onset, base[len(onset) :]) for onset in _ONSETS if base.startswith(onset))


def _spelled(onset: str, rime: str) -> bool:
    """k, gh and ngh stand before e, ê, i, y only; c and ng never; q needs its u."""
    front = rime.startswith(_FRONT)
    if onset in ("k", "gh", "ngh"):
        return front
    return not (front and (onset in ("c", "ng") or (onset == "g" and not rime.startswith("i"))))


def is_marked(word: str) -> bool:
    """Whether the word carries at least one Vietnamese diacritic."""
    return fold(word) != word.lower()


_LETTERS = re.compile(r"[^\W\d_]+")


def diacritic_ratio(text: str) -> float:
    """The share of Vietnamese syllables that carry a mark; foreign words do not count."""
    words = _LETTERS.findall(PROTECTED.sub(" ", unicodedata.normalize("NFC", text)))
    marked = sum(map(is_marked, words))
    bare = sum(not is_marked(word) and is_bare_syllable(word) for word in words)
    return marked / (marked + bare) if marked + bare else 0.0


def is_bare(text: str) -> bool:
    """Whether the text has words and nearly all of them lack their diacritics."""
    return bool(_LETTERS.search(text)) and diacritic_ratio(text) < BARE_BELOW


# --- Telex left in the text ----------------------------------------------------------------

LONGEST_KEYS = 11
"""No syllable takes more keys: "nghieengj" has nine."""
_VOWELS = frozenset("aăâeêioôơuưy")
_ROUND = {"a": "â", "e": "ê", "o": "ô"}
_HORN = {"a": "ă", "o": "ơ", "u": "ư"}


def telex(word: str) -> str | None:
    """The syllable that these Telex keys spell ("dduwowjc" → "được"), or nothing."""
    if len(word) > LONGEST_KEYS:
        return None
    letters: list[str] = []
    base, tone = split_tone(word.lower())
    for key in base:
        if key in _TONES and any(c in _VOWELS for c in letters):
            if tone not in ("", _TONES[key]):
                return None
            tone = _TONES[key]
        elif not _modify(letters, key):
            letters.append(key)
    syllable = _with_tone(re.sub("ưo|uơ(?=.)", "ươ", "".join(letters)), tone)
    return syllable if syllable != word.lower() and is_syllable(syllable) else None


def _modify(letters: list[str], key: str) -> bool:
    """Apply a key that changes an earlier letter; whether it did."""
    if key == "d" and letters[:1] == ["d"]:
        letters[0] = "đ"
    elif key in _ROUND and key in letters:
        letters[_last(letters, key)] = _ROUND[key]
    elif key == "w":
        _add_horn(letters)
    else:
        return False
    return True


def _add_horn(letters: list[str]) -> None:
    plain = [c for c in letters if c in _HORN]
    if not plain:
        letters.append("ư")
    elif plain[-2:] == ["u", "a"] and letters[:1] != ["q"]:
        letters[_last(letters, "u")] = "ư"
    else:
        letters[_last(letters, plain[-1])] = _HORN[plain[-1]]


def _last(letters: list[str], letter: str) -> int:
    return len(letters) - 1 - letters[::-1].index(letter)


def _with_tone(base: str, tone: str) -> str:
    """Put the tone on the vowel that carries it in the older style: hòa, thủy, khuyến."""
    start = 2 if re.match(f"qu|gi[{''.join(_VOWELS)}]", base) else 0
    spots = [i for i, c in enumerate(base) if c in _VOWELS and i >= start]
    if not tone or not spots:
        return base
    shaped = [i for i in spots if base[i] in "ăâêôơư"]
    closed = spots[-1] < len(base) - 1
    spot = shaped[-1] if shaped else spots[-1] if closed else spots[max(0, len(spots) - 2)]
    if base[spots[0] : spots[-1] + 1] == "ưa":
        spot = spots[0]
    return unicodedata.normalize("NFC", base[: spot + 1] + tone + base[spot + 1 :])


_STRONG_TELEX = re.compile(
    r"^dd|aa|ee|oo|w|j|f$|[aeiouy]f(?=ng|nh|ch|[nmiuyo]$)|[aeiouy][sxr](?=ng|nh)|d$"
)
"""Letters that hardly any other way of writing produces: dd-, aa, w, j, an f or a tone's key
before the last consonants ("barng"), a d behind ("dungd")."""


def _strong_telex(word: str) -> bool:
    return (is_marked(word) or bool(_STRONG_TELEX.search(word))) and telex(word) is not None


# --- VNI left in the text ------------------------------------------------------------------

_VNI_WORD = re.compile(r"(?<![\w./@#:-])(?=[^\W\d_])[^\W_]{2,13}(?![\w/@-]|\.\w)")
_VNI_KEYS = str.maketrans("12345789", "sfrxjwwd")
_STRONG_VNI = re.compile(r"[^\W\d]\d[a-z]*[bcghklmnpqtv]|[aeiouy]\d\d|^d9", re.IGNORECASE)
"""Figures within a word or two together: "tho6ng", "d9ang", "ke61t"; "q5" and "kt3" are codes."""


def vni(word: str) -> str | None:
    """The syllable that these VNI keys spell ("d9u7o7c5" → "được"), or nothing."""
    word = word.lower()
    if not _VNI_ORDER.fullmatch(word):
        return None
    keys = re.sub(r"([aeo])([a-z0-9]*?)6", r"\1\1\2", word)
    return None if "6" in keys else telex(keys.translate(_VNI_KEYS))


_VNI_ORDER = re.compile(r"(?:d9|[b-df-hj-np-tvx])*[aeiouy][a-z1-9]*")


def _without_vni(text: str) -> str:
    """The text with its VNI keys as letters, if at least one word can be nothing else."""
    found = [m[0] for m in _VNI_WORD.finditer(text) if re.search(r"\d", m[0])]
    if not any(_STRONG_VNI.search(word) and vni(word) for word in found):
        return text
    return _VNI_WORD.sub(_from_vni, text)


def _from_vni(match: re.Match[str]) -> str:
    word = match[0]
    return _cased(vni(word) or word, word) if re.search(r"\d", word) else word


# --- chat spelling -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """One reading of a short form; empty conditions hold always. Words are folded."""

    to: str
    next: frozenset[str] = frozenset()
    prev: frozenset[str] = frozenset()
    unless_near: frozenset[str] = frozenset()

    def holds(self, before: list[str], after: str) -> bool:
        if self.unless_near.intersection(before):
            return False
        if not self.next and not self.prev:
            return True
        return after in self.next or before[-1] in self.prev


@dataclass(frozen=True)
class _Spellings:
    rules: dict[str, tuple[_Rule, ...]] = field(default_factory=dict)
    english: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _spellings() -> _Spellings:
    raw = yaml.safe_load(SPELLINGS.read_text("utf-8"))
    plain = {short: (_Rule(to),) for to, shorts in raw["plain"].items() for short in shorts.split()}
    bare = {fold(s): r for s, r in plain.items() if not is_bare_syllable(fold(s))}
    context = {
        short: tuple(_rule(rule) for rule in rules) for short, rules in raw["context"].items()
    }
    rules = {**bare, **plain, **context}
    return _Spellings(rules, frozenset(raw["english"].split()), frozenset(raw["known"].split()))


def _rule(raw: Mapping[str, Any]) -> _Rule:
    sets = {k: frozenset(fold(str(v)).split()) for k, v in raw.items() if k != "to"}
    return _Rule(raw["to"], **sets)


_PIECE = re.compile(rf"(?P<kept>{PROTECTED.pattern})|(?P<word>[^\W\d_]+)|(?P<stop>[.,;:!?()\n]+)")


def expand(text: str) -> str:
    """Full words for chat spelling, abbreviations, Telex and VNI keys; all else untouched."""
    text = _without_vni(unicodedata.normalize("NFC", text))
    pieces = list(_PIECE.finditer(text))
    words = [_context_word(piece) for piece in pieces]
    in_telex = any(p["word"] and _is_telex(p["word"]) for p in pieces)
    out, end = [], 0
    for i, piece in enumerate(pieces):
        out.append(text[end : piece.start()])
        alone = piece["word"] and not text.startswith(("'", ")"), piece.end())
        out.append(_respell(piece[0], words, i, in_telex) if alone else piece[0])
        end = piece.end()
    return "".join(out) + text[end:]


def _context_word(piece: re.Match[str]) -> str:
    if piece["kept"]:
        return "<number>" if piece[0][0].isdigit() else "<code>"
    return "<end>" if piece["stop"] else fold(piece[0])


def _respell(word: str, words: list[str], i: int, in_telex: bool) -> str:
    if len(word) == 1 and word.isupper() and i:
        return word  # "điểm A", "hạng B"
    before = words[max(0, i - 4) : i] or ["<end>"]
    after = words[i + 1] if i + 1 < len(words) else "<end>"
    for form in dict.fromkeys((word.lower(), _squeeze(word.lower()))):
        for rule in _spellings().rules.get(form, ()):
            if rule.holds(before, after):
                return _cased(rule.to, word)
        if form != word.lower() and (is_syllable(form) or is_bare_syllable(form)):
            return _cased(form, word)
    return _cased(telex(word) or word, word) if _is_telex(word, in_telex) else word


def is_english(word: str) -> bool:
    """Whether the word is on our short list of English words that look like Vietnamese keys."""
    return word.lower() in _spellings().english


def is_known(word: str) -> bool:
    """Whether the word is a foreign one, a name or a short form that we know."""
    lists = _spellings()
    return word in lists.known or word in lists.english or word in lists.rules


def _squeeze(word: str) -> str:
    """One letter where three or more were held down: "khônggg" → "không", "lạaaa" → "lạ"."""
    held = (list(run) for _, run in groupby(word, key=fold))
    return "".join(run[0] if len(run) > 2 else "".join(run) for run in held)


def _is_telex(word: str, in_telex: bool = False) -> bool:
    word = word.lower()
    if is_bare_syllable(word) or is_syllable(word) or is_english(word):
        return False
    return _strong_telex(word) or (in_telex and telex(word) is not None)


def _cased(new: str, old: str) -> str:
    if new == old or new == old.lower():
        return old
    return new[0].upper() + new[1:] if old[0].isupper() and not old[1:].isupper() else new
