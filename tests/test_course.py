"""The course as a talk: choosing, cards, exercise, quiz, and whatever people do in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot.course.course import DENSE
from bot.course.plan import key_of
from bot.course.progress import INTERVALS
from bot.course.words import asked_in_words, is_stop, option_in
from bot.journal import Journal
from bot.model import Channel, Status
from knowledge.load import SHIPPED, read_entry
from knowledge.model import Lesson
from tests.fakes.learning import Learner, journal_in, lesson

LETTERS = "abcde"
MEASURING = Path(__file__).parents[1] / "bench" / "questions"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


@pytest.fixture
def lan(journal: Journal) -> Learner:
    """She learns on Telegram, where cards come one by one."""
    return Learner(journal)


@pytest.fixture
def minh(journal: Journal) -> Learner:
    """He learns on Zalo, where messages are counted."""
    return Learner(journal, Channel.ZALO_BOT, "z9")


def to_the_quiz(learner: Learner, number: int = 1) -> Lesson:
    """Through cards and exercise to the first question."""
    found = lesson(number)
    learner.act(f"course:begin:{found.id}")
    learner.act(f"course:solution:{found.id}")
    return found


def through(learner: Learner, number: int, wrong: int = 0) -> Lesson:
    """Through a whole Lesson, with so many wrong answers at its beginning."""
    found = to_the_quiz(learner, number)
    for place, question in enumerate(found.quiz):
        right = question.correct
        learner.say(str(right if place >= wrong else right % len(question.options) + 1))
    return found


# --- choosing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["/hoc", "học AI", "cho em học dùng AI nhé", "hoc bai"])
def test_the_course_opens_by_command_and_by_words(lan: Learner, words: str) -> None:
    assert "Học dùng AI" in lan.say(words)
    assert lan.labels == [
        f"Học {lesson(1).title}", "Bài theo người học", "Bài theo cấp độ",
    ]  # fmt: skip


def test_a_track_is_chosen_and_the_next_lesson_is_of_it(lan: Learner) -> None:
    lan.say("/hoc")
    lan.press("Bài theo người học")
    assert "Bà con làm nông" in lan.labels
    assert "0/5" in lan.press("Bà con làm nông")
    assert lan.labels == [*(lesson(n).title for n in (26, 27, 28, 29)), "Xem thêm bài"]
    lan.press("Xem thêm bài")
    assert lan.labels == [lesson(30).title]
    through(lan, 25)
    assert lan.labels[0] == lesson(26).title
    through(lan, 30)
    assert lan.labels[0] == lesson(35).title  # 31 to 34 are for traders


def test_a_level_is_chosen(lan: Learner) -> None:
    lan.say("/hoc")
    lan.press("Bài theo cấp độ")
    lan.say("2")
    assert lan.labels[0] == lesson(8).title


def test_a_lesson_is_opened_by_its_number(lan: Learner) -> None:
    assert lesson(3).title in lan.say("cho tôi học bài 3 nhé")
    assert lesson(12).title in lan.say("/hoc bài 12")
    assert "từ 1 đến 41" in lan.say("bài 99")


def test_a_lesson_that_search_finds_begins(lan: Learner) -> None:
    assert "Ý 1/" in lan.say("bài kiểm tra lại")
    assert lan.last.entry_id == "bai-3-kiem-tra-lai"
    assert "Ý 1/" in lan.act("entry:bai-2-hoi-cho-ro")


# --- a lesson ----------------------------------------------------------------------------------


def test_with_buttons_a_lesson_goes_card_by_card(lan: Learner) -> None:
    first = lesson(3)
    opened = lan.say("bài 3")
    assert first.goal in opened
    assert f"Ý 1/7. {first.cards[0].text}" in opened
    for number, card in enumerate(first.cards[1:], 2):
        assert f"Ý {number}/7. {card.text}" in (
            lan.press("Tiếp") if number % 2 else lan.say("tiếp")
        )
        assert lan.last.sources
    assert first.try_now in lan.last.blocks[1].lines[0]
    assert lan.labels == ["Làm bài tập", "Dừng lại"]


@pytest.mark.parametrize("channel", DENSE)
def test_where_messages_are_counted_a_lesson_is_one(journal: Journal, channel: Channel) -> None:
    learner, third = Learner(journal, channel), lesson(3)
    told = learner.say("bài 3")
    assert all(card.text in told for card in third.cards)
    assert third.try_now in told
    assert learner.labels == ["Làm bài tập", "Dừng lại"]


def test_the_solution_comes_after_the_learner_has_replied(lan: Learner) -> None:
    first = lesson(1)
    assert first.exercise
    lan.say("bài 1")
    lan.press("Xem cả bài")
    asked = lan.press("Làm bài tập")
    assert first.exercise.question in asked
    assert first.exercise.answer.text not in asked
    replied = lan.say("vì chưa nói xã nào mà nó biết số thôn")
    assert first.exercise.answer.text in replied
    assert f"Câu 1/4. {first.quiz[0].text}" in replied


def test_each_answer_is_judged_with_its_reason(lan: Learner) -> None:
    first = to_the_quiz(lan)
    right, wrong, *_ = first.quiz
    told = lan.say(str(right.correct))
    assert f"Đúng. {right.explanation}" in told
    assert f"Câu 2/4. {wrong.text}" in told
    told = lan.press(wrong.options[wrong.correct % 3])
    assert f"Chưa đúng. Đáp án: {wrong.options[wrong.correct - 1]}" in told
    assert wrong.explanation in told


def test_letters_and_words_answer_too(lan: Learner) -> None:
    first = to_the_quiz(lan)
    one, two, three, _ = first.quiz
    assert "Đúng." in lan.say(f"đáp án {LETTERS[one.correct - 1]}")
    assert "Đúng." in lan.say(two.options[two.correct - 1])
    assert "Đúng." in lan.say(LETTERS[three.correct - 1].upper() + ".")


def test_the_end_of_a_lesson_tells_the_result_and_leads_on(lan: Learner) -> None:
    first = through(lan, 1, wrong=1)
    assert lan.last.status is Status.ANSWERED_LESSON
    assert lan.last.entry_id == first.id
    words = "\n".join(line for block in lan.last.blocks for line in block.lines)
    assert "đúng 3/4 câu" in words
    assert lan.labels[0] == lesson(2).title
    lan.say("bài tiếp theo")
    assert lan.last.entry_id == "bai-2-hoi-cho-ro"
    lan.say("bài trước")
    assert lan.last.entry_id == first.id


# --- what else happens ---------------------------------------------------------------------------


def test_a_real_question_in_between_is_answered_and_the_lesson_goes_on(lan: Learner) -> None:
    first = to_the_quiz(lan)
    told = lan.say("lệ phí khai sinh?")
    assert lan.last.entry_id == "khai-sinh"
    assert "Gõ “học tiếp”" in told
    assert "học tiếp" not in lan.say("2"), "said once, and the number is of what was asked"
    assert lan.last.entry_id == "khai-sinh"
    assert first.quiz[0].text in lan.say("học tiếp")


def test_a_question_within_the_exercise_is_no_reply_to_it(lan: Learner) -> None:
    lan.act("course:exercise:bai-1-ai-la-gi")
    for question in ("đăng ký kết hôn cần gì", "tạm trú", "xin chào"):
        lan.say(question)
        assert lan.last.status is not Status.ANSWERED_COURSE, question
    lan.say("nó bịa số thôn")
    assert lan.last.status is not Status.ANSWERED_COURSE, "something else was talked about"
    assert "Câu trả lời này đáng ngờ" in lan.say("học tiếp")
    assert "Lời giải" in lan.say("nó bịa số thôn")


def test_stopping_keeps_the_place(lan: Learner) -> None:
    first = to_the_quiz(lan)
    lan.say(str(first.quiz[0].correct))
    assert "tôi nhớ chỗ" in lan.say("dừng")
    assert f"Câu 2/4. {first.quiz[1].text}" in lan.say("học tiếp")


def test_the_same_button_pressed_twice_counts_once(lan: Learner) -> None:
    first = to_the_quiz(lan)
    one = first.quiz[0]
    action = lan.last.choices[one.correct % 3].action
    assert "Chưa đúng" in lan.act(action)
    assert "đã trả lời rồi" in lan.act(action)
    assert "đã trả lời rồi" in lan.act(action[:-1] + str(one.correct))
    lan.say("học tiếp")
    for question in first.quiz[1:]:
        lan.say(str(question.correct))
    assert any("đúng 3/4" in line for block in lan.last.blocks for line in block.lines)


def test_the_same_message_delivered_twice_counts_once(lan: Learner) -> None:
    first = to_the_quiz(lan)
    question = lan.question(str(first.quiz[0].correct))
    told = lan.ask(question)
    assert lan.ask(question) == told
    assert "Câu 2/4" in lan.say("học tiếp")


def test_a_button_of_another_lesson_changes_nothing_here(lan: Learner) -> None:
    second = lesson(2)
    to_the_quiz(lan)
    old = f"course:pick:{second.id}:{key_of(second.quiz[0])}:1"
    assert "không thuộc bài" in lan.act(old)
    assert lan.labels == ["Học tiếp"]
    assert "Câu 1/4" in lan.press("Học tiếp")


@pytest.mark.parametrize(
    "action",
    [
        "course:pick:bai-1-ai-la-gi:ffffff:1",
        "course:pick:bai-1-ai-la-gi:ffffff:99",
        "course:pick:khai-sinh:ffffff:1",
        "course:card:bai-1-ai-la-gi:99",
        "course:card:bai-1-ai-la-gi:x",
        "course:begin:bai-0-khong-co",
        "course:track:nobody",
        "course:level:9",
        "course:lesson:-",
        "course:nothing",
        "course:begin",
        "course:remind:19",
        "course:remind:9999",
        "course:link:zz",
        "course:award:level-9",
        "course:pick:a:b",
    ],
)
def test_buttons_made_by_hand_do_no_harm(lan: Learner, action: str) -> None:
    lan.say("bài 1")
    assert lan.act(action)
    assert lan.last.status is Status.ANSWERED_COURSE
    assert "Ý " in lan.say("học tiếp")


def test_a_number_of_the_next_day_still_answers(lan: Learner, journal: Journal) -> None:
    first = to_the_quiz(lan)
    journal.purge(timedelta(0))  # what was offered last is no longer fresh
    lan.calendar.day += timedelta(days=1)
    assert "Đúng." in lan.say(str(first.quiz[0].correct))


def test_who_never_learned_is_not_taken_into_the_course(lan: Learner) -> None:
    for words in ("tiếp", "dừng", "thôi", "bài sau", "a"):
        lan.say(words)
        assert lan.last.status is not Status.ANSWERED_COURSE, words


# --- over days -----------------------------------------------------------------------------------


def test_missed_questions_come_again_after_1_3_7_and_21_days(lan: Learner) -> None:
    first = through(lan, 1, wrong=1)
    missed = first.quiz[0]
    assert "không có câu nào" in lan.say("ôn lại")
    for days in INTERVALS:
        lan.calendar.day += timedelta(days=days - 1)
        assert "không có câu nào" in lan.say("ôn lại"), "a day too early"
        lan.calendar.day += timedelta(days=1)
        lan.say("/hoc")
        assert "Ôn lại 1 câu" in lan.labels
        assert missed.text in lan.press("Ôn lại 1 câu")
        assert "Đã ôn xong" in lan.say(str(missed.correct))
    lan.calendar.day += timedelta(days=100)
    assert "không có câu nào" in lan.say("ôn lại")


def test_what_is_missed_again_begins_anew(lan: Learner) -> None:
    first = through(lan, 1, wrong=2)
    lan.calendar.day += timedelta(days=1)
    one, two, *_ = first.quiz
    assert one.text in lan.say("ôn lại 2 câu")
    told = lan.say(str(one.correct))
    assert two.text in told
    told = lan.say(str(two.correct % 3 + 1))
    assert "Chưa đúng" in told
    assert "Đã ôn xong" in told
    lan.calendar.day += timedelta(days=1)
    assert two.text in lan.say("ôn lại")


def test_progress_is_told_in_figures(lan: Learner) -> None:
    through(lan, 1, wrong=1)
    through(lan, 2)
    told = lan.say("tiến độ của tôi")
    assert "Đã học xong 2 trong" in told
    assert "đúng 7 trên 8 câu" in told
    assert "ngày khác: 1 câu" in told


def test_a_lesson_done_again_keeps_the_better_result(lan: Learner) -> None:
    through(lan, 1, wrong=1)
    through(lan, 1)
    assert "đúng 4 trên 4" in lan.say("tiến độ của tôi")
    through(lan, 1, wrong=3)
    assert "đúng 4 trên 4" in lan.say("tiến độ của tôi")


def test_a_level_done_is_told(lan: Learner) -> None:
    for number in (1, 2, 3, 4):
        through(lan, number)
    assert not any("cấp độ" in line for block in lan.last.blocks for line in block.lines)
    through(lan, 5)  # 6 and 7 are for the elderly
    assert any("học xong cấp độ 1" in line for block in lan.last.blocks for line in block.lines)


def test_deleting_ones_data_deletes_what_was_learned(lan: Learner) -> None:
    through(lan, 1)
    lan.say("/xoa")
    assert lan.last.status is Status.ANSWERED_DATA_DELETED
    assert "Đã học xong 0" in lan.say("tiến độ của tôi")


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "lệ phí khai sinh", "kết quả", "học lái xe", "tiến độ hồ sơ", "học AI có lợi gì",
        "chứng nhận kết hôn", "bài thuốc", "nhắc tôi lúc 5 giờ", "đổi giấy chứng nhận",
    ],
)  # fmt: skip
def test_words_of_other_things_are_not_the_courses(words: str) -> None:
    assert asked_in_words(words) is None


def test_no_question_of_ours_is_taken_for_the_courses() -> None:
    """Of procedures and guides, and those for measuring; lessons are asked for by number."""
    taken = {text: asked_in_words(text) for text in (*asked_of_entries(), *asked_in_measuring())}
    assert len(taken) > 3000
    assert [t for t, wish in taken.items() if wish and "lesson" not in wish] == []


def asked_of_entries() -> Iterator[str]:
    for kind in ("procedures", "guides"):
        for path in SHIPPED.glob(f"{kind}/*.yaml"):
            entry = read_entry(path)
            yield from (*entry.aliases, *entry.questions)


def asked_in_measuring() -> Iterator[str]:
    """Whatever stands in those files."""
    waiting = [yaml.safe_load(p.read_text("utf-8")) for p in MEASURING.glob("*.yaml")]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case list(parts):
                waiting += parts
            case dict(parts):
                waiting += parts.values()


def test_right_is_not_stop() -> None:
    """Without its marks "đúng" is written as "dừng" is."""
    stops: Callable[[str], bool] = lambda text: is_stop(text, in_quiz=False)  # noqa: E731
    assert [stops(t) for t in ("dừng", "đúng", "dung", "thôi", "dung lai")] == [
        True, False, False, True, True,
    ]  # fmt: skip
    assert is_stop("dung", in_quiz=True)


def test_options_are_picked_in_many_ways() -> None:
    options = ("Gọi lại số đã lưu", "Chuyển tiền", "Chờ")
    picked = [option_in(t, options) for t in ("2", "chọn 3 nhé", "câu b", "ạ", "chờ", "4", "d")]
    assert picked == [2, 3, 2, None, 3, None, None]
