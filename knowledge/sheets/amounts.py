"""Fees and times as clerks write them, one case a line → Facts; typed only without doubt."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from knowledge.figures import (
    SMALLEST_FEE,
    is_conditional,
    is_miswritten,
    lengths_in,
    speaks_of_lengths_in_words,
    sums_in,
)
from knowledge.model import Fact
from knowledge.sheets.cells import Cells
from knowledge.sheets.columns import Column
from knowledge.sheets.remarks import Reason
from knowledge.wording import LONGEST, fold, one_line, sentence

FactMaker = Callable[..., Fact]

_CASE = re.compile(r"([^:\d]{3,80}):\s*(.+)")
_CURRENCY = re.compile(r"đồng|\d\s*đ\b|vnđ|vnd|usd|đô la|\b(?:nghìn|ngàn|triệu|tỷ)\b|%", re.I)
_LENGTH_UNIT = re.compile(r"\b(?:ngày|giờ|phút|tuần|tháng|năm|buổi)\b", re.IGNORECASE)
_UNSURE_FREE = frozenset(
    ("mien phi", "mien", "khong", "khong co", "khong phi", "khong mat phi", "0", "0 dong", "0d")
)
_WAYS = {
    "truc tiep": "nộp trực tiếp",
    "truc tuyen": "nộp trực tuyến",
    "buu chinh": "nộp qua bưu chính",
    "qua buu chinh": "nộp qua bưu chính",
    "qua dich vu buu chinh": "nộp qua bưu chính",
}


def fees(cells: Cells, fact: FactMaker) -> list[Fact]:
    """The column of fees. "50000" has no unit and "Miễn phí" often means that nobody has entered
    the fee: neither is shown, and the clerk is told what to write."""
    return [
        made for line in _lines(cells, Column.FEE) if (made := _fee(line, cells, fact)) is not None
    ]


def times(cells: Cells, fact: FactMaker) -> list[Fact]:
    """The column of times."""
    return [
        made
        for line in _lines(cells, Column.TIME)
        if (made := _time(line, cells, fact)) is not None
    ]


def _lines(cells: Cells, column: Column) -> list[str]:
    text = cells.text(column)
    return [line for line in map(one_line, text.split("\n")) if line]


def _fee(line: str, cells: Cells, fact: FactMaker) -> Fact | None:
    condition, said = _case(line)
    if fold(said).strip(" .") in _UNSURE_FREE:
        cells.drop(
            Column.FEE,
            Reason.UNCLEAR_NUMBER,
            f"“{line[:60]}” có thể chỉ là chưa nhập mức thu; nếu thật không thu thì ghi “Không thu"
            " phí”, nếu có thu thì ghi số tiền kèm chữ “đồng”",
        )
        return None
    if any(map(str.isdigit, said)) and not _CURRENCY.search(said):
        cells.drop(
            Column.FEE,
            Reason.NO_UNIT,
            f"“{line[:60]}” không có đơn vị tiền; hãy ghi như: 50.000 đồng",
        )
        return None
    sums = sums_in(said)
    if is_miswritten(said) or any(0 < sum_ < SMALLEST_FEE for sum_ in sums):
        cells.drop(
            Column.FEE,
            Reason.UNCLEAR_NUMBER,
            f"“{line[:60]}” có số tiền không đọc được chắc chắn; hãy ghi lại như: 50.000 đồng",
        )
        return None
    said = re.sub(r"\s*\b(?:vnđ|vnd)\b", " đồng", said, flags=re.IGNORECASE)
    certain = len(sums) == 1 and not is_conditional(said)
    return _made(fact, said, condition, amount=next(iter(sums)) if certain else None)


def _time(line: str, cells: Cells, fact: FactMaker) -> Fact | None:
    condition, said = _case(line)
    if any(map(str.isdigit, said)) and not _LENGTH_UNIT.search(said):
        cells.drop(
            Column.TIME,
            Reason.NO_UNIT,
            f"“{line[:60]}” không có đơn vị; hãy ghi như: 10 ngày làm việc",
        )
        return None
    lengths = lengths_in(said)
    numbers = re.findall(r"\d+", said)
    certain = len(lengths) == len(numbers) == 1 and not speaks_of_lengths_in_words(said)
    return _made(fact, said, condition, duration=next(iter(lengths)) if certain else None)


def _case(line: str) -> tuple[str | None, str]:
    """The case a line is about, if it names one in front of a colon, and what it says of it."""
    match = _CASE.fullmatch(line)
    if match is None:
        return None, line
    named = match[1].strip()
    return _WAYS.get(fold(named).removeprefix("nop ").strip(), named), match[2]


def _made(fact: FactMaker, said: str, condition: str | None, **typed: Any) -> Fact:
    """The Fact, typed if the record agrees that the sentence states the value."""
    text = sentence(said)[:LONGEST]
    try:
        return fact(text, condition=condition, **typed)
    except ValidationError:
        return fact(text, condition=condition)
