"""The addresses in a text: names of provinces, districts and communes that stand together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.place.gazetteer import NamedProvince, Unit, kind_at, level_of, names_at, names_before
from knowledge.places import PROVINCES, Commune, FormerUnit
from knowledge.places.units import URBAN_KINDS
from retrieval.text import token_spans

HERE = frozenset(["ở", "o", "tại", "tai", "ngay"])
"""What stands before the place that counts: "quê Nam Định, đang ở Hà Nội"."""
_LINKS = frozenset(["thuộc", "thuoc", "của", "cua"]) | HERE
"""Words that may stand between two parts of one address."""
_GLUED = re.compile(r"([qpf])(\d{1,2})")
_SHORT = frozenset(["x", "p", "f", "tt", "h", "q"])
"""Kinds so short that the name must be of exactly that kind."""
_STOP = re.compile(r"[.?!;\n]\s|[?!\n]")
_DANGLING = re.compile(rf"(\s+({'|'.join(sorted(_LINKS))}))+[\s.,?!]*$", re.IGNORECASE)
_AT = ("ở", "o", "tại", "tai")
_APART = re.compile(r"[,/-]")


@dataclass(frozen=True)
class Mention:
    """Units of one name and level, from one word to before another."""

    first: int
    end: int
    level: int
    """1 for communes, 2 for districts, 3 for provinces."""
    units: tuple[Unit, ...]
    name: str
    """As it was said, in lower case."""
    kind: str | None = None
    """The kind said before the name, if any."""


Address = tuple[Mention, ...]


class Words:
    """A cleaned text as words, and what stands between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = token_spans(text)
        self.list = [word for word, _, _ in self.spans]

    def gap(self, number: int) -> str:
        """What stands in the text right before a word."""
        return self.text[self.spans[number - 1][2] : self.spans[number][1]] if number else ""

    def without(self, mentions: Sequence[Mention]) -> str:
        """The text with the mentions cut out, and each "ở" that leads to one."""
        text = self.text
        for mention in sorted(mentions, key=lambda m: -m.first):
            first = mention.first
            # "tinh" without its mark is also read as "tính".
            if mention.level == 3 and first and self.list[first - 1] in ("tinh", "tính"):
                first -= 1
            if first and self.list[first - 1] in _AT:
                first -= 1
            start, end = self.spans[first][1], self.spans[mention.end - 1][2]
            text = f"{text[:start]} {text[end:]}"
        return _DANGLING.sub("", text)


def addresses(words: Words, with_kind: bool = False) -> list[Address]:
    """The addresses of a text in order, each from its first word to its last.

    `with_kind`: only names whose kind is said ("huyen dan phuong"), for text typed without marks.
    """
    found = list(_with_kind(words.list))
    if with_kind:
        ends = {mention.end for mention in found}
        found += [m for m in _provinces(words.list, _taken(found)) if m.first in ends]
    else:
        found += _provinces(words.list, _taken(found))
        found += _cities(words.list, _taken(found))
        for mention in sorted(found, key=lambda m: -m.first):
            found += _before(words, mention, found)
    return _together(words, sorted(found, key=lambda m: m.first))


def without_places(text: str) -> str:
    """A text without the places it names."""
    words = Words(text)
    return words.without([mention for address in addresses(words) for mention in address])


def is_doubtful(address: Address, with_kind: bool) -> bool:
    """Whether a name may be ordinary words, as nothing beside it says that it is a place.

    "xã thanh toán", "phường cho biết"; without marks also "uy ban phuong la gi".
    """
    mention = address[0]
    if len(address) > 1 or mention.level == 3:
        return False
    short = " " not in mention.name and not mention.name.isdigit()
    town = mention.kind in ("thành phố", "thị xã")
    return (short and not town) or (with_kind and mention.level == 1)


def whole_name(words: Sequence[str], first: int, end: int) -> tuple[Unit, ...]:
    """The units whose name is all of these words."""
    for length, units in names_at(words[:end], first):
        if length == end - first:
            return units
    return ()


def of_level(level: int) -> Callable[[Unit], bool]:
    """Whether a unit is on a level."""

    def fits(unit: Unit) -> bool:
        if isinstance(unit, NamedProvince):
            return level == 3
        return level == (1 if isinstance(unit, Commune) or unit.district else 2)

    return fits


def is_city(province_id: str) -> bool:
    """Whether a province of today is a city."""
    return PROVINCES[province_id].full_name.lower().startswith("thành phố")


def _with_kind(words: list[str]) -> Iterator[Mention]:
    first = 0
    while first < len(words):
        mention = _kind_and_name(words, first)
        if mention:
            yield mention
        first = mention.end if mention else first + 1


