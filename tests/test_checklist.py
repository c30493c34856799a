"""The papers of a Procedure as a list to tick, over days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.assistant import Assistant
from bot.check import record_text, unsupported
from bot.checklist.papers import papers_of
from bot.checklist.store import CheckLists
from bot.draft import Known
from bot.messages import all_words, say
from bot.model import Answer, Channel, Status
from bot.notices import Notices
from bot.pipeline import Pipeline
from bot.protect import mask
from knowledge.clock import VIETNAM
from knowledge.load import Library, load
from knowledge.model import Facet, Fact, Procedure
from knowledge.store import Edition
from tests.fakes.desk import TODAY
from tests.fakes.learning import journal_in
from tests.fakes.small_search import Chat, small_known, words
from webhook.channels.zalo_oa.render import messages
from webhook.outreach import Outreach
from webhook.render import plain
from webhook.sealing import Seal

NAMES = [
    f"procedures/{name}"
    for name in ("khai-sinh", "ket-hon", "thuong-tru", "can-cuoc", "chuyen-noi-nhan-luong-huu")
] + ["guides/lua-dao"]
REMINDED = frozenset({Channel.TELEGRAM, Channel.ZALO_OA})
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return small_known(NAMES, tmp_path_factory.mktemp("index"))


class Office:
    """The assistant over an Edition that a test may exchange, and a clock that it turns."""

    def __init__(self, known: Known, folder: Path) -> None:
        self.known, self.now = known, datetime.now(UTC)
        self.journal = journal_in(folder)
        seal = Seal("k" * 40, "notices")
        heard_at = self.journal.heard_at
        self.notices = Notices(self.journal.engine, seal, REMINDED, heard_at, lambda: self.now)
        self.assistant = Assistant(
            lambda: self.known, self.journal, Pipeline(), lambda: TODAY, notices=self.notices
        )
        self.sent: list[Answer] = []

    def person(self, name: str = "777", channel: Channel = Channel.TELEGRAM) -> Chat:
        return Chat(self.assistant, name, channel)

    def wait_until(self, days: int, at: time = time(12)) -> list[str]:
        """Let days pass; what the bot has said of its own accord since, as words."""
        day = datetime.now(VIETNAM).date() + days * DAY
        self.now = datetime.combine(day, at, VIETNAM)
        before = len(self.sent)
        outreach = Outreach(self.notices, REMINDED)
        outreach.hand_over(lambda it: self.sent.append(self.assistant.reply(it.question)))
        return [words(answer) for answer in self.sent[before:]]

    def publish(self, facts: tuple[Fact, ...]) -> None:
        """A new Edition, in which these are the papers of khai-sinh."""
        edition = self.known.edition
        former = edition.library.entries["khai-sinh"]
        assert isinstance(former, Procedure)
        new = former.model_copy(update={"facts": {**former.facts, Facet.DOCUMENTS: facts}})
        entries = {**edition.library.entries, "khai-sinh": new}
        library = Library(entries, edition.library.sources)
        number = edition.number + 1
        changed = Edition(number, edition.hash, edition.published_at, library)
        self.known = Known(changed, self.known.searcher)

    def papers(self) -> list[Fact]:
        entry = self.known.edition.library.entries["khai-sinh"]
        assert isinstance(entry, Procedure)
        return list(entry.facts[Facet.DOCUMENTS])


@pytest.fixture
def office(known: Known, tmp_path: Path) -> Iterator[Office]:
    office = Office(known, tmp_path)
    yield office
    office.journal.engine.dispose()


@pytest.fixture
def lan(office: Office) -> Chat:
    return office.person()


def signs(answer: Answer) -> str:
    """The marks of a list in its order: "☐✔☐☐–"."""
    lines = [line for block in answer.blocks for line in block.lines]
    return "".join(line[0] for line in lines if line[:1] in "☐✔–" and line[1:2] == " ")


@pytest.mark.parametrize(
    "typed",
    [
        "chuẩn bị hồ sơ khai sinh",
        "chuan bi ho so khai sinh",
        "Tôi muốn chuẩn bị giấy tờ khai sinh",
        "/hoso khai sinh",
        "checklist khai sinh",
    ],
)
def test_one_message_begins_a_list(lan: Chat, typed: str) -> None:
    got = lan.say(typed)
    assert got.status is Status.ANSWERED_CHECKLIST
    assert signs(got) == "☐☐☐☐☐"
    assert "☐ 2. Tờ khai đăng ký khai sinh" in words(got)
    assert "☐ 3. Trẻ bị bỏ rơi: Biên bản" in words(got)
    assert say("checklist.missing", count=3, numbers="1, 2, 5") in words(got)
    assert got.page == "/giay-to/khai-sinh"
    assert got.sources
    assert got.checked_on


def test_a_question_on_papers_is_answered_and_offers_the_list(lan: Chat) -> None:
    got = lan.say("chuẩn bị hồ sơ khai sinh cần giấy tờ gì?")
    assert got.status is Status.ANSWERED_FACET
    assert got.choices[0].label == say("checklist.begin")
    assert lan.say("1").status is Status.ANSWERED_CHECKLIST


def test_without_a_name_the_list_is_of_what_was_spoken_of(lan: Chat) -> None:
    assert words(lan.say("chuẩn bị hồ sơ")) == say("checklist.which")
    lan.say("đăng ký kết hôn lệ phí bao nhiêu")
    assert lan.say("chuẩn bị hồ sơ").entry_id == "ket-hon"


def test_where_nobody_needs_a_paper_in_every_case_nothing_is_called_complete(lan: Chat) -> None:
    told = words(lan.say("chuẩn bị hồ sơ đổi thẻ căn cước"))
    assert say("checklist.all_common") not in told
    assert say("checklist.state.unsettled", count=4) in words(lan.say("hồ sơ của tôi"))


def test_what_is_no_paper_stands_beside_the_list(lan: Chat) -> None:
    told = words(lan.say("chuẩn bị hồ sơ kết hôn"))
    listed, beside = told.split(say("checklist.remarks"))
    assert "Không cần nộp giấy độc thân" in beside
    assert "Không cần nộp giấy độc thân" not in listed


@pytest.mark.parametrize("name", ["lừa đảo", "chuyển nơi nhận lương hưu"])
def test_of_what_has_no_papers_is_told_what_is_known(lan: Chat, name: str) -> None:
    got = lan.say(f"chuẩn bị hồ sơ {name}")
    assert got.status is not Status.ANSWERED_CHECKLIST
    assert say("checklist.none") in words(got)
    assert words(lan.say("hồ sơ của tôi")) == say("checklist.mine.none")


@pytest.mark.parametrize(
    ("typed", "marks"),
    [
        ("1", "✔☐☐☐☐"),
        ("1 3", "✔☐✔☐☐"),
        ("1, 2 và 5", "✔✔☐☐✔"),
        ("xong 2", "☐✔☐☐☐"),
        ("có rồi 1,2", "✔✔☐☐☐"),
        ("giấy số 5 có rồi nhé", "☐☐☐☐✔"),
        ("1-3 xong", "✔✔✔☐☐"),
        ("3 không cần", "☐☐–☐☐"),
        ("khong can 3, 4", "☐☐––☐"),
        ("1 có rồi, 3 không cần", "✔☐–☐☐"),
        ("tôi có đủ hết rồi", "✔✔☐☐✔"),
    ],
)
def test_papers_are_marked_by_their_numbers(lan: Chat, typed: str, marks: str) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    assert signs(lan.say(typed)) == marks
    assert signs(lan.say("xem danh sách")) == marks


def test_marks_are_taken_back_by_number(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1 2 5")
    assert signs(lan.say("bỏ 1, 2")) == "☐☐☐☐✔"
    got = lan.say("1")
    assert say("checklist.missing", count=1, numbers="2") in words(got)
    assert signs(lan.say("1")) == "✔☐☐☐✔", "said twice, it is still there"


def test_buttons_mark_and_unmark(lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    marked = lan.press(opened, say("checklist.buttons.have", n=2))
    assert signs(marked) == "☐✔☐☐☐"
    assert signs(lan.press(opened, say("checklist.buttons.have", n=2))) == "☐✔☐☐☐"
    assert signs(lan.press(marked, say("checklist.buttons.clear", n=2))) == "☐☐☐☐☐"


def test_wrong_numbers_are_told_and_change_nothing(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    got = lan.say("1, 9")
    assert say("checklist.done.wrong", numbers="9", count=5) in words(got)
    assert signs(got) == "✔☐☐☐☐"
    asked = lan.say("33")
    assert asked.status is Status.CLARIFICATION_CHOICE
    assert signs(lan.say("xong 77")) == "✔☐☐☐☐"


def test_a_number_ticks_only_what_was_shown_last(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    fee = lan.say("lệ phí khai sinh bao nhiêu")
    got = lan.say("1")
    assert got.status is not Status.ANSWERED_CHECKLIST
    assert got.facet == fee.choices[0].action.split(":")[2]
    assert lan.say("xong 2").status is not Status.ANSWERED_CHECKLIST
    assert signs(lan.say("còn thiếu gì")) == "☐☐☐☐☐"


def test_after_talk_of_something_else_a_number_shows_the_list_and_marks_nothing(
    lan: Chat,
) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    assert lan.say(action="entry:lua-dao").choices == (), "there is nothing else to pick"
    got = lan.say("1")
    assert signs(got) == "☐☐☐☐☐"
    assert signs(lan.say("1")) == "✔☐☐☐☐"


def forgotten(office: Office) -> None:
    """Days pass: what was talked about is no longer fresh."""
    with office.journal.engine.begin() as db:
        db.execute(text("UPDATE answers SET answered_at = '2026-01-01 00:00:00.000000'"))


def test_days_later_what_is_said_by_number_is_of_the_only_list(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    forgotten(office)
    birth, digital, form, *others = office.papers()
    office.publish((form, birth, digital, *others))
    got = lan.say("xong 2")
    assert "✔ 1. Tờ khai" in words(got), "it was number 2 when it was shown"
    forgotten(office)
    assert say("checklist.missing", count=2, numbers="2, 5") in words(lan.say("còn thiếu gì"))
    forgotten(office)
    assert signs(lan.say("2")) == "✔☐☐☐☐", "a mere number may mean anything"


def test_days_later_with_several_lists_they_are_named(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("chuẩn bị hồ sơ kết hôn")
    forgotten(office)
    assert say("checklist.mine.title") in words(lan.say("xong 2"))


def test_thanks_between_do_not_take_the_list_away(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("cảm ơn")
    assert signs(lan.say("2")) == "☐✔☐☐☐"


def test_the_same_message_twice_changes_nothing(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    first = lan.say("1", id="telegram:twice")
    lan.say("bỏ 1")
    assert lan.say("1", id="telegram:twice") == first
    assert signs(lan.say("xem danh sách")) == "☐☐☐☐☐"


def test_a_question_that_the_journal_lost_is_not_carried_out_twice(
    office: Office, lan: Chat
) -> None:
    """The process died after the marks were kept, before the Answer was."""
    lan.say("chuẩn bị hồ sơ khai sinh")
    first = lan.say("1", id="telegram:lost")
    with office.journal.engine.begin() as db:
        db.execute(text("DELETE FROM answers WHERE question_id = 'telegram:lost'"))
        db.execute(text("DELETE FROM questions WHERE id = 'telegram:lost'"))
    assert words(lan.say("1", id="telegram:lost")) == words(first)


def test_cases_that_are_not_theirs_are_taken_off_by_name(lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ đăng ký thường trú")
    assert "☐ 1. Tờ khai thay đổi thông tin cư trú CT01" in words(opened), "it stands under forms"
    asked = lan.press(opened, say("checklist.buttons.cases"))
    labels = [choice.label for choice in asked.choices]
    renting = labels.index("Nhà thuê, mượn, ở nhờ") + 1
    got = lan.say(f"{renting}")
    assert signs(got).count("–") == 2, "two papers are of that case"
    asked = lan.press(got, say("checklist.buttons.cases"))
    got = lan.press(asked, say("checklist.buttons.none"))
    assert set(signs(got)) == {"☐", "–"}
    assert say("checklist.missing", count=1, numbers="1") in words(got)


def test_several_cases_are_taken_off_at_once(lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    lan.press(opened, say("checklist.buttons.cases"))
    assert signs(lan.say("1 và 2")) == "☐☐––☐"


def test_who_needs_not_what_everybody_needs_is_told_so(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    got = lan.say("2 không cần")
    assert say("checklist.done.needed_by_all", numbers="2") in words(got)
    assert signs(got) == "☐–☐☐☐"


def test_a_complete_list_says_where_to_go_and_gives_the_page(lan: Chat) -> None:
    lan.say("tôi ở phường Hải Châu, Đà Nẵng")
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1 2 5")
    got = lan.say("không cần 3 4")
    assert say("checklist.complete") in words(got)
    assert "phường Hải Châu" in words(got)
    assert got.page
    assert got.page.startswith("/giay-to/khai-sinh/")
    assert got.sources
    assert say("place.ask") not in words(got)


def test_who_has_not_said_where_they_live_is_asked_at_the_end(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1 2 5")
    got = lan.say("không cần 3 4")
    assert say("place.ask") in words(got)
    assert "phường Hải Châu" in words(lan.say("phường Hải Châu, Đà Nẵng"))


def test_several_lists_at_once_are_named(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1 2 5")
    lan.say("chuẩn bị hồ sơ kết hôn")
    got = lan.say("hồ sơ của tôi")
    assert [choice.label for choice in got.choices] == ["Đăng ký kết hôn", "Đăng ký khai sinh"]
    assert say("checklist.state.unsettled", count=2) in words(got)
    assert signs(lan.say("2")) == "✔✔☐☐✔"


def test_two_wishes_in_one_message_give_one_list_and_offer_the_other(lan: Chat) -> None:
    got = lan.say("chuẩn bị hồ sơ làm giấy khai sinh và đăng ký kết hôn")
    other = {"khai-sinh": "ket-hon", "ket-hon": "khai-sinh"}[str(got.entry_id)]
    assert got.status is Status.ANSWERED_CHECKLIST
    assert got.choices[-1].action == f"checklist:{other}"
    assert len(lan.say("hồ sơ của tôi").choices) == 1


def test_a_list_is_given_up(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    assert "Đăng ký khai sinh" in words(lan.say("bỏ danh sách này"))
    assert words(lan.say("hồ sơ của tôi")) == say("checklist.mine.none")


def test_others_have_lists_of_their_own(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1")
    huy = office.person("888")
    assert words(huy.say("hồ sơ của tôi")) == say("checklist.mine.none")
    assert signs(huy.say("chuẩn bị hồ sơ khai sinh")) == "☐☐☐☐☐"


def test_a_new_edition_says_what_changed_and_shifts_no_tick(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    before = lan.say("1 2 5")
    birth, digital, form, _, *others = office.papers()
    new = form.model_copy(update={"text": "Ảnh chân dung của trẻ."})
    reworded = birth.model_copy(update={"text": birth.text.replace("chứng sinh.", "ra đời.")})
    office.publish((new, reworded, digital, form, *others))
    got = lan.press(before, say("checklist.buttons.whole"))
    [news] = [b.lines[0] for b in got.blocks if "đã thay đổi" in b.lines[0]]
    assert say("checklist.changed", date=f"{TODAY:%d/%m/%Y}") in news
    assert say("checklist.added", numbers="1") in news
    assert say("checklist.reworded", numbers="2") in news
    assert "Không còn trong danh sách: Biên bản" in news
    assert signs(got) == "☐☐✔☐✔", "the form and the number are still there, at other places"
    assert "đã thay đổi" not in words(lan.say("xem danh sách")), "it is said once"


def test_a_number_typed_to_an_old_list_means_what_stood_there(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    birth, digital, form, *others = office.papers()
    office.publish((form, birth, digital, *others))
    got = lan.say("1")
    assert "✔ 2. Giấy chứng sinh" in words(got)
    assert signs(got) == "☐✔☐☐☐"


def test_a_paper_checked_again_on_another_day_keeps_its_tick(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1")
    again = [f.model_copy(update={"checked_on": TODAY}) for f in office.papers()]
    office.publish(tuple(again))
    got = lan.say("xem danh sách")
    assert "đã thay đổi" not in words(got)
    assert signs(got) == "✔☐☐☐☐"


def test_an_entry_that_is_gone_says_so(office: Office, lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    entries = dict(office.known.edition.library.entries)
    del entries["khai-sinh"]
    library = Library(entries, office.known.edition.library.sources)
    edition = Edition(9, "1" * 64, datetime.now(UTC), library)
    office.known = Known(edition, office.known.searcher)
    assert words(lan.say(action=opened.choices[0].action)) == say("unanswerable.gone")
    assert words(lan.say("hồ sơ của tôi")) == say("checklist.mine.none")


def test_deleting_ones_data_deletes_the_lists_and_their_reminders(
    office: Office, lan: Chat
) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1")
    lan.say("nhắc tôi sau 3 ngày")
    assert lan.say("/xoa").status is Status.ANSWERED_DATA_DELETED
    assert words(lan.say("hồ sơ của tôi")) == say("checklist.mine.none")
    assert office.wait_until(3) == []
    assert signs(lan.say("chuẩn bị hồ sơ khai sinh")) == "☐☐☐☐☐"


def test_what_is_kept_names_nobody_and_is_purged(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh cho con tôi là Lan")
    lan.say("1")
    with office.journal.engine.connect() as db:
        rows = str(db.execute(text("SELECT * FROM checklists")).all())
    assert "khai-sinh" in rows
    assert "777" not in rows.replace("'", "")
    assert "Lan" not in rows
    store = CheckLists(office.journal.engine)
    assert store.purge(DAY) == 0
    assert store.purge(-DAY) == 1
    assert words(lan.say("hồ sơ của tôi")) == say("checklist.mine.none")


def test_a_reminder_is_sent_when_it_was_wished_for_and_once(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("1")
    got = words(lan.say("nhắc tôi sau 3 ngày"))
    day = datetime.now(VIETNAM).date() + 3 * DAY
    assert f"08:00 ngày {day:%d/%m/%Y}" in got
    assert f"08:00 ngày {day:%d/%m/%Y}" in words(lan.say("hồ sơ của tôi"))
    assert office.wait_until(2) == []
    [said] = office.wait_until(3)
    assert say("checklist.remind.due") in said
    assert say("checklist.missing", count=2, numbers="2, 5") in said
    assert office.wait_until(4) == []
    assert signs(lan.say("2")) == "✔✔☐☐☐", "the reminder's numbers are the list's"


@pytest.mark.parametrize(
    ("typed", "hour"), [("mai nhắc tôi lúc 7 giờ tối", 19), ("nhắc tôi sáng mai", 8)]
)
def test_the_moment_is_read_from_words(office: Office, lan: Chat, typed: str, hour: int) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say(typed)
    assert office.wait_until(1, time(hour - 1, 59)) == []
    assert len(office.wait_until(1, time(hour, 1))) == 1


def test_who_says_no_moment_is_asked_for_one(office: Office, lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    asked = lan.press(opened, say("checklist.buttons.remind"))
    assert words(asked) == say("checklist.remind.when")
    assert words(lan.say("nhắc tôi")) == say("checklist.remind.when")
    lan.say("2")
    assert len(office.wait_until(3)) == 1


def test_a_second_wish_replaces_the_first(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("nhắc tôi ngày mai")
    lan.say("nhắc tôi sau 3 ngày")
    assert office.wait_until(1) == []
    assert len(office.wait_until(3)) == 1


def test_nobody_is_reminded_at_night_or_in_a_year(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    assert words(lan.say("nhắc tôi ngày mai lúc 23 giờ")) == say("checklist.remind.by_day")
    assert words(lan.say("nhắc tôi sau 12 tháng")) == say("checklist.remind.too_far")


def test_of_several_lists_it_is_asked_which_is_meant(lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("chuẩn bị hồ sơ kết hôn")
    lan.say(action="entry:lua-dao")
    assert say("checklist.remind.which") in words(lan.say("nhắc tôi ngày mai"))


def test_without_a_list_there_is_nothing_to_remind_of(lan: Chat) -> None:
    assert lan.say("nhắc tôi ngày mai").status is not Status.ANSWERED_CHECKLIST


@pytest.mark.parametrize(
    ("channel", "name", "key"),
    [(Channel.WEB, "w", "not_here"), (Channel.TELEGRAM, "-1/777", "private")],
)
def test_where_nobody_can_be_written_to_it_is_said(
    office: Office, channel: Channel, name: str, key: str
) -> None:
    lan = office.person(name, channel)
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    assert say("checklist.buttons.remind") not in [choice.label for choice in opened.choices]
    assert words(lan.say("nhắc tôi ngày mai")) == say(f"checklist.remind.{key}")


def test_on_zalo_the_window_is_explained(office: Office) -> None:
    lan = office.person("z", Channel.ZALO_OA)
    lan.say("chuẩn bị hồ sơ khai sinh")
    window = say("checklist.remind.window", days=3)
    assert window in words(lan.say("nhắc tôi sau 3 ngày"))
    assert window not in words(lan.say("nhắc tôi ngày mai"))


def test_no_more_reminders_ends_those_of_the_course_too(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("nhắc tôi ngày mai")
    assert words(lan.say("thôi nhắc")) == say("checklist.remind.stopped")
    assert office.wait_until(1) == []
    assert words(lan.say("thôi nhắc")) == say("course.remind.none")


def test_of_a_complete_or_dropped_list_nobody_is_reminded(office: Office, lan: Chat) -> None:
    lan.say("chuẩn bị hồ sơ khai sinh")
    lan.say("nhắc tôi ngày mai")
    lan.say("xem danh sách")
    lan.say("1 2 3 4 5")
    lan.say("chuẩn bị hồ sơ kết hôn")
    lan.say("nhắc tôi ngày mai")
    lan.say("xem danh sách")
    lan.say("bỏ danh sách này")
    assert office.wait_until(1) == ["", ""]
    assert {answer.status for answer in office.sent} == {Status.ANSWERED_NOTHING}


def test_without_buttons_papers_are_numbered_once(lan: Chat) -> None:
    shown = plain(lan.say("chuẩn bị hồ sơ khai sinh"))
    assert [line for line in shown.splitlines() if line.startswith(("1. ", "5. "))] == []
    assert f"6. {say('checklist.buttons.cases')}" in shown


def test_an_official_account_has_every_number_once(lan: Chat) -> None:
    opened = lan.say("chuẩn bị hồ sơ khai sinh")
    [*_, last] = messages(opened, "https://example.vn")
    assert f"6. {say('checklist.buttons.cases')}" in last.text
    assert "1. Có giấy" not in last.text


PAPERS = {
    "Đơn đề nghị theo mẫu 10.": True,
    "Giấy khám sức khỏe; người có bằng hạng A1 thì không phải nộp.": True,
    "Cán bộ không được đòi thêm giấy tờ mà pháp luật hộ tịch không quy định.": False,
    "Giấy tờ đã có trong dữ liệu của nhà nước thì cán bộ tự tra cứu, không đòi nộp.": False,
    "Không cần nộp giấy độc thân.": False,
    "Nộp trực tiếp thì được nộp bản sao kèm bản chính để so lại.": False,
    "Giấy tờ nước ngoài phải được hợp pháp hóa lãnh sự, trừ khi được miễn.": False,
    "01 phong bì dán tem, ghi rõ họ tên và địa chỉ người nhận.": True,
}


def test_what_the_portal_writes_above_a_table_is_no_case() -> None:
    about = {"text": "Đơn đề nghị (1 bản chính).", "sources": ("nguon",), "checked_on": TODAY}
    conditions = ("Giấy tờ phải nộp", "a) Thành phần hồ sơ", "Nộp trực tiếp")
    facts = [Fact.model_validate({**about, "condition": it}) for it in conditions]
    assert [paper.optional for paper in papers_of(facts, [], TODAY).papers] == [False, False, True]
    note = Fact.model_validate({**about, "condition": "Lưu ý"})
    assert papers_of([note], [], TODAY).remarks == (note,)


@pytest.mark.parametrize(("told", "paper"), PAPERS.items())
def test_papers_are_told_from_what_is_said_about_them(told: str, paper: bool) -> None:
    fact = Fact(text=told, sources=("nguon",), checked_on=TODAY)
    found = papers_of([fact], [], TODAY)
    assert [len(found.papers), len(found.remarks)] == ([1, 0] if paper else [0, 1])


def test_no_fact_of_any_record_is_left_out_and_every_button_is_let_in(
    tmp_path: Path,
) -> None:
    library = load()
    for entry in library:
        if not isinstance(entry, Procedure):
            continue
        documents, forms = (entry.facts.get(f, ()) for f in (Facet.DOCUMENTS, Facet.FORM))
        found = papers_of(documents, forms, TODAY)
        assert set(found.facts) == {f for f in (*documents, *forms) if not f.expired_on(TODAY)}, (
            entry.id
        )
        ids = [paper.id for paper in found.papers]
        assert len(set(ids)) == len(ids)
        actions = [f"checklist:{entry.id}:y{paper}" for paper in ids]
        assert all(len(action) <= 64 and mask(action) == action for action in actions)


def test_every_list_says_only_what_the_record_says(tmp_path: Path) -> None:
    edition = Edition(1, "0" * 64, datetime.now(UTC), load())
    journal = journal_in(tmp_path)
    known = Known(edition, None)  # type: ignore[arg-type]  # nothing is searched
    assistant = Assistant(lambda: known, journal, Pipeline(), lambda: TODAY)
    lan = Chat(assistant, "777")
    numbers = " ".join(map(str, range(60)))
    for entry in edition.library:
        if isinstance(entry, Procedure):
            told = words(lan.say(action=f"checklist:{entry.id}"))
            allowed = f"{record_text(entry)} {all_words()} {numbers}"
            assert not unsupported(told, allowed), entry.id
    journal.engine.dispose()
