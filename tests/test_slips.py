"""Misspelt words are put right, and nothing else changes."""

import time

import pytest

from retrieval.slips import Slips
from retrieval.text import expand


@pytest.fixture(scope="module")
def slips() -> Slips:
    return Slips.load()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("làm căncước ở đâu", "làm căn cước ở đâu"),
        ("làm hộchiếu online", "làm hộ chiếu online"),
        ("đăngký tạmtrú cho nhân viên", "đăng ký tạm trú cho nhân viên"),
        ("muốn dangky kết hôn với người nước ngoài", "muốn đăng ký kết hôn với người nước ngoài"),
        ("tôi muốb làm lại hộ chiếy", "tôi muốn làm lại hộ chiếu"),
        ("đăbg ký khai sinh cho con", "đăng ký khai sinh cho con"),
        ("thủ tục đăng kyó kết hôn", "thủ tục đăng ký kết hôn"),
        ("phườg nào làm đượck", "phường nào làm được"),
        ("đuong bộ có được câp bằng", "đường bộ có được cấp bằng"),
        ("tôi là giám đốc cty nhỏ", "tôi là giám đốc công ty nhỏ"),
        ("tôi cần gaiy khai sinh", "tôi cần giấy khai sinh"),
        ("Đăbg ký kết hôn", "Đăng ký kết hôn"),
    ],
)
def test_slips_are_mended(slips: Slips, typed: str, meant: str) -> None:
    assert slips.read(expand(typed)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "em làm việc ở Facebook và shopee, bán combo video",
        "dùng bản photo công chứng được không",
        "chị Kpuih H'Bia ở Krông Pắc, Đắk Lắk muốn làm hộ chiếu",
        "Đắk Nông có nhận hồ sơ online không",
        "nộp qua dangky.dichvucong.gov.vn hoặc lienthong.dichvucong được không",
        "mẫu CT01, mã 1.001193, quyết định 03/2026/NĐ-CP",
        "thẻ CCCD và VAT của công ty HABECO",
        "How do I renew my passport in Vietnam?",
        "tên em là Quỳnh, mẹ em tên Quýt",
        "",
    ],
)
def test_what_is_no_slip_stays(slips: Slips, text: str) -> None:
    assert slips.mend(text) == text


def test_mending_twice_changes_nothing_more(slips: Slips) -> None:
    once = slips.mend("tôi muốb đăngký tạm trú ở phườg mơí")
    assert slips.mend(once) == once


def test_a_long_or_hostile_text_costs_little(slips: Slips) -> None:
    start = time.process_time()
    for unit in ("nhưgx tôi làm ", "kqz ", "dangky ", "đđđđ"):
        slips.mend(unit * 500)
    assert time.process_time() - start < 2
