"""The headings under which documents describe a procedure, and what is meant by them."""

from __future__ import annotations

import re

from knowledge.sheets.columns import Column, column_of
from knowledge.wording import fold, without_marker

FORMS = "forms"
"""The heading under which forms are named; no column of spreadsheets is for them."""
OTHER = "other"
"""A heading of such documents whose text is left to the reader."""
Meaning = Column | str

_NUMBER = re.compile(r"^\s*(?:[-–+*•]\s*)?(?:\(?(?:\d+(?:\.\d+)*|[IVX]+|[a-zđ])[.)]\s*)?")
_OF_A_PROCEDURE = re.compile(
    r"(?: thuc hien| giai quyet)?(?: cua)?(?: thu tuc hanh chinh| tthc| thu tuc| ho so)?$"
)
_MEANINGS: dict[str, Meaning] = {
    fold(name): meaning
    for meaning, names in {
        Column.NAME: ("Tên thủ tục", "Tên thủ tục hành chính", "Tên TTHC"),
        Column.CODE: ("Mã thủ tục", "Mã TTHC", "Mã số thủ tục"),
        Column.FIELD: ("Lĩnh vực",),
        Column.LEVEL: ("Cấp thực hiện",),
        Column.DECISION: ("Số quyết định",),
        Column.IN_PERSON: ("Trình tự thực hiện", "Trình tự"),
        Column.DOCUMENTS: ("Thành phần hồ sơ", "Thành phần, số lượng hồ sơ", "Hồ sơ gồm"),
        Column.TIME: ("Thời hạn giải quyết", "Thời gian giải quyết"),
        Column.WHO: ("Đối tượng thực hiện",),
        Column.WHERE: ("Địa chỉ tiếp nhận hồ sơ", "Địa chỉ tiếp nhận HS", "Nơi nộp hồ sơ"),
        Column.RESULT: ("Kết quả thực hiện", "Kết quả"),
        Column.FEE: ("Phí, lệ phí", "Lệ phí", "Phí", "Phí và lệ phí"),
        Column.CONDITIONS: (
            "Yêu cầu, điều kiện",
            "Yêu cầu, điều kiện thực hiện",
            "Yêu cầu hoặc điều kiện",
        ),
        Column.LEGAL_BASIS: ("Căn cứ pháp lý", "Cơ sở pháp lý"),
        FORMS: ("Tên mẫu đơn, mẫu tờ khai", "Mẫu đơn, tờ khai", "Tên mẫu đơn, tờ khai"),
        OTHER: (
            "Cách thức thực hiện",
            "Số lượng hồ sơ",
            "Loại thủ tục",
            "Cơ quan thực hiện",
            "Cơ quan giải quyết",
            "Cơ quan có thẩm quyền",
            "Cơ quan được ủy quyền",
            "Cơ quan phối hợp",
            "Từ khóa",
            "Mô tả",
        ),
    }.items()
    for name in names
}


def heading(line: str) -> tuple[Meaning, str, str] | None:
    """What a line announces, how it calls that, and what stands behind it in the line; None if it
    is no heading. "1.4. Thời hạn giải quyết: 5 ngày" announces the time."""
    text = _NUMBER.sub("", line, count=1)
    called, colon, rest = text.partition(":")
    if len(called) > 80:
        return None
    meaning = _meaning(called)
    return (meaning, called.strip(), rest.strip()) if meaning and (colon or not rest) else None


def headers(row: tuple[str, ...]) -> dict[int, Meaning]:
    """The columns of a table whose headers are known, by number."""
    known = {i: _meaning(cell) or column_of(cell) for i, cell in enumerate(row) if cell}
    return {i: meaning for i, meaning in known.items() if meaning}


def name_of(line: str) -> str:
    """A procedure's name without the number in front and the word for what it is."""
    name = _NUMBER.sub("", without_marker(line), count=1)
    name = re.sub(r"^(?:tên )?(?:thủ tục|TTHC)(?: hành chính)?\s*:\s*", "", name, flags=re.I)
    return name.strip(' .;:"“”')


def _meaning(called: str) -> Meaning | None:
    words = " ".join(re.sub(r"\([^)]*\)", " ", fold(called)).replace("*", " ").split())
    words = words.strip(" .:")
    return _MEANINGS.get(words) or _MEANINGS.get(_OF_A_PROCEDURE.sub("", words))
