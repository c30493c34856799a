"""Where people say they are, as they write it."""

from __future__ import annotations

import pytest

from bot.place.reading import Named, read_place
from knowledge.places import PROVINCES, Place, Province
from retrieval.restore import Restorer
from retrieval.search import Reading
from retrieval.text import clean, expand, is_bare


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


def read(restorer: Restorer, typed: str, known: Place | None = None, asked: bool = False) -> Named:
    original = clean(typed)
    reading = Reading(original, restorer.restore(expand(original)), is_bare(original))
    return read_place(reading, known, asked)


def told(named: Named) -> str:
    """The place as text; a commune by its name, several with "|" between them."""
    if named.place is None:
        return ""
    if named.options:
        return f"{named.place}: {'|'.join(sorted(c.bare_name for c in named.options))}"
    commune = named.place.commune
    return f"{named.place.province_id}: {commune.name}" if commune else str(named.place)


PHRASES = [
    # provinces, today's and former
    ("ở Hà Nội", "ha-noi"),
    ("o ha noi", "ha-noi"),
    ("đăng ký ở Bình Dương cũ", "ho-chi-minh"),
    ("thuê trọ ở tp hcm", "ho-chi-minh"),
    ("tphcm", "ho-chi-minh"),
    ("TP.HCM", "ho-chi-minh"),
    ("em ở Sài Gòn", "ho-chi-minh"),
    ("o sai gon lam cccd o dau", "ho-chi-minh"),
    ("quê Hoà Bình", "phu-tho"),
    ("quê Hòa Bình", "phu-tho"),
    ("Bà Rịa - Vũng Tàu", "ho-chi-minh"),
    ("Bà Rịa Vũng Tàu làm sổ đỏ", "ho-chi-minh"),
    ("Thừa Thiên Huế", "hue"),
    ("tp Huế", "hue"),
    ("quê Nam Định, đang ở Hải Dương", "hai-phong"),
    ("thuộc Đắk Nông", "lam-dong"),
    ("ở Đăk Lăk", "dak-lak"),
    ("nhà ở Thái Bình, đi học ở Hà Nội", "ha-noi"),
    ("đang ở Hà Nội, quê Nam Định", "ha-noi"),
    ("ở tỉnh Kiên Giang trước đây", "an-giang"),
    ("hộ khẩu Hà Tây cũ", "ha-noi"),
    ("TP Bắc Ninh", "bac-ninh"),
    ("thành phố Cần Thơ", "can-tho"),
    ("tỉnh Hà Giang", "tuyen-quang"),
    # districts and towns that are no more
    ("tôi ở huyện Đan Phượng", "ha-noi: Liên Minh|Ô Diên|Đan Phượng"),
    ("toi o huyen dan phuong", "ha-noi: Liên Minh|Ô Diên|Đan Phượng"),
    ("Đan Phượng, Hà Nội", "ha-noi: Liên Minh|Ô Diên|Đan Phượng"),
    ("quận Hoàn Kiếm", "ha-noi: Cửa Nam|Hoàn Kiếm"),
    (
        "Hà Đông Hà Nội làm hộ chiếu ở đâu",
        "ha-noi: Dương Nội|Hà Đông|Kiến Hưng|Phú Lương|Yên Nghĩa",
    ),
    ("q7", "ho-chi-minh: Phú Thuận|Tân Hưng|Tân Mỹ|Tân Thuận"),
    ("q.7 tphcm", "ho-chi-minh: Phú Thuận|Tân Hưng|Tân Mỹ|Tân Thuận"),
    ("ở quận 7 làm tạm trú ở đâu", "ho-chi-minh: Phú Thuận|Tân Hưng|Tân Mỹ|Tân Thuận"),
    ("nha em o q3", "ho-chi-minh: Bàn Cờ|Nhiêu Lộc|Xuân Hòa"),
    ("tx Dĩ An", "ho-chi-minh: Dĩ An|Tân Đông Hiệp|Đông Hòa"),
    ("thị xã Dĩ An tỉnh Bình Dương", "ho-chi-minh: Dĩ An|Tân Đông Hiệp|Đông Hòa"),
    ("em ở Bà Rịa", "ho-chi-minh: Bà Rịa|Long Hương|Tam Long"),
    ("em o ba ria", "ho-chi-minh: Bà Rịa|Long Hương|Tam Long"),
    ("thành phố Sa Đéc", "dong-thap: Sa Đéc|Tân Dương"),
    ("ở Sa Đéc, tỉnh Đồng Tháp", "dong-thap: Sa Đéc|Tân Dương"),
    ("thị xã Sơn Tây", "ha-noi: Sơn Tây|Tùng Thiện|Đoài Phương"),
    ("huyện Bến Cầu", "tay-ninh: Bến Cầu|Long Chữ|Long Thuận"),
    ("huyện Châu Thành, Đồng Tháp", "dong-thap: Phú Hựu|Tân Nhuận Đông|Tân Phú Trung"),
    ("huyện Côn Đảo", "ho-chi-minh: đặc khu Côn Đảo"),
    ("em ở Phú Quốc", "an-giang: Phú Quốc|Thổ Châu"),
    ("thị xã Kỳ Anh", "ha-tinh: Hoành Sơn|Hải Ninh|Kỳ Hoa|Sông Trí|Vũng Áng"),
    ("huyện Kỳ Anh, Hà Tĩnh", "ha-tinh: Kỳ Anh|Kỳ Hoa|Kỳ Khang|Kỳ Lạc|Kỳ Thượng|Kỳ Văn|Kỳ Xuân"),
    ("nhà em ở huyện Bến Cầu cũ", "tay-ninh: Bến Cầu|Long Chữ|Long Thuận"),
    # communes of today
    ("phường Hoàn Kiếm", "ha-noi: phường Hoàn Kiếm"),
    ("phường Hoàn Kiếm, Hà Nội", "ha-noi: phường Hoàn Kiếm"),
    ("P. Hoàn Kiếm, Hà Nội", "ha-noi: phường Hoàn Kiếm"),
    ("phuong hoan kiem ha noi", "ha-noi: phường Hoàn Kiếm"),
    ("đang ở xã Ô Diên", "ha-noi: xã Ô Diên"),
    ("công an xã Đông Anh", "ha-noi: xã Đông Anh"),
    ("Ở Thái Nguyên, phường Quyết Thắng", "thai-nguyen: phường Quyết Thắng"),
    ("phường Quyết Thắng tỉnh Thái Nguyên", "thai-nguyen: phường Quyết Thắng"),
    ("ở đặc khu Phú Quốc", "an-giang: đặc khu Phú Quốc"),
    ("xã Long Thành, Đồng Nai", "dong-nai: phường Long Thành"),  # a phường since 30 April 2026
    ("phường Vũng Tàu làm tạm trú", "ho-chi-minh: phường Vũng Tàu"),
    ("phường Văn Miếu - Quốc Tử Giám", "ha-noi: phường Văn Miếu - Quốc Tử Giám"),
    ("xã Hòa Bình, Thái Nguyên", "thai-nguyen: xã Văn Lăng"),
    # communes that are no more
    ("ở xã Tân Lập huyện Đan Phượng", "ha-noi: Hoài Đức|Ô Diên"),
    ("o xa tan lap huyen dan phuong", "ha-noi: Hoài Đức|Ô Diên"),
    ("Tân Lập, Đan Phượng, Hà Nội", "ha-noi: Hoài Đức|Ô Diên"),
    ("xã Tân Lập thuộc huyện Đan Phượng", "ha-noi: Hoài Đức|Ô Diên"),
    ("Phường Hàng Bài, quận Hoàn Kiếm", "ha-noi: phường Cửa Nam"),
    ("thị trấn Phùng huyện Đan Phượng", "ha-noi: xã Đan Phượng"),
    ("tt Phùng, Đan Phượng, HN", "ha-noi: xã Đan Phượng"),
    ("phường Bến Nghé quận 1", "ho-chi-minh: phường Sài Gòn"),
    ("phuong ben nghe quan 1", "ho-chi-minh: phường Sài Gòn"),
    ("p12 q bình thạnh", "ho-chi-minh: phường Bình Thạnh"),
    ("Phường 14, quận Tân Bình, TP.HCM", "ho-chi-minh: phường Tân Bình"),
    ("P.14 Q.10 tphcm", "ho-chi-minh: Diên Hồng|Hòa Hưng"),
    ("xã Tân Thạnh, huyện Thới Lai, Cần Thơ", "can-tho: xã Trường Thành"),
    ("xã Tân Thạnh, huyện Long Phú, Sóc Trăng", "can-tho: xã Tân Thạnh"),
    ("thị trấn Hùng Sơn huyện Đại Từ", "thai-nguyen: xã Đại Phúc"),
    ("Phường 4, thành phố Mỹ Tho", "dong-thap: phường Đạo Thạnh"),
    ("làm khai sinh ở xã Kim Thư huyện Thanh Oai", "ha-noi: Hòa Phú|Thanh Oai"),
    ("xã Tân Thạnh huyện Thanh Bình", "dong-thap: Thanh Bình|Tân Thạnh"),
    # several, and the one that counts
    ("quê ở huyện Bến Cầu, giờ ở phường Hoàn Kiếm", "ha-noi: phường Hoàn Kiếm"),
    ("em ở quận Hoàn Kiếm, quê Thái Nguyên", "ha-noi: Cửa Nam|Hoàn Kiếm"),
]

