"""Answers as text."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, ShownSource, Status
from webhook.render import button_messages, plain, plain_messages, split

ANSWER = Answer(
    status=Status.ANSWERED_FACET,
    blocks=(
        Block(kind=BlockKind.TITLE, lines=("Đăng ký khai sinh <mới>",)),
        Block(kind=BlockKind.ITEMS, lines=("Tờ khai", "Giấy chứng sinh")),
        Block(kind=BlockKind.STEPS, lines=("Nộp hồ sơ", "Nhận kết quả")),
        Block(kind=BlockKind.WARNING, lines=("Quy định có thể đã đổi",)),
    ),
    choices=(Choice(label="Lệ phí", action="f:1"), Choice(label="Nộp ở đâu", action="f:2")),
    sources=(
        ShownSource(title="Luật Hộ tịch", url="https://vanban.example/?a=1&b=2"),
        ShownSource(title="Cổng dịch vụ công"),
    ),
    checked_on=date(2026, 8, 14),
    edition=3,
    id="42",
    page="/thu-tuc/khai-sinh",
)


def test_a_plain_answer_numbers_its_choices() -> None:
    assert (
        plain(ANSWER, "https://binhdan.example")
        == """\
Đăng ký khai sinh <mới>

• Tờ khai
• Giấy chứng sinh

1. Nộp hồ sơ
2. Nhận kết quả

⚠️ Quy định có thể đã đổi

Nguồn: Luật Hộ tịch; Cổng dịch vụ công · kiểm tra ngày 14/08/2026 · Ấn bản 3
Xem đầy đủ, in ra giấy: https://binhdan.example/thu-tuc/khai-sinh

Trả lời bằng số để chọn:
1. Lệ phí
2. Nộp ở đâu"""
    )


def test_html_escapes_what_is_not_ours() -> None:
    (message,) = button_messages(ANSWER, 4096)
    assert message.html.startswith("<b>Đăng ký khai sinh &lt;mới&gt;</b>\n\n• Tờ khai")
    assert '<a href="https://vanban.example/?a=1&amp;b=2">Luật Hộ tịch</a>' in message.html
    assert message.text.startswith("Đăng ký khai sinh <mới>")


def test_buttons_carry_choices_and_ask_for_an_opinion() -> None:
    (message,) = button_messages(ANSWER, 4096)
    assert [[c.action for c in row] for row in message.buttons] == [
        ["f:1", "f:2"],
        ["fb+:42", "fb-:42"],
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"status": Status.CLARIFICATION_ENTRY},
        {"status": Status.ANSWERED_FEEDBACK},
        {"status": Status.ANSWERED_EMERGENCY},
        {"id": "x" * 61},
    ],
)
def test_no_opinion_is_asked_where_none_could_be_kept(change: dict[str, object]) -> None:
    (message,) = button_messages(ANSWER.model_copy(update=change), 4096)
    assert [[c.action for c in row] for row in message.buttons] == [["f:1", "f:2"]]


def test_without_buttons_it_says_how_to_type_an_opinion() -> None:
    (message,) = plain_messages(ANSWER, 2000)
    assert message.text.endswith("\n2. Nộp ở đâu\n\n" + say("channel.opinion"))
    (message,) = plain_messages(ANSWER.model_copy(update={"id": ""}), 2000)
    assert message.text.endswith("\n2. Nộp ở đâu")


def test_long_labels_get_a_row_each() -> None:
    labels = ("Cấp lại giấy phép lái xe", "Đổi giấy phép lái xe", "Khác")
    choices = tuple(Choice(label=label, action=str(n)) for n, label in enumerate(labels))
    (message,) = button_messages(ANSWER.model_copy(update={"choices": choices, "id": ""}), 4096)
    assert [len(row) for row in message.buttons] == [1, 2]


def test_a_block_moves_whole_to_the_next_message() -> None:
    first = Block(kind=BlockKind.TEXT, lines=("a" * 150,))
    listed = Block(kind=BlockKind.ITEMS, lines=("b" * 20, "c" * 20, "d" * 20))
    answer = Answer(status=Status.ANSWERED_FACET, blocks=(first, listed))
    texts = [message.text for message in plain_messages(answer, 200)]
    assert [text[:2] for text in texts] == ["aa", "• "]


def test_an_answer_without_words_is_still_a_message() -> None:
    (message,) = button_messages(Answer(status=Status.ANSWERED_FACET, blocks=()), 4096)
    assert message.text


def test_everything_is_composed() -> None:
    loose = unicodedata.normalize("NFD", "Lệ phí")
    answer = Answer(
        status=Status.ANSWERED_FACET,
        blocks=(Block(kind=BlockKind.TEXT, lines=(loose,)),),
        choices=(Choice(label=loose, action="x"),),
    )
    assert unicodedata.is_normalized("NFC", plain(answer))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("ngắn", ["ngắn"]),
        ("Câu một ở đây. Câu hai.", ["Câu một ở đây.", "Câu hai."]),
        ("dòng thứ nhất\ndòng hai", ["dòng thứ nhất", "dòng hai"]),
        ("không có dấu nào cả", ["không có dấu nào", "cả"]),
        ("a" * 30, ["a" * 16, "a" * 14]),
    ],
)
def test_a_text_is_cut_where_a_reader_pauses(text: str, pieces: list[str]) -> None:
    assert split(text, 16) == pieces


@given(st.text(max_size=300), st.integers(2, 60))
def test_pieces_fit_and_no_letter_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


LINES = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=90), max_size=4)


@given(st.lists(st.tuples(st.sampled_from(BlockKind), LINES), max_size=5), st.integers(40, 200))
def test_messages_fit_and_no_letter_is_lost(
    blocks: list[tuple[BlockKind, list[str]]], limit: int
) -> None:
    answer = Answer(
        status=Status.ANSWERED_FACET,
        blocks=tuple(Block(kind=kind, lines=tuple(lines)) for kind, lines in blocks),
    )
    messages = plain_messages(answer, limit)
    assert all(len(message.text) <= limit for message in messages)
    if whole := "".join(plain(answer).split()):
        assert "".join("".join(m.text for m in messages).split()) == whole
