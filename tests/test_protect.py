"""What of a message is hidden before anything else sees it."""

from __future__ import annotations

import time

import pytest

from bot.protect import MASKS, mask, without_masks

HIDDEN = [
    ("cccd 001099012345 hết hạn", "cccd [số giấy tờ] hết hạn"),
    ("CCCD001099012345", "CCCD[số giấy tờ]"),
    ("CCCD/001099012345/khác", "CCCD/[số giấy tờ]/khác"),
    ("cccd.001099012345,tên Lan", "cccd.[số giấy tờ],tên Lan"),
    ("001 099 012 345", "[số giấy tờ]"),
    ("cmnd 123456789", "cmnd [số giấy tờ]"),
    ("cmnd 123.456.789", "cmnd [số giấy tờ]"),
    ("sổ bhxh 7912345678 của em", "sổ bhxh [số giấy tờ] của em"),
    ("thẻ bhyt DN4010112345678", "thẻ bhyt DN[số giấy tờ]"),
    ("hộ chiếu C1234567 bị mất", "hộ chiếu [số giấy tờ] bị mất"),
    ("mst 0312345678-001", "mst [số điện thoại]-001"),
    ("thẻ 9704 1234 5678 9012 345", "thẻ [số giấy tờ]"),
    ("12345678901234567890", "[số giấy tờ]"),
    ("mã hồ sơ 000.00.26.H08-240115-0001", "mã hồ sơ 000.00.26.H[số giấy tờ]"),
    ("gọi 0912345678 nhé", "gọi [số điện thoại] nhé"),
    ("sđt:0912.345.678.", "sđt:[số điện thoại]."),
    ("sđt.0912 345 678", "sđt.[số điện thoại]"),
    ("091-234-5678", "[số điện thoại]"),
    ("(091) 234 5678", "([số điện thoại]"),
    ("+84912345678", "[số điện thoại]"),
    ("+84 (0)912 345 678", "[số điện thoại]"),
    ("0912345678 0987654321", "[số điện thoại] [số điện thoại]"),
    ("09\u200b12\u200b345678", "[số điện thoại]"),
    ("０９１２３４５６７８", "[số điện thoại]"),
    ("thư về lan.nguyen+a@gmail.com giúp em", "thư về [thư điện tử] giúp em"),
    ("stk 123456", "stk [số tài khoản]"),
    ("số tài khoản: 19001234567", "số tài khoản: [số tài khoản]"),
    ("chuyển vào TK VCB 0071000123456", "chuyển vào TK VCB [số tài khoản]"),
    ("mã OTP là 483920", "mã OTP là [mã bí mật]"),
    ("biển số 29A-123.45", "biển số [biển số]"),
    ("xe 59x1 12345", "xe [biển số]"),
    ("xe 29H1-1234 cũ", "xe [biển số] cũ"),
    ("30K12345", "[biển số]"),
]  # fmt: skip

SHOWN = [
    "lương 6.000.000 đồng, tổng 1.500.000.000 đồng",
    "1 500 000 000 đ",
    "giá 1.500.000.000",
    "phí 8.000 đồng và 10000đ",
    "tài khoản bị trừ 1.500.000 đồng",
    "sinh ngày 12/05/1990, làm ngày 01.03.2027 15 giờ",
    "tài khoản tạo ngày 01-02-2026",
    "ngày 2026-11-21 08 giờ",
    "Luật 60/2014/QH13, Nghị định 123/2015/NĐ-CP",
    "mã 1.001193 và 1.001193.000.00.00.H08",
    "gọi 18001096, 1800 1096, 1900 0368, 1900.9068",
    "gọi 113, 114, 115 hay 111",
    "năm 2024 2025, giai đoạn 2021-2025",
    "mẫu CT01, TK1-TS, 02/LPTB",
    "tài khoản VNeID mức 2 từ năm 2025",
    "lúc 17h 12 phút ngày 3",
]


@pytest.mark.parametrize(("typed", "masked"), HIDDEN)
def test_personal_numbers_are_hidden(typed: str, masked: str) -> None:
    assert mask(typed) == masked


@pytest.mark.parametrize("text", SHOWN)
def test_public_numbers_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("typed", [typed for typed, _ in HIDDEN])
def test_masking_again_changes_nothing(typed: str) -> None:
    assert mask(mask(typed)) == mask(typed)


def test_invisible_characters_are_gone() -> None:
    assert mask("xin\u200b ch\u202eào\ufeff\x00 bạn") == "xin chào bạn"


@pytest.mark.parametrize("unit", ["a", "9", "0", "1 ", "a.", "tk ", "1.", "@", "tài khoản "])
def test_a_hostile_text_takes_no_time(unit: str) -> None:
    began = time.perf_counter()
    mask(unit * 20_000)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("masked", "left"),
    [
        ("số cccd của tôi [số giấy tờ] đổi nơi thường trú", "đổi nơi thường trú"),
        ("làm lại cccd, sđt: [số điện thoại]", "làm lại cccd,"),
        ("[thư điện tử]", ""),
        ("căn cước hết hạn", "căn cước hết hạn"),
    ],
)
def test_search_does_not_see_masks_nor_what_they_were_called(masked: str, left: str) -> None:
    assert without_masks(masked) == left
    assert not any(mask in without_masks(masked) for mask in MASKS.values())
