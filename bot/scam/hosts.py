"""What the name of a web address tells: whose it may be, and whom it pretends to be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from rapidfuzz.distance import OSA

from bot.scam.links import Link
from bot.scam.lists import LISTS, Names, Official
from bot.scam.model import Finding, Kind
from knowledge.wording import fold

_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*|0x[0-9a-f]+|\d{8,10}")
_WEB_PORTS = (None, 80, 443)
_INSTALLS = re.compile(r"\.(?:apk|apks|xapk|exe|msi|ipa|mobileconfig|scr|bat)\b", re.I)
_FOREIGN_GOV = re.compile(r"\.gov(?:\.[a-z]{2})?$")
_GOV = re.compile(r"(?:^|[.-])[a-z]{0,3}gov(?:v|n|vn|vietnam)?(?=[.-]|$)|govvn")
_SUFFIX_INSIDE = re.compile(r"\.(?:(?:gov|com|edu|org|net)\.)?vn(?:-|\.(?!$))")
"""The end of a Vietnamese address, and then more: "vietcombank.com.vn-kps.top"."""
_DIGITS = str.maketrans("0134578", "oieastb")
_LONG, _LONGER = 6, 10
"""Letters from which a name may have one, or two, wrong and still be meant."""


@cache
def official(host: str) -> Official | None:
    """The entry of the list of official addresses that a host falls under."""
    return next((o for o in LISTS.official if _under(host, o.domain)), None)


def registrable(host: str) -> str:
    """The part of a host that somebody registered: "a.b.com.vn" → "b.com.vn"."""
    labels = host.split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in LISTS.second_level
    return ".".join(labels[-3:] if country else labels[-2:])


def look(link: Link) -> Iterator[Finding]:
    """What is wrong with an address, as far as its letters tell."""
    host = link.host
    if _INSTALLS.search(link.path):
        yield Finding(Kind.INSTALL_FILE, host)
    if link.user:
        yield Finding(Kind.USER_PART, host)
    if link.port not in _WEB_PORTS:
        yield Finding(Kind.PORT, host)
    if _IP.fullmatch(host):
        yield Finding(Kind.IP)
        return
    if official(host) is None:
        yield from _name(host)


def _name(host: str) -> Iterator[Finding]:
    plain = skeleton(host)
    if strange_letters(host):
        yield Finding(Kind.STRANGE_LETTERS, host)
    if registrable(plain) in LISTS.shorteners:
        yield Finding(Kind.SHORTENER, host)
        return
    if any(_under(host, domain) for domain in LISTS.known):
        if any(_under(host, domain) for domain in LISTS.free_pages):
            yield Finding(Kind.FREE_PAGE, host)
        return
    borrowed = _borrowed(plain)
    if borrowed:
        yield Finding(borrowed, host)
    elif plain != host and official(plain):  # all of it is Latin but for one letter
        yield Finding(Kind.STATE_NAME, host)
    if any(_under(host, domain) for domain in LISTS.free_pages):
        yield Finding(Kind.FREE_PAGE, host)
    if host.rpartition(".")[2] in LISTS.cheap:
        yield Finding(Kind.CHEAP_ENDING, host)
    together = re.sub(r"[.-]", "", plain)
    if any(word in together for word in LISTS.lures):
        yield Finding(Kind.LURE, host)
    if any(word in together for word in LISTS.presses):
        yield Finding(Kind.PRESS, host)


def _borrowed(plain: str) -> Kind | None:
    """Whether a host, all in Latin letters, borrows a state body's or a company's name."""
    if _SUFFIX_INSIDE.search(plain):
        return Kind.SUFFIX_INSIDE
    if _GOV.search(plain) and not _FOREIGN_GOV.search(plain):
        return Kind.GOV_WORD
    words = [word for word in re.split(r"[.-]", plain) if word]
    if _names(words, LISTS.state):
        return Kind.STATE_NAME
    name, _, suffix = registrable(plain).partition(".")
    brands = LISTS.brands
    own = suffix in brands.suffixes and name in (*brands.anywhere, *brands.exact)
    return Kind.BRAND_NAME if not own and _names(words, brands) else None


def _names(words: list[str], names: Names) -> bool:
    """Whether the words of a host hold one of the names, whole, run together or misspelt."""
    joined = "".join(words).translate(_DIGITS)
    if any(name in joined for name in names.anywhere):
        return True
    for word in words:
        written = word.translate(_DIGITS)
        shortened = re.sub(r"^[eiv](?=\w{3,4}$)|(?:vn|s)$", "", written)
        if {word, written, shortened} & set(names.exact):
            return True
        if any(_nearly(written, name) for name in names.anywhere):
            return True
        if any(_wrapped(written, name) for name in names.exact):
            return True
    return False


def _nearly(word: str, name: str) -> bool:
    """Whether a word is a name with a letter or two wrong, doubled, missing or swapped."""
    allowed = 2 if len(name) >= _LONGER else 1 if len(name) >= _LONG else 0
    return 0 < OSA.distance(word, name, score_cutoff=allowed) <= allowed


def _wrapped(word: str, name: str) -> bool:
    """Whether a short name stands at one end of a longer word with what it offers or asks."""
    rest = word.removeprefix(name) if word.startswith(name) else word.removesuffix(name)
    return rest != word and rest in _EXTRAS


_EXTRAS = frozenset(
    (*LISTS.lures, *LISTS.presses, "online", "onlines", "bank", "banking", "ebank", "digibank",
     "vip", "vietnam", "mobile", "app", "card", "the", "center", "digital", "pay", "ipay", "ibank")
)  # fmt: skip


def skeleton(host: str) -> str:
    """A host in plain Latin letters: punycode read, look-alikes of other alphabets replaced."""
    read = ".".join(map(_unicode, host.lower().split(".")))
    return fold(unicodedata.normalize("NFKC", read.translate(_CONFUSABLES)))


def strange_letters(host: str) -> bool:
    """Whether letters of other alphabets stand among Latin ones, or look like them."""
    read = ".".join(map(_unicode, host.split(".")))
    return any(ord(char) in _CONFUSABLES for char in read)


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _under(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


_CONFUSABLES = {
    ord(char): latin
    for latin, chars in LISTS.confusables.items()
    for char in chars
    if not char.isascii()
}