def _kind_and_name(words: list[str], first: int) -> Mention | None:
    if glued := _GLUED.fullmatch(words[first]):
        apart = [*words[:first], glued[1], glued[2], *words[first + 1 :]]
        mention = _kind_and_name(apart, first)
        if mention and mention.end == first + 2:
            return replace(mention, end=first + 1)
        return None
    said = kind_at(words, first)
    if said is None:
        return None
    kind, length = said
    for name_length, units in names_at(words, first + length):
        fitting = _of_kind(kind, units, exactly=words[first] in _SHORT)
        if fitting:
            end = first + length + name_length
            level = 3 if isinstance(fitting[0], NamedProvince) else level_of(kind)
            return Mention(first, end, level, fitting, _said(words, first + length, end), kind)
    return None


def _of_kind(kind: str, units: tuple[Unit, ...], exactly: bool) -> tuple[Unit, ...]:
    """The units that may be meant by a kind and their name."""
    if kind == "thành phố":
        cities = tuple(u for u in units if isinstance(u, NamedProvince) and is_city(u.id))
        if cities and not any(city.former for city in cities):
            return cities
    found = tuple(filter(of_level(level_of(kind)), units))
    if exactly:
        found = tuple(u for u in found if not isinstance(u, NamedProvince) and u.kind == kind)
    return found


def _provinces(words: list[str], taken: set[int]) -> Iterator[Mention]:
    """Provinces by their bare names; a longer name goes before a shorter one."""
    first = 0
    while first < len(words):
        for length, units in names_at(words, first):
            found = tuple(filter(of_level(3), units))
            if found and taken.isdisjoint(range(first, first + length)):
                end = first + length
                yield Mention(first, end, 3, found, _said(words, first, end))
                first += length - 1
                break
        first += 1


def _cities(words: list[str], taken: set[int]) -> Iterator[Mention]:
    """Quận, thị xã and cities by their bare names after "ở": "ở Biên Hòa"."""
    for first in range(1, len(words)):
        if words[first - 1] not in HERE or first in taken:
            continue
        for length, units in names_at(words, first):
            found = tuple(u for u in filter(of_level(2), units) if _kind(u) in URBAN_KINDS)
            if found and length > 1 and taken.isdisjoint(range(first, first + length)):
                end = first + length
                yield Mention(first, end, 2, found, _said(words, first, end))
                break


def _said(words: list[str], first: int, end: int) -> str:
    return " ".join(words[first:end])


def _kind(unit: Unit) -> str:
    return "" if isinstance(unit, NamedProvince) else unit.kind


def _before(words: Words, mention: Mention, found: list[Mention]) -> Iterator[Mention]:
    """Bare names right before a unit that lie in it: "Tân Lập, Đan Phượng, Hà Nội".

    A district may stand there without a comma ("Hà Đông Hà Nội"), a commune not.
    """
    taken = _taken(found)
    while mention.level > 1:
        end = mention.first - (words.list[mention.first - 1 : mention.first] == ["thuộc"])
        if end < 1 or _STOP.search(words.gap(mention.first)):
            return
        apart = end < mention.first or bool(_APART.search(words.gap(mention.first)))
        inner = _inner(words.list, end, mention, apart)
        if inner is None or not taken.isdisjoint(range(inner.first, inner.end)):
            return
        yield inner
        mention = inner


def _inner(words: list[str], end: int, outer: Mention, apart: bool) -> Mention | None:
    for length, units in names_before(words, end):
        for level in (2, 1) if apart else (2,):
            inside = tuple(u for u in filter(of_level(level), units) if lies_in(u, outer.units))
            if level < outer.level and inside:
                return Mention(end - length, end, level, inside, _said(words, end - length, end))
    return None


def lies_in(unit: Unit, areas: Sequence[Unit]) -> bool:
    """Whether a commune or district lies in one of these provinces or districts."""
    if isinstance(unit, NamedProvince):
        return False
    for area in areas:
        if isinstance(area, NamedProvince):
            if unit.province_id == area.id:
                return True
        elif isinstance(area, FormerUnit) and (
            unit in area.communes if isinstance(unit, Commune) else unit.district is area
        ):
            return True
    return False


def _taken(mentions: Sequence[Mention]) -> set[int]:
    return {number for m in mentions for number in range(m.first, m.end)}


def _together(words: Words, mentions: list[Mention]) -> list[Address]:
    """Mentions that stand side by side, from the smaller unit to the larger or back."""
    found: list[list[Mention]] = []
    for mention in mentions:
        before = found[-1][-1] if found else None
        if before is not None and _joined(words, before, mention):
            found[-1].append(mention)
        else:
            found.append([mention])
    return [tuple(address) for address in found]


def _joined(words: Words, before: Mention, after: Mention) -> bool:
    between = words.list[before.end : after.first]
    if len(between) > 1 or not _LINKS.issuperset(between) or before.level == after.level:
        return False
    return not any(_STOP.search(words.gap(n)) for n in range(before.end, after.first + 1))
