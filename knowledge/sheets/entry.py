"""A row of a spreadsheet → a Procedure that holds in the sheet's province."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.districts import REFORM
from knowledge.imported import Import, entry_id
from knowledge.model import Caution, Confidence, Facet, Fact, Procedure, Source
from knowledge.sheets.amounts import fees, times
from knowledge.sheets.cells import Cells
from knowledge.sheets.codes import Code
from knowledge.sheets.columns import (
    FULLY_ONLINE,
    INTERNAL,
    NOT_ONLINE,
    PARTLY_ONLINE,
    PUBLIC,
    Column,
)
from knowledge.sheets.levels import levels, online_level
from knowledge.sheets.remarks import Effect, Reason
from knowledge.wording import LONGEST_TITLE, fold, one_line, pieces, sentence, shortened

AMONG_OFFICIALS = "a procedure among officials"

NO_FIELD = "Khác"
"""The field of a row that names none."""
ON_THE_LIST = "Có trong"
"""What the sentence begins with that says no more than that it is on the list."""
BEFORE_THE_REFORM = (
    "Danh mục này có từ trước ngày 01/07/2025, khi còn cấp huyện và chưa sắp xếp tỉnh: tên, mã, nơi"
    " giải quyết có thể đã đổi."
)
NAME_AND_LEVEL = (
    "Danh mục chỉ nêu tên và mức độ trực tuyến. Giấy tờ, lệ phí, thời hạn: hỏi nơi nộp hồ sơ hoặc"
    " tổng đài 1800 1096."
)
_INTERNAL_FIELDS = frozenset(
    (
        "cai cach hanh chinh",
        "chinh quyen dia phuong",
        "cong chuc cap xa",
        "cong chuc, vien chuc",
        "dam bao xa hoi",
        "quy che lam viec",
        "to chuc bien che",
        "to chuc bo may",
        "van thu, luu tru",
    )
)
"""Fields in which a province's own codes are given to what offices do among themselves."""
_ONLINE = {
    FULLY_ONLINE: "dịch vụ công trực tuyến toàn trình, nộp được trên mạng.",
    PARTLY_ONLINE: "dịch vụ công trực tuyến một phần, có bước không làm trên mạng.",
    NOT_ONLINE: "chưa nộp được trực tuyến.",
}


@dataclass(frozen=True)
class Sheet:
    """What is known of a whole spreadsheet."""

    source: Source
    province: str | None
    """None: it holds in the whole country."""
    as_of: date
    """The day it was as it is."""


def read_row(cells: Cells, code: Code | None, sheet: Sheet) -> Import | None:
    """Make a Procedure of a row, under its own name; None, with a remark, if its period is unclear.

    Raises pydantic's ValidationError if the record does not allow it.
    """
    period = _period(cells)
    if period is None:
        return None
    name = one_line(cells.text(Column.NAME))
    field = _field(cells)
    maker = _Maker(sheet, _checked_on(cells, sheet), period)
    facts = {facet: tuple(found) for facet, found in _facts(cells, maker) if found}
    after_reform = maker.day >= REFORM
    who_decides = levels(cells)
    entry = Procedure(
        id=_id(code, name, sheet),
        title=shortened(name),
        summary=_summary(field, sheet),
        aliases=tuple(a for a in cells.lines(Column.ALIASES) if len(a) <= LONGEST_TITLE),
        questions=(*_full_name(name), *(q for q in cells.lines(Column.QUESTIONS) if len(q) > 3)),
        regions=maker.regions,
        code=code.national if code else None,
        field=field,
        levels=who_decides if after_reform else (),
        portal_url=cells.page(Column.PAGE),
        imported=True,
        facts=facts or {Facet.LEGAL_BASIS: (maker.listed(""),)},
        cautions=tuple(_cautions(facts, after_reform)),
    )
    return Import(entry, sheet.source, _held(cells, code, entry))


def is_name_and_level(facts: dict[Facet, tuple[Fact, ...]]) -> bool:
    """Whether there is nothing but who decided it, for whom, and how far it is online."""
    few = {Facet.WHO, Facet.LEGAL_BASIS, Facet.ONLINE}
    return facts.keys() <= few and len(facts.get(Facet.ONLINE, ())) <= 1


def list_of(sheet: Sheet) -> str:
    """What a sentence calls the sheet; whose it is stands beside it, as the place it holds in."""
    return "danh mục của địa phương" if sheet.province else "danh mục"


class _Maker:
    """Makes the Facts of one row."""

    def __init__(self, sheet: Sheet, checked_on: date | None, period: _Period) -> None:
        self.day = checked_on or sheet.as_of
        self.regions = (sheet.province,) if sheet.province else ()
        self._sheet, self._period = sheet, period
        self._list = list_of(sheet)
        sure = checked_on is not None and checked_on >= REFORM
        self._confidence = Confidence.HIGH if sure else Confidence.MEDIUM

    def __call__(self, text: str, **more: Any) -> Fact:
        """A Fact of the row: high confidence where the office says on which day it checked it."""
        return Fact(
            text=text,
            sources=(self._sheet.source.id,),
            checked_on=self.day,
            confidence=self._confidence,
            regions=self.regions,
            valid_from=self._period[0],
            valid_until=self._period[1],
            **more,
        )

    def all(self, lines: list[str]) -> list[Fact]:
        """One Fact a line, more if it is very long; each once."""
        parts = (part for line in lines for part in pieces(line))
        return [self(text) for text in dict.fromkeys(map(sentence, parts))]

    def level(self, level: str | None) -> list[Fact]:
        """How far it is online. That it is not, nobody can say of today by an old list."""
        if level is None or (level == NOT_ONLINE and self.day < REFORM):
            return []
        return [self(f"{sentence(self._list)[:-1]} ghi: {_ONLINE[level]}")]

    def listed(self, decision: str) -> Fact:
        """That it is on the list, and by which decision."""
        by = f", theo quyết định số {decision}" if decision else ""
        return self(f"{ON_THE_LIST} {self._list}{by}.")


