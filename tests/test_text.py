"""Text as people type it."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.wording import fold
from retrieval.text import (
    clean,
    diacritic_ratio,
    expand,
    is_bare,
    is_syllable,
    telex,
    tokens,
    tone_style,
)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  xin \t chào\u00a0bạn  ", "xin chào bạn"),
        ("một\r\n\r\n\n hai\u2028ba", "một\nhai\nba"),
        ("căn\u200b cước\ufeff\u202e", "căn cước"),
        ("mã\U000e0041\U000e0042 số", "mã số"),
        ("2020\u20132026 \u2014 “thẻ” ‘cũ’", "2020-2026 - \"thẻ\" 'cũ'"),
        (unicodedata.normalize("NFD", "Đường Nguyễn Huệ"), "Đường Nguyễn Huệ"),
        ("Ðăng ký, ðổi thẻ", "Đăng ký, đổi thẻ"),
        ("ＣＣＣＤ", "CCCD"),
        ("𝐎𝐓𝐏", "OTP"),
        ("z\u0335\u0336a\u034flo", "zalo"),
    ],
)
def test_cleaning_keeps_what_can_be_read(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_leaves_plain_letters() -> None:
    assert fold("Đăng ký THƯỜNG trú ở Đắk Lắk") == "dang ky thuong tru o dak lak"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("hoà", "hòa"), ("uỷ", "ủy"), ("thuỷ", "thủy"), ("huỷ", "hủy"), ("hoá", "hóa"),
        ("thoả", "thỏa"), ("khoẻ", "khỏe"), ("TOÀ", "TÒA"), ("Uỷ ban", "Ủy ban"),
        ("quý", "quý"), ("quỳ", "quỳ"), ("Quỹ", "Quỹ"), ("hoàn", "hoàn"), ("huỳnh", "huỳnh"),
        ("ngoài", "ngoài"), ("quà", "quà"), ("hòa", "hòa"),
    ],
)  # fmt: skip
def test_both_tone_styles_become_one(new: str, old: str) -> None:
    assert tone_style(new) == old


def test_codes_are_one_token() -> None:
    text = "Mã 1.001193, Nghị định 03/2026/NĐ-CP, mẫu CT07; uỷ ban ngày 2/9"
    assert tokens(text) == [
        "mã", "1.001193", "nghị", "định", "03/2026/nđ-cp", "mẫu", "ct07", "ủy", "ban", "ngày", "2/9"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("lam can cuoc o dau", True),
        ("làm căn cước ở đâu", False),
        ("lam can cuoc ở đâu", False),
        ("dang ky ket hon tai 03/2026/NĐ-CP", True),
        ("hai trong hai", True),
        ("12345", False),
        ("", False),
    ],
)
def test_a_bare_text_lacks_nearly_all_marks(text: str, bare: bool) -> None:
    assert is_bare(text) is bare


def test_the_ratio_counts_syllables_one_by_one() -> None:
    assert diacritic_ratio("căn cước can cuoc") == 0.5
    assert diacritic_ratio("Facebook check được") == 1


@pytest.mark.parametrize(
    "word", ["được", "nghiêng", "quyết", "quỳnh", "quýt", "giấy", "gì", "ủy", "khuya", "hòa"]
)
def test_vietnamese_spelling_is_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["duoc", "cê", "ngiêng", "viec", "bộf", "shop", "mat"])
def test_other_spelling_is_not(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("dduwowjc", "được"), ("dduowcj", "được"), ("thur", "thủ"), ("tucj", "tục"),
        ("ddawng", "đăng"), ("hoaf", "hòa"), ("thuyr", "thủy"), ("khuyeens", "khuyến"),
        ("giaays", "giấy"), ("nguwowif", "người"), ("nguoiwf", "người"), ("muwa", "mưa"),
        ("quoocs", "quốc"), ("nghieepj", "nghiệp"), ("giuwx", "giữ"), ("nhâpj", "nhập"),
        ("dduowngf", "đường"), ("shop", None), ("laptop", None), ("toi", None),
    ],
)  # fmt: skip
def test_telex_keys_spell_a_syllable(keys: str, word: str | None) -> None:
    assert telex(keys) == word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("làm cccd hết bn tiền z ad", "làm căn cước công dân hết bao nhiêu tiền vậy admin"),
        ("dk ket hon o dau vay ad", "đăng ký ket hon o dau vay admin"),
        ("lam dc ko", "lam được không"),
        ("e muốn đk xe máy", "em muốn đăng ký xe máy"),
        ("làm vậy đk ko", "làm vậy được không"),
        ("đc chưa", "được chưa"),
        ("ra ca phường hay ubnd", "ra công an phường hay ủy ban nhân dân"),
        ("nghe ca sĩ hát", "nghe ca sĩ hát"),
        ("mất hk làm lại dc hk", "mất hộ khẩu làm lại được không"),
        ("k biết nộp ở đâu r", "không biết nộp ở đâu rồi"),
        ("quên mk vneid", "quên mật khẩu vneid"),
        ("mk ở quận 5", "mình ở quận 5"),
        ("bao nhiu tiền", "bao nhiêu tiền"),
        ("GPLX hết hạn thì ntn", "giấy phép lái xe hết hạn thì như thế nào"),
        ("Ko thấy sđt", "Không thấy số điện thoại"),
        ("bi mat sdt", "bi mat số điện thoại"),
        ("khônggg đượccc", "không được"),
        ("thur tucj ddawng kys keets hoon", "thủ tục đăng ký kết hôn"),
        ("a ơi cho e hỏi", "anh ơi cho em hỏi"),
        ("the bi hong", "the bi hong"),
        ("làm được hong ạ", "làm được không ạ"),
        ("đóng tiền bh y tế", "đóng tiền bảo hiểm y tế"),
        ("lạaaa quáaaa", "lạ quá"),
        ("barng giá minhf năngj", "bảng giá mình nặng"),
        ("Tho6ng tin d9a8ng ky1", "Thông tin đăng ký"),
        ("thu3 tu5c ke61t ho6n o73 quan65 3", "thủ tục kết hôn ở quận 3"),
        ("d9u7o7c5 chu7a", "được chưa"),
    ],
)
def test_chat_spelling_becomes_words(typed: str, meant: str) -> None:
    assert expand(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "500 k", "500k", "điểm a khoản 1 và điểm c", "hạng A1, B, C", "kt3", "mẫu CT01",
        "e-mail abc.dc@gmail.com", "https://dichvucong.gov.vn/dk/ko", "vneid.gov.vn",
        "03/2026/NĐ-CP", "bằng c", "the new car is good", "Facebook, Zalo, taxi, visa, gas",
        "đăng ký kết hôn ở đâu",
        "số 1.001193",
        "q5 to3 khu5 tang2 p6q3 kt3 ct07 h2o mp3 quan1",
        "tài khoản ho6ng@vi1du5.vn, www.d9a6y.vn",
    ],
)  # fmt: skip
def test_what_is_no_chat_spelling_stays(text: str) -> None:
    assert expand(text) == text


@given(st.text(alphabet="abcdghknoruvx 0123456789.,\nđươcáạ", max_size=60))
def test_expanding_keeps_every_number(text: str) -> None:
    """Numbers that stand alone, that is: VNI keys are figures within a word."""
    assert _numbers(expand(text)) == _numbers(text)


def _numbers(text: str) -> list[str]:
    return re.findall(r"(?<!\w)\d+(?!\w)", text)


@pytest.mark.parametrize("unit", ["a", "a.", "a-", "ko ", "a@", "1", "_", "oà", "\u0301", "w"])
def test_a_hostile_text_costs_little(unit: str) -> None:
    text = unit * 4000
    start = time.perf_counter()
    for work in (clean, fold, tone_style, tokens, diacritic_ratio, expand):
        work(text)
    assert time.perf_counter() - start < 2
