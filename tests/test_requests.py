"""Where a message falls into several requests; whether they are, search says afterwards."""

from __future__ import annotations

import pytest

from bot.requests import LONGEST, parts

SEVERAL = [
    (
        "cho hỏi làm khai sinh với nhập hộ khẩu cho bé luôn, rồi xin thẻ bảo hiểm y tế",
        ["cho hỏi làm khai sinh", "với nhập hộ khẩu cho bé luôn", "rồi xin thẻ bảo hiểm y tế"],
    ),
    (
        "Vợ em sắp sinh, hỏi chế độ thai sản và làm khai sinh cho bé",
        ["Vợ em sắp sinh, hỏi chế độ thai sản", "và làm khai sinh cho bé"],
    ),
    ("đổi bằng lái xe hết hạn; làm hộ chiếu", ["đổi bằng lái xe hết hạn", "làm hộ chiếu"]),
]
SINGLE = [
    "đăng ký khai sinh",
    "làm khai sinh cần giấy chứng sinh và giấy kết hôn không",
    "đăng ký kết hôn với người Hàn Quốc",
    "làm hộ chiếu hết bao nhiêu tiền và mất mấy ngày",
    "Mới mua xe cũ, phí bao nhiêu",
    "tôi bán nhà rồi mà hộ khẩu của chủ cũ vẫn còn trong đó",
    "",
    "làm căn cước, " * LONGEST,
]


@pytest.mark.parametrize(("text", "found"), SEVERAL)
def test_each_part_that_begins_like_a_request_stands_apart(text: str, found: list[str]) -> None:
    assert list(parts(text)) == found


@pytest.mark.parametrize("text", SINGLE)
def test_what_is_needed_or_told_stays_with_its_request(text: str) -> None:
    assert parts(text) == ()
