"""The columns a spreadsheet may have: their headers, what goes in, and what else people call them.

The template is made of these, and files are read by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.wording import fold

LEVELS = ("Cấp tỉnh", "Cấp xã", "Cấp tỉnh và cấp xã", "Cấp bộ")
FULLY_ONLINE, PARTLY_ONLINE, NOT_ONLINE = "Toàn trình", "Một phần", "Không trực tuyến"
"""The levels of online service since 2022."""
PUBLIC, INTERNAL = "Người dân và doanh nghiệp", "Nội bộ cơ quan"
"""Whom a procedure is for."""


class Column(StrEnum):
    """What a column is about. The order is the template's."""

    CODE = "code"
    NAME = "name"
    FIELD = "field"
    AUDIENCE = "audience"
    LEVEL = "level"
    WHERE = "where"
    DOCUMENTS = "documents"
    ONLINE_LEVEL = "online_level"
    ONLINE = "online"
    IN_PERSON = "in_person"
    TIME = "time"
    FEE = "fee"
    BENEFIT = "benefit"
    WHO = "who"
    CONDITIONS = "conditions"
    RESULT = "result"
    LEGAL_BASIS = "legal_basis"
    DECISION = "decision"
    PAGE = "page"
    ALIASES = "aliases"
    QUESTIONS = "questions"
    CHECKED_ON = "checked_on"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"


@dataclass(frozen=True)
class About:
    """How a column is headed and explained."""

    header: str
    explanation: str
    """For the clerk who fills it."""
    other_names: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """The values it may have; empty: any."""
    width: int = 30
    """In the template, in characters."""


_LINES = "Mỗi mục một dòng trong ô (Alt+Enter)."
_DAY = "Ngày/tháng/năm, ví dụ 01/09/2026."

