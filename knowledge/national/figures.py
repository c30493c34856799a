"""Sums of money and lengths of time that stand in a text of the portal."""

from __future__ import annotations

import re

from knowledge.model import Duration, DurationUnit

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
