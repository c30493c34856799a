"""A file becomes drafts that somebody checks, and one that should not be opened is refused."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import docx
import httpx
import pytest
from openpyxl import Workbook
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from knowledge.documents.blocks import Why
from knowledge.documents.pdf import MOST_PAGES
from knowledge.proposals import Proposals, State
from tests.fakes.desk_site import DeskSite, desk_site
from tests.fakes.form import sent_by
from webhook.admin.audit import AuditLog
from webhook.admin.roles import Role
from webhook.admin.words import WORDS

PASSWORD = "mot hai ba bon nam"
PDF = (Path(__file__).parent / "fakes" / "files" / "cho-dem.pdf").read_bytes()
"""A decision's annex with two procedures, as Chromium printed it."""
DECISION = {"title": "Quyết định số 12/QĐ-UBND", "day": "2026-09-01", "province": "lam-dong"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    with desk_site(tmp_path_factory.mktemp("desk")) as served:
        yield served


@pytest.fixture(scope="module")
def clerk(site: DeskSite) -> Iterator[httpx.Client]:
    """An editor at work, in a browser without JavaScript."""
    headers = {"origin": site.url}
    with httpx.Client(headers=headers, timeout=120, follow_redirects=True) as browser:
        form = {"name": "Anh", "password": PASSWORD, "again": PASSWORD}
        browser.post(site.invitation("anh", Role.EDITOR), data=form)
        yield browser


def upload(
    site: DeskSite, clerk: httpx.Client, name: str, content: bytes, **given: str
) -> httpx.Response:
    address = f"{site.url}/quan-tri/tai-len"
    mark = re.search(r'name="dau" value="([^"]+)"', clerk.get(address).text)
    assert mark
    form = {**DECISION, "dau": mark[1], **given}
    return clerk.post(address, data=form, files={"file": (name, content)})


def drafts(page: str) -> list[str]:
    """The addresses of the drafts that a page leads to."""
    return re.findall(r'href="(/quan-tri/soan/\d+)"', page)


def word(*lines: str, rows: list[list[str]] | None = None) -> bytes:
    """A Word document of paragraphs, and a table behind them."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def test_a_decision_as_pdf_becomes_a_draft_of_each_procedure(
    site: DeskSite, clerk: httpx.Client
) -> None:
    got = upload(site, clerk, "quyet-dinh.pdf", PDF)
    assert "Đọc được 2 thủ tục" in got.text
    first, second = drafts(got.text)
    form = sent_by(clerk.get(site.url + first).text, "soan")
    assert form["title"] == ["Thủ tục cấp giấy phép chợ đêm"]
    assert form["code"] == ["1.999991"]
    assert form["facts.documents.1.text"] == ["Bản sao căn cước của người bán hàng."]
    assert form["facts.fee.0.amount"] == ["50.000"]
    assert form["facts.time.0.duration"] == ["5"]
    assert form["facts.fee.0.regions"][0] == "lam-dong"
    assert form["sources.0.title"] == [DECISION["title"]]
    assert form["sources.0.kind"] == ["copy"], "nobody has compared it with the original"
    assert form["facts.fee.0.sources"] == form["sources.0.id"]
    beside = unescape(clerk.get(site.url + first).text).split('class="side"')[1]
    assert "nộp trực tiếp hoặc trực tuyến" in beside, "what no field is for can be copied"
    other = sent_by(clerk.get(site.url + second).text, "soan")
    assert other["facts.in_person.0.text"] == ["Nộp đơn gia hạn tại nơi đã cấp giấy phép."]


def test_nothing_of_a_file_goes_to_review_before_somebody_has_checked_it(
    site: DeskSite, clerk: httpx.Client
) -> None:
    content = word("Tên thủ tục: Cho thuê xe lăn", "Lệ phí: 20.000 đồng", "Lĩnh vực: Y tế")
    (address,) = drafts(upload(site, clerk, "a.docx", content).text)

    def press(button: str, **more: list[str]) -> str:
        sent = sent_by(clerk.get(site.url + address).text, "soan")
        answer = clerk.post(site.url + address, data={**sent, **more, "lam": button})
        return unescape(answer.text)

    page = press("gui", summary=["Mượn xe lăn của trạm y tế."])
    assert "Cần ghi ngày kiểm tra nguồn" in page
    assert "Có 1 câu lấy từ tệp" in page
    assert "Đã ghi ngày đối chiếu" in press("doi-chieu")
    assert "Duyệt: Cho thuê xe lăn" in press("gui")
    assert site.newest().edition.number == 1
    saved = Proposals(site.engine).get(int(address.rpartition("/")[2]))
    assert saved.state is State.IN_REVIEW


def test_a_procedure_that_is_known_is_not_mixed_with_the_file(
    site: DeskSite, clerk: httpx.Client
) -> None:
    entry = site.newest().edition.library.entries["khai-sinh"]
    code = getattr(entry, "code", "")
    table = [
        ["Tên giấy tờ", "Số lượng"],
        ["Giấy khai theo mẫu mới", "Bản chính: 1"],
    ]
    content = word(f"Mã thủ tục: {code}", "Tên thủ tục: Khai sinh", "Thành phần hồ sơ:", rows=table)
    page = upload(site, clerk, "a.docx", content).text
    assert "Mã này đã có trong kho" in page
    (address,) = drafts(page)
    written = unescape(clerk.get(site.url + address).text)
    form, beside = written.split('class="side"')
    assert "Giấy khai theo mẫu mới (Bản chính: 1)." in beside
    assert "Giấy khai theo mẫu mới" not in form
    assert DECISION["title"] in form, "it can be ticked as a source"


def test_a_spreadsheet_becomes_a_draft_a_row(site: DeskSite, clerk: httpx.Client) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Tên thủ tục", "Lĩnh vực", "Thời hạn giải quyết"])
    sheet.append(["Mượn sách thư viện xã", "Văn hóa", "3"])
    written = io.BytesIO()
    book.save(written)
    (address,) = drafts(upload(site, clerk, "bang.xlsx", written.getvalue()).text)
    beside = unescape(clerk.get(site.url + address).text).split('class="side"')[1]
    assert "không có đơn vị" in beside, "what was not taken stands there, and why"
    csv = "Tên thủ tục;Lĩnh vực\nĐổi thẻ thư viện;Văn hóa\n".encode()
    assert len(drafts(upload(site, clerk, "bang.csv", csv).text)) == 1


def test_a_text_without_known_headings_stands_beside_an_empty_form(
    site: DeskSite, clerk: httpx.Client
) -> None:
    (address,) = drafts(upload(site, clerk, "a.docx", word("Kính gửi bà con", "Mời họp.")).text)
    page = unescape(clerk.get(site.url + address).text)
    assert "Mời họp." in page.split('class="side"')[1]


def packed(**parts: bytes) -> bytes:
    """A Word document with other parts in it."""
    written = io.BytesIO(word("Tên thủ tục: X"))
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/") + ".bin", content)
    return written.getvalue()


def with_entities() -> bytes:
    """A Word document whose text defines a hundred million letters."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        bomb = '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><d>&b;</d>'
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", '<?xml version="1.0"?>' + bomb)
    return written.getvalue()


def pdf(change: Callable[[PdfWriter], object], pages: int = 0) -> bytes:
    writer = PdfWriter() if pages else PdfWriter(PdfReader(io.BytesIO(PDF)))
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def opens_with_a_script(writer: PdfWriter) -> None:
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    action = DictionaryObject({NameObject(key): value for key, value in script.items()})
    writer.root_object[NameObject("/OpenAction")] = action


HOSTILE: dict[str, tuple[str, Callable[[], bytes], Why]] = {
    "program": ("a.pdf", lambda: b"MZ\x90\0" * 300, Why.WRONG_KIND),
    "other name": ("a.docx", lambda: PDF, Why.WRONG_KIND),
    "unknown name": ("a.exe", lambda: PDF, Why.WRONG_KIND),
    "word as csv": ("a.csv", lambda: word("x"), Why.WRONG_KIND),
    "old word": ("a.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 90, Why.OLD_OFFICE),
    "macros": ("a.docx", lambda: packed(word__vbaProject=b"Sub AutoOpen()"), Why.MACROS),
    "zip bomb": ("a.docx", lambda: packed(word__media=bytes(160_000_000)), Why.BOMB),
    "entities": ("a.docx", with_entities, Why.BOMB),
    "cut off": ("a.pdf", lambda: PDF[:900], Why.DAMAGED),
    "script": ("a.pdf", lambda: pdf(opens_with_a_script), Why.ACTIVE),
    "attached": ("a.pdf", lambda: pdf(lambda w: w.add_attachment("a.exe", b"MZ")), Why.ACTIVE),
    "locked": (
        "a.pdf",
        lambda: pdf(lambda w: w.encrypt("x", algorithm="RC4-128")),
        Why.LOCKED,
    ),
    "scanned": ("a.pdf", lambda: pdf(lambda w: None, pages=3), Why.SCANNED),
    "endless": ("a.pdf", lambda: pdf(lambda w: None, pages=MOST_PAGES + 1), Why.TOO_MANY_PAGES),
    "no headers": ("a.csv", lambda: b"a;b\n1;2\n", Why.NO_HEADERS),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_should_not_be_opened_is_refused_kindly(
    site: DeskSite, clerk: httpx.Client, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, made, why = HOSTILE[what]
    before = Proposals(site.engine).states()
    got = upload(site, clerk, name, made())
    assert got.status_code == 400
    assert WORDS.say(f"upload.why.{why}") in unescape(got.text)
    assert DECISION["title"] in unescape(got.text), "nothing has to be typed again"
    assert Proposals(site.engine).states() == before


def test_a_file_that_keeps_the_reader_busy_is_given_up(site: DeskSite, clerk: httpx.Client) -> None:
    def endless(writer: PdfWriter) -> None:
        stream = DecodedStreamObject()
        stream.set_data(b"BT /F1 1 Tf (x) Tj ET\n" * 3_000_000)
        page = writer.pages[0]
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())

    got = upload(site, clerk, "a.pdf", pdf(endless))
    words = {WORDS.say(f"upload.why.{why}") for why in (Why.TOO_SLOW, Why.BOMB, Why.DAMAGED)}
    assert got.status_code == 400
    assert any(sentence in unescape(got.text) for sentence in words)
    assert clerk.get(f"{site.url}/quan-tri/muc").status_code == 200


def test_every_reason_to_refuse_has_a_sentence() -> None:
    assert {str(why) for why in Why} == set(WORDS.node("upload.why"))


def test_what_people_write_into_a_files_name_is_masked_in_the_log(
    site: DeskSite, clerk: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    content = word("Tên thủ tục: Cấp thẻ bơi", "Ghi chú của 0912345678")
    (address,) = drafts(upload(site, clerk, "don-079190001234.docx", content).text)
    shown = clerk.get(site.url + address).text
    logged = str(AuditLog(site.engine).read()) + caplog.text
    for text in (shown.split("Phần chưa đưa vào mẫu")[1][:60], logged):
        assert "079190001234" not in text
    assert "0912345678" not in logged
    assert "uploaded" in logged


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": "x"}, "bad_title"),
        ({"day": "hôm qua"}, "bad_day"),
        ({"url": "javascript:alert(1)"}, "bad_url"),
    ],
)
def test_what_is_wrong_with_the_form_is_said(
    site: DeskSite, clerk: httpx.Client, wrong: dict[str, str], sentence: str
) -> None:
    got = upload(site, clerk, "a.pdf", PDF, **wrong)
    assert WORDS.say(f"upload.{sentence}") in unescape(got.text)


def test_viewers_upload_nothing(site: DeskSite) -> None:
    with httpx.Client(headers={"origin": site.url}, follow_redirects=True) as browser:
        form = {"name": "Xem", "password": PASSWORD, "again": PASSWORD}
        browser.post(site.invitation("xem", Role.VIEWER), data=form, timeout=60)
        assert browser.get(f"{site.url}/quan-tri/tai-len", timeout=60).status_code == 403