LARGE = [
    ("tp Thủ Đức", "ho-chi-minh", "thành phố Thủ Đức", 12),
    ("ở Thủ Đức", "ho-chi-minh", "thành phố Thủ Đức", 12),
    ("quận 9", "ho-chi-minh", "thành phố Thủ Đức", 12),  # merged into Thủ Đức in 2021
    ("ở Biên Hòa làm căn cước", "dong-nai", "thành phố Biên Hòa", 9),
]

NO_PLACE = [
    "nhà có hai phòng trọ",
    "mức đóng thấp nhất",
    "cần cả mẫu đơn",
    "đánh giá lại hồ sơ",
    "bệnh đã nặng",
    "chị Huệ",
    "làm ở đâu",
    "làm ở phường hay công an",
    "ra phường cho biết là thiếu giấy",
    "công an xã bảo dài quá không cho đăng ký",
    "xã thanh toán tiền chậm",
    "ủy ban phường là gì",
    "uy ban phuong la gi",
    "xa bao dai qua khong cho dang ky",
    "toi ra xa tu hoi bao cap",
    "cán bộ huyện nói chờ",
    "xã hội hóa",
    "tinh trang hon nhan",
    "cơ quan quản lý đất đai",
    "co quan thue",
    "ở tỉnh khác thì sao",
    "quận huyện bỏ rồi thì làm ở đâu",
    "thị trấn cũ nay nhập vào xã mới",
    "thống nhất ý kiến hai vợ chồng",
    "quyết thắng vụ kiện",
    "phường em làm hộ chiếu được không",
    "xã Tân Lập",  # in 30 provinces
    "làm khai sinh ở huyện Châu Thành",
    "quận vợ em ở",
    "p là gì",
    "20/11/2019 tôi nộp hồ sơ ở quầy số 7",
]


