"""The commands of the menus, and the links that open the bot, over the shipped content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.check import text_of
from bot.draft import Known
from bot.journal import Journal
from bot.messages import node, say
from bot.model import Answer, Channel, Question, Status
from bot.pipeline import Pipeline
from knowledge.store import connect
from webhook.database import migrate

Ask = Callable[..., Answer]
"""A text (or an action) of one person → the Answer."""


@pytest.fixture
def ask(shipped: Known, tmp_path: Path) -> Ask:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    migrate(url)
    journal = Journal(connect(url), b"key")
    assistant = Assistant(lambda: shipped, journal, Pipeline(), lambda: date(2026, 11, 21))
    numbers = count(1)

    def reply(text: str = "", action: str | None = None) -> Answer:
        question = Question(
            id=f"telegram:1:{next(numbers)}",
            channel=Channel.TELEGRAM,
            conversation="777",
            text=text,
            action=action,
        )
        return assistant.reply(question)

    return reply


COMMANDS = {
    "thutuc": Status.CLARIFICATION_TOPIC,
    "hoso": Status.CLARIFICATION_TOPIC,
    "hoc": Status.ANSWERED_COURSE,
    "kiemtra": Status.CLARIFICATION_SCAM_CHECK,
    "thuhoi": Status.CLARIFICATION_PRACTICE,
    "noio": Status.CLARIFICATION_PLACE,
    "gapnguoi": Status.CLARIFICATION_HANDOFF,
    "giup": Status.SMALLTALK_HELP,
    "xoa": Status.ANSWERED_DATA_DELETED,
    "start": Status.SMALLTALK_GREETING,
}


def test_every_command_of_the_menu_is_tried_here() -> None:
    assert set(COMMANDS) == set(node("channel.commands"))


@pytest.mark.parametrize(("command", "status"), COMMANDS.items())
def test_a_command_does_what_the_menu_says(ask: Ask, command: str, status: Status) -> None:
    assert ask(f"/{command}").status is status
    assert ask(f"/{command.upper()} ").status is status


def test_what_stands_behind_a_command_is_the_question(ask: Ask) -> None:
    assert ask("/thutuc đăng ký khai sinh").entry_id == "khai-sinh"
    assert ask("/hoc bài 2").entry_id == "bai-2-hoi-cho-ro"


def test_a_place_behind_its_command_is_remembered(ask: Ask) -> None:
    assert ask("/noio Hải Phòng").status is Status.ANSWERED_PLACE


def test_the_command_to_learn_opens_the_course(ask: Ask) -> None:
    offered = ask("/hoc")
    assert offered.choices[0].label.startswith("Học Bài 1")
    lesson = ask("1")
    assert (lesson.status, lesson.entry_id) == (Status.ANSWERED_COURSE, "bai-1-ai-la-gi")


def test_a_link_without_an_entry_greets(ask: Ask) -> None:
    assert ask("/start ref_abc-1").status is Status.SMALLTALK_GREETING


def test_a_link_to_an_entry_that_is_gone_asks_for_its_name(ask: Ask) -> None:
    assert text_of(ask(action="entry:khong-co-muc-nay")) == say("unanswerable.gone")


def test_let_into_a_group_it_says_how_to_call_it(ask: Ask) -> None:
    words = text_of(ask(action="joined"))
    assert words == f"{say('smalltalk.group')}\n{say('smalltalk.never_asks')}"
