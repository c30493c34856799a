"""What the bot says of its own accord: to whom it may, when it may, and once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from bot.journal import Journal
from bot.model import Channel, Question
from bot.notices import Notices
from knowledge.clock import VIETNAM
from knowledge.store import connect
from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.learning import notices_in
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.telegram.adapter import PATH
from webhook.database import migrate
from webhook.gateway import NOTICES, build_gateway, core_router
from webhook.outreach import Prepared
from webhook.sealing import Seal
from webhook.settings import Settings

KEY = "a-key-of-at-least-thirty-two-letters"
ON = (Channel.TELEGRAM, Channel.ZALO_OA)
NOON = datetime.combine(datetime.now(VIETNAM).date(), datetime.min.time(), VIETNAM).replace(hour=12)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Clock:
    """A clock that a test turns; it begins at noon in Vietnam."""

    def __init__(self) -> None:
        self.now = NOON.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now


class Writer:
    """Who asks to be written to, and what waits for them."""

    def __init__(self, engine: Engine, key: str = "k" * 40) -> None:
        self.engine, self.clock = engine, Clock()
        self.heard_at: datetime | None = self.clock.now
        seal = Seal(key, "reminders")
        self.notices = Notices(engine, seal, frozenset(ON), lambda _: self.heard_at, self.clock)

    def keep(self, channel: Channel = Channel.TELEGRAM, name: str = "777") -> bool:
        return self.notices.keep(Question(id="q", channel=channel, conversation=name), "pseudonym")

    def put(self, key: str = "k1", after: timedelta = timedelta(), by_day: bool = False) -> bool:
        at = self.clock.now + after
        return self.notices.put(
            key, "pseudonym", "team:news", at, until=at + 2 * DAY, by_day=by_day
        )

    def due(self) -> list[str]:
        return [notice.key for notice in self.notices.due(ON)]


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    migrate(database_url)
    engine = connect(database_url)
    yield Writer(engine)
    engine.dispose()


def test_a_notice_is_a_question_of_that_conversation_and_goes_once(writer: Writer) -> None:
    assert writer.keep()
    assert writer.put()
    assert writer.put(), "again"
    [notice] = writer.notices.due(ON)
    asked = notice.question
    assert (asked.conversation, asked.action, asked.text) == ("777", "team:news", "")
    assert asked.unasked
    assert writer.due() == ["k1"], "a crash before it was taken"
    writer.notices.taken("k1")
    assert writer.due() == []


def test_who_was_not_kept_is_not_written_to(writer: Writer) -> None:
    assert not writer.put()
    assert writer.due() == []


@pytest.mark.parametrize(
    ("channel", "name"), [(Channel.WEB, "w"), (Channel.ZALO_BOT, "z"), (Channel.TELEGRAM, "-7/3")]
)
def test_nobody_is_kept_whom_nothing_reaches(writer: Writer, channel: Channel, name: str) -> None:
    """On the web nobody can be written to, this server has no Zalo bot, and a group reads along."""
    assert not writer.keep(channel, name)
    assert not writer.put()


def test_where_to_write_to_is_kept_sealed(writer: Writer) -> None:
    writer.keep()
    with writer.engine.connect() as db:
        assert "777" not in str(db.execute(text("SELECT address FROM contacts")).scalar())


def test_it_waits_for_its_time_and_not_for_ever(writer: Writer) -> None:
    writer.keep()
    writer.put(after=HOUR)
    assert writer.due() == []
    writer.clock.now += HOUR
    assert writer.due() == ["k1"]
    writer.clock.now += 3 * DAY
    assert writer.due() == []
    writer.clock.now -= 3 * DAY
    assert writer.due() == [], "it is gone, not hidden"


def test_what_can_wait_waits_for_the_morning(writer: Writer) -> None:
    writer.keep()
    writer.put("can wait", after=11 * HOUR, by_day=True)
    writer.put("can not", after=11 * HOUR)
    writer.clock.now += 11 * HOUR
    assert writer.due() == ["can not"]
    writer.clock.now += 7 * HOUR  # six in the morning
    assert set(writer.due()) == {"can wait", "can not"}


def test_while_zalos_window_is_closed_it_waits_until_the_person_writes(writer: Writer) -> None:
    writer.keep(Channel.ZALO_OA)
    writer.put()
    writer.heard_at = writer.clock.now - 48 * HOUR
    assert not writer.notices.may_write("pseudonym")
    assert writer.due() == []
    writer.heard_at = writer.clock.now
    assert writer.notices.may_write("pseudonym")
    writer.clock.now += HOUR
    assert writer.due() == ["k1"]


def test_others_channels_are_others_affair(writer: Writer) -> None:
    writer.keep(Channel.ZALO_OA)
    writer.put()
    assert writer.notices.due([Channel.TELEGRAM]) == []
    assert len(writer.notices.due([Channel.ZALO_OA])) == 1


def test_what_is_dropped_or_forgotten_does_not_go(writer: Writer) -> None:
    writer.keep()
    for key in ("a:1", "a_1", "b:1"):
        writer.put(key)
    writer.notices.drop("pseudonym", "a:")
    assert sorted(writer.due()) == ["a_1", "b:1"]
    writer.notices.forget("pseudonym")
    assert writer.due() == []
    assert not writer.put()


def test_a_contact_lasts_while_there_is_something_to_say(writer: Writer) -> None:
    writer.keep()
    writer.clock.now += 60 * DAY
    writer.put()
    writer.clock.now += 60 * DAY
    writer.notices.purge(90 * DAY)
    assert writer.put("k2")
    writer.clock.now += 91 * DAY
    writer.notices.purge(90 * DAY)
    assert not writer.put("k3")


def test_an_address_under_a_lost_key_is_given_up(writer: Writer) -> None:
    writer.keep()
    writer.put()
    assert Writer(writer.engine, "o" * 40).due() == []
    assert not writer.put("k2")


def test_a_gateway_sends_what_the_core_has_to_say_once(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    url = f"sqlite:///{tmp_path / 'core' / 'core.db'}"
    migrate(url)
    engine = connect(url)
    journal = Journal(engine, b"key")
    notices = notices_in(journal, frozenset(ON), lambda: datetime.now(UTC))
    app = FastAPI(openapi_url=None)
    settings = Settings(_env_file=None, core_key=KEY)
    replies = EchoReplies()
    app.include_router(core_router(replies, lambda: True, settings, waiting=Prepared(notices)))
    with serve(app) as core, FakeTelegram() as telegram:
        gateway = Settings(
            _env_file=None,
            data_dir=tmp_path / "gateway",
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
            core_url=core,
            core_key=KEY,
        )
        with serve(build_gateway(gateway)) as here:
            telegram.webhook = {"url": here + PATH, "secret_token": SECRET}
            telegram.user(7)
            now = datetime.now(UTC)
            asked = Question(id="q", channel=Channel.TELEGRAM, conversation="7")
            assert notices.keep(asked, "seven")
            notices.put("k", "seven", "team:news", now, until=now + DAY, by_day=False)
            telegram.wait_for(7, 1, 60)
            wait_until(lambda: notices.due(ON) == [], 60)
            telegram.settle()
            assert len(telegram.transcript(7)) == 1
    assert [question.action for question in replies.asked] == ["team:news"]
    engine.dispose()


def test_the_core_tells_nobody_its_notices_without_the_key() -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(
        core_router(EchoReplies(), lambda: True, Settings(_env_file=None, core_key=KEY))
    )
    with serve(app) as core:
        assert httpx.get(core + NOTICES, params={"channel": "telegram"}).status_code == 403
        assert httpx.post(core + NOTICES, json={"taken": "k"}).status_code == 403


@pytest.mark.parametrize("written", ["telegram,zalo_oa", "web", "telegram  zalo_oa", "telegram "])
def test_channels_of_gateways_are_named_with_blanks_between(written: str) -> None:
    with pytest.raises(ValueError, match="gateway_channels"):
        Settings(_env_file=None, gateway_channels=written)
    settings = Settings(_env_file=None, gateway_channels="telegram zalo_oa")
    assert settings.written_to == frozenset(ON)
