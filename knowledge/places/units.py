"""The communes of today and the districts and communes there were, by name.

Read from `units.json.gz`, which `knowledge.places.build` writes, at the first use: most of a
process's life a few megabytes, and nothing at all for a process that never asks.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.places.provinces import PROVINCES

FILE = Path(__file__).with_name("units.json.gz")

COMMUNE_KINDS = ("xã", "phường", "thị trấn", "đặc khu")
DISTRICT_KINDS = ("huyện", "quận", "thị xã", "thành phố")
URBAN_KINDS = DISTRICT_KINDS[1:]


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune-level unit of today."""

    code: str
    """Five digits, as the statistics office counts them."""
    kind: str
    """One of "xã", "phường", "đặc khu"."""
    bare_name: str
    province_id: str

    @property
    def name(self) -> str:
        """ "phường Hoàn Kiếm"."""
        return f"{self.kind} {self.bare_name}"

    @property
    def name_with_province(self) -> str:
        """ "phường Hoàn Kiếm (Hà Nội)"."""
        return f"{self.name} ({PROVINCES[self.province_id].short_name})"


@dataclass(frozen=True, slots=True)
class FormerUnit:
    """A district or commune that ended on 1 July 2025, and the communes its area went to."""

    kind: str
    """One of the two lists of kinds above."""
    bare_name: str
    former_province: str
    """The name of the province it was in: "Bắc Kạn"."""
    province_id: str
    """Today's province."""
    communes: tuple[Commune, ...]
    """Of a district, those it gave most of, and the rest after them; of a commune, all."""
    core: int
    """How many at the head of `communes` are the unit's own successors."""
    district: FormerUnit | None = None

    @property
    def name(self) -> str:
        """ "huyện Đan Phượng"."""
        return f"{self.kind} {self.bare_name}"


Unit = Commune | FormerUnit


@cache
def communes() -> dict[str, Commune]:
    """Today's communes by code."""
    return {
        code: Commune(code, COMMUNE_KINDS[kind], name, province)
        for province, rows in read_table()["communes"].items()
        for code, kind, name in rows
    }


@cache
def former_units() -> tuple[FormerUnit, ...]:
    """The districts and the communes until 30 June 2025, each district before its communes."""
    found: list[FormerUnit] = []
    for row in read_table()["districts"]:
        found += _district(**row)
    return tuple(found)


def units() -> Iterable[Unit]:
    """All of them, today's first."""
    yield from communes().values()
    yield from former_units()


def _district(
    kind: int, name: str, province: str, former: str, to: list[str], core: int, parts: list[Any]
) -> list[FormerUnit]:
    by_code = communes()
    own = tuple(by_code[code] for code in to)
    district = FormerUnit(DISTRICT_KINDS[kind], name, former, province, own, core)
    return [district] + [
        FormerUnit(
            COMMUNE_KINDS[part_kind],
            part,
            former,
            province,
            tuple(own[place] for place in places),
            len(places),
            district,
        )
        for part_kind, part, places in parts
    ]


def read_table() -> dict[str, Any]:
    """The file as `knowledge.places.build` made it: communes by province, and former districts."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        table: dict[str, Any] = json.load(file)
    return table
