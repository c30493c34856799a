"""A member of a team on Telegram: updates in, messages out, through the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from bot.journal import Journal
from bot.messages import say
from bot.team.book import Book
from bot.team.store import Team, Teams
from knowledge.places import Place
from knowledge.store import connect
from tests.fakes.desk import TODAY
from tests.fakes.small_search import assistant_over, small_known
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.served import served
from webhook.database import migrate

WAIT_S = 120.0
LAN = 7001


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('teams') / 'teams.db'}"
    migrate(url)
    engine = connect(url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def telegram(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTelegram]:
    names = ["procedures/khai-sinh", "procedures/tam-tru", "guides/lua-dao"]
    known = small_known(names, tmp_path_factory.mktemp("index"))
    assistant = assistant_over(known, Journal(engine, b"key"))
    with FakeTelegram() as fake, served(fake, assistant, tmp_path_factory.mktemp("telegram")):
        yield fake


@pytest.fixture(scope="module")
def team(engine: Engine) -> Team:
    return Teams(engine).create("Tổ thôn Đồng", Place("ha-noi"), leader_id=1)


def test_a_member_joins_logs_a_visit_and_has_a_leaflet_sent(
    telegram: FakeTelegram, engine: Engine, team: Team
) -> None:
    telegram.user(LAN)
    code = Teams(engine).new_code(team.id, 1).code
    said = [
        f"vào tổ {code}",
        "ghi: giúp 2 người làm khai sinh ở thôn Đồng, 20 phút",
        "hẹn lại thứ Sáu thôn Đồng: VNeID",
        "tờ rơi khai sinh",
    ]
    for number, text in enumerate(said, 1):
        telegram.say(LAN, text)
        telegram.wait_for(LAN, number, WAIT_S)
    joined, visit, promise, leaflet = telegram.transcript(LAN)
    assert "Bạn đã vào “Tổ thôn Đồng”" in joined
    assert "Đã ghi: khai sinh, thôn Đồng, 2 người, 20 phút." in visit
    assert "27/11/2026" in promise
    assert "/thu-tuc/khai-sinh/to-roi.pdf?co=a4" in leaflet
    assert len(Book(engine).visits(team.id, TODAY, TODAY)) == 1
    telegram.press(LAN, say("team.guide"))
    assert "Bước 1/6" in telegram.wait_for(LAN, 5, WAIT_S)[-1]
    telegram.press(LAN, say("team.next"))
    assert "Bước 2/6" in telegram.wait_for(LAN, 6, WAIT_S)[-1]
