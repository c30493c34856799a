"""Practising to ask an AI: a prompt is made better part by part, and nothing else is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.check import text_of
from bot.draft import Known
from bot.llm import Rewriter
from bot.messages import say
from bot.model import Answer, Part, Status
from bot.practice.prompt import parts_of
from bot.practice.wording import breach
from tests.fakes.chat_model import ScriptedModel
from tests.fakes.talk import Ask, talk, title, without_search


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return talk(without_search(), tmp_path)


def press(ask: Ask, answer: Answer, label: str) -> Answer:
    return ask(action=next(choice.action for choice in answer.choices if choice.label == label))


STARTS = [
    "thử hỏi AI",
    "Thu hoi AI di",
    "cho em thử hỏi AI",
    "/thuhoi",
    "luyện viết câu lệnh cho AI",
]


@pytest.mark.parametrize("typed", STARTS)
def test_the_talk_begins_by_its_name_or_command(ask: Ask, typed: str) -> None:
    answer = ask(typed)
    assert answer.status is Status.CLARIFICATION_PRACTICE
    assert say("practice.never") in text_of(answer)


def test_a_prompt_is_made_better_part_by_part_until_nothing_is_lacking(ask: Ask) -> None:
    ask("thử hỏi AI")
    first = ask("viết đơn xin nghỉ học cho con")
    assert say("practice.ask.reader") in text_of(first)
    assert say("practice.ask.context") in text_of(ask("cô giáo chủ nhiệm"))
    assert say("practice.ask.form") in text_of(ask("con lớp 4 bị ốm ba ngày"))
    assert say("practice.ask.limits") in text_of(ask("nửa trang, lời lễ phép"))
    last = ask("không bịa lý do")
    assert last.status is Status.ANSWERED_PRACTICE
    assert (
        "Viết đơn xin nghỉ học cho con. Người đọc: cô giáo chủ nhiệm. Hoàn cảnh: con lớp 4 bị ốm "
        "ba ngày. Cách trình bày: nửa trang, lời lễ phép. Dặn thêm: không bịa lý do."
    ) in text_of(last)
    assert say("practice.check") in text_of(last)


def test_a_prompt_that_says_everything_is_finished_at_once(ask: Ask) -> None:
    answer = ask(
        "/thuhoi Viết đơn xin nghỉ học ba ngày cho con lớp 4 vì ốm, gửi cô chủ nhiệm, dài nửa "
        "trang, lời lễ phép, không bịa lý do"
    )
    assert answer.status is Status.ANSWERED_PRACTICE
    assert all(say(f"practice.why.{part}") in text_of(answer) for part in Part)


def test_a_subject_without_a_task_is_asked_for_one(ask: Ask) -> None:
    ask("thử hỏi AI")
    assert say("practice.ask.task") in text_of(ask("thực đơn một tuần"))
    assert "Gợi ý: thực đơn một tuần." in text_of(ask("gợi ý"))


def test_a_part_can_be_left_out_and_the_talk_be_ended(ask: Ask) -> None:
    ask("thử hỏi AI")
    answer = press(ask, ask("tóm tắt văn bản này"), say("practice.skip"))
    assert say("practice.ask.context") in text_of(answer)
    assert say("practice.ask.form") in text_of(ask("bỏ qua"))
    last = ask("xong")
    assert last.status is Status.ANSWERED_PRACTICE
    assert say("practice.default_limit") in text_of(last)  # what was left out for good is added
    assert ask("/thuhoi").status is Status.CLARIFICATION_PRACTICE


@pytest.mark.parametrize("typed", ["xong", "dừng", "thôi nhé", "Dừng lại"])
def test_the_talk_can_be_left_before_a_prompt(ask: Ask, typed: str) -> None:
    ask("thử hỏi AI")
    answer = ask(typed)
    assert (answer.status, answer.practice) == (Status.ANSWERED_PRACTICE, None)
    assert say("practice.nothing") in text_of(answer)


def test_a_number_typed_for_a_choice_is_that_choice(ask: Ask) -> None:
    ask("thử hỏi AI")
    ask("tóm tắt văn bản này")
    assert say("practice.ask.context") in text_of(ask("1"))
    assert ask("2").status is Status.ANSWERED_PRACTICE


def test_a_new_whole_prompt_takes_the_place_of_the_old(ask: Ask) -> None:
    ask("thử hỏi AI")
    ask("viết bài bán chè")
    answer = ask("viết lời mời họp thôn gửi bà con lúc 8 giờ sáng chủ nhật")
    assert "bán chè" not in text_of(answer)


def test_personal_data_is_left_out_and_warned_of(ask: Ask) -> None:
    ask("thử hỏi AI")
    answer = ask("viết đơn cho bé Nguyễn Văn An, số căn cước 001099012345")
    assert say("practice.personal") in text_of(answer)
    assert "001099012345" not in text_of(answer)
    assert "[số giấy tờ]" not in text_of(answer)


def test_the_lesson_offers_to_practise(ask: Ask) -> None:
    lesson = ask(action="course:cards:bai-2-hoi-cho-ro")
    assert press(ask, lesson, say("practice.start")).status is Status.CLARIFICATION_PRACTICE


def test_a_question_in_the_middle_is_answered_and_the_talk_goes_on(
    shipped: Known, tmp_path: Path
) -> None:
    ask = talk(shipped, tmp_path)
    assert ask("xong").status is not Status.ANSWERED_PRACTICE  # nothing was begun
    ask("thử hỏi AI")
    ask("viết đơn xin nghỉ học cho con")
    answer = ask("lệ phí đăng ký khai sinh bao nhiêu")
    assert answer.entry_id == "khai-sinh"
    assert say("practice.resume") in text_of(answer)
    assert ask("làm hộ chiếu ở đâu").entry_id == "ho-chieu"
    again = ask("tiếp")
    assert "Viết đơn xin nghỉ học cho con." in text_of(again)
    assert say("practice.ask.context") in text_of(ask("cô giáo chủ nhiệm"))


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("tóm tắt văn bản này", {Part.TASK}),
        ("lap thuc don mot tuan cho nha 4 nguoi", {Part.TASK, Part.CONTEXT}),
        ("giải thích AI là gì cho bà ngoại", {Part.TASK, Part.READER}),
        ("5 câu, lời giản dị", {Part.FORM}),
        ("đừng nhắc tên ai", {Part.LIMITS}),
    ],
)
def test_the_parts_of_a_prompt_are_seen(typed: str, parts: set[Part]) -> None:
    assert parts_of(typed) == parts


# --- with a model -------------------------------------------------------------------------------

PROMPT = (
    "/thuhoi: Viết đơn xin nghỉ học ba ngày cho con lớp 4 vì ốm, gửi cô chủ nhiệm, dài nửa trang, "
    "lời lễ phép, không bịa lý do"
)
WORDED = (
    "Hãy viết đơn xin nghỉ học ba ngày cho con lớp 4 vì ốm, gửi cô chủ nhiệm, dài nửa trang, lời "
    "lễ phép và không bịa lý do."
)


def worded(folder: Path, model: ScriptedModel) -> Answer:
    return talk(without_search(), folder, Rewriter(model, timeout_s=5))(PROMPT)


def test_a_model_words_the_finished_prompt(tmp_path: Path) -> None:
    model = ScriptedModel(answer=WORDED)
    assert say("practice.model", prompt=WORDED) in text_of(worded(tmp_path, model))
    asked = str(model.asked[0][-1].content)
    assert asked.startswith("<<<")
    assert "/thuhoi" not in asked


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Đơn xin nghỉ học: kính gửi cô, cháu xin nghỉ.",  # it did the work, or something else
        f"{WORDED} Xem thêm tại http://evil.example/a",
        f"{WORDED} Chuyển 500000 đồng.",
        f"{WORDED} Gửi cho bà Nguyễn Thị Hoa.",
        WORDED * 6,
        f"{WORDED} <script>",
    ],
)
def test_a_wording_that_breaks_a_rule_is_not_shown(tmp_path: Path, answer: str) -> None:
    told = worded(tmp_path, ScriptedModel(answer=answer))
    assert told.status is Status.ANSWERED_PRACTICE
    assert title(told) == say("practice.finished")
    assert say("practice.model", prompt="").strip("”") not in text_of(told)


def test_a_model_that_fails_or_hangs_leaves_the_learners_prompt(tmp_path: Path) -> None:
    for number, model in enumerate(
        (ScriptedModel(error=ConnectionError("down")), ScriptedModel(raw="no json"))
    ):
        (tmp_path / str(number)).mkdir()
        told = worded(tmp_path / str(number), model)
        assert "Viết đơn xin nghỉ học ba ngày" in text_of(told)
    slow = Rewriter(ScriptedModel(answer=WORDED, seconds=30), timeout_s=0.2)
    started = time.monotonic()
    assert slow.improve("viết đơn") is None
    assert time.monotonic() - started < 15


def test_the_rules_of_a_wording_name_what_is_broken() -> None:
    assert breach(WORDED, PROMPT) is None
    assert breach("Viết thơ.", PROMPT) == "asks for something else"
