"""One learner in several conversations: codes that join them, and guessing at codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.course.links import GUESSES
from bot.journal import Journal
from bot.model import Channel
from tests.fakes.learning import Learner, journal_in, lesson


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


@pytest.fixture
def on_telegram(journal: Journal) -> Learner:
    return Learner(journal)


@pytest.fixture
def on_zalo(journal: Journal) -> Learner:
    return Learner(journal, Channel.ZALO_BOT, "z9")


def code(learner: Learner) -> str:
    found = re.search(r"[A-Z]{4}-[A-Z]{4}", learner.say("mã liên kết"))
    assert found
    return found[0]


def do(learner: Learner, number: int) -> None:
    """A whole Lesson, all of it right."""
    learner.act(f"course:quiz:{lesson(number).id}")
    for question in lesson(number).quiz:
        learner.say(str(question.correct))


def test_a_code_brings_the_progress_to_another_channel(
    on_telegram: Learner, on_zalo: Learner
) -> None:
    do(on_telegram, 1)
    assert "Đã liên kết" in on_zalo.say(code(on_telegram))
    assert "Đã học xong 1" in on_zalo.press("Tiến độ")
    do(on_zalo, 2)
    assert "Đã học xong 2" in on_telegram.say("tiến độ của tôi")


def test_what_was_learned_in_both_places_counts(on_telegram: Learner, on_zalo: Learner) -> None:
    do(on_telegram, 1)
    do(on_zalo, 2)
    on_zalo.say(f"mã {code(on_telegram).lower()}")
    assert "Đã học xong 2" in on_zalo.say("tiến độ của tôi")
    assert "Đã học xong 2" in on_telegram.say("tiến độ của tôi")


def test_a_code_is_good_once(on_telegram: Learner, on_zalo: Learner, journal: Journal) -> None:
    once = code(on_telegram)
    on_zalo.say(once)
    assert "Mã không đúng, đã dùng" in Learner(journal, Channel.WEB, "w1").say(once)


def test_a_newer_code_ends_the_one_before(on_telegram: Learner, on_zalo: Learner) -> None:
    former, newer = code(on_telegram), code(on_telegram)
    assert "Mã không đúng" in on_zalo.say(former)
    assert "Đã liên kết" in on_zalo.say(newer)


def test_a_code_is_good_for_a_quarter_of_an_hour(
    on_telegram: Learner, on_zalo: Learner, journal: Journal
) -> None:
    late = code(on_telegram)
    with journal.engine.begin() as db:
        past = datetime.now(UTC) - timedelta(seconds=1)
        changed = db.execute(text("UPDATE learner_codes SET expires_at = :past"), {"past": past})
        assert changed.rowcount == 1
    assert "quá 15 phút" in on_zalo.say(late)


def test_guessing_is_ended_after_a_few(on_telegram: Learner, on_zalo: Learner) -> None:
    right = code(on_telegram)
    for number in range(GUESSES):
        assert "Mã không đúng" in on_zalo.say(f"BCDF-GHJ{'KLMNP'[number]}")
    assert "nhiều lần" in on_zalo.say(right)


def test_codes_are_not_kept_as_they_are(on_telegram: Learner, journal: Journal) -> None:
    given = code(on_telegram).replace("-", "")
    with journal.engine.connect() as db:
        [kept] = db.execute(text("SELECT code FROM learner_codes")).scalars()
    assert given not in kept


def test_linked_already_is_said(on_telegram: Learner, on_zalo: Learner) -> None:
    on_zalo.say(code(on_telegram))
    assert "đã liên kết từ trước" in on_zalo.say(code(on_telegram))


def test_in_a_group_no_code_is_shown(journal: Journal) -> None:
    in_group = Learner(journal, Channel.TELEGRAM, "-7/3")
    assert "riêng" in in_group.say("mã liên kết")


def test_deleting_in_one_place_deletes_what_was_learned_in_both(
    on_telegram: Learner, on_zalo: Learner
) -> None:
    do(on_telegram, 1)
    on_zalo.say(code(on_telegram))
    on_zalo.say("/xoa")
    assert "Đã học xong 0" in on_telegram.say("tiến độ của tôi")
