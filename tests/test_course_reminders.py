"""Reminders to learn: by consent, by day, within the channel's window, once, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.course.reminders import Reminders, following
from bot.course.reminding import Reminding
from bot.course.services import Facilities
from bot.course.store import learners
from bot.journal import Journal
from bot.model import Channel
from bot.notices import Notices
from knowledge.clock import VIETNAM
from tests.fakes import wait_until
from tests.fakes.learning import Learner, journal_in, lesson, notices_in
from tests.fakes.postbox import Postbox, queue_in
from webhook.channels.adapter import Failure, Incoming, TransportError
from webhook.outreach import Outreach, Prepared
from webhook.queue import DurableQueue, Timing

PATIENCE_S = 60.0
DAY = timedelta(days=1)
CHANNELS = frozenset({Channel.TELEGRAM, Channel.ZALO_OA})


class Evening:
    """A clock that begins at the next 19:00 of Vietnam, whatever time it is here."""

    def __init__(self) -> None:
        self.now = following(datetime.now(UTC), 19 * 60)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


@pytest.fixture
def clock() -> Evening:
    return Evening()


@pytest.fixture
def notices(journal: Journal, clock: Evening) -> Notices:
    return notices_in(journal, CHANNELS, clock)


@pytest.fixture
def reminders(journal: Journal, notices: Notices) -> Reminders:
    return Reminders(journal.engine, notices)


@pytest.fixture
def outreach(reminders: Reminders, notices: Notices, journal: Journal, clock: Evening) -> Outreach:
    prepared = Prepared(notices, Reminding(reminders, journal, clock).remind)
    return Outreach(prepared, CHANNELS)


@pytest.fixture
def lan(journal: Journal, reminders: Reminders) -> Learner:
    return Learner(journal, facilities=Facilities(reminders))


@pytest.fixture
def on_oa(journal: Journal, reminders: Reminders) -> Learner:
    return Learner(journal, Channel.ZALO_OA, "675", Facilities(reminders))


class Queue:
    """Takes messages as the durable queue does: each id once."""

    def __init__(self) -> None:
        self.taken: dict[str, Incoming] = {}

    def accept(self, incoming: Incoming) -> None:
        self.taken.setdefault(incoming.question.id, incoming)


@pytest.fixture
def queue() -> Queue:
    return Queue()


def heard(journal: Journal, at: datetime) -> None:
    """Everything was said at that moment."""
    with journal.engine.begin() as db:
        db.execute(text("UPDATE questions SET asked_at = :at"), {"at": at.replace(tzinfo=None)})
        db.execute(update(learners).values(progress={}))


# --- consent -------------------------------------------------------------------------------------


def test_nobody_is_reminded_without_having_asked(
    lan: Learner, outreach: Outreach, queue: Queue
) -> None:
    lan.say("bài 1")
    assert outreach.hand_over(queue.accept) == 0


def test_whoever_asks_is_told_when_and_how_to_end_it(lan: Learner) -> None:
    told = lan.say("nhắc tôi mỗi ngày lúc 19 giờ")
    assert "19:00" in told
    assert "thôi nhắc" in told
    assert "2 ngày" not in told


def test_without_a_time_it_is_asked_for(lan: Learner) -> None:
    assert "mấy giờ" in lan.say("nhắc tôi học bài")
    assert "20:00" in lan.press("20:00")


@pytest.mark.parametrize("at", ["23 giờ", "5 giờ", "10 giờ đêm", "25 giờ"])
def test_nobody_is_reminded_at_night(
    lan: Learner, outreach: Outreach, queue: Queue, clock: Evening, at: str
) -> None:
    assert "6 giờ đến 21 giờ 30" in lan.say(f"nhắc tôi học mỗi ngày lúc {at}")
    clock.now += DAY
    assert outreach.hand_over(queue.accept) == 0


@pytest.mark.parametrize(
    ("channel", "name"), [(Channel.WEB, "w1"), (Channel.ZALO_BOT, "z1"), (Channel.TELEGRAM, "-7/3")]
)
def test_where_it_can_not_be_it_is_said(
    journal: Journal, reminders: Reminders, channel: Channel, name: str
) -> None:
    """On the web nobody can be written to, this server has no Zalo bot, and a group reads along."""
    learner = Learner(journal, channel, name, Facilities(reminders))
    told = learner.say("nhắc tôi mỗi ngày lúc 19 giờ")
    assert ("riêng" if "/" in name else "không tự nhắn") in told


@pytest.mark.parametrize("words", ["thôi nhắc", "đừng nhắc nữa", "/xoa"])
def test_it_is_ended_by_a_word(
    lan: Learner, outreach: Outreach, queue: Queue, clock: Evening, words: str
) -> None:
    lan.say("nhắc tôi mỗi ngày lúc 19 giờ")
    lan.say(words)
    assert outreach.hand_over(queue.accept) == 0


def test_where_to_write_to_is_kept_sealed(lan: Learner, journal: Journal) -> None:
    lan.say("nhắc tôi mỗi ngày lúc 19 giờ")
    with journal.engine.connect() as db:
        [row] = db.execute(text("SELECT * FROM contacts")).all()
    assert "777" not in str(row.address)


# --- when ----------------------------------------------------------------------------------------


@pytest.fixture
def asked(lan: Learner, journal: Journal, clock: Evening) -> Learner:
    """Somebody who wants to be reminded at 19:00, and said so yesterday at that time."""
    lan.say("nhắc tôi mỗi ngày lúc 19 giờ")
    heard(journal, clock.now - DAY)
    return lan


def test_at_its_hour_one_is_put_in_for_the_day(
    asked: Learner, outreach: Outreach, queue: Queue, clock: Evening
) -> None:
    clock.now -= timedelta(minutes=1)
    assert outreach.hand_over(queue.accept) == 0
    clock.now += timedelta(minutes=2)
    assert outreach.hand_over(queue.accept) == 1
    [incoming] = queue.taken.values()
    assert incoming.question.conversation == "777"
    assert incoming.unasked
    assert outreach.hand_over(queue.accept) == 0, "once a day"
    clock.now += DAY
    assert outreach.hand_over(queue.accept) == 1
    assert len(queue.taken) == 2


def test_two_processes_put_in_the_same_one(
    asked: Learner, outreach: Outreach, queue: Queue
) -> None:
    def twice(incoming: Incoming) -> None:
        queue.accept(incoming)
        if len(queue.taken) == 1 and not again:
            again.append(outreach.hand_over(queue.accept))

    again: list[int] = []
    assert outreach.hand_over(twice) == 1
    assert again == [1]
    assert len(queue.taken) == 1


def test_after_a_stop_of_the_server_a_late_one_is_left_out(
    asked: Learner, outreach: Outreach, queue: Queue, clock: Evening
) -> None:
    clock.now += timedelta(hours=4)  # it is 23:00
    assert outreach.hand_over(queue.accept) == 0
    clock.now += timedelta(hours=20)
    assert outreach.hand_over(queue.accept) == 1


def test_whoever_has_learned_today_is_left_in_peace(
    lan: Learner, outreach: Outreach, queue: Queue, clock: Evening, journal: Journal
) -> None:
    lan.say("nhắc tôi mỗi ngày lúc 19 giờ")
    lan.say("bài 1")
    today = datetime.now(VIETNAM).date()
    clock.now = datetime.combine(today, time(19), VIETNAM).astimezone(UTC)
    with journal.engine.begin() as db:
        db.execute(text("UPDATE learner_reminders SET next_at = :at"),
                   {"at": clock.now.replace(tzinfo=None)})  # fmt: skip
    assert outreach.hand_over(queue.accept) == 0


def test_it_ends_by_itself_when_nobody_answers(
    asked: Learner, outreach: Outreach, queue: Queue, clock: Evening
) -> None:
    for _ in range(10):
        outreach.hand_over(queue.accept)
        clock.now += DAY
    actions = [incoming.question.action for incoming in queue.taken.values()]
    assert actions == ["course:due", "course:due", "course:due:last"]


def test_an_answer_begins_the_count_anew(
    asked: Learner, outreach: Outreach, queue: Queue, clock: Evening, journal: Journal
) -> None:
    for _ in range(5):
        assert outreach.hand_over(queue.accept) == 1
        heard(journal, clock.now + timedelta(hours=1))
        clock.now += DAY
    assert {incoming.question.action for incoming in queue.taken.values()} == {"course:due"}


def test_outside_of_zalos_window_nobody_is_written_to(
    on_oa: Learner, outreach: Outreach, queue: Queue, clock: Evening, journal: Journal
) -> None:
    assert "2 ngày" in on_oa.say("nhắc tôi mỗi ngày lúc 19 giờ")
    heard(journal, clock.now - timedelta(hours=48))
    assert outreach.hand_over(queue.accept) == 0
    clock.now += DAY
    heard(journal, clock.now - timedelta(hours=46))
    assert outreach.hand_over(queue.accept) == 1


# --- what is sent --------------------------------------------------------------------------------


@pytest.fixture
def box() -> Postbox:
    return Postbox(Channel.TELEGRAM)


@pytest.fixture
def durable(asked: Learner, box: Postbox, tmp_path: Path) -> Iterator[DurableQueue]:
    timing = Timing(first_pause_s=0.05)
    with queue_in(tmp_path, asked.assistant, box, timing=timing) as queue:  # type: ignore[arg-type]
        yield queue


def on_another_day(outreach: Outreach, clock: Evening, queue: DurableQueue) -> None:
    """Remind when the learner has not been at it that day: two evenings on."""
    for _ in range(2):
        clock.now += DAY
        outreach.hand_over(queue.accept)


def test_the_reminder_says_how_it_goes_on(
    asked: Learner, outreach: Outreach, clock: Evening, durable: DurableQueue, box: Postbox
) -> None:
    asked.say("bài 2")
    asked.say("dừng")
    on_another_day(outreach, clock, durable)
    wait_until(lambda: box.texts, PATIENCE_S)
    [told] = box.texts
    assert "Đến giờ học rồi" in told
    assert lesson(2).title in told
    assert "Thôi nhắc" in told


def test_one_that_the_platform_refuses_is_not_kept_for_later(
    asked: Learner, outreach: Outreach, clock: Evening, durable: DurableQueue, box: Postbox
) -> None:
    box.closed = TransportError("no window", Failure.WINDOW)
    on_another_day(outreach, clock, durable)
    wait_until(lambda: box.calls, PATIENCE_S)
    box.closed = None
    durable.accept(Incoming(question=asked.question("xin chào")))
    wait_until(lambda: box.texts, PATIENCE_S)
    assert len(box.texts) == 1
    assert "Xin chào" in box.texts[0]
