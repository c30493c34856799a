"""A Row of the national database → a Procedure and its Source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

from knowledge.districts import DISTRICT, DISTRICT_OFFICE
from knowledge.imported import Import, entry_id
from knowledge.model import Caution, Facet, Fact, Level, Procedure, Source, SourceKind
from knowledge.national import columns
from knowledge.national.documents import documents
from knowledge.national.facts import Desk, Outcome, Tally
from knowledge.national.rows import Row
from knowledge.national.time_fee import facets_of
from knowledge.national.ways import Line, Way, read_ways
from knowledge.wording import LONGEST_TITLE, one_line, shortened

DISTRICTS_ARE_GONE = (
    "Cổng còn nhắc cấp huyện; từ 01/07/2025 không còn cấp huyện, việc đó hỏi Ủy ban nhân dân cấp xã"
    " hoặc nơi nộp hồ sơ."
)
_LEVELS = {
    "Cấp bộ": Level.CENTRAL,
    "Cấp tỉnh": Level.PROVINCE,
    "Cấp xã": Level.COMMUNE,
    "Cơ quan khác": Level.OTHER,
}


def read_row(row: Row, title: str, checked_on: date, tally: Tally, held: str = "") -> Import:
    """Make a Procedure of a row, under the title chosen for it; what was read is counted.

    Raises pydantic's ValidationError if the record does not allow it.
    """
    source = Source(
        id=f"dvc_{row.ma_thu_tuc}",
        title=f"Cổng Dịch vụ công quốc gia, thủ tục {row.ma_thu_tuc}: {title}",
        kind=SourceKind.PORTAL,
        url=row.detail_url,
        published=f"≤ {checked_on}",
        note=row.so_quyet_dinh or None,
    )
    desk = Desk(source.id, checked_on, row.detail_url)
    facts = _facts(row, desk)
    name = one_line(row.ten_thu_tuc)
    entry = Procedure(
        id=entry_id(row.ma_thu_tuc),
        title=title,
        summary=_summary(row),
        questions=(name[:900],) if len(name) > LONGEST_TITLE else (),
        code=row.ma_thu_tuc,
        field=one_line(row.linh_vuc)[:LONGEST_TITLE] or "Khác",
        levels=tuple(_LEVELS[name] for name in row.cap_thuc_hien.split(", ") if name in _LEVELS),
        portal_url=row.detail_url,
        imported=True,
        facts={facet: tuple(found) for facet, found in facts.items() if found},
        cautions=tuple(_cautions(facts)),
    )
    tally.update(desk.tally)
    return Import(entry, source, held)


def titles(rows: Iterable[Row]) -> dict[str, str]:
    """Code → title: the name, cut if long; those that would be the same name their code."""
    rows = list(rows)
    names = {row.ma_thu_tuc: shortened(one_line(row.ten_thu_tuc)) for row in rows}
    claimed = Counter(name.casefold() for name in names.values())
    return {
        code: name
        if claimed[name.casefold()] == 1
        else f"{shortened(name, LONGEST_TITLE - 14)} (mã {code})"
        for code, name in names.items()
    }


def _summary(row: Row) -> str:
    field = one_line(row.linh_vuc)[:100] or "khác"
    return (
        f"Thủ tục thuộc lĩnh vực {field}; đọc tự động từ Cổng Dịch vụ công quốc gia, chưa có người"
        " biên tập."
    )


def _facts(row: Row, desk: Desk) -> dict[Facet, list[Fact]]:
    lines = _lines(row, desk)
    ways = facets_of(lines, desk)
    only_online = bool(lines) and all(line.way is Way.ONLINE for line in lines)
    online = any(line.way is Way.ONLINE for line in lines)
    steps = columns.steps(row.trinh_tu_thuc_hien, desk)
    portal = desk.typed(f"Nộp tại trang của thủ tục trên Cổng: {row.detail_url}")
    return {
        Facet.WHO: columns.who(row.doi_tuong_thuc_hien, desk),
        Facet.CONDITIONS: columns.conditions(row.yeu_cau_dieu_kien, desk),
        Facet.DOCUMENTS: documents(row.thanh_phan_ho_so, desk),
        Facet.WHERE: columns.where(row.co_quan_thuc_hien, desk) + ways[Facet.WHERE],
        Facet.ONLINE: ([portal] if online else []) + (steps if only_online else []),
        Facet.IN_PERSON: [] if only_online else steps,
        Facet.TIME: ways[Facet.TIME],
        Facet.FEE: ways[Facet.FEE],
        Facet.RESULT: columns.result(row.ket_qua_xu_ly, desk),
        Facet.LEGAL_BASIS: columns.legal_basis(row.can_cu_phap_ly, desk),
    }


def _lines(row: Row, desk: Desk) -> tuple[Line, ...]:
    lines = read_ways(row.cach_thuc_thuc_hien)
    if lines is None:
        desk.count("ways", Outcome.REJECTED, "the table's lines cannot be told apart")
    return lines or ()


def _cautions(facts: dict[Facet, list[Fact]]) -> list[Caution]:
    """That districts are gone, with the facets whose text still names them."""
    facets = tuple(
        facet
        for facet, found in facts.items()
        if any(_district(facet).search(fact.text) for fact in found)
    )
    return [Caution(text=DISTRICTS_ARE_GONE, facets=facets)] if facets else []


def _district(facet: Facet) -> re.Pattern[str]:
    """An office is named briefly; elsewhere "huyện" is also a road's class or a place's name."""
    return DISTRICT_OFFICE if facet is Facet.WHERE else DISTRICT
