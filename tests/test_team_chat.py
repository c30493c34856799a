"""What members of a community team write to the bot, and what it keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from bot.draft import Known
from bot.journal import Journal
from bot.messages import say
from bot.model import Channel, Status
from bot.team.book import Book
from bot.team.store import CODE_LASTS, GUESSES_OF_ONE, GUESSING_LASTS, Team, Teams
from bot.team.telling import Return, Visit, names_somebody, read_return, read_visit
from knowledge.places import Place
from knowledge.store import connect
from tests.fakes.desk import TODAY
from tests.fakes.small_search import Chat, assistant_over, small_known, words
from webhook.database import migrate

NAMES = ["procedures/khai-sinh", "procedures/tam-tru", "guides/lua-dao"]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return small_known(NAMES, tmp_path_factory.mktemp("index"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    migrate(database_url)
    engine = connect(database_url)
    yield engine
    engine.dispose()


@dataclass
class Village:
    """A team and people who write to the bot."""

    engine: Engine
    known: Known
    team: Team

    @property
    def teams(self) -> Teams:
        return Teams(self.engine)

    def chat(self, name: str, channel: Channel = Channel.ZALO_BOT) -> Chat:
        journal = Journal(self.engine, b"key")
        return Chat(assistant_over(self.known, journal), name, channel)

    def member(self, name: str) -> Chat:
        chat = self.chat(name)
        assert self.joined(chat.say(f"vào tổ {self.teams.new_code(self.team.id, 1).code}"))
        return chat

    def joined(self, answer: object) -> bool:
        return say("team.joined", team=self.team.name) in words(answer)  # type: ignore[arg-type]

    def size(self) -> int:
        team = self.teams.get(self.team.id)
        assert team
        return team.members

    def stored(self, table: str) -> str:
        """All that a table holds, as one text."""
        with self.engine.connect() as db:
            return str(db.execute(text(f"SELECT * FROM {table}")).all())


@pytest.fixture
def village(engine: Engine, known: Known) -> Village:
    team = Teams(engine).create("Tổ thôn Đồng", Place("ha-noi"), leader_id=1)
    return Village(engine, known, team)


# Joining.


@pytest.mark.parametrize(
    "typed", ["vào tổ {}", "VAO TO {}", "tôi vào tổ {}.", "/vaoto {}", "/vaoto@bot {}"]
)
def test_a_code_makes_a_member_on_any_channel(village: Village, typed: str) -> None:
    code = village.teams.new_code(village.team.id, uses=3).code
    for channel in (Channel.TELEGRAM, Channel.ZALO_OA, Channel.WEB):
        assert village.joined(village.chat("lan", channel).say(typed.format(code)))
    assert village.size() == 3
    assert "lan" not in village.stored("team_members")
    assert code not in village.stored("questions")


def test_a_code_brings_no_more_than_it_may(village: Village) -> None:
    code = village.teams.new_code(village.team.id, uses=1).code
    first = village.chat("lan")
    assert village.joined(first.say(f"vào tổ {code}"))
    assert village.joined(first.say(f"vào tổ {code}"))  # sent twice by mistake
    assert say("team.wrong_code") in words(village.chat("minh").say(f"vào tổ {code}"))
    assert village.size() == 1


def test_a_withdrawn_code_and_an_old_one_let_nobody_in(village: Village) -> None:
    withdrawn = village.teams.new_code(village.team.id, uses=5).code
    assert village.teams.withdraw(village.team.id, withdrawn)
    early = Teams(village.engine, lambda: datetime.now(UTC) - CODE_LASTS - timedelta(minutes=1))
    old = early.new_code(village.team.id, uses=5).code
    for code in (withdrawn, old):
        assert say("team.wrong_code") in words(village.chat("lan").say(f"vào tổ {code}"))
    assert village.size() == 0


def test_guessing_codes_ends_soon_and_right_codes_wait_too(village: Village) -> None:
    thief = village.chat("thief", Channel.WEB)
    for _ in range(GUESSES_OF_ONE):
        assert say("team.wrong_code") in words(thief.say("vào tổ AAAA2222"))
    code = village.teams.new_code(village.team.id, uses=5).code
    assert say("team.too_often") in words(thief.say(f"vào tổ {code}"))
    assert village.joined(village.chat("lan", Channel.WEB).say(f"vào tổ {code}"))
    later = Teams(village.engine, lambda: datetime.now(UTC) + GUESSING_LASTS)
    assert later.join("thief", "web", "web:x", code) == "joined"


def test_leaving_and_deleting_end_the_membership_and_keep_the_teams_figures(
    village: Village,
) -> None:
    lan, minh = village.member("lan"), village.member("minh")
    for chat, leaving in ((lan, "rời tổ"), (minh, "/xoa")):
        chat.say("ghi: giúp 2 người làm khai sinh ở thôn Đồng, 20 phút")
        chat.say(leaving)
    assert village.size() == 0
    visits = Book(village.engine).visits(village.team.id, TODAY, TODAY)
    assert len(visits) == 2
    with village.engine.connect() as db:
        assert set(db.scalars(text("SELECT conversation FROM team_visits"))) == {""}
    assert say("team.not_a_member") in words(lan.say("rời tổ"))


def test_ordinary_words_of_strangers_are_still_questions(village: Village) -> None:
    stranger = village.chat("la")
    for typed in ("ghi nhầm tên trong khai sinh", "hẹn lại ngày nộp tạm trú được không?"):
        assert stranger.say(typed).status is not Status.ANSWERED_TEAM
    assert say("team.not_a_member") in words(stranger.say("ghi: giúp 2 người ở thôn Đồng"))


# The visit log.


@pytest.mark.parametrize(
    ("typed", "visit"),
    [
        ("giúp 2 người làm khai sinh ở thôn Đồng, 20 phút", ("khai sinh", "thôn Đồng", 2, 20)),
        ("giup 3 nguoi lam can cuoc o thon Dong 1 tieng", ("can cuoc", "thon Dong", 3, 60)),
        ("đã giúp một cụ kích hoạt VNeID tại bản Nà Lạn mất nửa tiếng",
         ("kích hoạt VNeID", "bản Nà Lạn", 1, 30)),
        ("bà con nhận biết lừa đảo, xóm 5, 30 người, 1 giờ rưỡi",
         ("nhận biết lừa đảo", "xóm 5", 30, 90)),
        ("khai sinh thôn Lê Lợi 2 người 15p", ("khai sinh", "thôn Lê Lợi", 2, 15)),
        ("giúp 1 người làm thường trú ở tổ 4, 20'", ("thường trú", "tổ 4", 1, 20)),
        ("giúp 2 người làm bản sao khai sinh ở thôn Đồng, 20 phút",
         ("bản sao khai sinh", "thôn Đồng", 2, 20)),
        ("giup 2 nguoi lam ban sao o ban Moi 20 phut", ("ban sao", "ban Moi", 2, 20)),
        ("giúp 3 người tìm tổ chức hành nghề, Khu 2, 20 phút",
         ("tìm tổ chức hành nghề", "Khu 2", 3, 20)),
        ("giúp làm khai sinh", ("khai sinh", "", 0, 0)),
        ("giúp 900 người ở thôn Đồng 5000 phút", ("", "thôn Đồng", 0, 0)),
    ],
)  # fmt: skip
def test_a_visit_is_read_from_one_sentence(typed: str, visit: tuple[str, str, int, int]) -> None:
    subject, hamlet, people, minutes = visit
    if not people:
        found = read_visit(typed)
        assert (found.hamlet, found.people, found.minutes) == (hamlet, 0, 0)
    else:
        expected = Visit(subject=subject, hamlet=hamlet, people=people, minutes=minutes)
        assert read_visit(typed) == expected


def test_a_visit_is_logged_once_however_often_it_arrives(village: Village) -> None:
    lan = village.member("lan")
    typed = "ghi: giúp 2 người làm khai sinh ở thôn Đồng, 20 phút"
    answers = [lan.say(typed, id="zalo_bot:same") for _ in range(2)]
    assert words(answers[0]) == words(answers[1])
    assert say(
        "team.visit", subject="khai sinh", hamlet="thôn Đồng", people=2, minutes=20
    ) in words(answers[0])
    (visit,) = Book(village.engine).visits(village.team.id, TODAY, TODAY)
    assert (visit.people, visit.minutes) == (2, 20)


def test_what_is_missing_is_asked_for_step_by_step(village: Village) -> None:
    lan = village.member("lan")
    assert say("team.missing.subject") in words(lan.say("ghi"))
    assert say("team.missing.hamlet") in words(lan.say("khai sinh"))
    assert say("team.missing.people") in words(lan.say("thôn Đồng"))
    # A question in between is answered, and the visit waits.
    assert lan.say("tạm trú cần giấy tờ gì?").entry_id == "tam-tru"
    assert say("team.missing.people") in words(lan.say("nhiều lắm"))
    assert say("team.missing.minutes") in words(lan.say("2"))
    done = say("team.visit", subject="khai sinh", hamlet="thôn Đồng", people=2, minutes=20)
    assert done in words(lan.say("20"))
    assert lan.say("tạm trú").status is not Status.ANSWERED_TEAM


def test_somebody_who_stops_telling_logs_nothing(village: Village) -> None:
    lan = village.member("lan")
    lan.say("ghi: giúp làm khai sinh")
    assert say("team.missing.stopped") in words(lan.say("thôi"))
    assert Book(village.engine).visits(village.team.id, TODAY, TODAY) == []


def test_a_mistake_can_be_taken_back(village: Village) -> None:
    lan = village.member("lan")
    with village.engine.connect() as db:
        member = str(db.scalar(text("SELECT conversation FROM team_members")))
    today = datetime.now(UTC).date()
    visit = Visit(subject="VNeID", hamlet="thôn Đồng", people=1, minutes=5)
    Book(village.engine).write(village.team.id, member, "q1", visit, today)
    assert say("team.taken_back", subject="VNeID", hamlet="thôn Đồng") in words(lan.say("bỏ ghi"))
    assert say("team.nothing_to_take_back") in words(lan.say("bỏ ghi"))


@pytest.mark.parametrize(
    "typed",
    [
        "ghi: giúp bà Lan làm khai sinh ở thôn Đồng, 20 phút",
        "ghi: giúp Nguyễn Văn Bình làm khai sinh ở thôn Đồng, 20 phút",
        "ghi: giúp 1 người số 0912345678 làm VNeID ở thôn Đồng, 20 phút",
        "ghi: giúp 1 người căn cước 001099012345 ở thôn Đồng, 20 phút",
        "hẹn lại thứ Sáu thôn Đồng: VNeID cho chị Hoa",
        "hỏi tổ trưởng: ông Tư chưa có căn cước thì làm sao",
    ],
)
def test_who_was_helped_is_refused_and_kept_nowhere(village: Village, typed: str) -> None:
    lan = village.member("lan")
    assert say("team.who_refused") in words(lan.say(typed))
    for table in ("team_visits", "team_revisits", "team_questions"):
        assert village.stored(table) == "[]"
    kept = village.stored("questions")
    for secret in ("Lan", "Bình", "0912345678", "001099012345", "Hoa", "Tư"):
        assert secret not in kept


@pytest.mark.parametrize(
    "plain",
    [
        "khai sinh ở thôn Trần Phú",
        "VNeID ở xã Lê Lợi",
        "bà con VNeID",
        "Đăng ký Tạm trú",
        "cho cháu mới sinh",
    ],
)
def test_ordinary_words_name_nobody(plain: str) -> None:
    assert not names_somebody(plain)


# Coming back.


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("thứ Sáu thôn Đồng: VNeID", date(2026, 11, 27)),
        ("thu 6 thôn Đồng: VNeID", date(2026, 11, 27)),
        ("thứ Bảy thôn Đồng: VNeID", date(2026, 11, 28)),  # TODAY is a Saturday
        ("mai thôn Đồng: VNeID", date(2026, 11, 22)),
        ("thứ Hai tuần sau thôn Đồng: VNeID", date(2026, 11, 23)),
        ("ngày 28/11 thôn Đồng: VNeID", date(2026, 11, 28)),
        ("ngày 5/1 thôn Đồng – VNeID", date(2027, 1, 5)),
        ("31/02 thôn Đồng: VNeID", None),
        ("thứ Sáu: VNeID", None),
        ("thôn Đồng: VNeID", None),
    ],
)
def test_a_day_to_come_back_is_read_as_people_say_it(typed: str, due: date | None) -> None:
    expected = Return(due=due, hamlet="thôn Đồng", subject="VNeID") if due else None
    assert read_return(typed, TODAY) == expected


def test_a_promise_stands_on_the_teams_list_until_it_is_done(village: Village) -> None:
    lan, minh = village.member("lan"), village.member("minh")
    assert "27/11/2026" in words(lan.say("hẹn lại thứ Sáu thôn Đồng: VNeID"))
    assert say("team.return_missing") in words(lan.say("hẹn lại thôn Đồng"))
    listed = minh.say("việc cần quay lại")
    assert "27/11/2026, thôn Đồng: VNeID" in words(listed)
    done = minh.press(listed, say("team.done", hamlet="thôn Đồng", subject="VNeID"))
    assert say("team.ticked", hamlet="thôn Đồng", subject="VNeID") in words(done)
    assert say("team.returns_none") in words(lan.say("việc cần quay lại"))


def test_a_typed_number_ticks_off_where_there_are_no_buttons(village: Village) -> None:
    lan = village.member("lan")
    lan.say("hẹn lại thứ Sáu thôn Đồng: VNeID")
    lan.say("việc cần quay lại")
    assert say("team.ticked", hamlet="thôn Đồng", subject="VNeID") in words(lan.say("1"))


def test_what_is_old_no_longer_says_who_asked_or_helped(village: Village) -> None:
    lan = village.member("lan")
    lan.say("ghi: giúp 2 người làm khai sinh ở thôn Đồng, 20 phút")
    lan.say("hỏi tổ trưởng: khi nào có sóng?")
    later = Book(village.engine, lambda: datetime.now(UTC) + timedelta(days=91))
    later.purge(timedelta(days=90))
    assert later.questions(village.team.id) == []
    assert len(later.visits(village.team.id, TODAY, TODAY)) == 1
    with village.engine.connect() as db:
        assert set(db.scalars(text("SELECT conversation FROM team_visits"))) == {""}


def test_another_teams_list_is_not_reached_by_a_made_up_button(village: Village) -> None:
    village.member("lan").say("hẹn lại thứ Sáu thôn Đồng: VNeID")
    other = Teams(village.engine).create("Tổ khác", Place("hue"), leader_id=2)
    stranger = village.chat("khac")
    stranger.say(f"vào tổ {village.teams.new_code(other.id, 1).code}")
    stranger.say(action="team:done:1")
    assert len(Book(village.engine).due(village.team.id)) == 1


# Asking the leader.


def test_the_leaders_answer_comes_back_with_the_next_message_once(village: Village) -> None:
    lan = village.member("lan")
    assert say("team.asked") in words(lan.say("hỏi tổ trưởng: thôn mình khi nào có sóng?"))
    book = Book(village.engine)
    (question,) = book.questions(village.team.id)
    assert question.text == "thôn mình khi nào có sóng?"
    assert book.answer(village.team.id, question.id, "Xã báo tháng sau.")
    assert not book.answer(village.team.id, question.id, "Khác.")
    told = lan.say("tạm trú cần giấy tờ gì?")
    assert told.entry_id == "tam-tru"
    assert words(told).startswith(say("team.leader_answers"))
    assert "Xã báo tháng sau." in words(told)
    assert "Xã báo" not in words(lan.say("tạm trú cần giấy tờ gì?"))
    assert book.questions(village.team.id)[0].told


def test_where_nothing_is_found_a_member_is_told_whom_to_ask(village: Village) -> None:
    typed = "xyzzy plugh qwertz"
    answer = village.chat("la").say(typed)
    assert answer.status is Status.UNANSWERABLE_NOTHING_FOUND
    assert say("team.ask_hint") not in words(answer)
    assert say("team.ask_hint") in words(village.member("lan").say(typed))


# The rules of a group.


def test_a_group_can_ask_for_its_rules(village: Village) -> None:
    assert say("team.rules") in words(village.chat("nhom").say("nội quy"))
