"""Diacritics come back, and nothing else changes."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.wording import fold
from retrieval.restore import DATA, MODEL, Restorer
from retrieval.text import expand, tokens

ALQAC = Path("../shared/data/retrieval/ALQAC.csv")
SPELLING = Path("../shared/data/spelling")


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


@pytest.mark.parametrize(
    ("bare", "marked"),
    [
        ("lam can cuoc cong dan o dau", "làm căn cước công dân ở đâu"),
        ("dang ky ket hon can giay to gi", "đăng ký kết hôn cần giấy tờ gì"),
        ("toi bi mat giay khai sinh", "tôi bị mất giấy khai sinh"),
        ("Thu tuc dang ky tam tru, mat bao lau?", "Thủ tục đăng ký tạm trú, mất bao lâu?"),
        ("DANG KY KET HON", "ĐĂNG KÝ KẾT HÔN"),
        ("bao hiem xa hoi mot lan", "bảo hiểm xã hội một lần"),
        ("nop o uy ban nhan dan xa", "nộp ở ủy ban nhân dân xã"),
        ("doi giay phep lai xe het bao nhieu tien", "đổi giấy phép lái xe hết bao nhiêu tiền"),
    ],
)
def test_bare_questions_get_their_marks(restorer: Restorer, bare: str, marked: str) -> None:
    assert restorer.restore(bare) == marked


@pytest.mark.parametrize(
    "marked",
    [
        "mẹ tôi đang đi chợ",
        "anh ấy không biết nói tiếng anh",
        "chúng tôi rất vui được gặp bạn",
        "tại sao cô ấy lại khóc",
        "trời sắp mưa rồi",
    ],
)
def test_everyday_language_gets_its_marks(restorer: Restorer, marked: str) -> None:
    assert restorer.restore(fold(marked)) == marked


@pytest.mark.parametrize(
    ("half", "whole"),
    [
        ("em muốn hỏi dang ky tam tru o dau", "em muốn hỏi đăng ký tạm trú ở đâu"),
        ("Tôi muốn làm lại thẻ. Mat bao nhieu tien", "Tôi muốn làm lại thẻ. Mất bao nhiêu tiền"),
    ],
)  # fmt: skip
def test_half_marked_text_is_restored_where_it_is_bare(
    restorer: Restorer, half: str, whole: str
) -> None:
    assert restorer.restore(half) == whole


def test_chat_spelling_and_restoring_work_together(restorer: Restorer) -> None:
    assert restorer.restore(expand("dk ket hon o dau")) == "đăng ký kết hôn ở đâu"
    assert restorer.restore(expand("cccd het han phai lam sao")) == (
        "căn cước công dân hết hạn phải làm sao"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Trong hai năm theo quy định của pháp luật, ai chưa đăng ký thì bị phạt?",
        "Anh Lan và chị Mai ở Lai Châu đi xe buýt",
        "Gửi về hotro.ban@dichvu.gov.vn hoặc https://dichvucong.gov.vn/thu-tuc",
        "03/2026/nd-cp", "1.001193", "mau-ct01", "0912 345 678", "#dang_ky", "",
        "How do I renew my passport in Vietnam?",
        "Được nộp qua bưu điện, trên app hoặc web",
    ],
)  # fmt: skip
def test_what_needs_no_marks_stays(restorer: Restorer, text: str) -> None:
    assert restorer.restore(text) == text


def test_links_and_codes_stay_inside_a_bare_sentence(restorer: Restorer) -> None:
    text = "nop qua https://dang-ky.gov.vn/ho-so hoac gui ho.so@xa.vn theo mau tk01, CCCD va VAT"
    restored = restorer.restore(text)
    for kept in ("https://dang-ky.gov.vn/ho-so", "ho.so@xa.vn", "tk01", "CCCD", "VAT"):
        assert kept in restored


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=80) | st.text(alphabet="aeiouymnthcgd ĐđếẠ019.,\n", max_size=80))
def test_restoring_adds_marks_and_nothing_else(restorer: Restorer, text: str) -> None:
    restored = restorer.restore(text)
    assert fold(restored) == fold(text)
    assert [c for c in restored if c.isdigit()] == [c for c in text if c.isdigit()]
    assert len(restored.split()) == len(text.split())


def test_the_model_is_small() -> None:
    assert MODEL.stat().st_size < 4_000_000


@pytest.mark.skipif(not ALQAC.exists(), reason="../shared/data/retrieval is absent")
def test_no_marked_question_is_changed(restorer: Restorer) -> None:
    with ALQAC.open(encoding="utf-8-sig", newline="") as file:
        questions = [row["question"] for row in csv.DictReader(file)]
    assert not [q for q in questions if restorer.restore(q) != q]


@pytest.mark.skipif(not SPELLING.exists(), reason="../shared/data/spelling is absent")
@pytest.mark.parametrize("name", ["chat.txt", "everyday.txt"])
def test_no_sentence_of_a_test_set_is_counted(name: str) -> None:
    counted = {tuple(tokens(line)) for line in (DATA / name).read_text("utf-8").splitlines()}
    tested = [
        line
        for path in SPELLING.glob("*diacritic_eval*.txt")
        for line in path.read_text("utf-8").splitlines()
        if tokens(line)
    ]
    assert not [line for line in tested if tuple(tokens(line)) in counted]
