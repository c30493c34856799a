"""The talk about where a person is: said, chosen, kept, changed, and what follows from it."""

from __future__ import annotations

import pytest

from bot.check import text_of
from bot.messages import say
from bot.model import Answer, Status
from tests.test_conversation import Talk, about, assistant, journal, lan, url

__all__ = ["assistant", "journal", "lan", "url"]


def labels(answer: Answer) -> list[str]:
    return [choice.label for choice in answer.choices]


def test_from_a_question_to_the_office_and_the_fee_there(lan: Talk) -> None:
    asked = lan.say("Làm giấy khai sinh ở đâu?")
    assert about(asked) == ("khai-sinh", "where")
    assert say("place.ask") in text_of(asked)

    which = lan.say("tôi ở huyện Đan Phượng")
    assert which.status is Status.CLARIFICATION_PLACE
    assert "Huyện Đan Phượng nay không còn" in text_of(which)
    assert sorted(labels(which)) == ["Xã Liên Minh", "Xã Ô Diên", "Xã Đan Phượng"]

    office = lan.say("1")
    name = labels(which)[0].replace("Xã", "xã")
    assert about(office) == ("khai-sinh", "where")
    assert f"Ủy ban nhân dân {name}" in text_of(office)
    assert f"điểm phục vụ hành chính công ở {name}" in text_of(office)
    assert say("place.ask") not in text_of(office)
    assert "nay không còn" not in text_of(office)  # said once

    fee = lan.say("lệ phí?")
    assert about(fee) == ("khai-sinh", "fee")
    assert "5.000 đồng" in text_of(fee)
    assert "Hải Phòng" not in text_of(fee)


def test_a_place_in_the_question_is_not_asked_for_again(lan: Talk) -> None:
    answer = lan.say("làm thẻ căn cước ở phường Hoàn Kiếm thì ra đâu")
    assert about(answer) == ("can-cuoc", "where")
    assert "Công an phường Hoàn Kiếm" in text_of(answer)
    assert say("place.ask") not in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "entry_id", "facet"),
    [
        ("em ở xã Tân Lập huyện Đan Phượng làm căn cước ở đâu", "can-cuoc", "where"),
        ("làm khai sinh ở huyện Đan Phượng cần giấy tờ gì", "khai-sinh", "documents"),
        ("làm khai sinh ở phường Ba Đình", "khai-sinh", None),
        ("ở quận Bình Thạnh đăng ký tạm trú mất bao lâu", "tam-tru", "time"),
        ("o huyen dan phuong lam khai sinh can giay to gi", "khai-sinh", "documents"),
        ("khai sinh o ha noi", "khai-sinh", None),
        ("le phi dang ky khai sinh o ha noi", "khai-sinh", "fee"),
        ("dang ky ket hon tinh lam dong", "ket-hon", None),
        ("tạm trú ở quận 7 cần giấy gì", "tam-tru", "documents"),
        ("tx Dĩ An, đăng ký kết hôn cần gì", "ket-hon", "documents"),
        ("Em ở phường Hòa Bình, Hải Phòng. Làm hộ chiếu hết bao nhiêu tiền?", "ho-chieu", "fee"),
    ],
)
def test_a_place_does_not_change_what_is_found(
    lan: Talk, typed: str, entry_id: str, facet: str | None
) -> None:
    assert about(lan.say(typed)) == (entry_id, facet)


def test_an_old_unit_is_told_of_beside_the_answer_and_its_communes_are_offered(lan: Talk) -> None:
    answer = lan.say("em ở xã Tân Lập huyện Đan Phượng làm căn cước ở đâu")
    assert "Xã Tân Lập (huyện Đan Phượng) nay không còn" in text_of(answer)
    assert labels(answer)[:2] == ["Xã Hoài Đức", "Xã Ô Diên"]
    assert "Công an xã Ô Diên" in text_of(lan.say("Xã Ô Diên"))


def test_a_commune_that_became_one_is_told_of_at_once(lan: Talk) -> None:
    answer = lan.say("đăng ký tạm trú ở phường Bến Nghé quận 1 thì nộp ở đâu")
    assert say(
        "place.became", old="Phường Bến Nghé (quận 1)", place="phường Sài Gòn (TP. Hồ Chí Minh)"
    ) in text_of(answer)
    assert "Công an phường Sài Gòn" in text_of(answer)


def test_communes_are_not_offered_where_the_question_is_about_something_else(lan: Talk) -> None:
    answer = lan.say("làm khai sinh ở huyện Đan Phượng cần giấy tờ gì")
    assert "Huyện Đan Phượng nay không còn" in text_of(answer)
    assert labels(answer)[:2] == [say("checklist.begin"), "Lệ phí"]


def test_a_large_old_unit_asks_to_type_the_commune(lan: Talk) -> None:
    lan.say("đăng ký tạm trú ở đâu")
    which = lan.say("tp Thủ Đức")
    assert which.choices == ()
    assert say("place.type_commune") in text_of(which)
    assert "Công an phường Linh Xuân" in text_of(lan.say("Linh Xuân"))


