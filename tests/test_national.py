"""Importing the national database: what its flattened tables say, and what they do not say.

The rows are invented; they have the form of the portal's, run together in the same way.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.check import record_text, text_of, unsupported
from bot.compose import Composer
from bot.messages import say
from knowledge.figures import lengths_in, sums_in
from knowledge.imported import ImportFileError, compare, merge, read_imported, write_imported
from knowledge.load import Library
from knowledge.model import Duration, DurationUnit, Facet, Fact, Level, Procedure
from knowledge.national.batch import SHARED_PAGE, Batch, read_file
from knowledge.national.facts import MOST_ITEMS, Outcome
from knowledge.national.time_fee import NO_FEE
from knowledge.national.ways import read_ways
from knowledge.passages import PassageKind, passages
from knowledge.store import Editions
from knowledge.wording import LONGEST
from knowledge.yaml_file import ContentError
from tests.fakes.desk import Shown, published
from webhook import __main__ as command
from webhook import publishing
from webhook.database import open_database
from webhook.importing import FOLDER
from webhook.pages import LONGEST_LIST, pages_router
from webhook.record import sheet
from webhook.settings import Settings

REAL = Path(__file__).parents[2] / "shared" / "data" / "tthc" / "procedures.jsonl.gz"
WAYS = "Hình thức nộpThời gianPhí, lệ phíMô tả"
PAPERS = "Tên giấy tờMẫu đơn, tờ khaiSố lượng"
TODAY = date(2026, 11, 21)


def row(code: str = "1.900001", **columns: str) -> dict[str, str]:
    """A row of the portal with the columns given, "Không có thông tin" in the others."""
    nothing = dict.fromkeys(
        (
            "trinh_tu_thuc_hien",
            "cach_thuc_thuc_hien",
            "thanh_phan_ho_so",
            "can_cu_phap_ly",
            "co_quan_thuc_hien",
            "yeu_cau_dieu_kien",
            "ket_qua_xu_ly",
        ),
        "Không có thông tin",
    )
    named = {
        "ma_thu_tuc": code,
        "ten_thu_tuc": f"Cấp thẻ đọc sách số {code[-1]}",
        "linh_vuc": "Thư viện",
        "cap_thuc_hien": "Cấp tỉnh, Cấp xã",
        "doi_tuong_thuc_hien": "Công dân Việt Nam",
        "detail_url": f"https://cong.example.vn/{code}",
        "so_quyet_dinh": "12/QĐ-TV",
        "agency_slug": "bo-thu-vien",
    }
    return {**nothing, **named, **columns}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    lines = (line if isinstance(line, str) else json.dumps(line) for line in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(folder: Path, *rows: Any) -> Batch:
    return read_file(written(folder, *rows))


def facts(folder: Path, facet: Facet, **columns: str) -> tuple[Fact, ...]:
    """What one row says on a facet."""
    (found,) = read(folder, row(**columns)).imports.values()
    return found.entry.facts.get(facet, ())


def fees(folder: Path, table: str) -> list[Fact]:
    return list(facts(folder, Facet.FEE, cach_thuc_thuc_hien=WAYS + table))


def times(folder: Path, table: str) -> list[Fact]:
    return list(facts(folder, Facet.TIME, cach_thuc_thuc_hien=WAYS + table))


def typed(found: list[Fact]) -> list[int | Duration]:
    """The typed values among facts."""
    values = [fact.duration if fact.amount is None else fact.amount for fact in found]
    return [value for value in values if value is not None]


# A whole row


def test_a_row_becomes_a_procedure_with_typed_facts_and_its_own_source(tmp_path: Path) -> None:
    batch = read(
        tmp_path,
        row(
            cach_thuc_thuc_hien=WAYS
            + "Trực tuyến10 Ngày làm việc2,000 Việt Nam Đồng(2.000 đồng/thẻ)"
            "Trực tiếp10 Ngày làm việc2,000 VNĐ(2.000 đồng/thẻ.)",
            thanh_phan_ho_so=f"--{PAPERS}Tờ khaiMau 01.docx1 bản chính"
            "Ảnh chân dung0 bản chính,2 bản sao",
            trinh_tu_thuc_hien="Bước 1: Nộp tờ khai.\nBước 2: Nhận giấy hẹn.",
            ket_qua_xu_ly="Thẻ đọc sáchMã: KQ.G99.000001Thư từ chốiMã: KQ.G99.000002Từ khóaXYZ",
            co_quan_thuc_hien="Sở Thư viện",
            can_cu_phap_ly="Tên văn bản pháp lýMã văn bảnLuật Đọc sách12/2031/QH19"
            "Về thẻ45/2032/NĐ-CPVề phí7/2033/TT-BTC",
        ),
    )
    found = batch.imports["tthc-1-900001"]
    entry = found.entry
    assert (entry.code, entry.title, entry.field) == (
        "1.900001",
        "Cấp thẻ đọc sách số 1",
        "Thư viện",
    )
    assert entry.levels == (Level.PROVINCE, Level.COMMUNE)
    assert entry.imported
    assert not any(char.isdigit() for char in entry.summary)
    said = {facet: [fact.text for fact in got] for facet, got in entry.facts.items()}
    assert said[Facet.TIME] == ["10 ngày làm việc, theo Cổng Dịch vụ công quốc gia."]
    assert said[Facet.FEE] == ["2.000 đồng; Cổng ghi thêm: “2.000 đồng/thẻ”."]
    assert said[Facet.DOCUMENTS] == ["Tờ khai (1 bản chính).", "Ảnh chân dung (2 bản sao)."]
    assert said[Facet.IN_PERSON] == ["Nộp tờ khai.", "Nhận giấy hẹn."]
    assert said[Facet.RESULT] == ["Thẻ đọc sách.", "Thư từ chối."]
    assert said[Facet.WHERE][0] == "Cơ quan thực hiện: Sở Thư viện."
    assert said[Facet.LEGAL_BASIS] == [
        "Văn bản Cổng nêu: 12/2031/QH19; 45/2032/NĐ-CP; 7/2033/TT-BTC."
    ]
    for fact in entry.all_facts():
        assert (fact.sources, fact.checked_on) == (("dvc_1.900001",), date(2026, 6, 30))
        assert fact.confidence == "medium"
    assert found.source.url == entry.portal_url == "https://cong.example.vn/1.900001"


def test_columns_without_information_give_no_facets(tmp_path: Path) -> None:
    (found,) = read(tmp_path, row()).imports.values()
    assert set(found.entry.facts) == {Facet.WHO}


# Money


@pytest.mark.parametrize(
    "table",
    [
        "Trực tuyến120,000 VNĐ(Lệ phí thẻ)",  # 120.000, or 1 and 20.000
        "Trực tiếp135 VNĐ(Lệ phí thẻ: 135.000 đồng)",
        "Trực tiếp1100 VNĐ",
        "Trực tuyến2 Giờ20 VNĐ(20.000 đ/tờ khai)",  # "20.000" taken for 20
        "Trực tiếp3 Ngày1500 VNĐ",
    ],
)
def test_a_number_that_may_be_another_is_not_shown(tmp_path: Path, table: str) -> None:
    found = fees(tmp_path, table)
    assert typed(found) == []
    shown = found[0].text.replace("https://cong.example.vn/1.900001", "")
    assert "không đọc được chắc chắn" in shown
    assert not any(char.isdigit() for char in shown)
    assert "https://cong.example.vn/1.900001" in found[0].text


def test_what_stands_beside_a_rejected_number_is_quoted_unless_it_cannot_be_meant(
    tmp_path: Path,
) -> None:
    (_, quoted) = fees(tmp_path, "Trực tiếp2 Ngày25 VNĐ(25.000 đồng/thẻ)")
    assert (quoted.text, quoted.quoted) == ("25.000 đồng/thẻ", True)
    (only,) = fees(tmp_path, "Trực tiếp2 Ngày25 VNĐ(25.000.000 đồng/thẻ)")
    assert "25" not in only.text


@pytest.mark.parametrize(
    "table",
    [
        "Trực tiếp5 Ngày50,000 VNĐ(Áp dụng mức phí 25.000 đồng đến hết ngày 31/12/2031)",
        "Trực tiếp5 Ngày50,000 VNĐ(2 nghìn đồng/trang)",
        "Trực tiếp5 Ngày50,000 VNĐ(15.000.0000 đồng/lần)",
        "Trực tiếp5 Ngày50,000 VNĐ(Đối với người lớn)",
        "Trực tiếp5 Ngày50,000 VNĐ(giảm 50%)",
        "Trực tiếp5 Ngày50,000 VNĐ(Không được quy định tại biểu phí)",
        "Trực tiếp5 Ngày50,000 VNĐ(chưa đóng ngoặc",
        "Trực tiếp5 Ngày50,000 VNĐ(lần đầu)30,000 VNĐ(lần sau)",
        "Trực tiếp5 Ngày50 USD(/người)",
        "Trực tiếp5 Ngày50,000 VNĐLệ phí: miễn cho hộ nghèo, phí khác không đổi",
        "Trực tuyến5 Ngày5,000 VNĐTrực tiếp5 Ngày50,000 VNĐ",
        "Trực tiếp5 Ngày50,000 VNĐ(lần đầu)Trực tiếp9 NgàyKhông có thông tinlần sau",
    ],
)
def test_a_sum_in_doubt_stays_the_portals_own_text(tmp_path: Path, table: str) -> None:
    found = fees(tmp_path, table)
    assert typed(found) == []
    assert found
    assert all(fact.quoted for fact in found)
    assert not any("không đọc được" in fact.text for fact in found)


def test_free_of_charge_is_not_taken_for_free(tmp_path: Path) -> None:
    (said, note) = fees(tmp_path, "Trực tiếp1 NgàyMiễn phí(do tỉnh quy định)")
    assert said.text == NO_FEE
    assert said.amount is None
    assert (note.text, note.quoted) == ("do tỉnh quy định", True)
    (paid,) = fees(tmp_path, "Trực tiếp1 NgàyMiễn phí(lần đầu: 600.000 đồng)")
    assert (paid.text, paid.quoted) == ("lần đầu: 600.000 đồng", True)
    (only,) = fees(tmp_path, "Trực tuyến1 NgàyMiễn phí(Không có)Trực tiếp1 NgàyMiễn phí")
    assert (only.text, only.condition) == (NO_FEE, None)


def test_a_way_that_charges_nothing_does_not_hide_the_sum_of_another(tmp_path: Path) -> None:
    found = fees(tmp_path, "Trực tuyến1 NgàyMiễn phíTrực tiếp1 Ngày30,000 VNĐ(/thẻ)")
    assert [(fact.condition, fact.amount) for fact in found] == [
        ("nộp trực tiếp", 30_000),
        ("nộp trực tuyến", None),
    ]


def test_an_absurdly_long_sentence_is_not_made(tmp_path: Path) -> None:
    notes = ("a" * 290, "b" * 290, "c" * 290)
    ways = ("Trực tuyến", "Trực tiếp", "Dịch vụ bưu chính")
    table = "".join(f"{w}1 Ngày30,000 VNĐ({n})" for w, n in zip(ways, notes, strict=True))
    found = fees(tmp_path, table)
    assert typed(found) == []
    assert all(len(fact.text) <= LONGEST for fact in found)


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("8.000.000/lần; thêm 2,000,000 đồng", {8_000_000, 2_000_000}),
        ("02 triệu đồng/lần, 1,5 triệu", {2_000_000, 1_500_000}),
        ("500đ, 70000 đồng", {500, 70_000}),
        ("Thông tư 61/2023/TT-BTC ngày 01.07.2025, mã 1.001193", set()),
    ],
)
def test_sums_are_found_in_prose(text: str, sums: set[int]) -> None:
    assert sums_in(text) == sums


# Time


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("10 Ngày làm việc", 10, DurationUnit.WORKING_DAYS),
        ("10 Ngày", 10, DurationUnit.DAYS),
        ("48 Giờ", 48, DurationUnit.HOURS),
        ("2 Tháng", 2, DurationUnit.MONTHS),
        ("1 Năm", 1, DurationUnit.YEARS),
    ],
)
def test_a_length_with_a_unit_is_typed(
    tmp_path: Path, cell: str, value: int, unit: DurationUnit
) -> None:
    (fact,) = times(tmp_path, f"Trực tiếp{cell}Miễn phí")
    assert fact.duration == Duration(value=value, unit=unit)


@pytest.mark.parametrize("table", ["Trực tiếp1Miễn phí", "Trực tiếp120,000 VNĐ"])
def test_a_length_without_a_unit_is_not_shown(tmp_path: Path, table: str) -> None:
    (fact,) = times(tmp_path, table)
    assert fact.text == (
        "Cổng ghi thời hạn nhưng không ghi rõ đơn vị; xem trang của thủ tục trên Cổng: "
        "https://cong.example.vn/1.900001"
    )


@pytest.mark.parametrize(
    "table",
    [
        "Trực tiếp5 NgàyMiễn phíTrong thời hạn 05 ngày làm việc",
        "Trực tiếp5 NgàyMiễn phícó thể kéo dài thêm 3 (ba) ngày",
        "Trực tiếp5 NgàyMiễn phínăm (10) ngày",
        "Trực tiếp5 NgàyMiễn phíhoặc mười ngày",
        "Trực tiếp1 NgàyMiễn phítrả ngay khi nộp",
        "Trực tiếp1.5 Ngày làm việcMiễn phí",
        "Trực tiếp5 NgàyMiễn phílần đầuTrực tiếp9 NgàyMiễn phílần sau",
        "Trực tuyến5 NgàyMiễn phíTrực tiếp15 NgàyMiễn phí",
    ],
)
def test_a_length_in_doubt_stays_the_portals_own_text(tmp_path: Path, table: str) -> None:
    found = times(tmp_path, table)
    assert typed(found) == []
    assert found
    assert all(fact.quoted for fact in found)


def test_a_description_that_agrees_confirms_the_length(tmp_path: Path) -> None:
    found = times(
        tmp_path, "Trực tiếp5 NgàyMiễn phítối đa 05 (năm) ngày, từ ngày 30 tháng 6 năm 2031"
    )
    assert typed(found) == [Duration(value=5, unit=DurationUnit.DAYS)]
    assert found[1].quoted


def test_dates_are_no_lengths() -> None:
    assert lengths_in("từ ngày 01/7/2025, ngày 30 tháng 12 năm 2031 đến hết tháng 6") == set()


def test_a_way_named_in_a_description_begins_no_line() -> None:
    lines = read_ways(
        WAYS + "Trực tiếp3 NgàyMiễn phí- Trực tuyến: nộp trên Cổng. - Trực tiếp: tại Sở."
    )
    assert lines is not None
    assert [line.note for line in lines] == ["- Trực tuyến: nộp trên Cổng. - Trực tiếp: tại Sở."]
    assert read_ways(WAYS + "Nộp sao cũng được") is None
    assert read_ways("") == ()


# The other columns


def test_papers_stand_under_the_heading_of_their_table(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        Facet.DOCUMENTS,
        thanh_phan_ho_so=f"* Lần đầu:{PAPERS}a) Tờ khai theo mẫu, nộp 02 bản chính1 bản chính"
        f"b) Thẻ cũ1 bản chính* Lần sau:{PAPERS}Thẻ cũ1 bản chính,1 bản sao",
    )
    assert [(fact.condition, fact.text) for fact in found] == [
        ("Lần đầu", "Tờ khai theo mẫu, nộp 02 bản chính (1 bản chính)."),
        ("Lần đầu", "Thẻ cũ (1 bản chính)."),
        ("Lần sau", "Thẻ cũ (1 bản chính, 1 bản sao)."),
    ]


def test_a_number_that_touches_the_copies_is_not_shown(tmp_path: Path) -> None:
    (fact,) = facts(
        tmp_path, Facet.DOCUMENTS, thanh_phan_ho_so=f"--{PAPERS}Sổ theo mẫu năm 20311 bản chính"
    )
    assert (fact.text, fact.quoted) == ("Sổ theo mẫu năm …", True)


def test_a_file_name_that_cannot_be_told_from_its_paper_stays_quoted(tmp_path: Path) -> None:
    (fact,) = facts(
        tmp_path,
        Facet.DOCUMENTS,
        thanh_phan_ho_so=f"--{PAPERS}Đơn theo mẫuđơn mượn.docx1 bản chính",
    )
    assert (fact.text, fact.quoted) == ("Đơn theo mẫuđơn mượn.docx", True)


def test_papers_without_a_table_and_rows_that_run_together_are_quoted(tmp_path: Path) -> None:
    for text in ("Tờ khai và ảnh.", f"--{PAPERS}Tờ khai và ảnh."):
        (fact,) = facts(tmp_path, Facet.DOCUMENTS, thanh_phan_ho_so=text)
        assert (fact.text, fact.quoted) == ("Tờ khai và ảnh.", True)


def test_a_list_without_end_ends_with_the_link(tmp_path: Path) -> None:
    many = "".join(f"Giấy thứ {'x' * number}1 bản chính" for number in range(1, 60))
    found = facts(tmp_path, Facet.DOCUMENTS, thanh_phan_ho_so=f"--{PAPERS}{many}")
    assert len(found) == MOST_ITEMS
    assert found[-1].text.endswith("https://cong.example.vn/1.900001")


def test_prose_is_quoted_and_cut_between_sentences(tmp_path: Path) -> None:
    text = "Người mượn giữ sách cẩn thận trong 15 ngày. " * 40
    found = facts(tmp_path, Facet.CONDITIONS, yeu_cau_dieu_kien=text)
    assert len(found) > 1
    assert all(fact.quoted and len(fact.text) <= LONGEST for fact in found)
    assert " ".join(fact.text for fact in found) == text.strip()


def test_steps_that_do_not_count_up_from_one_are_prose(tmp_path: Path) -> None:
    text = "Bước 1: Nộp.\nBước 3: Nhận."
    found = facts(tmp_path, Facet.IN_PERSON, trinh_tu_thuc_hien=text)
    assert [fact.quoted for fact in found] == [True]


def test_steps_of_a_procedure_that_is_only_online_are_online_steps(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        Facet.ONLINE,
        cach_thuc_thuc_hien=WAYS + "Trực tuyến1 NgàyMiễn phí",
        trinh_tu_thuc_hien="Bước 1: Nộp.\nBước 2: Nhận.",
    )
    assert [fact.text for fact in found][1:] == ["Nộp.", "Nhận."]


@pytest.mark.parametrize("office", ["Công an huyện", "Thư viện cấp huyện, Sở Thư viện"])
def test_an_office_of_a_district_is_quoted_with_a_warning(tmp_path: Path, office: str) -> None:
    (found,) = read(tmp_path, row(co_quan_thuc_hien=office)).imports.values()
    assert found.entry.facts[Facet.WHERE][0].quoted
    assert found.entry.cautions[0].facets == (Facet.WHERE,)


def test_one_provinces_office_is_only_an_example(tmp_path: Path) -> None:
    (fact,) = facts(tmp_path, Facet.WHERE, co_quan_thuc_hien="Sở Thư viện Thành phố Hà Nội")
    assert fact.quoted
    assert fact.condition
    assert "ví dụ" in fact.condition


def test_laws_are_named_by_numbers_that_touch_nothing(tmp_path: Path) -> None:
    head = "Tên văn bản pháp lýMã văn bản"
    (fact,) = facts(
        tmp_path,
        Facet.LEGAL_BASIS,
        can_cu_phap_ly=head + "Nghị định 5/2031/NĐ-CPNghị định về năm 20319/2031/NĐ-CP",
    )
    assert fact.text == "Văn bản Cổng nêu: 5/2031/NĐ-CP."
    (fact,) = facts(tmp_path, Facet.LEGAL_BASIS, can_cu_phap_ly=head + "Luật Đọc sách")
    assert (fact.text, fact.quoted) == ("Luật Đọc sách", True)


# The file


def test_bad_rows_are_rejected_with_their_reason(tmp_path: Path) -> None:
    batch = read(
        tmp_path,
        row("1.900001"),
        row("1.9000"),
        row("1.900001", ten_thu_tuc="Khác"),
        row("1.900003", ten_thu_tuc=""),
        row("1.900004", detail_url="không rõ"),
        "{",
        '{"ma_thu_tuc": 5, "ten_thu_tuc": "Năm"}',
        "",
        "[]",
    )
    assert list(batch.imports) == ["tthc-1-900001"]
    reasons = [(bad.line, bad.reason.split(";")[0].split(":")[0]) for bad in batch.bad]
    assert reasons == [
        (2, "the code is not of the form 1.234567"),
        (3, "the code stands in the file twice"),
        (4, "has no name"),
        (5, "has no link to its page"),
        (6, "not a JSON object"),
        (7, "ma_thu_tuc"),
        (9, "not a JSON object"),
    ]


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "rows.jsonl.gz"
    broken.write_bytes(gzip.compress(b"{}")[:-4])
    for path in (broken, tmp_path / "missing.jsonl"):
        with pytest.raises(ImportFileError, match=path.name):
            read_file(path)


def test_a_compressed_file_says_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path, row())
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_file(packed) == read_file(plain)


def test_titles_tell_procedures_apart_and_fit(tmp_path: Path) -> None:
    long = "Cấp thẻ cho người đọc sách " * 12
    batch = read(
        tmp_path,
        row("1.900001", ten_thu_tuc="Cấp thẻ."),
        row("1.900002", ten_thu_tuc="cấp thẻ"),
        row("1.900003", ten_thu_tuc=long + "lần đầu"),
        row("1.900004", ten_thu_tuc=long + "lần sau"),
    )
    titles = [found.entry.title for found in batch.imports.values()]
    assert titles[:2] == ["Cấp thẻ (mã 1.900001)", "cấp thẻ (mã 1.900002)"]
    assert titles[2].endswith("… (mã 1.900003)")
    assert max(map(len, titles)) <= 160
    assert batch.imports["tthc-1-900004"].entry.questions == ((long + "lần sau")[:900],)


def test_a_page_that_several_codes_share_is_not_published(tmp_path: Path) -> None:
    page = "https://cong.example.vn/chung"
    batch = read(tmp_path, *(row(f"1.90000{n}", detail_url=page) for n in (1, 2)), row("1.900003"))
    merged = merge(Library({}, {}), batch.imports)
    assert list(merged.library.entries) == ["tthc-1-900003"]
    assert merged.held == {SHARED_PAGE: 2}


def test_our_own_entry_stands_instead_of_the_imported_one_of_its_code(tmp_path: Path) -> None:
    batch = read(tmp_path, row("1.900001"), row("1.900002"))
    found = batch.imports["tthc-1-900001"]
    ours = found.entry.model_copy(update={"id": "the-doc-sach", "imported": False})
    source = found.source.model_copy(update={"title": "Tên nguồn của chúng tôi"})
    merged = merge(Library({ours.id: ours}, {source.id: source}), batch.imports)
    assert list(merged.library.entries) == ["the-doc-sach", "tthc-1-900002"]
    assert (merged.behind, merged.published) == (("1.900001",), 1)
    assert merged.library.sources["dvc_1.900001"].title == "Tên nguồn của chúng tôi"


# Between import and publication


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    imports = read(tmp_path, row("1.900001"), row("1.900002")).imports
    write_imported(folder, imports, compare({}, imports))
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = compare(read_imported(folder), imports)
    write_imported(folder, imports, again)
    assert len(again.unchanged) == 2
    assert not again.added + again.changed + again.confirmed + again.gone
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_changed_row_is_listed_field_by_field(tmp_path: Path) -> None:
    old = read(tmp_path, row(cach_thuc_thuc_hien=WAYS + "Trực tiếp5 Ngày20,000 VNĐ")).imports
    new = read(tmp_path, row(cach_thuc_thuc_hien=WAYS + "Trực tiếp5 Ngày30,000 VNĐ")).imports
    (change,) = compare(old, new).changes
    assert (change.entry_id, change.field) == ("tthc-1-900001", "facts.fee")
    assert (change.old, change.new) == (("20.000 đồng.",), ("30.000 đồng.",))


def test_the_same_seen_on_a_later_day_is_no_change_of_what_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, row())
    old, new = read_file(path, date(2026, 6, 30)).imports, read_file(path, date(2026, 9, 1)).imports
    difference = compare(old, new)
    assert (difference.changes, difference.confirmed) == ((), ("tthc-1-900001",))


def test_what_the_file_no_longer_has_stays_until_it_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    both = read(tmp_path, row("1.900001"), row("1.900002")).imports
    write_imported(folder, both, compare({}, both))
    one = read(tmp_path, row("1.900001")).imports
    difference = compare(read_imported(folder), one)
    assert difference.gone == ("tthc-1-900002",)
    write_imported(folder, one, difference)
    assert len(read_imported(folder)) == 2
    write_imported(folder, one, difference, remove_gone=True)
    assert list(read_imported(folder)) == ["tthc-1-900001"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tthc-1-900001.json").write_text("{")
    with pytest.raises(ContentError, match=r"tthc-1-900001\.json"):
        read_imported(tmp_path)


def test_an_imported_procedure_survives_publication(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    editions = Editions(open_database(settings))
    batch = read(tmp_path, row(yeu_cau_dieu_kien="Biết chữ."))
    library = merge(Library({}, {}), batch.imports).library
    number, fresh = editions.publish(library, "")
    assert fresh
    assert editions.get(number).library == library


# What people see


def test_the_portals_own_words_are_shown_in_quotation_marks_with_a_note(tmp_path: Path) -> None:
    (found,) = read(tmp_path, row(yeu_cau_dieu_kien="Biết đọc và biết viết.")).imports.values()
    library = Library({found.entry.id: found.entry}, {found.source.id: found.source})
    answer = Composer(library, 1, TODAY).answer(found.entry, [Facet.CONDITIONS])
    assert "“Biết đọc và biết viết.”" in text_of(answer)
    assert say("answer.quoted_note") in text_of(answer)
    page = sheet(found.entry, library, 1, TODAY)
    assert any(
        "“Biết đọc và biết viết.”" in line.text for part in page.parts for line in part.lines
    )
    assert say("web.page.quoted") in page.notes


def test_the_list_shows_our_entries_and_finds_the_imported_ones(tmp_path: Path) -> None:
    rows = [row(f"1.9{number:05}", ten_thu_tuc=f"Cấp thẻ {number}") for number in range(120)]
    shown = published(["procedures/khai-sinh"])
    library = merge(shown.edition.library, read(tmp_path, *rows).imports).library
    shown = Shown(replace(shown.edition, library=library))
    app = FastAPI()
    settings = Settings(_env_file=None, data_dir=tmp_path)
    app.include_router(pages_router(lambda: shown, settings, lambda: TODAY))
    visitor = TestClient(app)
    page = visitor.get("/danh-muc").text
    assert page.count("/thu-tuc/") == 1
    assert say("web.found_imported", count=120) in page
    found = visitor.get("/danh-muc?tim=the").text
    assert found.count("/thu-tuc/") == LONGEST_LIST
    assert say("web.too_many", count=LONGEST_LIST) in found
    assert "/thu-tuc/tthc-1-900007" in visitor.get("/danh-muc?tim=1.900007").text


def test_a_quoted_fact_has_no_typed_value() -> None:
    common = {"text": "8.000 đồng", "sources": ("x",), "checked_on": TODAY, "amount": 8_000}
    assert Fact.model_validate(common).amount == 8_000
    with pytest.raises(ValueError, match="only quoted"):
        Fact.model_validate({**common, "quoted": True})


def test_an_imported_procedure_has_few_passages(tmp_path: Path) -> None:
    prose = "Người mượn phải giữ sách cẩn thận. " * 300
    batch = read(tmp_path, row(yeu_cau_dieu_kien=prose, trinh_tu_thuc_hien=prose))
    found = list(passages(i.entry for i in batch.imports.values()))
    assert len(found) <= 6
    assert Counter(passage.kind for passage in found)[PassageKind.NAME] == 1
    assert max(len(passage.text.split()) for passage in found) <= 180


# The command


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)  # away from any .env
    return tmp_path / "var"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(command.app, ["kb", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_imports_reports_and_changes_nothing_twice(
    tmp_path: Path, data_dir: Path
) -> None:
    path = written(tmp_path, row("1.900001"), row("bad"))
    assert "Nothing was written." in run("import", "national", path, "--dry-run")
    assert not (data_dir / FOLDER).exists()
    first = run("import", "national", path)
    assert "1 new, 0 changed" in first
    assert "rejected: line 2: bad the code is not of the form" in first
    assert "0 new, 0 changed" in run("import", "national", path)
    changed = written(tmp_path, row("1.900001", co_quan_thuc_hien="Sở Thư viện"))
    third = run("import", "national", changed)
    assert "tthc-1-900001 facts.where" in third
    assert "+ Cơ quan thực hiện: Sở Thư viện." in third


def test_the_report_as_json_counts_every_column_and_reason(tmp_path: Path, data_dir: Path) -> None:
    path = written(tmp_path, row(cach_thuc_thuc_hien=WAYS + "Trực tiếp120,000 VNĐ"))
    report = json.loads(run("import", "national", path, "--json"))
    assert (report["procedures"], report["to_publish"], report["added"]) == (1, 1, 1)
    counted = {(f["field"], f["outcome"], f["reason"]): f["count"] for f in report["fields"]}
    assert counted["fee", "rejected", "touches another number"] == 1
    assert counted["who", "typed", ""] == 1


def test_a_missing_file_and_a_day_to_come_are_clear_errors(tmp_path: Path, data_dir: Path) -> None:
    for arguments in (["missing.jsonl"], [str(written(tmp_path, row())), "--as-of", "2999-01-01"]):
        result = CliRunner().invoke(command.app, ["kb", "import", "national", *arguments])
        assert result.exit_code != 0
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_publishing_on_a_machine_without_the_imports_does_not_drop_them(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        publishing, "open_follower", lambda settings: None
    )  # no index: no encoder needed
    run("import", "national", written(tmp_path, row()))
    run("publish")
    settings = Settings(_env_file=None, data_dir=data_dir)
    editions = Editions(open_database(settings))
    entry = editions.get(1).library.entries["tthc-1-900001"]
    assert isinstance(entry, Procedure)
    assert entry.imported
    (data_dir / FOLDER / "tthc-1-900001.json").unlink()
    result = CliRunner().invoke(command.app, ["kb", "publish"])
    assert result.exit_code == 1
    assert editions.newest_number() == 1
    run("publish", "--without-imported")
    assert "tthc-1-900001" not in editions.get(2).library.entries


# The real file


@pytest.fixture(scope="module")
def real() -> Batch:
    if not REAL.exists():
        pytest.skip(f"{REAL} is absent: the national database was not tested")
    return read_file(REAL)


def test_every_row_of_the_real_file_becomes_a_procedure(real: Batch) -> None:
    assert len(real.imports) == 2_642
    assert real.bad == ()
    titles = Counter(found.entry.title.casefold() for found in real.imports.values())
    assert max(titles.values()) == 1
    per_entry = Counter(p.entry_id for p in passages(i.entry for i in real.imports.values()))
    assert max(per_entry.values()) <= 6
    fields = Counter[tuple[str, Outcome]]()
    for (field, outcome, _), count in real.tally.items():
        fields[field, outcome] += count
    assert fields["time", Outcome.TYPED] > 4_000
    assert fields["fee", Outcome.TYPED] > 500
    assert fields["documents", Outcome.TYPED] > 12_000


def test_answers_from_the_real_file_say_only_what_the_record_holds(real: Batch) -> None:
    chosen = list(real.imports.values())[::25]
    library = Library(
        {i.entry.id: i.entry for i in chosen}, {i.source.id: i.source for i in chosen}
    )
    composer = Composer(library, 1, TODAY)
    for found in chosen:
        allowed = record_text(found.entry)
        for facets in ([], *([facet] for facet in found.entry.facts)):
            answer = composer.answer(found.entry, facets)
            assert not unsupported(text_of(answer), allowed), (found.entry.id, facets)
