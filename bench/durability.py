"""Is every acknowledged message answered once and in order, whatever happens on the way?

A platform on loopback sends updates of many people to servers that run as processes of their own:
some twice, some before those they follow. Meanwhile processes are killed with -9 at random moments
and replaced, the platform refuses calls with 429 for a while, and the database goes away once
(PostgreSQL is stopped and started, SQLite locked).

    python -m bench.durability                                   # SQLite, one process
    python -m bench.durability --database postgresql --processes 2 --updates 10000 --kills 20
    python -m bench.durability --real     # answers come from the published knowledge
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from knowledge.load import load
from knowledge.store import Editions
from tests.fakes.postgres import postgres
from tests.fakes.servers import Servers, serve_together
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.telegram.adapter import PATH
from webhook.database import open_database
from webhook.settings import Settings

QUESTIONS = (
    "khai sinh cần giấy tờ gì",
    "lệ phí làm căn cước",
    "doi bang lai xe o dau",
    "đăng ký kết hôn mất mấy ngày",
)
AWAY_S = 5.0
"""How long the database is away."""
STORM_CALLS = 200
WAIT_S = 3600.0


@dataclass(frozen=True)
class Platform:
    """How the bench drives the fake of one channel."""

    fake: Callable[[], AbstractContextManager[Any]]
    environment: Callable[[Any], dict[str, str]]
    """What a server needs to talk to the fake."""
    register: Callable[[Any, int], None]
    """Makes the fake post to a port."""
    update: Callable[[Any, int, int, str], dict[str, Any]]
    """(fake, number, person, text) → an update for `fake.deliver`."""
    storm: Callable[[Any], None]


def _telegram_update(fake: FakeTelegram, number: int, person: int, text: str) -> dict[str, Any]:
    fake.user(person)
    return {"update_id": 1000 + number, "message": fake._message(person, text=text)}


def environment(fake: FakeTelegram, folder: Path) -> dict[str, str]:
    """The environment of a server that talks to the fake and keeps its data in the folder."""
    return {**os.environ, "BINHDAN_DATA_DIR": str(folder), **_telegram_settings(fake)}


def _telegram_settings(fake: FakeTelegram) -> dict[str, str]:
    return {
        "BINHDAN_TELEGRAM_TOKEN": TOKEN,
        "BINHDAN_TELEGRAM_SECRET": SECRET,
        "BINHDAN_TELEGRAM_API": fake.url,
    }


def _register_telegram(fake: FakeTelegram, port: int) -> None:
    fake.webhook = {"url": f"http://127.0.0.1:{port}{PATH}", "secret_token": SECRET}


PLATFORMS = {
    "telegram": Platform(
        FakeTelegram,
        _telegram_settings,
        _register_telegram,
        _telegram_update,
        lambda fake: fake.fault("sendMessage", "429", STORM_CALLS, retry_after=2),
    ),
}


def main() -> None:
    options = _options()
    if options.serve:
        return _serve_real(int(options.serve[0]), Path(options.serve[1]))
    platform = PLATFORMS[options.channel]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fake = stack.enter_context(platform.fake())
        if options.real:
            prepare(folder)
        order, killed_at, seconds = _run(fake, platform, folder, stack, options)
        _report(fake, order, killed_at, seconds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--channel", choices=sorted(PLATFORMS), default="telegram")
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--reply-ms", type=float, default=20, help="time the simple reply takes")
    parser.add_argument("--real", action="store_true", help="answer with the real assistant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.database == "sqlite" and options.processes > 1:
        parser.error("SQLite is for one process")
    return options


def _serve_real(port: int, ready: Path) -> None:
    """A server's own process, with real answers."""
    from webhook.serve import build_app

    serve_together(build_app(Settings(_env_file=None)), port, ready)


