"""The file of the national database (.jsonl or .jsonl.gz): one JSON object a line → Rows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from knowledge.imported import ImportFileError
from knowledge.wording import visible

NOTHING = "Không có thông tin"
_CODE = re.compile(r"\d\.\d{6}")


def _clean(value: Any) -> Any:
    """The visible text; the portal's word for "nothing" becomes nothing."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = visible(value)
    return "" if text == NOTHING else text


Cell = Annotated[str, BeforeValidator(_clean)]


class Row(BaseModel):
    """One procedure with the portal's own column names. Columns that are not used are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ma_thu_tuc: Cell
    ten_thu_tuc: Cell
    linh_vuc: Cell = ""
    cap_thuc_hien: Cell = ""
    doi_tuong_thuc_hien: Cell = ""
    trinh_tu_thuc_hien: Cell = ""
    cach_thuc_thuc_hien: Cell = ""
    thanh_phan_ho_so: Cell = ""
    can_cu_phap_ly: Cell = ""
    co_quan_thuc_hien: Cell = ""
    yeu_cau_dieu_kien: Cell = ""
    ket_qua_xu_ly: Cell = ""
    so_quyet_dinh: Cell = ""
    detail_url: Cell = ""
    agency_slug: Cell = ""
    """The ministry, for drawing samples."""


@dataclass(frozen=True)
class BadRow:
    """A line that gives no Row."""

    line: int
    """Counted from 1."""
    code: str
    """As far as it could be read."""
    reason: str


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """Every line of the file, in order; empty lines are skipped. ImportFileError if unreadable."""
    seen: dict[str, int] = {}
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read(line, number, seen)
    except (OSError, EOFError) as error:
        raise ImportFileError(f"{path}: {error}") from None


def _read(line: bytes, number: int, seen: dict[str, int]) -> Row | BadRow:
    try:
        row = Row.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return BadRow(number, "", f"{where}: {first['msg']}" if where else "not a JSON object")
    code = row.ma_thu_tuc
    if not _CODE.fullmatch(code):
        return BadRow(number, code, "the code is not of the form 1.234567")
    if len(row.ten_thu_tuc) < 2:
        return BadRow(number, code, "has no name")
    if code in seen:
        return BadRow(number, code, "the code stands in the file twice; the first line counts")
    if not re.fullmatch(r"https?://\S+", row.detail_url):
        return BadRow(number, code, "has no link to its page")
    seen[code] = number
    return row
