"""What the office should look at again, where a row and an Entry do not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from knowledge.sheets.batch import Batch
from knowledge.sheets.columns import Column
from knowledge.sheets.merge import Outcome
from knowledge.sheets.remarks import Effect, Reason, Remark
from knowledge.sheets.table import Place

_ADVICE = {
    Reason.OTHER_NAME: "trong kho, mã này là “{about}”; hãy kiểm tra lại mã và tên",
    Reason.NEARER: "tên gần một thủ tục khác hơn là “{about}” của mã này; hãy kiểm tra lại mã",
    Reason.OTHER_CODE: "trong kho, thủ tục cùng tên có mã khác; hãy kiểm tra mã này còn dùng không",
    Reason.ANOTHER_FEE: "khác mức thu chung cả nước trong kho (“{about}”); hãy kiểm tra lại",
    Reason.LONGER: "dài hơn thời hạn chung cả nước trong kho (“{about}”); hãy kiểm tra lại",
}
_COLUMNS = {Reason.ANOTHER_FEE: Column.FEE, Reason.LONGER: Column.TIME}


def verdicts(
    batch: Batch, outcomes: Mapping[str, Outcome], places: Mapping[Column, Place]
) -> Iterator[Remark]:
    """A Remark on every row or cell that is kept as data because an Entry says otherwise."""
    for key, outcome in outcomes.items():
        for said in (outcome.reason, *(reason for _, reason in outcome.refused)):
            if said in _ADVICE:
                reason = Reason(said)
                place = places.get(_COLUMNS.get(reason, Column.CODE), Place("", ""))
                message = _ADVICE[reason].format(about=outcome.about)
                row = batch.numbers[key]
                yield Remark(row, place.letter, place.header, Effect.HELD, reason, message)
