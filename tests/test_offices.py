"""Which office is named for whom: what the record says by level, by its name there."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bot.check import text_of
from bot.compose import Composer
from bot.messages import say
from bot.place.offices import Offices, offices
from knowledge.load import Library, load
from knowledge.model import Facet, Procedure
from knowledge.places import Place
from knowledge.places.units import former_units

LIBRARY = load()
PROCEDURES = [e for e in LIBRARY if isinstance(e, Procedure)]
TODAY = date(2026, 11, 21)
PROVINCE, WARD = Place("thai-nguyen"), Place("thai-nguyen", "05455")
HA_NOI_WARD, SPECIAL_ZONE = Place("ha-noi", "00070"), Place("an-giang", "31078")
PLACES = (PROVINCE, WARD, HA_NOI_WARD, SPECIAL_ZONE)


def there(entry_id: str, place: Place | None) -> Offices:
    entry = LIBRARY.entries[entry_id]
    assert isinstance(entry, Procedure)
    return offices(entry, place, TODAY)


NAMED = [
    (
        "khai-sinh",
        WARD,
        "Tại phường Quyết Thắng (Thái Nguyên): Ủy ban nhân dân phường Quyết Thắng; nộp hồ sơ "
        "tại Trung tâm Phục vụ hành chính công ở phường Quyết Thắng.",
    ),
    (
        "khai-sinh",
        HA_NOI_WARD,
        "Tại phường Hoàn Kiếm (Hà Nội): Ủy ban nhân dân phường Hoàn Kiếm; nộp hồ sơ tại điểm "
        "phục vụ hành chính công ở phường Hoàn Kiếm, thuộc Trung tâm Phục vụ hành chính công "
        "thành phố Hà Nội.",
    ),
    (
        "tam-tru",
        WARD,
        "Tại phường Quyết Thắng (Thái Nguyên): Công an phường Quyết Thắng.",
    ),
    (
        "tam-tru",
        SPECIAL_ZONE,
        "Tại đặc khu Phú Quốc (An Giang): Công an đặc khu Phú Quốc.",
    ),
    (
        "ho-chieu",
        PROVINCE,
        "Tại Thái Nguyên: Phòng Quản lý xuất nhập cảnh Công an tỉnh Thái Nguyên.",
    ),
    (
        "ho-chieu",
        HA_NOI_WARD,
        "Tại phường Hoàn Kiếm (Hà Nội): Phòng Quản lý xuất nhập cảnh Công an thành phố Hà Nội.",
    ),
    (
        "hkd-thanh-lap",
        WARD,
        "Nếu nơi đó là phường Quyết Thắng (Thái Nguyên): cơ quan đăng ký kinh doanh của "
        "phường Quyết Thắng.",
    ),
    (
        "dat-tach-thua",
        PROVINCE,
        "Nếu nhà đất ở Thái Nguyên: Văn phòng đăng ký đất đai của tỉnh Thái Nguyên hoặc Chi "
        "nhánh; nộp hồ sơ tại Trung tâm Phục vụ hành chính công tỉnh Thái Nguyên.",
    ),
    (
        "khai-tu",
        WARD,
        "Nếu nơi đó là phường Quyết Thắng (Thái Nguyên): Ủy ban nhân dân phường Quyết Thắng; "
        "nộp hồ sơ tại Trung tâm Phục vụ hành chính công ở phường Quyết Thắng.",
    ),
]


@pytest.mark.parametrize(("entry_id", "place", "line"), NAMED)
def test_the_office_is_named_level_by_level(entry_id: str, place: Place, line: str) -> None:
    assert there(entry_id, place).lines == (line,)


ELSEWHERE = [
    "bhxh-mot-lan",
    "thai-san",
    "dich-vu-dien",
    "dich-vu-nuoc",
    "khai-thue-hkd",
    "ma-so-thue-ca-nhan",
    "nha-o-xa-hoi",
    "gplx-cap-lai",
    "dang-ky-xe-lan-dau",
    "toa-an-khoi-kien-truc-tuyen",
    "vneid-muc-1",
    "lien-thong-khai-sinh",
]
"""Insurance, power, tax, cars at some stations, several offices at once, only online."""


@pytest.mark.parametrize("entry_id", ELSEWHERE)
@pytest.mark.parametrize("place", [None, *PLACES], ids=str)
def test_no_office_is_named_or_asked_for_where_the_record_leaves_it_open(
    entry_id: str, place: Place | None
) -> None:
    assert there(entry_id, place) == Offices()


def said(entry: Procedure) -> str:
    """What the record says of where, except in cases."""
    return " ".join(f.text for f in entry.facts.get(Facet.WHERE, ()) if not f.condition)


RECORD_WORDS = {
    "Ủy ban nhân dân ": "Ủy ban nhân dân cấp xã",
    "Công an phường": "Công an cấp xã",
    "Công an đặc khu": "Công an cấp xã",
    "Phòng Quản lý xuất nhập cảnh": "Phòng Quản lý xuất nhập cảnh",
    "Phòng Cảnh sát giao thông": "Phòng Cảnh sát giao thông",
    "Phòng Cảnh sát quản lý hành chính": "Phòng Cảnh sát quản lý hành chính",
    "đăng ký kinh doanh": "đăng ký kinh doanh",
    "Văn phòng đăng ký đất đai": "Văn phòng đăng ký đất đai",
    "hành chính công": "Trung tâm Phục vụ hành chính công",
    "trợ giúp pháp lý": "Trung tâm trợ giúp pháp lý",
}
"""An office that is named, and what the record must say for it."""


@pytest.mark.parametrize("entry", PROCEDURES, ids=lambda e: e.id)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_no_office_is_named_that_the_record_does_not_name(entry: Procedure, place: Place) -> None:
    found = offices(entry, place, TODAY)
    names = {place.province.full_name, *([place.commune.name] if place.commune else [])}
    for line in found.lines:
        for office, words in RECORD_WORDS.items():
            assert office not in line or words in said(entry), (office, line)
        assert any(name in line for name in names) or place.province.short_name in line
        assert "cấp huyện" not in line
    assert LIBRARY.sources.keys() >= set(found.sources)
    assert bool(found.lines) == bool(found.sources)


@pytest.mark.parametrize("entry", PROCEDURES, ids=lambda e: e.id)
def test_without_a_place_no_office_is_named(entry: Procedure) -> None:
    found = offices(entry, None, TODAY)
    assert (found.lines, found.sources) == ((), ())
    answer = Composer(LIBRARY, 1, TODAY).answer(entry, [Facet.WHERE])
    assert "Thái Nguyên" not in text_of(answer) or "Thái Nguyên" in said(entry)


def test_a_unit_that_is_no_more_is_never_the_place_to_go() -> None:
    towns = [re.escape(unit.name) for unit in former_units() if unit.kind == "thành phố"]
    gone = re.compile(r"\b(quận|huyện|thị xã|thị trấn)\b|" + "|".join(towns))
    for entry in PROCEDURES:
        for place in PLACES:
            for line in offices(entry, place, TODAY).lines:
                assert not gone.search(line), line


def test_civil_status_is_not_said_to_be_taken_anywhere_in_the_province() -> None:
    anywhere = say("place.anywhere", province="Thái Nguyên")
    fields = {e.field for e in PROCEDURES if anywhere in offices(e, WARD, TODAY).lines}
    assert fields == {"Chứng thực", "Hoạt động xây dựng"}


def test_the_sources_of_an_office_are_in_the_answer() -> None:
    answer = Composer(LIBRARY, 1, TODAY).answer(
        LIBRARY.entries["khai-sinh"], [Facet.WHERE], HA_NOI_WARD
    )
    titles = {source.title for source in answer.sources}
    for source in ("dvhc_2026", "cn_nhandan_hn", "cn_vnn_nd118"):
        assert LIBRARY.sources[source].title in titles


def test_an_edition_without_those_sources_names_no_office() -> None:
    sources = {k: v for k, v in LIBRARY.sources.items() if k != "dvhc_2026"}
    library = Library(LIBRARY.entries, sources)
    answer = Composer(library, 1, TODAY).answer(LIBRARY.entries["khai-sinh"], [Facet.WHERE], WARD)
    assert "Quyết Thắng" not in text_of(answer)
    assert "Ủy ban nhân dân cấp xã" in text_of(answer)


FEES = [
    ("giay-phep-xay-dung", "thai-nguyen", True, "75.000"),
    ("giay-phep-xay-dung", "hai-phong", False, "0,15%"),
    ("hkd-thanh-lap", "thai-nguyen", True, "100.000"),
    ("hkd-thanh-lap", "ha-noi", False, "75.000"),
    ("dat-sang-ten", "thai-nguyen", True, "28.000"),
    ("ho-chieu", "thai-nguyen", False, "100.000.000"),
]


@pytest.mark.parametrize(("entry_id", "province", "elsewhere", "not_told"), FEES)
def test_a_fee_that_provinces_set_is_not_taken_from_another(
    entry_id: str, province: str, elsewhere: bool, not_told: str
) -> None:
    entry = LIBRARY.entries[entry_id]
    assert isinstance(entry, Procedure)
    place = Place(province)
    told = text_of(Composer(LIBRARY, 1, TODAY).answer(entry, [Facet.FEE], place))
    line = say(
        "place.fee_by_province_portal", province=place.province.short_name, url=entry.portal_url
    )
    assert (line in told) is elsewhere
    assert not_told not in told


def test_a_facet_known_only_of_another_province_is_not_told_of_here() -> None:
    entry = LIBRARY.entries["dich-vu-nuoc"]
    composer = Composer(LIBRARY, 1, TODAY)
    here = text_of(composer.answer(entry, [Facet.TIME], Place("ha-noi")))
    elsewhere = text_of(composer.answer(entry, [Facet.TIME], Place("ca-mau")))
    unknown = text_of(composer.answer(entry, [Facet.TIME]))
    assert "05 ngày" in here
    assert "05 ngày" not in elsewhere
    assert say("place.not_here", province="Cà Mau") in elsewhere
    assert "(Hà Nội)" in unknown


def test_a_programme_of_another_province_is_said_to_be_one() -> None:
    entry = LIBRARY.entries["binh-dan-hoc-ai"]
    composer = Composer(LIBRARY, 1, TODAY)
    line = say("place.programme", places="Thái Nguyên", province="Cà Mau")
    assert line in text_of(composer.answer(entry, (), Place("ca-mau")))
    assert "không phải của" not in text_of(composer.answer(entry, (), Place("thai-nguyen")))
    assert "không phải của" not in text_of(composer.answer(entry))