@pytest.mark.parametrize(("typed", "place"), PHRASES)
def test_a_place_is_read_by_its_present_or_former_name(
    restorer: Restorer, typed: str, place: str
) -> None:
    assert told(read(restorer, typed)) == place


@pytest.mark.parametrize(("typed", "province", "old", "count"), LARGE)
def test_a_large_unit_leaves_many_communes(
    restorer: Restorer, typed: str, province: str, old: str, count: int
) -> None:
    named = read(restorer, typed)
    assert named.old is not None
    assert (str(named.place), named.old.name, len(named.options)) == (province, old, count)


@pytest.mark.parametrize("typed", NO_PLACE)
def test_other_words_are_no_place(restorer: Restorer, typed: str) -> None:
    assert read(restorer, typed).place is None


@pytest.mark.parametrize("province", PROVINCES.values(), ids=lambda p: p.id)
def test_every_province_is_found_under_each_of_its_names(
    restorer: Restorer, province: Province
) -> None:
    for name in (province.name, *province.former):
        assert str(read(restorer, f"tôi ở {name} ạ").place) == province.id


HA_NOI, THAI_NGUYEN = Place("ha-noi"), Place("thai-nguyen")

ANSWERS = [
    # to "xã, phường nào?", where the province is known
    ("Hoàn Kiếm", HA_NOI, "ha-noi: phường Hoàn Kiếm"),
    ("hoan kiem", HA_NOI, "ha-noi: phường Hoàn Kiếm"),
    ("dạ Ô Diên ạ", HA_NOI, "ha-noi: xã Ô Diên"),
    ("xã Tân Lập", HA_NOI, "ha-noi: Hoài Đức|Ô Diên"),
    ("em ở Thanh Trì", HA_NOI, "ha-noi: xã Thanh Trì"),
    ("Hòa Bình", THAI_NGUYEN, "thai-nguyen: xã Văn Lăng"),
    ("Hải Phòng", HA_NOI, "hai-phong"),
    # to "ở đâu?"
    ("Thái Nguyên", None, "thai-nguyen"),
    ("thai nguyen", None, "thai-nguyen"),
    ("Hòa Bình", None, "phu-tho"),
    ("Đan Phượng", None, "ha-noi: Liên Minh|Ô Diên|Đan Phượng"),
    ("dan phuong nhe", None, "ha-noi: Liên Minh|Ô Diên|Đan Phượng"),
]


