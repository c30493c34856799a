"""Levels of government and of online service, as lists of different years name them."""

from __future__ import annotations

import re

from knowledge.districts import DISTRICT_OFFICE
from knowledge.model import Level
from knowledge.sheets.cells import Cells, header_of, no_districts
from knowledge.sheets.columns import FULLY_ONLINE, NOT_ONLINE, PARTLY_ONLINE, Column
from knowledge.sheets.remarks import Reason
from knowledge.wording import fold

_LEVELS = {
    "cap tinh": (Level.PROVINCE,),
    "cap tinh/thanh pho": (Level.PROVINCE,),
    "so, ban nganh": (Level.PROVINCE,),
    "ubnd tinh": (Level.PROVINCE,),
    "ubnd tinh/thanh pho": (Level.PROVINCE,),
    "ubnd cap tinh": (Level.PROVINCE,),
    "cap xa": (Level.COMMUNE,),
    "ubnd xa/phuong/thi tran": (Level.COMMUNE,),
    "ubnd cap xa": (Level.COMMUNE,),
    "cap tinh va cap xa": (Level.PROVINCE, Level.COMMUNE),
    "cap tinh, cap xa": (Level.PROVINCE, Level.COMMUNE),
    "cap bo": (Level.CENTRAL,),
}
_ONLINE = {
    "toan trinh": FULLY_ONLINE,
    "dich vu cong truc tuyen toan trinh": FULLY_ONLINE,
    "mot phan": PARTLY_ONLINE,
    "dich vu cong truc tuyen mot phan": PARTLY_ONLINE,
    "con lai": NOT_ONLINE,
    "khong truc tuyen": NOT_ONLINE,
    "cung cap thong tin truc tuyen": NOT_ONLINE,
}


def levels(cells: Cells) -> tuple[Level, ...]:
    """Who decides, by the levels there are today."""
    found: list[Level] = []
    for part in filter(None, map(str.strip, re.split(r"[;\n]", cells.text(Column.LEVEL)))):
        known = _LEVELS.get(re.sub(r"\s*/\s*", "/", fold(part)))
        if known:
            found += known
        elif DISTRICT_OFFICE.search(part):
            cells.drop(Column.LEVEL, Reason.DISTRICT, no_districts(part))
        else:
            cells.drop(
                Column.LEVEL,
                Reason.NOT_A_LEVEL,
                f"“{part[:60]}” không phải là một cấp; nếu là nơi nộp thì ghi ở cột"
                f" “{header_of(Column.WHERE)}”",
            )
    return tuple(dict.fromkeys(found))


def online_level(cells: Cells) -> str | None:
    """How far it is an online service, on the scale of today."""
    text = cells.text(Column.ONLINE_LEVEL)
    known = _ONLINE.get(fold(text).removeprefix("dvc ").strip())
    if text and known is None:
        old = re.match(r"muc(?: do)? ?\d", fold(text)) is not None
        wanted = f"{FULLY_ONLINE}, {PARTLY_ONLINE} hoặc {NOT_ONLINE}"
        message = f"“{text[:40]}” theo thang cũ" if old else f"“{text[:40]}” không có trong thang"
        reason = Reason.OLD_SCALE if old else Reason.NOT_A_CHOICE
        cells.drop(Column.ONLINE_LEVEL, reason, f"{message}; hãy ghi {wanted}")
    return known
