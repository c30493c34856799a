"""What a question is about, as people type it."""

from __future__ import annotations

import pytest

from bot.understand import facets_asked, parts, stands_alone, subjects
from knowledge.wording import fold
from retrieval.restore import Restorer
from retrieval.text import expand


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


FACETS = [
    ("làm giấy khai sinh cần gì", "documents"),
    ("cần mang theo giấy tờ gì", "documents"),
    ("nộp giấy tờ gì cho công ty", "documents"),
    ("hồ sơ gồm những gì", "documents"),
    ("thế giấy tờ?", "documents"),
    ("lệ phí làm hộ chiếu", "fee"),
    ("làm căn cước bao nhiêu?", "fee"),
    ("làm căn cước bao nhiêu vậy ad", "fee"),
    ("hết bao nhiêu tiền", "fee"),
    ("thẻ bảo hiểm hộ gia đình đóng bao nhiêu 1 năm", "fee"),
    ("có mất tiền không", "fee"),
    ("mất tiền k", "fee"),
    ("làm online hết bao nhiêu tiền", "fee"),
    ("nộp trực tuyến phí bao nhiêu", "fee"),
    ("lệ phí hộ kinh doanh", "fee"),
    ("bao lâu thì xong", "time"),
    ("mất mấy ngày", "time"),
    ("cái đó làm mấy ngày", "time"),
    ("mấy ngày xong", "time"),
    ("khi nào lấy được", "time"),
    ("thời gian giải quyết", "time"),
    ("làm trực tuyến bao lâu", "time"),
    ("nộp hồ sơ ở đâu", "where"),
    ("nộp đơn ở đâu", "where"),
    ("ra phường hay ra công an", "where"),
    ("làm ở tỉnh khác được không", "where"),
    ("làm ở phường được không", "where"),
    ("lấy mẫu đơn ở đâu", "form"),
    ("tờ khai nào", "form"),
    ("thế còn online thì sao", "online"),
    ("nộp hồ sơ qua mạng", "online"),
    ("làm trên vneid", "online"),
    ("các bước làm trực tiếp", "in_person"),
    ("ai được làm", "who"),
    ("làm hộ mẹ được không", "who"),
    ("làm hộ căn cước cho mẹ già", "who"),
    ("nhờ người khác đi nộp thay", "who"),
    ("có được ủy quyền không", "who"),
    ("cần điều kiện gì", "conditions"),
    ("bằng lái hết hạn có phải thi không", "conditions"),
    ("có phải xin phép không", "conditions"),
    ("chưa đủ 75 tuổi có được hưởng không", "conditions"),
    ("tách thửa diện tích tối thiểu bao nhiêu", "conditions"),
    ("bao nhiêu tuổi thì được làm", "who"),
    ("hộ nghèo được hỗ trợ gì", "benefit"),
    ("có được hưởng không, mức bao nhiêu và nộp hồ sơ ở đâu", "conditions benefit where"),
    ("sinh con bao lâu thì phải khai sinh", "deadline"),
    ("nộp trễ thì sao", "deadline"),
    ("hạn chót là ngày nào", "deadline"),
    ("có bị phạt không", "penalty"),
    ("phạt bao nhiêu tiền", "penalty"),
    ("được bao nhiêu tiền", "benefit"),
    ("mỗi tháng nhận bao nhiêu", "benefit"),
    ("được hưởng mấy tháng", "benefit"),
    ("có giá trị bao lâu", "result"),
    ("hộ chiếu dùng được mấy năm", "result"),
    ("theo nghị định nào", "legal_basis"),
    ("ở đâu, giấy tờ gì, bao lâu, bao nhiêu tiền", "where documents time"),
    ("hết bao nhiêu tiền và mất mấy ngày", "fee time"),
    ("nộp ở đâu, cần giấy tờ gì?", "where documents"),
]

NO_FACET = [
    "làm hộ chiếu",
    "đăng ký hộ kinh doanh",
    "tách hộ khẩu",
    "cải chính hộ tịch",
    "sổ hộ nghèo, hộ cận nghèo",
    "chuyển đất phi nông nghiệp",
    "trợ cấp mai táng phí",
    "khai lệ phí trước bạ",
    "sinh con trai đầu",
    "căn cước hết hạn làm lại",
    "bị phạt nguội",
    "chứng thực giấy ủy quyền",
    "nộp vào tài khoản nào",
    "đăng ký khai sinh quá hạn",
]