@pytest.mark.parametrize(("typed", "known", "place"), ANSWERS)
def test_a_bare_name_is_a_place_when_it_was_asked_for(
    restorer: Restorer, typed: str, known: Place | None, place: str
) -> None:
    named = read(restorer, typed, known, asked=True)
    assert told(named) == place
    assert named.alone


def test_a_name_of_several_provinces_leaves_them_all(restorer: Restorer) -> None:
    named = read(restorer, "Quyết Thắng", asked=True)
    assert named.place is None
    assert len({commune.province_id for commune in named.options}) > 2


def test_where_the_person_was_before_settles_a_shared_name(restorer: Restorer) -> None:
    typed = "làm khai sinh ở phường Quyết Thắng"
    assert read(restorer, typed).place is None
    assert told(read(restorer, typed, THAI_NGUYEN)) == "thai-nguyen: phường Quyết Thắng"
    elsewhere = read(restorer, "làm khai sinh ở phường Hoàn Kiếm", THAI_NGUYEN)
    assert told(elsewhere) == "ha-noi: phường Hoàn Kiếm"


@pytest.mark.parametrize(
    ("typed", "rest", "alone"),
    [
        ("làm khai sinh ở xã Tân Lập huyện Đan Phượng cần gì", "làm khai sinh cần gì", False),
        ("Hà Nội có chương trình gì", "", False),
        ("em ở huyện Đan Phượng ạ", "em ạ", True),
        ("phuong ben nghe gio thuoc phuong nao", "gio thuoc phuong nao", True),
        ("tinh binh duong con ko", "", True),
        ("toi o phuong hai chau da nang", "toi da nang", True),
        ("còn ở Hải Phòng thì sao", "", True),
        ("lam khai sinh o huyen dan phuong", "làm khai sinh", False),
        ("làm khai sinh ở phường Hòa Bình", "làm khai sinh", False),  # in several provinces
    ],
)
def test_districts_and_communes_are_left_out_of_what_is_searched(
    restorer: Restorer, typed: str, rest: str, alone: bool
) -> None:
    named = read(restorer, typed)
    assert (" ".join(named.rest.split()), named.alone) == (rest, alone)
