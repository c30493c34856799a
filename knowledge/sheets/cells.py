"""One row's cells, read with care: what cannot be used becomes a Remark, the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from knowledge.districts import DISTRICT, DISTRICT_OFFICE
from knowledge.sheets.columns import COLUMNS, Column
from knowledge.sheets.remarks import Effect, Reason, Remark
from knowledge.sheets.table import Place, Row
from knowledge.sheets.workbook import FORMULA
from knowledge.wording import one_line, without_marker

LONGEST_CELL = 8_000
"""Characters; what is longer is a whole text pasted into one cell."""
MOST_LINES = 60

_PEOPLES_WORDS = (Column.ALIASES, Column.QUESTIONS)
_ERRORS = re.compile(r"#(?:REF|N/A|VALUE|NAME|DIV/0|NUM|NULL)[!?]?")
_NOTHING = re.compile(r"[-–.*+/\s]*(?:không(?: có| quy định)?|n/a)?[-–.*+/\s]*", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")


@dataclass
class Cells:
    """The cells of one row, and what was found wrong in them."""

    row: Row
    places: Mapping[Column, Place]
    remarks: list[Remark] = field(default_factory=list)

    def note(self, column: Column | None, effect: Effect, reason: Reason, message: str) -> None:
        """Say something about a cell, or about the whole row."""
        place = self.places[column] if column else Place("", "")
        self.remarks.append(
            Remark(self.row.number, place.letter, place.header, effect, reason, message)
        )

    def drop(self, column: Column, reason: Reason, message: str) -> None:
        """Say that a cell, or a line of it, is left out."""
        self.note(column, Effect.CELL, reason, message)

    def text(self, column: Column) -> str:
        """The cell, or "" if it is empty, a formula, or far too long."""
        text = self.row.cells.get(column, "")
        if text.startswith(FORMULA) or _ERRORS.fullmatch(text):
            self.drop(
                column,
                Reason.FORMULA,
                "ô có công thức hoặc báo lỗi, không được đọc; hãy dán giá trị (Paste Values)",
            )
            return ""
        if len(text) > LONGEST_CELL:
            self.drop(
                column,
                Reason.TOO_LONG,
                f"ô dài {len(text)} ký tự, nhiều nhất là {LONGEST_CELL}; hãy rút gọn",
            )
            return ""
        return text

    def lines(self, column: Column) -> list[str]:
        """The cell's lines without marks in front; none if it says that there is nothing.

        A text that names the level of districts or leads to a page that is not the state's is left
        out: the whole cell, since a list without one of its steps would be another list. How
        people talk is not changed: they may go on saying "công an huyện".
        """
        text = self.text(column)
        lines = [without_marker(one_line(line)) for line in text.split("\n")]
        lines = [line for line in lines if len(line) > 1 and not _NOTHING.fullmatch(line)]
        if len(lines) > MOST_LINES:
            self.drop(
                column,
                Reason.TOO_LONG,
                f"ô có {len(lines)} dòng, nhiều nhất là {MOST_LINES}; hãy rút gọn",
            )
            return []
        if column in _PEOPLES_WORDS:
            return lines
        return [] if self._is_unfit(column, text) else lines

    def offices(self, column: Column) -> list[str]:
        """The lines that name an office; offices of districts are left out one by one."""
        lines = self.text(column).split("\n")
        kept = []
        for line in filter(None, map(one_line, lines)):
            if DISTRICT_OFFICE.search(line):
                self.drop(column, Reason.DISTRICT, no_districts(line))
            elif not self._leads_astray(column, line):
                kept.append(line)
        return kept

    def day(self, column: Column) -> date | None:
        """The cell's day; None if it is empty or no day."""
        text = self.text(column)
        if not text:
            return None
        for form in _DAYS:
            try:
                return datetime.strptime(text.split(" ")[0], form).date()
            except ValueError:
                continue
        self.drop(
            column,
            Reason.BAD_DATE,
            f"“{text[:40]}” không phải là ngày; hãy ghi ngày/tháng/năm, ví dụ 01/09/2026",
        )
        return None

    def page(self, column: Column) -> str | None:
        """The cell's link, if it leads to a page of the state."""
        text = self.text(column)
        if not text or self._leads_astray(column, text):
            return None
        if re.fullmatch(r"https?://\S+", text):
            return text
        self.drop(
            column, Reason.BAD_LINK, "địa chỉ phải bắt đầu bằng https:// và không có dấu cách"
        )
        return None

    def _is_unfit(self, column: Column, text: str) -> bool:
        if match := DISTRICT.search(text):
            self.drop(column, Reason.DISTRICT, no_districts(match[0]))
            return True
        return self._leads_astray(column, text)

    def _leads_astray(self, column: Column, text: str) -> bool:
        for link in _strange_links(text):
            message = f"“{link[:60]}” không phải trang của nhà nước (.gov.vn); hãy bỏ hoặc thay"
            self.drop(column, Reason.BAD_LINK, message)
            return True
        return False


def no_districts(named: str) -> str:
    """The message about an office or a level of districts."""
    return (
        f"“{named[:80]}”: từ 01/07/2025 không còn cấp huyện; hãy ghi cơ quan cấp xã hoặc cấp tỉnh"
    )


def header_of(column: Column) -> str:
    """The column's name in the template."""
    return COLUMNS[column].header


def _strange_links(text: str) -> Iterator[str]:
    for link in _LINK.findall(text):
        host = urlsplit(link if "://" in link else f"https://{link}").hostname or ""
        if not host.rstrip(".,;)").endswith(".gov.vn"):
            yield link