@pytest.mark.parametrize(
    ("typed", "office"),
    [
        ("phường Hoàn Kiếm", "Công an phường Hoàn Kiếm"),
        ("phuong hoan kiem ha noi", "Công an phường Hoàn Kiếm"),
        ("em ở thị trấn Hùng Sơn, Đại Từ, Thái Nguyên ạ", "Công an xã Đại Phúc"),
        ("p12 quận bình thạnh", "Công an phường Bình Thạnh"),
        ("Phú Quốc", "đặc khu Phú Quốc"),
    ],
)
def test_a_reply_of_only_a_place_answers_the_same_there(lan: Talk, typed: str, office: str) -> None:
    lan.say("đăng ký tạm trú ở đâu")
    assert office in text_of(lan.say(typed))


def test_a_province_alone_leads_to_its_office_or_to_the_commune(lan: Talk) -> None:
    lan.say("làm hộ chiếu ở đâu")
    assert "Công an thành phố Hải Phòng" in text_of(lan.say("Hải Phòng"))
    asked = lan.say("đăng ký tạm trú ở đâu")
    assert say("place.ask_commune", province="Hải Phòng") in text_of(asked)
    assert "Công an phường Hồng Bàng" in text_of(lan.say("Hồng Bàng"))


def test_a_name_of_many_places_is_not_guessed(lan: Talk) -> None:
    lan.say("đăng ký tạm trú ở đâu")
    asked = lan.say("xã Tân Lập")
    assert asked.status is Status.CLARIFICATION_PLACE
    assert say("place.too_many") in text_of(asked)
    assert "Công an xã" in text_of(lan.say("xã Tân Lập, Tây Ninh"))


def test_a_name_of_a_few_places_is_offered_with_their_provinces(lan: Talk) -> None:
    lan.say("đăng ký tạm trú ở đâu")
    asked = lan.say("phường Hòa Bình")
    assert "Phường Hòa Bình (Phú Thọ)" in labels(asked)
    chosen = lan.press("Phường Hòa Bình (Phú Thọ)", asked)
    assert "Tại phường Hòa Bình (Phú Thọ)" in text_of(chosen)


def test_a_place_that_is_not_found_is_asked_for_again(lan: Talk) -> None:
    lan.say("đăng ký tạm trú ở đâu")
    assert text_of(lan.say("xã Vô Danh Thị")) == say("place.unknown")
    assert "Công an phường Hoàn Kiếm" in text_of(lan.say("phường Hoàn Kiếm"))


@pytest.mark.parametrize("typed", ["đổi nơi ở", "tôi ở chỗ khác", "doi noi o", "em ở tỉnh khác"])
def test_the_place_is_given_up_and_asked_for_anew(lan: Talk, typed: str) -> None:
    lan.say("đăng ký tạm trú ở phường Hoàn Kiếm thì ở đâu")
    assert text_of(lan.say(typed)) == say("place.change")
    assert "Hoàn Kiếm" not in text_of(lan.say("đăng ký tạm trú ở đâu"))


def test_naming_another_place_changes_it(lan: Talk) -> None:
    lan.say("đăng ký tạm trú ở phường Hoàn Kiếm thì ở đâu")
    assert "Công an xã Ô Diên" in text_of(lan.say("còn ở xã Ô Diên thì sao"))
    assert "Công an xã Ô Diên" in text_of(lan.say("đăng ký thường trú ở đâu"))


def test_a_place_before_any_question_is_noted(lan: Talk) -> None:
    noted = lan.say("em ở phường Hoàn Kiếm")
    assert noted.status is Status.ANSWERED_PLACE
    assert "phường Hoàn Kiếm (Hà Nội)" in text_of(noted)
    assert "Công an phường Hoàn Kiếm" in text_of(lan.say("đăng ký tạm trú ở đâu"))


def test_a_commune_chosen_before_any_question_is_noted(lan: Talk) -> None:
    noted = lan.press("Phường Cửa Nam", lan.say("quận hoàn kiếm"))
    assert noted.status is Status.ANSWERED_PLACE
    assert "phường Cửa Nam (Hà Nội)" in text_of(noted)


def test_what_is_out_of_scope_says_nothing_of_where_the_person_is(lan: Talk) -> None:
    lan.say("cách nấu bún bò Huế")
    assert "Huế" not in text_of(lan.say("làm hộ chiếu ở đâu"))


def test_a_number_in_a_name_is_no_figure_outside_the_record(lan: Talk) -> None:
    answer = lan.say("đăng ký tạm trú ở phường Long Phú 1, Cần Thơ thì nộp ở đâu")
    assert "Công an phường Long Phú 1" in text_of(answer)


@pytest.mark.parametrize("action", ["place:", "place:ha-tay", "place:ha-noi/99999", "place:x/1"])
def test_a_made_up_place_breaks_nothing(lan: Talk, action: str) -> None:
    assert lan.say(action=action).status.family != "error"


def test_the_programme_of_the_own_province_comes_first(lan: Talk) -> None:
    lan.say("em ở Tây Ninh")
    answer = lan.say("nhờ đoàn viên thanh niên giúp nộp hồ sơ")
    assert answer.entry_id == "tay-ninh-quay-thanh-nien"
    assert "không phải của" not in text_of(answer)
