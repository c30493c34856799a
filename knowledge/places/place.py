"""Where somebody is: a province, and a commune if it is known."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.places.provinces import PROVINCES, Province
from knowledge.places.units import Commune, communes


@dataclass(frozen=True)
class Place:
    """A province of today and perhaps a commune in it, by their ids."""

    province_id: str
    code: str | None = None
    """The commune's code, five digits."""

    @property
    def province(self) -> Province:
        return PROVINCES[self.province_id]

    @property
    def commune(self) -> Commune | None:
        return communes()[self.code] if self.code else None

    @property
    def name(self) -> str:
        """As it is told: "phường Hoàn Kiếm (Hà Nội)", "Hà Nội"."""
        commune = self.commune
        return commune.name_with_province if commune else self.province.short_name

    def __str__(self) -> str:
        """The one text form: "ha-noi", "ha-noi/00070"."""
        return f"{self.province_id}/{self.code}" if self.code else self.province_id

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """What `str` wrote. A commune that is no more leaves its province, that one nothing."""
        province, _, code = text.partition("/")
        if province not in PROVINCES:
            return None
        commune = communes().get(code)
        known = commune is not None and commune.province_id == province
        return cls(province, code if known else None)

    @classmethod
    def of(cls, commune: Commune) -> Place:
        """The Place that a commune is."""
        return cls(commune.province_id, commune.code)
