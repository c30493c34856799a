"""A whole spreadsheet → Procedures, and remarks on the rows that have something wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from knowledge.imported import Import
from knowledge.sheets.cells import Cells
from knowledge.sheets.codes import Code, is_test, read_code
from knowledge.sheets.columns import Column
from knowledge.sheets.entry import Sheet, read_row
from knowledge.sheets.remarks import Effect, Reason, Remark
from knowledge.sheets.table import Row, Table
from knowledge.wording import fold, one_line

EXAMPLE = "[VÍ DỤ"
"""What the names of the template's example rows begin with."""


@dataclass(frozen=True)
class Batch:
    """What a spreadsheet gave."""

    imports: dict[str, Import]
    """By Entry id."""
    remarks: tuple[Remark, ...]
    rows: int
    """Rows below the headers that say anything."""
    rejected: int
    """Rows that gave no Procedure."""
    numbers: dict[str, int]
    """Entry id → the row it was read from."""


def read_sheet(table: Table, sheet: Sheet) -> Batch:
    """Read every row; one row's faults do not touch the others."""
    reader = _Reader(table, sheet)
    for row in table.rows:
        reader.read(row)
    remarks = [*reader.remarks, *reader.shared_names()]
    return Batch(
        reader.imports,
        tuple(sorted(remarks, key=lambda remark: remark.row)),
        len(table.rows),
        len(table.rows) - len(reader.imports),
        {key: row.number for key, row in reader.rows.items()},
    )


@dataclass
class _Reader:
    table: Table
    sheet: Sheet
    imports: dict[str, Import] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def read(self, row: Row) -> None:
        cells = Cells(row, self.table.places)
        found = self._row(cells)
        self.remarks += cells.remarks
        if found is not None:
            self.imports[found.entry.id] = found
            self.rows[found.entry.id] = row

    def _row(self, cells: Cells) -> Import | None:
        if self._is_no_procedure(cells):
            return None
        code = self._code(cells)
        if code is None and cells.row.cells.get(Column.CODE):
            return None
        try:
            found = read_row(cells, code, self.sheet)
        except ValidationError as error:
            what = ".".join(map(str, error.errors()[0]["loc"]))
            message = f"không ghi được vào kho tri thức ({what}: {error.errors()[0]['msg']})"
            cells.note(None, Effect.ROW, Reason.NOT_ALLOWED, message)
            return None
        return None if found is None or self._stands_already(cells, found) else found

    def _is_no_procedure(self, cells: Cells) -> bool:
        name = one_line(cells.text(Column.NAME))
        code = cells.row.cells.get(Column.CODE, "")
        if len(name) < 2:
            message = "không có tên thủ tục; hãy ghi tên, hoặc bỏ dòng nếu chỉ là tiêu đề"
            cells.note(Column.NAME, Effect.ROW, Reason.NO_NAME, message)
        elif name.upper().startswith(EXAMPLE):
            message = "là dòng ví dụ của mẫu; hãy xóa dòng này"
            cells.note(None, Effect.ROW, Reason.EXAMPLE, message)
        elif is_test(code) or is_test(name):
            message = f"“{name[:60]}” là dòng thử; hãy xóa khỏi danh mục"
            cells.note(None, Effect.ROW, Reason.TEST, message)
        else:
            return False
        return True

    def _code(self, cells: Cells) -> Code | None:
        text = cells.text(Column.CODE)
        code = read_code(text) if text else None
        if cells.row.cells.get(Column.CODE) and code is None:
            message = (
                f"mã “{text[:40]}” sai dạng và không đoán được; mã đúng như 1.001193 (nếu Excel đã"
                " đổi mã thành số thì đặt định dạng ô là Văn bản rồi nhập lại)"
            )
            cells.note(Column.CODE, Effect.ROW, Reason.BAD_CODE, message)
        elif code and code.repaired:
            message = f"mã “{text[:40]}” sai dạng, đã hiểu là {code.national}; hãy sửa trong bảng"
            cells.note(Column.CODE, Effect.REPAIRED, Reason.REPAIRED_CODE, message)
        return code

    def _stands_already(self, cells: Cells, found: Import) -> bool:
        first = self.rows.get(found.entry.id)
        if first is None:
            return False
        differ = [
            place.header
            for column, place in self.table.places.items()
            if first.cells.get(column) != cells.row.cells.get(column) and column is not Column.CODE
        ]
        message = f"trùng mã với dòng {first.number}, dòng đó được dùng"
        message += f" (khác nhau ở: {', '.join(differ)}); hãy giữ một dòng" if differ else ""
        cells.note(Column.CODE, Effect.ROW, Reason.CODE_TWICE, message)
        return True

    def shared_names(self) -> Iterator[Remark]:
        """Rows of different codes that have one name."""
        by_name = defaultdict(list)
        for key, row in self.rows.items():
            by_name[fold(one_line(row.cells[Column.NAME]))].append(key)
        for keys in by_name.values():
            first, *others = keys
            for key in others:
                cells = Cells(self.rows[key], self.table.places)
                message = (
                    f"cùng tên với dòng {self.rows[first].number} nhưng khác mã; nếu là hai thủ tục"
                    " thì ghi rõ tên cho khác nhau"
                )
                cells.note(Column.NAME, Effect.NOTED, Reason.NAME_TWICE, message)
                yield from cells.remarks