_Period = tuple[date | None, date | None]


def _facts(cells: Cells, maker: _Maker) -> Iterator[tuple[Facet, list[Fact]]]:
    offices = cells.offices(Column.WHERE)
    decision = one_line(cells.text(Column.DECISION))[:80]
    yield Facet.WHO, maker.all(cells.lines(Column.WHO))
    yield Facet.CONDITIONS, maker.all(cells.lines(Column.CONDITIONS))
    yield Facet.DOCUMENTS, maker.all(cells.lines(Column.DOCUMENTS))
    yield Facet.WHERE, maker.all(offices) if maker.day >= REFORM else []
    steps = maker.all(cells.lines(Column.ONLINE))
    yield Facet.ONLINE, maker.level(online_level(cells)) + steps
    yield Facet.IN_PERSON, maker.all(cells.lines(Column.IN_PERSON))
    yield Facet.TIME, times(cells, maker)
    yield Facet.FEE, fees(cells, maker)
    yield Facet.BENEFIT, maker.all(cells.lines(Column.BENEFIT))
    yield Facet.RESULT, maker.all(cells.lines(Column.RESULT))
    basis = maker.all(cells.lines(Column.LEGAL_BASIS))
    yield Facet.LEGAL_BASIS, basis + ([maker.listed(decision)] if decision else [])


def _period(cells: Cells) -> _Period | None:
    """From and until when it holds. A row whose days cannot be read is not taken for valid."""
    starts, ends = cells.day(Column.VALID_FROM), cells.day(Column.VALID_UNTIL)
    unread = [
        column
        for column, day in ((Column.VALID_FROM, starts), (Column.VALID_UNTIL, ends))
        if day is None and cells.row.cells.get(column)
    ]
    if unread:
        message = "không rõ dòng này còn hiệu lực hay không nên chưa nhận; hãy sửa ngày hiệu lực"
        cells.note(unread[0], Effect.ROW, Reason.BAD_DATE, message)
        return None
    if starts and ends and ends < starts:
        message = "ngày hết hiệu lực trước ngày có hiệu lực; hãy sửa"
        cells.note(Column.VALID_UNTIL, Effect.ROW, Reason.BAD_DATE, message)
        return None
    return starts, ends


def _checked_on(cells: Cells, sheet: Sheet) -> date | None:
    day = cells.day(Column.CHECKED_ON)
    if day is not None and day > sheet.as_of:
        message = f"ngày kiểm tra sau ngày của cả bảng ({sheet.as_of:%d/%m/%Y}); hãy sửa"
        cells.drop(Column.CHECKED_ON, Reason.BAD_DATE, message)
        return None
    return day


def _field(cells: Cells) -> str:
    """The field, without the mark of a department in front: "[SVH] - Du lịch"."""
    text = re.sub(r"^\[[^\]]*\]\s*-\s*", "", one_line(cells.text(Column.FIELD)))
    return text[:LONGEST_TITLE] if len(text) > 1 else NO_FIELD


def _id(code: Code | None, name: str, sheet: Sheet) -> str:
    """By the national code; otherwise by the province and its own code, or else the name."""
    if code and code.national:
        return entry_id(code.national)
    own = re.sub(r"[^a-z0-9]+", "-", fold(code.local)).strip("-") if code and code.local else ""
    digest = hashlib.sha256(fold(name).encode()).hexdigest()[:8]
    place = sheet.province or "toan-quoc"
    return f"tthc-{place}-{own if own and len(own) < 20 else digest}"


def _full_name(name: str) -> tuple[str, ...]:
    return (name[:900],) if len(name) > LONGEST_TITLE else ()


def _summary(field: str, sheet: Sheet) -> str:
    return (
        f"Thủ tục thuộc lĩnh vực {field[:100]}; đọc tự động từ {list_of(sheet)}, chưa có người biên"
        " tập."
    )


def _cautions(facts: dict[Facet, tuple[Fact, ...]], after_reform: bool) -> Iterator[Caution]:
    if is_name_and_level(facts):
        yield Caution(text=NAME_AND_LEVEL)
    if not after_reform:
        yield Caution(text=BEFORE_THE_REFORM)


def _held(cells: Cells, code: Code | None, entry: Procedure) -> str:
    """Why the row is kept as data whatever the Entries are; "" if it may be published."""
    audience = fold(cells.text(Column.AUDIENCE))
    own = code is not None and code.local is not None
    if "noi bo" in audience or (own and fold(entry.field) in _INTERNAL_FIELDS):
        return AMONG_OFFICIALS
    if audience and "nguoi dan" not in audience:
        message = "không có trong danh sách chọn nên dòng chưa được đưa ra"
        message = f"{message}; hãy chọn “{PUBLIC}” hoặc “{INTERNAL}”"
        cells.drop(Column.AUDIENCE, Reason.NOT_A_CHOICE, message)
        return AMONG_OFFICIALS
    return ""
