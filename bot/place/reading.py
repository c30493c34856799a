"""Where a person says to be.

Precision first. A province counts by its name alone; a district or commune with its kind before it
("huyện Đan Phượng", "q7"), beside the unit it lies in ("Tân Lập, Đan Phượng, Hà Nội"), or as the
whole answer to a question of ours. What remains ambiguous is no place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.place.addresses import (
    HERE,
    Address,
    Mention,
    Words,
    addresses,
    is_doubtful,
    lies_in,
    of_level,
    whole_name,
)
from bot.place.gazetteer import NamedProvince, Unit, kind_at
from knowledge.places import PROVINCES, Commune, FormerUnit, Place
from knowledge.places.units import URBAN_KINDS as URBAN
from knowledge.wording import fold
from retrieval.search import Reading, Searcher
from retrieval.text import tokens, tone_style

_AROUND = frozenset(
    tone_style(
        """tôi toi em mình minh anh chị chi cháu chau con cô co chú chu bác bac nhà nha tui ad ạ a
        dạ da vâng vang à thì thi là la ở o tại tai thuộc thuoc đang dang sống song hiện hien nay
        giờ gio cũ cu nhé nhe đó do đây day ấy ngay bên ben khu vực vuc địa chỉ dia bạn ban của cua
        thưa thua hả ha nơi noi trước truoc kia người nguoi còn thế the sao vậy vay"""
    ).split()
)
"""Words that may stand around a place when a message says nothing else."""

_BECAME = frozenset(
    tone_style(
        """nào nao xã xa phường phuong tỉnh tinh quê que con không khong ko k sáp sap nhập nhap vào
        vao đổi doi tên ten thành gì gi đâu dau"""
    ).split()
)
"""Words that ask what has become of a place: "Bến Nghé giờ thuộc phường nào"."""

_FROM = frozenset(["khẩu", "khau", "hk", "quê", "que"])
_TURNS = frozenset(("hay", "mà", "ma", "nhưng", "nhung", "rồi", "roi", "nay", "giờ", "gio", "đang"))
"""Words after which somebody speaks of another place."""
_MOVING = frozenset(
    ["về", "ve", "ra", "vào", "vao", "đến", "den", "tới", "toi", "từ", "tu", "lên", "len", "sang"]
)
"""Before a place that is a part of what is asked: "chuyển hộ khẩu về Hà Nội"."""
_STAYING = frozenset(["trọ", "tro", "tận", "hẳn", "tạm", "nhờ", "luôn"])
_ASKS = re.compile(
    r"\?|\b(gì|gi|đâu|dau|nào|nao|mấy|may|không|khong|ko|hỏi|hoi|được|duoc|làm|lam)\b"
)


@dataclass(frozen=True)
class Named:
    """What a message says of places."""

    place: Place | None = None
    """As far as it is certain."""
    options: tuple[Commune, ...] = ()
    """The communes it may be, where the name or the old unit leaves several."""
    old: FormerUnit | None = None
    """The unit named, if it is no more."""
    rest: str = ""
    """The message without the districts and communes it names; empty if it names none."""
    subject: str = ""
    """The message without any place; empty if it names none, or one that somebody moves to."""
    alone: bool = False
    """Whether the message names a place and says nothing else."""


def read_place(reading: Reading, known: Place | None = None, asked: bool = False) -> Named:
    """The place that a message names, if any.

    `known` is where the person was before: it settles what is ambiguous. `asked`: the message
    answers our own question where they are, so that a name may stand without its kind.
    """
    found = _read(reading.text if reading.bare else reading.original, known, asked)
    if not reading.bare:
        return found
    # Lost marks are guessed well for common words and badly for names: look at what was typed too,
    # there only for names with their kind.
    near = known if asked else found.place or known
    typed = _read(reading.original, near, asked, with_kind=True)
    return typed if _certainty(typed) > _certainty(found) else found


def without_place(
    searcher: Searcher, text: str, known: Place | None = None, asked: bool = False
) -> tuple[Reading, Named]:
    """A message as search reads it, without the place that it names, and that place.

    "xã Hòa Bình" names no procedure: search and facets are better off without it. A province may be
    a part of what is meant ("Sàn giao dịch Hà Nội"), but not where a procedure is named.
    """
    reading = searcher.read(text)
    named = read_place(reading, known, asked)
    rest = named.subject if searcher.names_procedure(named.subject) else named.rest
    if re.search(r"\w", rest) and not named.alone:
        reading = replace(searcher.read(rest), bare=reading.bare)
    return reading, named


def names_a_kind(text: str) -> bool:
    """Whether a short text is "xã" or another kind of unit and a name, and asks nothing."""
    words = [word for word in tokens(text) if word not in _AROUND]
    return len(words) < 6 and bool(kind_at(words, 0)) and not _ASKS.search(text.lower())


def _certainty(named: Named) -> int:
    if named.place is None:
        return 0
    return 3 if named.place.code else 2 if named.options else 1


def _read(text: str, known: Place | None, asked: bool, with_kind: bool = False) -> Named:
    words = Words(text)
    found = addresses(words, with_kind)
    if asked and not any(mention.kind for address in found for mention in address):
        answer = _answer(words.list, known)
        if answer:
            return replace(answer, alone=True)
    resolved = list(_resolved(found, known))
    mentioned = {n for _, address in resolved for m in address for n in range(m.first, m.end)}
    alone = bool(resolved) and all(
        word in _AROUND or word in _BECAME
        for n, word in enumerate(words.list)
        if n not in mentioned
    )
    clear = [(n, address) for n, address in resolved if not is_doubtful(address, with_kind)]
    small = [m for _, address in (resolved if alone else clear) for m in address if m.level < 3]
    rest = words.without(small) if small else ""
    every = [m for _, address in (resolved if alone else clear) for m in address]
    moved = any(m.first and words.list[m.first - 1] in _MOVING for m in every)
    subject = words.without(every) if every and not moved else ""
    sure = [pair for pair in clear if pair[0].place] or (resolved if alone else [])
    if not sure:
        return Named(rest=rest, subject=subject)
    return replace(_best(sure, words.list), rest=rest, subject=subject, alone=alone)


def _answer(words: list[str], known: Place | None) -> Named | None:
    """The place if the message is one bare name, but for words around it."""
    first, end = 0, len(words)
    while first < end and words[first] in _AROUND and not whole_name(words, first, end):
        first += 1
    while first < end and words[end - 1] in _AROUND and not whole_name(words, first, end):
        end -= 1
    units = whole_name(words, first, end)
    by_level = [
        (Mention(first, end, level, found, " ".join(words[first:end])),)
        for level in (1, 2, 3)
        if (found := tuple(filter(of_level(level), units)))
    ]
    inside = [_resolve(address, known) for address in by_level if known and address[0].level < 3]
    there = [
        n for n in inside if n and n.place and known and n.place.province_id == known.province_id
    ]
    anywhere = [named for address in reversed(by_level) if (named := _resolve(address, None))]
    return next(iter((*there, *anywhere)), None)


def _best(found: list[tuple[Named, Address]], words: Sequence[str]) -> Named:
    """The last that is said to be here, or else the last; of its province the most exact."""
    ranks = [_rank(words, address[0].first) for _, address in found]
    chosen = [named for (named, _), rank in zip(found, ranks, strict=True) if rank == max(ranks)][
        -1
    ]
    province = chosen.place and chosen.place.province_id
    near = [n for n, _ in found if n.place and n.place.province_id == province]
    return max((chosen, *near), key=_certainty)


def _rank(words: Sequence[str], first: int) -> int:
    """2 for where somebody is ("đang ở trọ"), 0 for where they are from ("hộ khẩu vẫn ở")."""
    before = list(words[max(0, first - 6) : first])
    turn = max((n for n, word in enumerate(before) if word in _TURNS), default=-1)
    if _FROM.intersection(before[turn + 1 :]):
        return 0
    at = before[:-1] if before[-1:] and before[-1] in _STAYING else before
    return 2 if at and at[-1] in HERE else 1


def _resolved(found: Iterable[Address], known: Place | None) -> Iterator[tuple[Named, Address]]:
    """What each address says; one whose parts contradict each other is taken apart."""
    for address in found:
        named = _resolve(address, known)
        parts = [address] if named or len(address) == 1 else [(mention,) for mention in address]
        for part in parts:
            if named := _resolve(part, known):
                yield named, part


def _resolve(address: Address, known: Place | None) -> Named | None:
    """The place that an address says; without a place, but with options, if it is ambiguous."""
    by_level = {mention.level: mention for mention in address}
    provinces = tuple(u for u in _units(by_level, 3) if isinstance(u, NamedProvince))
    districts = _of_kind(_inside(_units(by_level, 2), provinces), by_level.get(2))
    if 2 in by_level and not districts:
        return None
    areas: tuple[Unit, ...] = districts or provinces
    if 1 in by_level:
        communes = _inside(_units(by_level, 1), areas)
        return _commune(_of_kind(communes, by_level[1]), districts, bool(areas), known)
    if districts:
        return _district(_near(districts, known))
    return Named(Place(provinces[-1].id))


def _commune(
    found: tuple[Unit, ...], districts: tuple[Unit, ...], settled: bool, known: Place | None
) -> Named | None:
    """Of communes of one name: today's before former ones, unless their old district is named."""
    if not settled:
        found = _near(found, known)
    today = tuple(unit for unit in found if isinstance(unit, Commune))
    former = tuple(unit for unit in found if isinstance(unit, FormerUnit))
    provinces = {unit.province_id for unit in today} | {unit.province_id for unit in former}
    if not found:
        return None
    if districts:
        today = () if former else today
    elif len(provinces) == 1 and today:
        former = ()
    options = tuple(dict.fromkeys([*today, *(c for unit in former for c in unit.communes)]))
    if len(provinces) > 1:
        return Named(options=options)
    old = former[0] if len(former) == 1 else None
    if districts and not old and isinstance(districts[0], FormerUnit):
        old = districts[0]
    return _named(options, old)