COLUMNS: dict[Column, About] = {
    Column.CODE: About(
        "Mã thủ tục",
        "Mã trên Cơ sở dữ liệu quốc gia, ví dụ 1.001193; phần sau (.000.00.00.H36) có hay không đều"
        " được. Thủ tục riêng của tỉnh ghi mã của tỉnh, hoặc để trống.",
        ("Mã TTHC", "Mã số", "Mã số TTHC", "Mã", "Mã hồ sơ TTHC", "code"),
        width=14,
    ),
    Column.NAME: About(
        "Tên thủ tục",
        "Bắt buộc. Tên đầy đủ theo quyết định công bố.",
        ("Tên TTHC", "Tên thủ tục hành chính", "Thủ tục hành chính", "Thủ tục", "Tên", "name"),
        width=45,
    ),
    Column.FIELD: About(
        "Lĩnh vực", "Ví dụ: Hộ tịch.", ("Tên lĩnh vực", "Ngành, lĩnh vực", "field")
    ),
    Column.AUDIENCE: About(
        "Dành cho",
        f"Thủ tục nội bộ giữa các cơ quan thì chọn “{INTERNAL}”: trợ lý sẽ không đưa ra cho người"
        " dân. Để trống là dành cho người dân và doanh nghiệp.",
        ("Phạm vi", "Loại thủ tục", "Loại TTHC"),
        (PUBLIC, INTERNAL),
        18,
    ),
    Column.LEVEL: About(
        "Cấp giải quyết",
        "Cấp nào quyết định. Từ 01/07/2025 không còn cấp huyện.",
        ("Cấp thực hiện", "Cấp", "Thẩm quyền", "Cấp thẩm quyền", "org"),
        LEVELS,
        18,
    ),
    Column.WHERE: About(
        "Nơi nộp",
        f"Tên nơi người dân nộp hồ sơ. {_LINES} Không ghi cơ quan cấp huyện.",
        ("Nơi nộp hồ sơ", "Địa điểm thực hiện", "Cơ quan thực hiện", "Nơi tiếp nhận"),
    ),
    Column.DOCUMENTS: About(
        "Giấy tờ cần có",
        f"Kèm số bản, ví dụ: Tờ khai (1 bản chính). {_LINES}",
        ("Thành phần hồ sơ", "Giấy tờ", "Hồ sơ", "Hồ sơ gồm"),
        width=45,
    ),
    Column.ONLINE_LEVEL: About(
        "Mức độ trực tuyến",
        "Không ghi theo thang cũ (mức độ 2, 3, 4).",
        ("Mức độ DVC", "Mức độ", "Mức độ cung cấp", "Dịch vụ công trực tuyến", "DVCTT", "level"),
        (FULLY_ONLINE, PARTLY_ONLINE, NOT_ONLINE),
        18,
    ),
    Column.ONLINE: About(
        "Các bước nộp trực tuyến",
        f"Theo thứ tự, không cần đánh số. {_LINES}",
        ("Cách nộp trực tuyến", "Các bước trực tuyến"),
        width=45,
    ),
    Column.IN_PERSON: About(
        "Các bước nộp trực tiếp",
        f"Theo thứ tự, không cần đánh số. {_LINES}",
        ("Trình tự thực hiện", "Các bước thực hiện", "Các bước trực tiếp"),
        width=45,
    ),
    Column.TIME: About(
        "Thời hạn giải quyết",
        "Luôn ghi đơn vị: 10 ngày làm việc. Khác nhau thì mỗi dòng một trường hợp, ghi trường hợp"
        " trước dấu hai chấm: Nộp trực tuyến: 5 ngày làm việc.",
        ("Thời gian giải quyết", "Thời hạn", "Thời gian"),
        width=28,
    ),
    Column.FEE: About(
        "Lệ phí",
        "Luôn ghi cả chữ “đồng”: 50.000 đồng. Không thu thì ghi: Không thu phí. Khác nhau thì mỗi"
        " dòng một trường hợp: Nộp trực tiếp: 50.000 đồng.",
        ("Phí, lệ phí", "Phí", "Mức phí", "Mức thu", "Phí lệ phí"),
        width=28,
    ),
    Column.BENEFIT: About(
        "Mức hỗ trợ",
        f"Người dân được nhận gì, với chương trình hỗ trợ của tỉnh. {_LINES}",
        ("Quyền lợi", "Mức hưởng", "Mức trợ cấp", "Nội dung hỗ trợ"),
    ),
    Column.WHO: About(
        "Đối tượng", f"Ai được làm thủ tục. {_LINES}", ("Đối tượng thực hiện", "Đối tượng áp dụng")
    ),
    Column.CONDITIONS: About("Điều kiện", _LINES, ("Yêu cầu, điều kiện", "Yêu cầu điều kiện")),
    Column.RESULT: About("Kết quả", _LINES, ("Kết quả thực hiện", "Kết quả giải quyết")),
    Column.LEGAL_BASIS: About(
        "Căn cứ pháp lý", f"Số và tên văn bản. {_LINES}", ("Văn bản pháp lý", "Cơ sở pháp lý")
    ),
    Column.DECISION: About(
        "Số quyết định",
        "Quyết định công bố, ví dụ 509/QĐ-UBND.",
        ("Quyết định công bố", "Số QĐ", "Quyết định", "decision"),
        width=18,
    ),
    Column.PAGE: About(
        "Địa chỉ trang",
        "Trang của thủ tục trên một cổng của nhà nước (.gov.vn), bắt đầu bằng https://.",
        ("Đường dẫn", "Link", "URL", "Địa chỉ trang web"),
    ),
    Column.ALIASES: About(
        "Cách gọi khác",
        f"Tên ngắn, tên cũ người dân hay dùng. {_LINES}",
        ("Tên gọi khác", "Tên thường gọi"),
    ),
    Column.QUESTIONS: About(
        "Câu hỏi thường gặp",
        f"Đúng lời người dân hỏi. {_LINES} Không ghi tên, số điện thoại của người hỏi.",
        ("Câu hỏi", "Người dân hay hỏi"),
        width=45,
    ),
    Column.CHECKED_ON: About(
        "Ngày kiểm tra",
        f"Ngày cán bộ đối chiếu dòng này lần cuối. {_DAY}",
        ("Ngày rà soát", "Ngày cập nhật", "Cập nhật ngày"),
        width=14,
    ),
    Column.VALID_FROM: About(
        "Hiệu lực từ", _DAY, ("Có hiệu lực từ", "Ngày hiệu lực", "Hiệu lực từ ngày"), width=14
    ),
    Column.VALID_UNTIL: About(
        "Hiệu lực đến",
        f"Ngày cuối cùng còn áp dụng; để trống nếu chưa có. {_DAY}",
        ("Hết hiệu lực", "Hiệu lực đến ngày"),
        width=14,
    ),
}

NUMBERING = frozenset(map(fold, ("STT", "TT", "Số thứ tự", "#")))
"""Headers of columns that only count the rows."""


def _plain(header: str) -> str:
    """A header without case, diacritics, what stands in brackets, and marks."""
    words = fold(header).split("(")[0].replace("*", " ").replace(":", " ").replace("_", " ")
    return " ".join(words.split())


_NAMES = {
    _plain(name): column
    for column, about in COLUMNS.items()
    for name in (about.header, *about.other_names)
}


def column_of(header: str) -> Column | None:
    """The column a header means, whatever its case, diacritics and spaces; None if none."""
    return _NAMES.get(_plain(header))


def is_numbering(header: str) -> bool:
    """Whether the column only counts the rows."""
    return _plain(header) in NUMBERING