def prepare(folder: Path, database_url: str = "") -> None:
    """Publish into the run's own database (empty: SQLite in the folder); encoder and vectors are
    those already there."""
    home = Settings().data_dir.resolve()
    for part in ("encoder", "index"):
        (folder / part).symlink_to(home / part)
    settings = Settings(_env_file=None, data_dir=folder, database_url=database_url)
    Editions(open_database(settings)).publish(load(), "durability bench")


class Database:
    """What the servers share, and how it goes away for a while."""

    def __init__(self, kind: str, folder: Path, stack: ExitStack) -> None:
        self._file = folder / "queue.db"
        self._server = (
            stack.enter_context(postgres(folder / "pg")) if kind == "postgresql" else None
        )
        self.settings: Mapping[str, str] = (
            {"BINHDAN_QUEUE_DATABASE_URL": self._server.new_database()} if self._server else {}
        )

    def go_away(self) -> None:
        """Be stopped, or locked, for AWAY_S."""
        if self._server:
            return self._server.restart(AWAY_S)
        connection = sqlite3.connect(self._file, timeout=60, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(AWAY_S)
        connection.execute("ROLLBACK")
        connection.close()


def _run(
    fake: Any, platform: Platform, folder: Path, stack: ExitStack, options: argparse.Namespace
) -> tuple[list[int], list[float], float]:
    """Sends everything while all goes wrong; returns the order in which the platform sent the
    updates, the moments of the kills, and the seconds from the first message to the last answer."""
    # As on machines of their own; SQLite's one process, and real knowledge, need their data.
    shared = folder if options.database == "sqlite" or options.real else None
    database = Database(options.database, folder, stack)
    servers = Servers(
        folder,
        {**platform.environment(fake), **database.settings},
        reply_s=options.reply_ms / 1000,
        command=_real_command if options.real else None,
        late_after=86_400,  # a slow machine's backlog is not to be apologised for here
    )
    stack.callback(servers.close)
    for _ in range(options.processes):
        servers.start(shared)
    platform.register(fake, servers.port)
    started = time.monotonic()
    order = _order(options)
    sending = threading.Thread(target=_send, args=(fake, platform, order, options), daemon=True)
    sending.start()
    killed_at: list[float] = []
    storm = partial(platform.storm, fake)
    for moment, event in _events(options, servers, shared, storm, database, killed_at):
        _wait_for_answers(fake, int(moment * options.updates))
        event()
    sending.join(WAIT_S)
    return order, killed_at, _wait_for_the_rest(fake, options) - started


def _events(
    options: argparse.Namespace,
    servers: Servers,
    data_dir: Path | None,
    storm: Callable[[], None],
    database: Database,
    killed_at: list[float],
) -> list[tuple[float, Callable[[], object]]]:
    """What happens once which share of the updates is answered, in that order."""
    draw = random.Random(options.seed)

    def kill() -> None:
        time.sleep(draw.random())  # anywhere in a message's life
        servers.kill(draw.choice(servers.running))
        killed_at.append(time.time())
        servers.start(data_dir)

    events: list[tuple[float, Callable[[], object]]] = [
        (draw.uniform(0.02, 0.95), kill) for _ in range(options.kills)
    ]
    events += [(0.4, storm), (0.7, database.go_away)]
    return sorted(events, key=lambda event: event[0])


def _real_command(port: int, ready: Path) -> list[str]:
    return [sys.executable, "-m", "bench.durability", "--serve", str(port), str(ready)]


def alive(port: int) -> bool:
    """Whether a server answers on a port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.HTTPError:
        return False


def _order(options: argparse.Namespace) -> list[int]:
    """The order in which the platform sends updates: each fifteenth after its person's next."""
    people = options.people
    order = list(range(options.updates))
    for number in range(0, options.updates - people, 15):
        there = number + people
        if order[number] == number and order[there] == there:
            order[number], order[there] = there, number
    return order


def _send(fake: Any, platform: Platform, order: list[int], options: argparse.Namespace) -> None:
    """Hands the updates to the platform, each tenth a second time later, at a pace that leaves some
    to come at every moment of the run."""
    people = options.people
    updates = {
        number: platform.update(
            fake, number, number % people + 1, f"#{number} {QUESTIONS[number % len(QUESTIONS)]}"
        )
        for number in range(options.updates)
    }
    ahead = 4 * people
    for place, number in enumerate(order):
        if place % people == 0:
            _wait_for_answers(fake, place - ahead)
        fake.deliver(updates[number])
        if place >= ahead and (again := order[place - ahead]) % 10 == 0:
            fake.deliver(updates[again])


def _wait_for_answers(fake: Any, count: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while _answers(fake) < count:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.25)


def _wait_for_the_rest(fake: Any, options: argparse.Namespace) -> float:
    """Waits for all answers and a while for surplus ones, or until nothing has come for 60
    seconds; returns the moment of the last."""
    last, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < (5 if last >= options.updates else 60):
        time.sleep(0.25)
        if (now := _answers(fake)) != last:
            last, quiet_since = now, time.monotonic()
    return quiet_since


def _answers(fake: Any) -> int:
    return sum(len(chat.messages) for chat in list(fake._chats.values()))


def _report(
    fake: Any,
    order: list[int],
    killed_at: list[float],
    seconds: float,
    options: argparse.Namespace,
) -> None:
    missing, twice, disordered = (
        _by_person(fake, options) if options.real else _by_number(fake, order, options)
    )
    statuses = Counter(fake.statuses)
    row = {
        "database": options.database,
        "processes": options.processes,
        "updates": options.updates,
        "deliveries": sum(statuses.values()),
        "503": statuses[503],
        "kills": options.kills,
        "answered": options.updates - missing,
        "missing": missing,
        "twice": twice,
        "of them at a kill": _at_a_kill(fake, killed_at),
        "out of order": disordered,
        "seconds": f"{seconds:.0f}",
    }
    table = Table(title=f"Durability · {options.channel}")
    for name in row:
        table.add_column(name, justify="right")
    table.add_row(*map(str, row.values()))
    Console(width=120).print(table)


def _by_number(fake: Any, order: list[int], options: argparse.Namespace) -> tuple[int, int, str]:
    """Missing, twice and out of order, by the number that each simple answer repeats.

    Out of order is an answer after one that was both written and sent later than its own: two
    updates that the platform sent the wrong way round may be answered either way.
    """
    per_person = [_numbers(fake.transcript(person)) for person in fake._chats]
    counts = Counter(number for numbers in per_person for number in numbers)
    missing = sum(number not in counts for number in range(options.updates))
    twice = sum(count - 1 for count in counts.values())
    place = {number: place for place, number in enumerate(order)}
    disordered = sum(
        a > b and place[a] > place[b]
        for numbers in map(list, map(dict.fromkeys, per_person))
        for a, b in itertools.pairwise(numbers)
    )
    return missing, twice, str(disordered)


def _at_a_kill(fake: Any, killed_at: list[float]) -> int:
    """How many answers were sent again after one that came less than a second before a kill: the
    process died before it could write down that it had sent it."""
    found = 0
    for chat in list(fake._chats.values()):
        sent_at: dict[str, float] = {}
        for message in chat.messages:
            first = sent_at.setdefault(message["text"], message["sent_at"])
            if first != message["sent_at"]:
                found += any(0 <= moment - first < 1 for moment in killed_at)
    return found


def _numbers(texts: list[str]) -> list[int]:
    return [int(n) for text in texts for n in re.findall(r"#(\d+)", text)]


def _by_person(fake: Any, options: argparse.Namespace) -> tuple[int, int, str]:
    """Missing and twice, by how many messages each person got: real answers repeat no number."""
    sent = Counter(n % options.people + 1 for n in range(options.updates))
    surplus = [len(fake.sent(person)) - count for person, count in sent.items()]
    return -sum(min(0, n) for n in surplus), sum(max(0, n) for n in surplus), "?"


if __name__ == "__main__":
    main()
