"""The template that offices fill: headers, two worked examples, and a sheet that explains them."""

from __future__ import annotations

from pathlib import Path

from knowledge.imported import ImportFileError
from knowledge.sheets.batch import EXAMPLE
from knowledge.sheets.columns import COLUMNS, FULLY_ONLINE, PARTLY_ONLINE, PUBLIC, Column
from knowledge.sheets.delimited import write_csv
from knowledge.sheets.workbook import Page, write_workbook

ROWS_TITLE, HELP_TITLE = "Thủ tục", "Hướng dẫn"
_MARK = f"{EXAMPLE} – XÓA DÒNG NÀY]"

_EXAMPLES: tuple[dict[Column, str], ...] = (
    {
        Column.CODE: "1.999001",
        Column.NAME: f"{_MARK} Cấp thẻ đọc sách của thư viện tỉnh",
        Column.FIELD: "Thư viện",
        Column.AUDIENCE: PUBLIC,
        Column.LEVEL: "Cấp tỉnh",
        Column.WHERE: "Trung tâm Phục vụ hành chính công tỉnh",
        Column.DOCUMENTS: "Tờ khai theo mẫu (1 bản chính)\nẢnh chân dung 3 x 4 (1 ảnh)",
        Column.ONLINE_LEVEL: FULLY_ONLINE,
        Column.ONLINE: "Đăng nhập Cổng Dịch vụ công quốc gia\nChọn thủ tục và nộp hồ sơ\nNhận thẻ",
        Column.IN_PERSON: "Nộp hồ sơ tại quầy\nNhận giấy hẹn\nNhận thẻ",
        Column.TIME: "5 ngày làm việc",
        Column.FEE: "Nộp trực tiếp: 20.000 đồng\nNộp trực tuyến: 10.000 đồng",
        Column.WHO: "Người từ đủ 14 tuổi cư trú trong tỉnh",
        Column.RESULT: "Thẻ đọc sách",
        Column.LEGAL_BASIS: "Nghị quyết số 00/2026/NQ-HĐND",
        Column.DECISION: "00/QĐ-UBND",
        Column.ALIASES: "Làm thẻ thư viện",
        Column.QUESTIONS: "Làm thẻ thư viện tỉnh cần giấy tờ gì?",
        Column.CHECKED_ON: "01/09/2026",
        Column.VALID_FROM: "01/07/2026",
    },
    {
        Column.CODE: "",
        Column.NAME: f"{_MARK} Hỗ trợ tiền mua sách cho học sinh vùng cao của tỉnh",
        Column.FIELD: "Giáo dục",
        Column.AUDIENCE: PUBLIC,
        Column.LEVEL: "Cấp xã",
        Column.WHERE: "Trung tâm Phục vụ hành chính công cấp xã",
        Column.DOCUMENTS: "Đơn đề nghị (1 bản chính)",
        Column.ONLINE_LEVEL: PARTLY_ONLINE,
        Column.TIME: "10 ngày làm việc",
        Column.FEE: "Không thu phí",
        Column.BENEFIT: "300.000 đồng một năm học",
        Column.WHO: "Học sinh tiểu học ở xã vùng cao",
        Column.CHECKED_ON: "01/09/2026",
        Column.VALID_FROM: "01/09/2026",
        Column.VALID_UNTIL: "31/12/2030",
    },
)

_ADVICE = (
    ("Cách điền", "Mỗi thủ tục một dòng. Xóa hai dòng ví dụ. Ô không có thông tin thì để trống."),
    ("", "Tên cột có thể đổi chỗ; cột không dùng có thể bỏ. Chỉ “Tên thủ tục” là bắt buộc."),
    ("", "Không dùng công thức: hãy dán giá trị. Nhiều mục trong một ô thì mỗi mục một dòng."),
)


def write_template(path: Path) -> None:
    """Write the template as .xlsx, with drop-downs and explanations, or as .csv.

    ImportFileError for another kind, or if there is a file already.
    """
    if path.exists():
        raise ImportFileError(f"{path}: is there already; choose another name")
    headers = [about.header for about in COLUMNS.values()]
    rows = [headers, *([example.get(c, "") for c in COLUMNS] for example in _EXAMPLES)]
    if path.suffix.lower() == ".csv":
        write_csv(path, rows)
        return
    if path.suffix.lower() != ".xlsx":
        raise ImportFileError(f"{path}: the template is .xlsx or .csv")
    choices = {n: about.choices for n, about in enumerate(COLUMNS.values(), 1) if about.choices}
    widths = [about.width for about in COLUMNS.values()]
    help_rows = [
        ["Cột", "Ghi gì", "Chọn một trong"],
        *_ADVICE,
        *([a.header, a.explanation, "; ".join(a.choices)] for a in COLUMNS.values()),
    ]
    pages = (Page(ROWS_TITLE, rows, widths), Page(HELP_TITLE, help_rows, (26, 90, 50)))
    write_workbook(path, pages, choices)
