"""The 34 provinces and cities since 1 July 2025, and the old ones each was formed from.

Source: Resolution 202/2025/QH15 of the National Assembly, 12 June 2025.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Province:
    """A province or city; `former` are the units it was formed from, by their old names."""

    id: str
    name: str
    former: tuple[str, ...] = ()


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
