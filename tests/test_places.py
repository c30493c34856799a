"""The provinces since 1 July 2025 and those they were formed from."""

from __future__ import annotations

import pytest

from knowledge.places import PROVINCES
from retrieval.text import fold


def test_34_provinces_stand_for_the_63_there_were() -> None:
    former = [name for province in PROVINCES.values() for name in province.former]
    former.remove("Thừa Thiên Huế")  # only renamed, on 1 January 2025
    assert len(PROVINCES) == 34
    assert len(former) == 29
    assert len({*former, *(province.name for province in PROVINCES.values())}) == 63


def test_an_id_is_the_name_without_its_marks() -> None:
    for key, province in PROVINCES.items():
        assert province.id == key
        assert fold(province.name).removeprefix("thanh pho ").replace(" ", "-") == key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bình Dương", "ho-chi-minh"),
        ("Bà Rịa – Vũng Tàu", "ho-chi-minh"),
        ("Hải Dương", "hai-phong"),
        ("Hà Giang", "tuyen-quang"),
        ("Kon Tum", "quang-ngai"),
        ("Bình Định", "gia-lai"),
        ("Kiên Giang", "an-giang"),
        ("Long An", "tay-ninh"),
        ("Đắk Nông", "lam-dong"),
        ("Phú Yên", "dak-lak"),
        ("Trà Vinh", "vinh-long"),
        ("Thái Bình", "hung-yen"),
    ],
)
def test_a_former_province_belongs_to_the_one_it_became_part_of(old: str, new: str) -> None:
    assert [key for key, province in PROVINCES.items() if old in province.former] == [new]