@pytest.mark.parametrize(("text", "facets"), FACETS)
def test_a_facet_is_read_from_what_is_asked(text: str, facets: str) -> None:
    assert facets_asked(text) == tuple(facets.split())


@pytest.mark.parametrize(("text", "facets"), FACETS)
def test_a_facet_is_read_without_diacritics(text: str, facets: str) -> None:
    assert facets_asked(fold(text)) == tuple(facets.split())


@pytest.mark.parametrize("text", NO_FACET)
def test_a_name_is_no_facet(text: str) -> None:
    assert facets_asked(text) == ()
    assert facets_asked(fold(text)) == ()


@pytest.mark.parametrize(
    ("typed", "facets"),
    [
        ("lm cccd mat bn tien", "fee"),
        ("dk ks o dau v ad", "where"),
        ("thai san dc huong bn tien", "benefit"),
        ("sang ten xe can nhung giay to j", "documents"),
        ("đổi gplx mất bn ngày ạ", "time"),
    ],
)
def test_a_facet_is_read_from_chat_spelling(restorer: Restorer, typed: str, facets: str) -> None:
    assert facets_asked(restorer.restore(expand(typed))) == tuple(facets.split())


def test_a_letter_asks_what_its_question_asks() -> None:
    story = "Ngày trước tôi đi làm trên tỉnh, nộp lệ phí rồi mà mất mấy ngày vẫn chưa xong. " * 4
    assert facets_asked(story + "Xin hỏi nay tôi phải nộp ở đâu?") == ("where",)


ALONE = [
    "đăng ký tạm trú",
    "khai sinh thì sao",
    "con tôi 6 tuổi thì sao",
    "AI là gì",
    "ai là gì vậy",
    "quên mật khẩu vneid",
]
FOLLOWS = [
    "thế cần giấy tờ gì?",
    "còn online thì sao?",
    "bao lâu",
    "lệ phí bao nhiêu",
    "vậy nộp ở đâu ạ",
    "thời gian giải quyết",
    "xin cấp lại ở đâu",
    "ở Tây Ninh thì sao",
    "ai đi làm hộ được",
    "mỗi tháng nhận bao nhiêu",
    "hi ad cho em hỏi",
    "2",
]


@pytest.mark.parametrize("text", ALONE)
def test_a_subject_stands_alone(text: str) -> None:
    assert stands_alone(text)


@pytest.mark.parametrize("text", FOLLOWS)
def test_a_follow_up_does_not_stand_alone(text: str) -> None:
    assert not stands_alone(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("làm khai sinh cần gì? lệ phí bao nhiêu?", 2),
        ("khai sinh cần gì; kết hôn cần gì; khai tử cần gì", 3),
        ("làm khai sinh cần gì\nlệ phí bao nhiêu", 2),
        ("Tôi làm mất bằng. Xin cấp lại ở đâu?", 1),
        ("Mới mua xe cũ. Sang tên ra đâu? Phí bao nhiêu?", 2),
        ("Phí bao nhiêu? Em cảm ơn ạ.", 1),
        ("mã 1.001193 là gì, ngày 01.03.2027 có gì", 1),
        ("a gì b? c gì d? e gì f? g gì h?", 1),
        ("đăng ký tạm trú", 1),
        ("", 1),
        ("từ " * 60 + "? " + "gì " * 5, 1),
    ],
)
def test_a_short_message_falls_into_its_questions(text: str, found: int) -> None:
    assert len(parts(text)) == found


def test_a_statement_stays_with_the_question_it_leads_to() -> None:
    assert parts("Mới mua xe cũ. Sang tên ra đâu? Phí bao nhiêu?") == (
        "Mới mua xe cũ. Sang tên ra đâu?",
        "Phí bao nhiêu?",
    )


@pytest.mark.parametrize(
    ("asked", "subject"),
    [
        ("khai sinh hết bao lâu", "khai sinh"),
        ("cho em hỏi lệ phí khai sinh ạ", "khai sinh"),
        ("căn cước cần giấy tờ gì?", "căn cước"),
        ("VNeID là gì", "VNeID"),
    ],
)
def test_what_is_asked_about_stands_between_the_words_that_ask(asked: str, subject: str) -> None:
    assert subject in subjects(asked)
