"""Every name of a place, as people write it: which units bear it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from knowledge.places import PROVINCES, Commune, FormerUnit
from knowledge.places.units import COMMUNE_KINDS, DISTRICT_KINDS, former_units, units
from knowledge.wording import fold
from retrieval.text import tokens

LONGEST = 6
"""Words of the longest names: "Văn Miếu - Quốc Tử Giám" has five."""

_KINDS = {
    "xã": "xã xa x",
    "phường": "phường phuong p f",
    "thị trấn": "thị_trấn thi_tran tt",
    "đặc khu": "đặc_khu dac_khu",
    "huyện": "huyện huyen h",
    "quận": "quận quan q",
    "thị xã": "thị_xã thi_xa tx",
    "thành phố": "thành_phố thanh_pho tp",
    "tỉnh": "tỉnh tinh",
}
_KIND_OF = {tuple(way.split("_")): kind for kind, ways in _KINDS.items() for way in ways.split()}
_OTHER_WORDS = {"quan": ("co", "cơ"), "phuong": ("dia", "địa"), "tinh": ("gioi", "giới")}
"""Words of which a kind typed bare is the second syllable: "co quan", "dia phuong"."""

_OTHER_NAMES = {
    "tphcm": "ho-chi-minh",
    "hcm": "ho-chi-minh",
    "hồ chí minh": "ho-chi-minh",
    "sài gòn": "ho-chi-minh",
    "sg": "ho-chi-minh",
    "vũng tàu": "ho-chi-minh",
    "brvt": "ho-chi-minh",
    "hn": "ha-noi",
    "hà tây": "ha-noi",
    "đăk lăk": "dak-lak",
    "daklak": "dak-lak",
    "đaklak": "dak-lak",
    "đăk nông": "lam-dong",
    "kontum": "quang-ngai",
    "bắc cạn": "thai-nguyen",
}
"""What people call provinces beside their names; Hà Tây was merged into Hà Nội in 2008."""
_JOINED = {"2": "Thủ Đức", "9": "Thủ Đức"}
"""Numbered quận of Hồ Chí Minh that were merged earlier (1111/NQ-UBTVQH14, 1 January 2021)."""


@dataclass(frozen=True)
class NamedProvince:
    """A province by one of its names."""

    id: str
    former: str | None = None
    """The former province the name belongs to, if it is not today's."""


Unit = NamedProvince | Commune | FormerUnit


def kind_at(words: Sequence[str], first: int) -> tuple[str, int] | None:
    """The kind of unit named at a word ("tx" is "thị xã") and how many words it takes."""
    for length in (2, 1):
        kind = _KIND_OF.get(tuple(words[first : first + length]))
        before = words[first - 1] if first else ""
        if kind and before not in _OTHER_WORDS.get(words[first], ()):
            return kind, length
    return None


def level_of(kind: str) -> int:
    """1 for a commune's kind, 2 for a district's, 3 for "tỉnh"."""
    return 1 if kind in COMMUNE_KINDS else 2 if kind in DISTRICT_KINDS else 3


def names_at(words: Sequence[str], first: int) -> Iterator[tuple[int, tuple[Unit, ...]]]:
    """(words of the name, units so called) for each name that begins at a word, longest first.

    A name has all its marks or none of them: "hai phòng" is not Hải Phòng.
    """
    index, longest = _index()
    bare_words = [_fold(word) for word in words[first : first + LONGEST]]
    for length in range(longest.get(bare_words[0], 0) if bare_words else 0, 0, -1):
        bare = " ".join(bare_words[:length])
        said = " ".join(words[first : first + length])
        found = tuple(unit for name, unit in index.get(bare, ()) if said in (name, bare))
        if found and length <= len(bare_words):
            yield length, found


def names_before(words: Sequence[str], end: int) -> Iterator[tuple[int, tuple[Unit, ...]]]:
    """The same for the names that end right before a word."""
    for length in range(min(LONGEST, end), 0, -1):
        for found, named in names_at(words[:end], end - length):
            if found == length:
                yield length, named


_fold = lru_cache(maxsize=20_000)(fold)


@cache
def _index() -> tuple[dict[str, list[tuple[str, Unit]]], dict[str, int]]:
    """(name in lower case, unit) by the name without its marks; words of the longest name by its
    first word."""
    index: dict[str, list[tuple[str, Unit]]] = {}

    def add(name: str, unit: Unit) -> None:
        name = " ".join(tokens(name))
        index.setdefault(fold(name), []).append((name, unit))

    for province in PROVINCES.values():
        add(province.name, NamedProvince(province.id))
        for former in province.former:
            add(former, NamedProvince(province.id, former))
    for name, province_id in _OTHER_NAMES.items():
        add(name, NamedProvince(province_id))
    for unit in units():
        add(unit.bare_name, unit)
    joined = {unit.bare_name: unit for unit in former_units() if unit.bare_name == "Thủ Đức"}
    for name, into in _JOINED.items():
        add(name, joined[into])
    longest: dict[str, int] = {}
    for bare in index:
        first, *others = bare.split()
        longest[first] = max(longest.get(first, 0), 1 + len(others))
    return index, longest
