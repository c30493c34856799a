"""The test bench: what it shows of a question; lists of questions as Excel writes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import unescape

import openpyxl
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

import bot.journal
from bot import decide
from tests.fakes.trial_office import TrialOffice, finished, mark, post, trial_office
from webhook.admin.bench import MOST_QUESTIONS
from webhook.admin.roles import Role

BENCH = "/quan-tri/thu"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialOffice]:
    with trial_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def upload(browser: TestClient, data: bytes, name: str = "cau-hoi.csv") -> tuple[str, str]:
    """(address, page) that sending a list leads to."""
    got = browser.post(f"{BENCH}/danh-sach", data=mark(browser), files={"file": (name, data)})
    return str(got.url.path), unescape(got.text)


def answers(browser: TestClient, data: bytes, name: str = "cau-hoi.csv") -> list[dict[str, str]]:
    address, page = upload(browser, data, name)
    assert "danh-sach" in address, page
    finished(browser, address)
    got = browser.get(f"{address}/tai-ve")
    assert got.content.startswith(b"\xef\xbb\xbf"), "the mark by which Excel knows UTF-8"
    return list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"), newline="")))


def test_a_question_is_shown_as_it_is_read_found_decided_and_answered(office: TrialOffice) -> None:
    page = post(office.person("anh", Role.EDITOR), BENCH, text="le phi khai sinh")
    assert "<ins>lệ" in page, "the diacritics that were restored are marked"
    assert "<dd>Lệ phí</dd>" in page
    assert "Đăng ký khai sinh" in page
    for threshold in (decide.SURE_OF_FEW, decide.POSSIBLE):
        assert f"{threshold:.3f}".replace(".", ",") in page
    for channel in ("Trên Zalo", "Trên Telegram", "Trên trang web"):
        assert channel in page
    assert page.count("Trả lời, hỏi lại hay từ chối") == 1, "every step is named"
    assert "Dừng ở đây: Đã trả lời (answered_facet)" in page


def test_the_place_that_a_question_names_is_shown(office: TrialOffice) -> None:
    page = post(office.person("anh", Role.EDITOR), BENCH, text="khai sinh ở Hà Nội mất bao lâu")
    assert "<dd>Hà Nội</dd>" in page
    assert "<dd>Bao lâu</dd>" in page


def test_a_whole_sentence_is_measured_by_another_threshold_than_a_few_words(
    office: TrialOffice,
) -> None:
    text = "bố mẹ muốn đăng ký khai sinh cho con mới sinh"
    page = post(office.person("anh", Role.EDITOR), BENCH, text=text)
    assert f"{decide.SURE:.3f}".replace(".", ",") in page


def test_what_is_tried_is_not_in_the_journal(office: TrialOffice) -> None:
    post(office.person("anh", Role.EDITOR), BENCH, text="đăng ký kết hôn cần giấy tờ gì")
    post(office.person("anh", Role.EDITOR), BENCH, text="xóa dữ liệu của tôi")
    with office.engine.connect() as db:
        for table in bot.journal.metadata.tables.values():
            assert db.scalar(select(func.count()).select_from(table)) == 0


def test_what_was_typed_is_shown_as_text(office: TrialOffice) -> None:
    browser = office.person("anh", Role.EDITOR)
    text = "<script>alert(1)</script> đăng ký khai sinh"
    assert "<script>alert" not in browser.post(BENCH, data={**mark(browser), "text": text}).text


def test_a_question_needs_the_mark_of_our_form(office: TrialOffice) -> None:
    browser = office.person("anh", Role.EDITOR)
    assert browser.post(BENCH, data={"text": "khai sinh"}).status_code == 403


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("STT;Câu hỏi;Ghi chú\n1;lệ phí khai sinh;x\n2;đăng ký kết hôn ở đâu;y\n", "utf-8-sig"),
        ("STT\tCâu hỏi\n1\tlệ phí khai sinh\n2\tđăng ký kết hôn ở đâu\n", "utf-16"),
        ("Câu hỏi,Ghi chú\nlệ phí khai sinh,\nđăng ký kết hôn ở đâu,\n", "utf-8"),
        ("lệ phí khai sinh\nđăng ký kết hôn ở đâu\n", "utf-8"),
    ],
)
def test_a_list_is_read_however_excel_saved_it(office: TrialOffice, data: str, name: str) -> None:
    rows = answers(office.person("anh", Role.EDITOR), data.encode(name))
    assert [row["Câu hỏi"] for row in rows] == ["lệ phí khai sinh", "đăng ký kết hôn ở đâu"]
    assert [row["Mã mục"] for row in rows] == ["khai-sinh", "ket-hon"]
    assert [row["Phần"] for row in rows] == ["Lệ phí", "Nộp ở đâu"]
    assert all(row["Nguồn"] and row["Độ chắc"] for row in rows)
    assert rows[0]["Câu trả lời"].startswith("Lệ phí")


def test_a_workbook_is_read_too(office: TrialOffice) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Câu hỏi"])
    book.active.append(["lệ phí khai sinh"])
    file = io.BytesIO()
    book.save(file)
    rows = answers(office.person("anh", Role.EDITOR), file.getvalue(), "danh sách.xlsx")
    assert [row["Mã mục"] for row in rows] == ["khai-sinh"]


def test_a_comma_in_a_list_without_headers_does_not_cut_a_question(office: TrialOffice) -> None:
    rows = answers(office.person("anh", Role.EDITOR), "em ơi, lệ phí khai sinh, bao nhiêu".encode())
    assert [row["Câu hỏi"] for row in rows] == ["em ơi, lệ phí khai sinh, bao nhiêu"]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@"])
def test_no_cell_of_the_answers_is_run_by_a_spreadsheet(office: TrialOffice, begins: str) -> None:
    rows = answers(
        office.person("anh", Role.EDITOR), f"Câu hỏi\n{begins}cmd|calc khai sinh".encode()
    )
    assert rows[0]["Câu hỏi"] == f"'{begins}cmd|calc khai sinh"


def test_personal_numbers_in_a_list_are_masked(office: TrialOffice) -> None:
    rows = answers(office.person("anh", Role.EDITOR), "CCCD 001203004567 làm khai sinh".encode())
    assert "001203004567" not in str(rows)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Chưa chọn tệp"),
        (b"\n\n", "không có dòng nào"),
        (b"PK\x03\x04 no workbook", "Không đọc được"),
        (b"hoi\n" * (MOST_QUESTIONS + 1), f"hơn {MOST_QUESTIONS} dòng"),
        (b"x" * 1_000_001, "lớn quá 1 MB"),
    ],
)
def test_a_list_that_is_not_taken_says_why(office: TrialOffice, data: bytes, words: str) -> None:
    assert words in upload(office.person("anh", Role.EDITOR), data)[1]


def test_viewers_ask_one_question_and_send_no_lists(office: TrialOffice) -> None:
    browser = office.person("xem", Role.VIEWER)
    assert "Đã trả lời" in post(browser, BENCH, text="lệ phí khai sinh")
    got = browser.post(f"{BENCH}/danh-sach", data=mark(browser), files={"file": ("a.csv", b"x")})
    assert got.status_code == 403


def test_a_list_that_is_not_there_any_more_is_said_to_be_gone(office: TrialOffice) -> None:
    assert office.person("anh", Role.EDITOR).get(f"{BENCH}/danh-sach/999").status_code == 404
