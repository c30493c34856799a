"""Wanting a person: where to go without a desk; with one, the line, the talk, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.draft import Known
from bot.handoff.desks import Kind
from bot.handoff.hours import HoursError, read_hours
from bot.handoff.outbox import UNTIL
from bot.handoff.store import IDLE, LONGEST_LINE, WAITS, Ending
from bot.handoff.times import times
from bot.messages import say
from bot.model import Channel, Question, Status
from knowledge.clock import VIETNAM
from knowledge.places import Place
from tests.fakes.duty import HOAN_KIEM, NAMES, NEVER, Duty
from tests.fakes.small_search import Chat, small_known, words
from tests.fakes.talk import without_search

SECOND = timedelta(seconds=1)
WHERE = "phường Hoàn Kiếm, Hà Nội"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return small_known(NAMES, tmp_path_factory.mktemp("index"))


@pytest.fixture
def duty(known: Known, tmp_path: Path) -> Iterator[Duty]:
    duty = Duty(known, tmp_path)
    yield duty
    duty.close()


# --- asking for a person --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "gặp người",
        "cho tôi nói chuyện với người thật",
        "gap can bo",
        "tư vấn viên",
        "/gapnguoi",
        "tôi muốn gặp cán bộ ạ",
        "chuyển máy cho tổng đài viên",
        "gặp người thật đi bot ơi",
        "cần người thật, không phải máy",
    ],
)
def test_who_wants_a_person_is_asked_where_they_are(duty: Duty, typed: str) -> None:
    asked = duty.chat().say(typed)
    assert asked.status is Status.CLARIFICATION_HANDOFF
    assert words(asked) == say("handoff.where")


@pytest.mark.parametrize(
    "typed",
    ["gặp người nhà bị tạm giam", "gặp cán bộ tư pháp ở đâu", "nói chuyện với người hay máy"],
)
def test_other_wishes_are_not_taken_for_it(duty: Duty, typed: str) -> None:
    assert duty.chat().say(typed).status is not Status.CLARIFICATION_HANDOFF


def test_a_wish_comes_before_a_lesson_and_a_check_for_scams(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("/kiemtra")
    assert lan.say("gặp người").status is Status.CLARIFICATION_HANDOFF


def test_where_nothing_is_found_a_person_is_offered(duty: Duty) -> None:
    lost = duty.chat().say("abc xyz qwerty zxcv uiop mnbv")
    assert lost.status is Status.UNANSWERABLE_NOTHING_FOUND
    assert "gặp người" in words(lost)
    asked = duty.chat().press(lost, say("handoff.buttons.meet"))
    assert asked.status is Status.CLARIFICATION_HANDOFF


# --- without a desk -------------------------------------------------------------------------------


def test_without_a_desk_the_office_and_the_number_come_from_records(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("gặp người")
    told = lan.say(WHERE)
    said = words(told)
    assert told.status is Status.ANSWERED_HANDOFF
    assert "Công an phường Hoàn Kiếm" in said
    assert "1800 1096" in said
    assert "1022" not in said
    assert "0368" not in said
    assert say("handoff.no_number_no_hours") in said
    assert told.checked_on is not None
    assert any("18001096" in source.title for source in told.sources)
    assert any("đơn vị hành chính" in source.title for source in told.sources)


def test_a_province_has_its_own_number(duty: Duty) -> None:
    said = words(duty.chat().say("gặp người ở phường Hải Châu, Đà Nẵng"))
    assert "1022 nhánh 3" in said
    assert "phường Hải Châu" in said


def test_after_a_procedure_it_is_its_office_with_its_hours(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("khai báo tạm vắng")
    lan.say("gặp người")
    told = lan.say(WHERE)
    said = words(told)
    assert "Công an phường Hoàn Kiếm" in said
    assert "trong giờ hành chính từ thứ 2 đến thứ 6" in said
    assert say("handoff.no_number") in said
    assert told.entry_id == "tam-vang"
    assert "Lệ phí" in words(lan.say("lệ phí bao nhiêu")), "the talk goes on where it was"


def test_a_record_that_is_gone_is_not_made_up_for(tmp_path: Path) -> None:
    known = small_known(["procedures/khai-sinh"], tmp_path / "index")
    duty = Duty(known, tmp_path)
    said = words(duty.chat().say(f"gặp người ở {WHERE}"))
    assert "1800" not in said
    assert "Công an" not in said
    assert say("handoff.no_number_no_hours") in said
    duty.close()


def test_a_place_is_asked_for_until_it_is_known(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("gặp người")
    commune = lan.say("Hà Nội")
    assert words(commune) == say("handoff.where_commune", province="Hà Nội")
    assert "Tại phường Hoàn Kiếm" in words(lan.say("hoàn kiếm"))
    assert "Tại phường Hoàn Kiếm" in words(lan.say("gặp người")), "it is remembered"


def test_who_does_not_say_the_commune_gets_what_the_province_has(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("gặp người ở Hà Nội")
    told = lan.say("Hà Nội")
    assert told.status is Status.ANSWERED_HANDOFF
    assert "1800 1096" in words(told)


def test_an_old_name_leads_to_a_choice_of_communes_and_on(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("gặp người")
    which = lan.say("phường Hàng Bạc, quận Hoàn Kiếm, Hà Nội")
    told = lan.say(action=which.choices[0].action) if which.choices else which
    assert "Tại phường Hoàn Kiếm" in words(told)
    unknown = duty.chat("8")
    unknown.say("gặp người")
    assert words(unknown.say("xã Xa Lắc Lơ")) == say("place.unknown")


def test_another_question_instead_of_a_place_is_answered(duty: Duty) -> None:
    lan = duty.chat()
    lan.say("gặp người")
    assert lan.say("đăng ký tạm trú").entry_id == "tam-tru"


def test_over_the_shipped_content_every_province_has_a_number(tmp_path: Path) -> None:
    duty = Duty(without_search(), tmp_path)
    for province in ("ha-noi", "da-nang", "ca-mau"):
        lan = duty.chat(province)
        lan.say("gặp người")
        lan.say(action=f"place:{province}")
        told = lan.say("gặp người")
        assert "1800 1096" in words(told), province
        assert told.sources
    duty.close()


# --- with a desk ----------------------------------------------------------------------------------


def asked(duty: Duty) -> Chat:
    """Somebody who was asked whether the desk may take over."""
    lan = duty.chat()
    consent = lan.say(f"gặp người ở {WHERE}")
    assert consent.status is Status.CLARIFICATION_HANDOFF
    assert "Một cửa Hoàn Kiếm" in words(consent)
    return lan


def test_nobody_is_handed_over_without_having_agreed(duty: Duty) -> None:
    duty.desk()
    lan = asked(duty)
    assert duty.handoffs.waiting() == 0
    assert words(lan.say("không")) == say("handoff.declined")
    assert duty.handoffs.waiting() == 0
    other = asked(duty)
    assert other.say("đăng ký tạm trú").entry_id == "tam-tru"
    assert duty.handoffs.waiting() == 0


@pytest.mark.parametrize("typed", ["1", "đồng ý", "ok ạ", "Đồng ý, chuyển cho tôi"])
def test_who_agrees_is_told_the_hours_and_the_number_in_the_line(duty: Duty, typed: str) -> None:
    duty.desk()
    duty.waiting("6")
    acknowledged = words(asked(duty).say(typed))
    assert "Bạn đứng thứ 2" in acknowledged
    assert "trực đến 24:00" in acknowledged
    assert "20 phút" in acknowledged
    assert duty.handoffs.waiting() == 2


def test_the_nearest_desk_is_asked(duty: Duty) -> None:
    duty.desk(place=Place("ha-noi"), kind=Kind.TEAM)
    consent = words(duty.chat().say("gặp người ở Hà Nội"))
    assert "thành viên tổ công nghệ số sẽ đọc" in consent
    near = duty.desk()
    answer = duty.chat("8").say(f"gặp người ở {WHERE}")
    assert answer.choices[0].action == f"handoff:yes:{near.id}"


@pytest.mark.parametrize("channel", [Channel.ZALO_BOT, Channel.TERMINAL])
def test_whom_no_word_can_reach_gets_the_office(duty: Duty, channel: Channel) -> None:
    duty.desk()
    told = duty.chat(channel=channel).say(f"gặp người ở {WHERE}")
    assert told.status is Status.ANSWERED_HANDOFF
    in_a_group = words(duty.chat("-7/3").say(f"gặp người ở {WHERE}"))
    assert say("handoff.private") in in_a_group


def test_a_desk_that_is_off_or_empty_is_none(duty: Duty) -> None:
    duty.desk(people=())
    off = duty.desk()
    duty.desks.change(off.id, off.name, off.hours, off.people, on=False)
    assert say("handoff.no_desk") in words(duty.chat().say(f"gặp người ở {WHERE}"))


def test_out_of_hours_it_is_said_when_and_where_else(duty: Duty) -> None:
    tomorrow = (duty.clock.now.astimezone(VIETNAM) + timedelta(days=1)).weekday()
    duty.desk(hours=read_hours(["7:30-11:30" if day == tomorrow else "" for day in range(7)]))
    told = duty.chat().say(f"gặp người ở {WHERE}")
    assert told.status is Status.ANSWERED_HANDOFF
    assert "trực lại lúc 7:30 thứ" in words(told) or "trực lại lúc 7:30 Chủ" in words(told)
    assert "1800 1096" in words(told)


def test_a_line_that_is_full_takes_nobody_more(duty: Duty) -> None:
    desk = duty.desk()
    for number in range(LONGEST_LINE):
        asks = Question(id=f"telegram:q{number}", channel=Channel.TELEGRAM, conversation="x")
        duty.handoffs.begin(desk, asks, f"other-{number}", HOAN_KIEM, None)
    told = duty.chat().say(f"gặp người ở {WHERE}")
    assert say("handoff.full", desk=desk.name) in words(told)
    assert "1800 1096" in words(told)
    late = duty.chat("8").say(action=f"handoff:yes:{desk.id}")
    assert say("handoff.full", desk=desk.name) in words(late)
    assert duty.handoffs.waiting() == LONGEST_LINE


def test_an_old_button_of_a_desk_that_has_closed_hands_nobody_over(duty: Duty) -> None:
    desk = duty.desk()
    lan = asked(duty)
    duty.desks.change(desk.id, desk.name, NEVER, desk.people, on=True)
    assert lan.say("đồng ý").status is Status.ANSWERED_HANDOFF
    assert duty.handoffs.waiting() == 0


def test_pressing_twice_waits_once(duty: Duty) -> None:
    duty.desk()
    lan = asked(duty)
    action = f"handoff:yes:{duty.desks.all()[0].id}"
    first = lan.say(action=action, id="telegram:000000001")
    assert lan.say(action=action, id="telegram:000000001") == first
    assert "vẫn đang chờ" in words(lan.say(action=action))
    assert duty.handoffs.waiting() == 1


# --- while one waits ------------------------------------------------------------------------------


def test_the_bot_goes_on_and_says_once_that_it_still_waits(duty: Duty) -> None:
    duty.desk()
    lan = duty.waiting()
    still = say("handoff.still", number=1)
    first = lan.say("đăng ký tạm trú")
    assert first.entry_id == "tam-tru"
    assert still in words(first)
    assert still not in words(lan.say("lệ phí bao nhiêu"))
    assert "Bạn đứng thứ 1" in words(lan.say("gặp người"))


@pytest.mark.parametrize("typed", ["thôi gặp người", "thôi", "1", "không chờ nữa"])
def test_who_waits_can_give_it_up(duty: Duty, typed: str) -> None:
    duty.desk()
    lan = duty.waiting()
    assert words(lan.say(typed)) == say("handoff.cancelled")
    assert duty.handoffs.waiting() == 0
    assert duty.sent() == []


def test_what_nobody_takes_in_time_ends_with_another_place(duty: Duty) -> None:
    duty.desk()
    lan = duty.waiting()
    duty.clock.now += WAITS
    duty.talk.outbox.look()
    assert duty.sent() == []
    duty.clock.now += SECOND
    duty.talk.outbox.look()
    duty.talk.outbox.look()
    [told] = duty.sent()
    assert "chưa có ai ở Một cửa Hoàn Kiếm nhận" in words(told)
    assert "1800 1096" in words(told)
    assert "Công an phường Hoàn Kiếm" in words(told)
    assert duty.handoffs.waiting() == 0
    assert duty.sent() == []
    assert lan.say("đăng ký tạm trú").entry_id == "tam-tru"


def test_when_the_desk_closes_nobody_waits_on(duty: Duty) -> None:
    desk = duty.desk()
    duty.waiting()
    duty.desks.change(desk.id, desk.name, NEVER, desk.people, on=True)
    duty.talk.outbox.look()
    assert len(duty.sent()) == 1
    assert duty.handoffs.waiting() == 0


# --- while a person is there ----------------------------------------------------------------------


def taken(duty: Duty, name: str = "777") -> Chat:
    """Somebody whose conversation a person has taken, and who was told so."""
    duty.desk()
    lan = duty.waiting(name)
    assert duty.handoffs.take(duty.handoff(name).id, 1, "Lan Anh")
    duty.talk.outbox.flush()
    [told] = duty.sent()
    assert "Cán bộ Lan Anh (Một cửa Hoàn Kiếm) đang ở đây" in words(told)
    return lan


def test_the_bot_is_silent_and_the_desk_reads_what_is_said(duty: Duty) -> None:
    lan = taken(duty)
    for typed in ("lệ phí khai sinh", "1", "hữu ích", "xin chào", "ok", "thôi"):
        assert lan.say(typed).blocks == ()
    pressed = lan.say(action="entry:khai-sinh:fee")
    assert pressed.blocks == ()
    said = [turn.text for turn in duty.handoffs.turns.of(duty.handoff().id)][1:]
    assert said[:2] == ["lệ phí khai sinh", "1"]
    assert said[-1].startswith("[bấm nút")


def test_a_message_that_comes_twice_is_read_once_and_numbers_are_masked(duty: Duty) -> None:
    lan = taken(duty)
    for _ in range(2):
        lan.say("căn cước 001099012345, gọi 0912345678", id="telegram:000000077")
    texts = [turn.text for turn in duty.handoffs.turns.of(duty.handoff().id)]
    assert texts == ["", "căn cước [số giấy tờ], gọi [số điện thoại]"]


def test_an_emergency_is_answered_all_the_same(duty: Duty) -> None:
    lan = taken(duty)
    urgent = lan.say("cứu tôi với, nhà đang cháy")
    assert urgent.status is Status.ANSWERED_EMERGENCY
    assert "114" in words(urgent)
    assert duty.handoffs.turns.of(duty.handoff().id)[-1].text.startswith("cứu tôi")


def test_the_words_of_a_person_go_out_once_under_their_name(duty: Duty) -> None:
    taken(duty)
    handoff = duty.handoff()
    assert duty.handoffs.write(handoff.id, 1, "Chào chị.\nChị cần gì?", "k1")
    assert duty.handoffs.write(handoff.id, 1, "Chào chị.\nChị cần gì?", "k1"), "sent twice"
    duty.talk.outbox.flush()
    duty.talk.outbox.flush()
    [told] = duty.sent()
    assert told.status is Status.ANSWERED_BY_PERSON
    title, said = (block.lines for block in told.blocks)
    assert title == ("Cán bộ Lan Anh (Một cửa Hoàn Kiếm)",)
    assert said == ("Chào chị.", "Chị cần gì?")
    assert duty.sent() == []


def test_words_go_out_in_order_and_after_a_crash_before_their_notice(duty: Duty) -> None:
    taken(duty)
    handoff = duty.handoff()
    for number in range(12):
        duty.handoffs.write(handoff.id, 1, f"câu {number}", f"k{number}")
    due = [notice.question.id for notice in duty.notices.due([Channel.TELEGRAM])]
    assert due == [], "the process died before it put them"
    duty.talk.outbox.look()
    ids = [notice.question.id for notice in duty.notices.due([Channel.TELEGRAM])]
    assert ids == sorted(ids)
    assert [words(answer).split("\n")[1] for answer in duty.sent()] == [
        f"câu {number}" for number in range(12)
    ]


def test_nobody_elses_words_can_be_had_by_hand(duty: Duty) -> None:
    taken(duty)
    duty.handoffs.write(duty.handoff().id, 1, "riêng", "k1")
    turn = duty.handoffs.turns.of(duty.handoff().id)[-1]
    other = duty.chat("8").say(action=f"handoff:said:{turn.id}")
    assert "riêng" not in words(other)


def test_what_the_bot_would_say_of_its_own_accord_waits(duty: Duty) -> None:
    taken(duty)
    now = duty.clock.now
    day = timedelta(days=1)
    duty.notices.put("course:1", duty.pseudonym(), "course:due", now, until=now + day, by_day=False)
    assert duty.sent() == []
    duty.handoffs.give_back(duty.handoff().id, 1)
    duty.clock.now += timedelta(hours=1)
    assert len(duty.notices.due([Channel.TELEGRAM])) == 1


@pytest.mark.parametrize("typed", ["kết thúc", "thôi gặp người", "quay lại trợ lý"])
def test_the_person_can_end_it_and_the_bot_answers_again(duty: Duty, typed: str) -> None:
    lan = taken(duty)
    assert words(lan.say(typed)) == say("handoff.by_person", who="Cán bộ Lan Anh")
    assert lan.say("đăng ký tạm trú").entry_id == "tam-tru"
    assert duty.sent() == []


def test_given_back_the_bot_says_so_and_answers_where_the_talk_was(duty: Duty) -> None:
    duty.desk()
    lan = duty.chat()
    lan.say("đăng ký tạm trú")
    consent = lan.say(f"gặp người ở {WHERE}")
    lan.say(action=consent.choices[0].action)
    handoff = duty.handoff()
    duty.handoffs.take(handoff.id, 1, "Lan Anh")
    for number in range(10):
        lan.say(f"câu {number}")
    assert duty.handoffs.give_back(handoff.id, 1)
    duty.talk.outbox.flush()
    assert "trợ lý tự động, trả lời lại" in words(duty.sent()[-1])
    fee = lan.say("lệ phí bao nhiêu")
    assert fee.entry_id == "tam-tru"


def test_what_goes_quiet_ends(duty: Duty) -> None:
    lan = taken(duty)
    duty.clock.now += IDLE - SECOND
    lan.say("tôi vẫn đây")
    duty.clock.now += IDLE
    duty.talk.outbox.look()
    assert duty.sent() == []
    duty.clock.now += SECOND
    duty.talk.outbox.look()
    [told] = duty.sent()
    assert "30 phút không ai nhắn gì" in words(told)
    assert lan.say("đăng ký tạm trú").entry_id == "tam-tru"


def test_a_word_that_could_not_go_out_for_hours_is_not_sent(duty: Duty) -> None:
    taken(duty)
    duty.handoffs.write(duty.handoff().id, 1, "muộn", "k1")
    duty.talk.outbox.flush()
    duty.clock.now += UNTIL + SECOND
    assert duty.sent() == []


# --- deleted, purged, timed -----------------------------------------------------------------------


def test_deleting_ones_data_ends_it_and_leaves_only_times(duty: Duty) -> None:
    lan = taken(duty)
    lan.say("điều riêng")
    duty.handoffs.write(duty.handoff().id, 1, "trả lời riêng", "k1")
    duty.talk.outbox.flush()
    assert lan.say("/xoa").status is Status.ANSWERED_DATA_DELETED
    assert duty.sent() == []
    with duty.engine.connect() as db:
        assert db.execute(text("SELECT count(*) FROM handoff_turns")).scalar() == 0
        assert db.execute(text("SELECT conversation, open FROM handoffs")).all() == [("", None)]
        assert db.execute(text("SELECT count(*) FROM contacts")).scalar() == 0
    assert lan.say("đăng ký tạm trú").entry_id == "tam-tru"


def test_it_is_gone_after_the_journals_time(duty: Duty) -> None:
    taken(duty)
    duty.clock.now += timedelta(days=91)
    assert duty.handoffs.purge(timedelta(days=90)) == 1
    with duty.engine.connect() as db:
        assert db.execute(text("SELECT count(*) FROM handoff_turns")).scalar() == 0


def test_it_is_timed_from_the_acknowledgement_to_the_end(duty: Duty) -> None:
    desk, minute = duty.desk(), timedelta(minutes=1)
    began = duty.clock.now
    for number, waits in enumerate((1, 3, 10)):
        lan = duty.waiting(str(number))
        handoff = duty.handoff(str(number))
        duty.clock.now += waits * minute
        duty.handoffs.take(handoff.id, 1, "Lan Anh")
        duty.clock.now += minute
        duty.handoffs.write(handoff.id, 1, "chào", "k")
        duty.clock.now += minute
        lan.say("kết thúc")
    duty.waiting("9")
    found = times(duty.engine, [desk.id], began)
    assert (found.requests, found.taken) == (4, 3)
    assert (found.until_taken, found.until_reply, found.until_end) == (180, 240, 120)
    assert found.endings == {Ending.BY_PERSON: 3}
    assert times(duty.engine, [desk.id], duty.clock.now + minute).requests == 0


def test_usual_waits_are_told_once_there_are_enough(duty: Duty) -> None:
    duty.desk()
    for number in range(5):
        duty.waiting(str(number))
        handoff = duty.handoff(str(number))
        duty.clock.now += timedelta(minutes=4)
        duty.handoffs.take(handoff.id, 1, "Lan Anh")
    lan = duty.chat("9")
    consent = lan.say(f"gặp người ở {WHERE}")
    assert "không quá 4 phút" in words(lan.say(action=consent.choices[0].action))


# --- hours ----------------------------------------------------------------------------------------


def at(day: int, clock: str) -> datetime:
    """A moment of the week of 23 November 2026, a Monday, in Vietnam."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 23 + day, hour, minute, tzinfo=VIETNAM)


