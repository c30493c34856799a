"""Sums of money and lengths of time that stand in a text from elsewhere, and doubts about them."""

from __future__ import annotations

import re

from knowledge.model import Duration, DurationUnit

SMALLEST_FEE = 1_000
"""Đồng; below, somebody took "20.000" for 20."""

_GROUPED = r"\d{1,3}(?:[.,]\d{3})+(?![\d.,]*\d)"
_MONEY_UNIT = r"(?:đồng|đ|vnđ|vnd|việt nam đồng)\b"
_SUM = re.compile(
    rf"(?<![\d.,/])(?:(?P<grouped>{_GROUPED})|(?P<plain>\d+)(?=\s*{_MONEY_UNIT})"
    r"|(?P<few>\d+(?:,\d+)?)\s*(?P<scale>nghìn|ngàn|triệu|tỷ)\b)",
    re.IGNORECASE,
)
_SCALES = {"nghìn": 1_000, "ngàn": 1_000, "triệu": 1_000_000, "tỷ": 1_000_000_000}
_LENGTH = re.compile(
    r"(?<![\d.,/–-])(?<!ngày )(?<!tháng )(?<!quý )(\d{1,4})\s*\)?\s*(?:\([^)]{1,30}\)\s*)?"
    r"(ngày\s+làm\s+việc|ngày|giờ\s+làm\s+việc|giờ|tháng|năm)\b",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"%|\b(?:giảm|miễn|tối đa|tối thiểu|từ ngày|đến hết|đến ngày|áp dụng mức|một nửa|trừ trường hợp"
    r"|không quá|ít nhất|không thu|không phải|không được|(?:không|chưa) quy định|đối với"
    r"|trường hợp \w+)\b",
    re.IGNORECASE,
)
_MISWRITTEN = re.compile(r"\d{3}[.,]\d{4,}|\d{4,}[.,]\d{3}(?!\d)")  # "15.000.0000 đồng"
_OTHER_LENGTH = re.compile(
    r"\b(?:(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|mươi|lăm) (?:ngày|giờ|tháng)"
    r"|ngay (?:sau|khi))\b",
    re.IGNORECASE,
)
UNITS = {
    "giờ": DurationUnit.HOURS,
    "ngày": DurationUnit.DAYS,
    "ngày làm việc": DurationUnit.WORKING_DAYS,
    "tháng": DurationUnit.MONTHS,
    "năm": DurationUnit.YEARS,
}


def sums_in(text: str) -> set[int]:
    """Every sum, in đồng; "8.000.000/lần" counts although it names no currency."""
    found = set()
    for match in _SUM.finditer(text):
        if match["grouped"]:
            found.add(int(re.sub(r"\D", "", match["grouped"])))
        elif match["plain"]:
            found.add(int(match["plain"]))
        else:
            scale = _SCALES[match["scale"].lower()]
            found.add(round(float(match["few"].replace(",", ".")) * scale))
    return found


def lengths_in(text: str) -> set[Duration]:
    """Every length of time given in digits; of "ngày 15 tháng 7 năm 2026" nothing."""
    found = set()
    for number, unit in _LENGTH.findall(text):
        name = " ".join(unit.lower().split())
        if int(number) and name in UNITS:
            found.add(Duration(value=int(number), unit=UNITS[name]))
    return found


def is_conditional(text: str) -> bool:
    """Whether it speaks of a reduction, limit, period or case."""
    return _CONDITIONAL.search(text) is not None


def is_miswritten(text: str) -> bool:
    """Whether a number in it cannot be told: "15.000.0000 đồng"."""
    return _MISWRITTEN.search(text) is not None


def speaks_of_lengths_in_words(text: str) -> bool:
    """Whether it names a length of time without digits: "mười ngày", "ngay khi"."""
    return _OTHER_LENGTH.search(text) is not None