def _district(found: tuple[Unit, ...]) -> Named | None:
    units = [unit for unit in found if isinstance(unit, FormerUnit)]
    options = tuple(dict.fromkeys(c for unit in units for c in unit.communes[: unit.core]))
    if len({unit.province_id for unit in units}) > 1:
        return Named(options=options)
    if len(units) == 1 and units[0].core == 1:
        options = units[0].communes
    return _named(options, units[0] if len(units) == 1 else None)


def _named(options: tuple[Commune, ...], old: FormerUnit | None) -> Named:
    if len(options) == 1:
        return Named(Place.of(options[0]), old=old)
    return Named(Place(options[0].province_id), options, old)


def _units(by_level: dict[int, Mention], level: int) -> tuple[Unit, ...]:
    return by_level[level].units if level in by_level else ()


def _inside(units: tuple[Unit, ...], areas: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Those that lie in the areas; of former units rather those of the province as it was."""
    if not areas:
        return units
    inside = tuple(unit for unit in units if lies_in(unit, areas))
    then = {_plain(a.former or PROVINCES[a.id].name) for a in areas if isinstance(a, NamedProvince)}
    as_it_was = tuple(
        unit
        for unit in inside
        if isinstance(unit, FormerUnit) and _plain(unit.former_province) in then
    )
    today = tuple(unit for unit in inside if isinstance(unit, Commune))
    return (*today, *as_it_was) if as_it_was else inside


def _plain(name: str) -> tuple[str, ...]:
    return tuple(tokens(fold(name).removeprefix("thanh pho ")))


def _of_kind(units: tuple[Unit, ...], mention: Mention | None) -> tuple[Unit, ...]:
    """Those of the kind that was said; else, of districts, towns for towns; else all."""
    if mention is None or mention.kind is None:
        return units
    exact = tuple(u for u in units if getattr(u, "kind", None) == mention.kind)
    if exact or mention.kind not in URBAN:
        return exact or units
    return tuple(u for u in units if getattr(u, "kind", None) in URBAN) or units


def _near(units: tuple[Unit, ...], known: Place | None) -> tuple[Unit, ...]:
    """Those in the province where the person is known to be, if there are any."""
    area = (NamedProvince(known.province_id),) if known else ()
    return tuple(unit for unit in units if lies_in(unit, area)) or units
