"""The scam check: a message in, what was found and what to do out; nothing says that it is safe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import scam as bench
from bot.check import text_of
from bot.draft import Known
from bot.messages import node, say
from bot.model import Status
from bot.protect import mask
from bot.scam.asking import Way, asked
from bot.scam.judge import judge
from bot.scam.lists import LISTS
from bot.scam.model import Kind, Level
from bot.scam.signs import SIGNS
from tests.fakes.talk import Ask, talk, title, without_search

LIBRARY = without_search().edition.library


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return talk(without_search(), tmp_path)


# --- what is found in an address ----------------------------------------------------------------

ADDRESSES = [
    ("https://dichvucong.gov.vn.xac-minh.com/login", Kind.SUFFIX_INSIDE),
    ("vietcombank.com.vn-kps.top", Kind.SUFFIX_INSIDE),
    ("https://techcombank.vn-plx.top", Kind.SUFFIX_INSIDE),
    ("dichvucong-govn.com", Kind.GOV_WORD),
    ("https://vneid-gov.top", Kind.GOV_WORD),
    ("https://dichvucongs.top/vn", Kind.STATE_NAME),
    ("https://dichvuc0ng.com", Kind.STATE_NAME),
    ("dichvucngo.com", Kind.STATE_NAME),
    ("thuedientuu.vn", Kind.STATE_NAME),
    ("https://i-sacombank.com", Kind.BRAND_NAME),
    ("www.ebidv.vip", Kind.BRAND_NAME),
    ("vietinbank.top", Kind.BRAND_NAME),
    ("https://vietcommbank.com", Kind.BRAND_NAME),
    ("https://vіetcombank.com.vn", Kind.STRANGE_LETTERS),  # its second letter is Cyrillic
    ("https://xn--vietcombnk-6qi.com", Kind.STRANGE_LETTERS),
    ("https://dichvucong.gov.vn@kho-app.site", Kind.USER_PART),
    ("http://103.170.255.10/vneid", Kind.IP),
    ("https://abc.example.com:8443/x", Kind.PORT),
    ("https://bit.ly/3abc", Kind.SHORTENER),
    ("https://tai-ve.example.com/VNeID.apk?v=2", Kind.INSTALL_FILE),
    ("hxxps://nhanqua-tet[.]com", Kind.LURE),
    ("dichvucong-gov chấm com", Kind.GOV_WORD),
]


@pytest.mark.parametrize(("typed", "kind"), ADDRESSES)
def test_a_false_address_is_found_out(typed: str, kind: Kind) -> None:
    assert kind in {finding.kind for finding in judge(typed).findings}


HONEST = [
    "https://dichvucong.gov.vn/p/home",
    "https://phuongso1.hanoi.gov.vn",
    "https://www.vietcombank.com.vn",
    "https://techcombank.com",
    "https://www.gov.uk/browse",
    "https://vnexpress.net/bai-viet.html",
    "https://congan.com.vn",
    "vanban.chinhphu.vn",
]


@pytest.mark.parametrize("typed", HONEST)
def test_an_ordinary_address_has_no_mark(typed: str) -> None:
    assert judge(typed).level is Level.LITTLE


@pytest.mark.parametrize(
    "typed", ["https://[::1", "http://a:b:c", "https://./", "http://x.vn:99999"]
)
def test_an_address_that_nobody_can_open_breaks_nothing(typed: str) -> None:
    assert judge(typed).level in Level


# --- what is found in words ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "đọc giúp em mã OTP vừa gửi về máy",
        "doc giup em ma otp vua gui ve may",
        "doc giup em ma O.T.P vua gui ve may",
        "đọc giúp em mã O T P vừa gửi về máy",
        "doc giup em ma 0TP vua gui ve may, l1nk kh0ng m4t ti3n",
    ],
)
def test_a_request_for_a_code_is_found_however_it_is_spelt(typed: str) -> None:
    assert Kind.SECRET in {finding.kind for finding in judge(typed).findings}


@pytest.mark.parametrize(
    "typed",
    [
        "Tuyệt đối không cung cấp mã OTP cho bất kỳ ai",
        "Mã OTP của bạn là 482910, có hiệu lực 2 phút",
        "nhap ma OTP 3241 de dang nhap",
        "nhập OTP mãi không về",
    ],
)
def test_a_code_that_is_not_asked_for_is_no_mark(typed: str) -> None:
    assert judge(typed).level is Level.LITTLE


def test_a_warning_against_scams_is_not_called_one() -> None:
    text = "Cảnh báo: đối tượng giả danh công an yêu cầu cài ứng dụng, người dân không làm theo"
    assert judge(text).level is Level.WARNING
    assert judge(f"{text}, xem https://vneid-gov.top").level is Level.LIKELY


def test_a_call_from_abroad_is_known_although_its_number_is_masked() -> None:
    assert "621" not in mask("+224 621 000 111")
    assert [f.kind for f in judge("+224 621 000 111").findings] == [Kind.FOREIGN_NUMBER]
    assert judge("+84 912 345 678").findings == ()


@settings(deadline=None)
@given(st.text(max_size=400))
def test_whatever_is_typed_is_judged(text: str) -> None:
    assert judge(text).level in Level


def test_a_long_message_is_judged_in_no_time() -> None:
    for text in ("a.b" * 20_000, "chuyen " * 5_000, "k.h.o.a " * 3_000, "1 " * 9_000):
        started = datetime.now(UTC)
        judge(text)
        assert (datetime.now(UTC) - started).total_seconds() < 30


# --- the measured sets --------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["dev", "test"])
def test_recall_and_false_alarms_stay_within_their_goals(split: str) -> None:
    scams = [m for m in bench.read("scam") if m.split == split]
    honest = [m for m in bench.read("honest") if m.split == split]
    caught, total = bench.share(scams)
    assert caught / total >= 0.95
    alarms, total = bench.share(honest)
    assert alarms / total <= 0.05


def test_every_pattern_has_a_documented_source() -> None:
    own = yaml.safe_load((bench.FOLDER / "scam.yaml").read_text(encoding="utf-8"))["sources"]
    assert {m.source for m in bench.read("scam")} <= {*own, *LIBRARY.sources}
    assert len(bench.read("scam")) >= 150
    assert len(bench.read("honest")) >= 100


@pytest.mark.parametrize("kind", Kind)
def test_every_mark_has_a_weight_a_reason_and_sources_that_exist(kind: Kind) -> None:
    assert SIGNS.weight_of(kind) > 0
    assert say(f"scam.found.{kind}", **({"host": "a[.]vn"} if "{host}" in reason(kind) else {}))
    assert set(SIGNS.sources(kind)) <= LIBRARY.sources.keys()
    assert set(SIGNS.guides(frozenset({kind}))) <= LIBRARY.entries.keys()


def reason(kind: Kind) -> str:
    return str(node("scam.found")[kind])


def test_an_official_address_names_its_source() -> None:
    sources = LIBRARY.sources
    for official in LISTS.official:
        assert official.source in sources or " " in official.source


# --- the talk -----------------------------------------------------------------------------------


def test_the_command_asks_for_a_message_and_judges_the_next(ask: Ask) -> None:
    assert ask("/kiemtra").status is Status.CLARIFICATION_SCAM_CHECK
    answer = ask("Em bên đội căn cước, chị đọc mã OTP vừa về máy cho em nhé")
    assert answer.status is Status.ANSWERED_SCAM_CHECK
    assert title(answer) == say("scam.level.likely")
    assert say("scam.found.secret") in text_of(answer)
    assert say("scam.do.stop") in text_of(answer)
    assert answer.sources


def test_a_link_alone_is_judged_and_cannot_be_pressed(ask: Ask) -> None:
    answer = ask("https://dichvucong.gov.vn.evil-login.com/dn?sdt=0912345678")
    assert answer.status is Status.ANSWERED_SCAM_CHECK
    assert "dichvucong[.]gov[.]vn[.]evil-login[.]com" in text_of(answer)
    assert "evil-login.com" not in text_of(answer)
    assert "0912345678" not in text_of(answer)


def test_a_forwarded_scam_is_judged_without_being_asked(ask: Ask) -> None:
    answer = ask(
        "Cuc CSGT: phuong tien cua quy khach co vi pham phat nguoi. Nop phat tai "
        "https://csgt-phatnguoi.cc truoc 24h de khong bi tuoc GPLX."
    )
    assert answer.status is Status.ANSWERED_SCAM_CHECK
    assert title(answer) == say("scam.level.likely")


@pytest.mark.parametrize(
    "typed", ["kiểm tra tin này giúp em", "kiem tra link nay", "/kiemtra ", "/KIEMTRA@ten_bot"]
)
def test_a_request_without_anything_to_check_asks_for_it(ask: Ask, typed: str) -> None:
    assert ask(typed).status is Status.CLARIFICATION_SCAM_CHECK


def test_the_button_asks_for_another_message(ask: Ask) -> None:
    answer = ask("/kiemtra https://bit.ly/abc")
    assert title(answer) == say("scam.level.suspicious")
    again = next(choice for choice in answer.choices if choice.label == say("scam.again"))
    assert ask(action=again.action).status is Status.CLARIFICATION_SCAM_CHECK
    assert ask(str(answer.choices.index(again) + 1)).status is Status.CLARIFICATION_SCAM_CHECK


def test_guides_that_fit_are_offered(ask: Ask) -> None:
    answer = ask(
        "/kiemtra Điện lực báo nợ tiền điện, cài ứng dụng em gửi qua Zalo không là cắt điện"
    )
    assert "entry:lua-dao-thue-ngan-hang" in [choice.action for choice in answer.choices]
    assert len(answer.choices) <= 5


NOTHING_FOUND = [
    "/kiemtra https://vnexpress.net",
    "/kiemtra Mai họp tổ dân phố lúc 8 giờ nhé các bác",
]


@pytest.mark.parametrize("typed", [*NOTHING_FOUND, "/kiemtra https://vneid.gov.vn/"])
def test_nothing_found_is_never_called_safe(ask: Ask, typed: str) -> None:
    answer = ask(typed)
    assert title(answer) == say("scam.level.little")
    assert say("scam.limits") in text_of(answer)


def test_no_sentence_of_the_check_says_safe() -> None:
    words = str(node("scam")).lower()
    assert "an toàn" not in words
    assert "yên tâm" not in words


def test_somebody_in_danger_gets_the_numbers_first(ask: Ask) -> None:
    answer = ask("cứu tôi với, có người đe dọa giết tôi qua https://bit.ly/abc")
    assert answer.status is Status.ANSWERED_EMERGENCY


def test_a_question_while_a_message_is_awaited_is_not_judged() -> None:
    assert asked("làm hộ chiếu cần giấy tờ gì", expected=True) is None
    assert asked("mai họp phụ huynh lúc 8 giờ", expected=True) is not None


ORDINARY = [
    "lệ phí cấp hộ chiếu",
    "dichvucong.gov.vn vào không được",
    "nộp phạt nguội trên cổng dịch vụ công thế nào",
    "kiểm tra hồ sơ số này của tôi tới đâu rồi",
    "quên mật khẩu VNeID",
    "tra số bảo hiểm xã hội ở đâu",
]


@pytest.mark.parametrize("typed", ORDINARY)
def test_an_ordinary_question_goes_on_to_its_answer(typed: str) -> None:
    assert asked(typed, expected=False) is None


def test_almost_no_question_of_the_test_sets_is_taken_for_a_message_to_check() -> None:
    for name in ("fresh", "fresh-2", "outside", "outside-2", "several", "short"):
        rows = yaml.safe_load((bench.FOLDER.parent / f"{name}.yaml").read_text(encoding="utf-8"))
        checks = [asked(mask(row["text"]), expected=False) for row in rows["questions"]]
        given = [check for check in checks if check and check.way is not Way.TOLD]
        assert not given, name


def test_a_tale_gets_the_judgement_and_the_guide(shipped: Known, tmp_path: Path) -> None:
    answer = talk(shipped, tmp_path)("công an gọi điện yêu cầu cài app có phải lừa đảo không")
    assert (answer.status, answer.entry_id) == (Status.ANSWERED_GUIDE, "lua-dao")
    assert title(answer) == say("scam.level.likely")
    assert "Chỉ có một ứng dụng VNeID" in text_of(answer)


def test_a_tale_that_no_entry_answers_gets_the_judgement(ask: Ask) -> None:
    check = asked(
        "bạn Tây trên mạng gửi quà bị hải quan giữ đòi đóng phí, có phải lừa không", False
    )
    assert check is not None
    assert (check.way, check.judgement.level) == (Way.TOLD, Level.LIKELY)
