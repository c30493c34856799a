"""The 34 provinces and cities since 1 July 2025, and the old ones each was formed from.

Sources, resolutions of the National Assembly: 202/2025/QH15 of 12 June 2025; for the three that
became cities since, 30/2026/QH16 (Đồng Nai, 30 April 2026), 36/2026/QH16 (Quảng Ninh, 1 September
2026) and 39/2026/QH16 (Bắc Ninh, 20 September 2026).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Province:
    """A province or city; `former` are the units it was formed from, by their old names."""

    id: str
    name: str
    former: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """With its kind, as within a sentence: "tỉnh Thái Nguyên", "thành phố Hà Nội"."""
        if self.name.startswith("Thành phố"):
            return self.name
        return f"{'thành phố' if self.id in _CITIES else 'tỉnh'} {self.name}"

    @property
    def short_name(self) -> str:
        """As people call it: "Hà Nội", "TP. Hồ Chí Minh"."""
        return self.name.replace("Thành phố", "TP.")


_CITIES = (
    *("ha-noi", "hue", "hai-phong", "da-nang", "ho-chi-minh", "can-tho"),
    *("dong-nai", "quang-ninh", "bac-ninh"),
)

_ALL = (
    Province("ha-noi", "Hà Nội"),
    Province("hue", "Huế", ("Thừa Thiên Huế",)),
    Province("lai-chau", "Lai Châu"),
    Province("dien-bien", "Điện Biên"),
    Province("son-la", "Sơn La"),
    Province("lang-son", "Lạng Sơn"),
    Province("quang-ninh", "Quảng Ninh"),
    Province("thanh-hoa", "Thanh Hóa"),
    Province("nghe-an", "Nghệ An"),
    Province("ha-tinh", "Hà Tĩnh"),
    Province("cao-bang", "Cao Bằng"),
    Province("tuyen-quang", "Tuyên Quang", ("Hà Giang",)),
    Province("lao-cai", "Lào Cai", ("Yên Bái",)),
    Province("thai-nguyen", "Thái Nguyên", ("Bắc Kạn",)),
    Province("phu-tho", "Phú Thọ", ("Vĩnh Phúc", "Hòa Bình")),
    Province("bac-ninh", "Bắc Ninh", ("Bắc Giang",)),
    Province("hung-yen", "Hưng Yên", ("Thái Bình",)),
    Province("hai-phong", "Hải Phòng", ("Hải Dương",)),
    Province("ninh-binh", "Ninh Bình", ("Hà Nam", "Nam Định")),
    Province("quang-tri", "Quảng Trị", ("Quảng Bình",)),
    Province("da-nang", "Đà Nẵng", ("Quảng Nam",)),
    Province("quang-ngai", "Quảng Ngãi", ("Kon Tum",)),
    Province("gia-lai", "Gia Lai", ("Bình Định",)),
    Province("khanh-hoa", "Khánh Hòa", ("Ninh Thuận",)),
    Province("lam-dong", "Lâm Đồng", ("Đắk Nông", "Bình Thuận")),
    Province("dak-lak", "Đắk Lắk", ("Phú Yên",)),
    Province("ho-chi-minh", "Thành phố Hồ Chí Minh", ("Bình Dương", "Bà Rịa – Vũng Tàu")),
    Province("dong-nai", "Đồng Nai", ("Bình Phước",)),
    Province("tay-ninh", "Tây Ninh", ("Long An",)),
    Province("can-tho", "Cần Thơ", ("Sóc Trăng", "Hậu Giang")),
    Province("vinh-long", "Vĩnh Long", ("Bến Tre", "Trà Vinh")),
    Province("dong-thap", "Đồng Tháp", ("Tiền Giang",)),
    Province("ca-mau", "Cà Mau", ("Bạc Liêu",)),
    Province("an-giang", "An Giang", ("Kiên Giang",)),
)

PROVINCES: dict[str, Province] = {province.id: province for province in _ALL}