WEEK = read_hours(["7:30-11:30, 13h30-17h"] * 5 + ["7h30 – 11h30", ""])


def test_hours_open_and_close_by_vietnams_clock() -> None:
    for day, clock, is_open in (
        (0, "7:29", False),
        (0, "7:30", True),
        (0, "11:30", False),
        (4, "16:59", True),
        (5, "13:30", False),
        (6, "8:00", False),
    ):
        assert WEEK.is_open(at(day, clock)) is is_open, (day, clock)
    assert WEEK.closes_at(at(0, "14:00")) == at(0, "17:00")
    assert WEEK.opens_at(at(0, "12:00")) == at(0, "13:30")
    assert WEEK.opens_at(at(5, "12:00")) == at(7, "7:30")
    assert NEVER.opens_at(at(0, "12:00")) is None
    days = "thứ Hai đến thứ Sáu: 7:30–11:30, 13:30–17:00; thứ Bảy: 7:30–11:30"
    assert WEEK.told() == days


@pytest.mark.parametrize(
    "typed", ["sáng", "8-7", "8:00-25:00", "7:75-8:00", "7-9, 8-10", "8:00-8:00"]
)
def test_hours_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(HoursError, match="3"):
        read_hours(["", "", "", typed, "", "", ""])


def test_the_place_of_these_tests_is_hoan_kiem() -> None:
    assert HOAN_KIEM.name == "phường Hoàn Kiếm (Hà Nội)"
