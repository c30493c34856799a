"""Servers as they are deployed, for the programs that load them: PostgreSQL, several processes with
real answers, a platform on loopback, and somebody who posts its updates at a steady rate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx

from bench.durability import alive, environment, prepare
from bench.start import memory
from retrieval.evaluate import read_questions
from tests.fakes import free_port, wait_until
from tests.fakes.postgres import postgres
from tests.fakes.telegram import SECRET, FakeTelegram
from webhook.channels.telegram.adapter import PATH

QUESTIONS = read_questions(Path("bench/questions/fresh.yaml"))
SECRET_KEY = "b"
"""The one of the servers, so that others can invite people in their name."""
START_S = 900.0
"""Long: it is for machines that do something else as well."""
QUIET_S = 30.0
"""Without any answer for so long, what is missing is taken for lost."""


@dataclass(frozen=True)
class Told:
    """One question: who asked, when (time.time()), and how long the webhook took to say so."""

    person: int
    asked_at: float
    acknowledged_s: float


@dataclass(frozen=True)
class Server:
    url: str
    pid: int

    def memory(self) -> float:
        """Resident memory in MB, of which pages of files are a part."""
        return memory(self.pid)

    def own_memory(self) -> float:
        """Resident memory in MB that no file backs."""
        return memory(self.pid, "RssAnon")


class Cluster:
    """Running servers and the platform that they serve. Every question comes from somebody new, so
    that no answer waits for another of its conversation."""

    def __init__(self, fake: FakeTelegram, servers: Sequence[Server], database_url: str) -> None:
        self.fake, self.servers, self.database_url = fake, servers, database_url
        self._people = 0

    def ask(self, count: int, per_second: float) -> list[Told]:
        """Post questions to the servers in turn; returns when each was acknowledged."""
        first, self._people = self._people + 1, self._people + count
        for person in range(first, first + count):
            self.fake.user(person)
        # In a process of its own: what it does must not wait for the platform's work.
        command = [sys.executable, "-m", "bench.cluster", json.dumps([s.url for s in self.servers])]
        given = subprocess.check_output([*command, str(first), str(count), str(per_second)])
        return [Told(*row) for row in json.loads(given)]

    def answered_at(self, told: Sequence[Told]) -> dict[int, float]:
        """When the first message of each answer came to the platform, by person, once all have
        come or none has for a while."""
        last, quiet_since = -1, time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            found = {t.person: self.fake.sent(t.person) for t in told}
            count = sum(bool(messages) for messages in found.values())
            if count == len(told):
                break
            if count != last:
                last, quiet_since = count, time.monotonic()
            time.sleep(0.5)
        return {person: sent[0]["sent_at"] for person, sent in found.items() if sent}


@contextmanager
def cluster(processes: int) -> Iterator[Cluster]:
    """Servers with real answers on a PostgreSQL of their own, warm."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fake = stack.enter_context(FakeTelegram())
        database = stack.enter_context(postgres(folder / "pg"))
        shared = {
            **environment(fake, folder),
            "BINHDAN_DATABASE_URL": database.new_database(),
            "BINHDAN_QUEUE_DATABASE_URL": database.new_database(),
            "BINHDAN_LOG_LEVEL": "ERROR",
            # Together they use the machine's CPUs once.
            "BINHDAN_REPLY_THREADS": str(max(1, (os.cpu_count() or 1) // processes)),
        }
        prepare(folder, shared["BINHDAN_DATABASE_URL"])
        servers = [
            stack.enter_context(_server(shared, folder / f"machine-{number}"))
            for number in range(processes)
        ]
        running = Cluster(fake, servers, shared["BINHDAN_DATABASE_URL"])
        running.answered_at(running.ask(10 * processes, 2))
        yield running


@contextmanager
def _server(shared: dict[str, str], folder: Path) -> Iterator[Server]:
    """`binhdan serve` with a data folder of its own, as on another machine."""
    folder.mkdir()
    for part in ("encoder", "index"):
        (folder / part).symlink_to((folder.parent / part).resolve())
    port = free_port()
    own = {
        "BINHDAN_PORT": str(port),
        "BINHDAN_DATA_DIR": str(folder),
        "BINHDAN_SECRET_KEY": SECRET_KEY,
    }
    command = [sys.executable, "-m", "webhook", "serve"]
    process = subprocess.Popen(command, env={**shared, **own}, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: alive(port) or process.poll() is not None, START_S)
        assert process.poll() is None, "the server ended; its output says why"
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(60)


def cuts(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    found = quantiles(seconds, n=100) if len(seconds) > 1 else [float("nan")] * 99
    return found[49], found[94], found[98]


def main() -> None:
    """The process that posts: URLs as JSON, first person, how many, per second."""
    parser = argparse.ArgumentParser(description="Posts updates; started by Cluster.ask.")
    parser.add_argument("urls", type=json.loads)
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("per_second", type=float)
    given = parser.parse_args()
    people = range(given.first, given.first + given.count)
    print(json.dumps(asyncio.run(_post(given.urls, people, given.per_second))))


async def _post(
    urls: Sequence[str], people: Sequence[int], per_second: float
) -> list[tuple[int, float, float]]:
    """Posts on time, whether or not earlier ones have been acknowledged."""
    started = time.monotonic()
    async with httpx.AsyncClient(timeout=60) as client:
        posts = []
        for number, person in enumerate(people):
            await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
            url = urls[number % len(urls)]
            posts.append(asyncio.create_task(_posted(client, url, person)))
        return list(await asyncio.gather(*posts))


async def _posted(client: httpx.AsyncClient, url: str, person: int) -> tuple[int, float, float]:
    asked_at, started = time.time(), time.perf_counter()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    while True:  # platforms send again what was not acknowledged
        try:
            got = await client.post(url + PATH, json=_update(person), headers=headers)
        except httpx.TransportError:
            continue
        if got.status_code != 503:
            break
        await asyncio.sleep(0.5)
    got.raise_for_status()
    return person, asked_at, time.perf_counter() - started


def _update(person: int) -> dict[str, object]:
    message = {
        "message_id": person,
        "from": {"id": person, "is_bot": False, "first_name": "Lan"},
        "chat": {"id": person, "type": "private", "first_name": "Lan"},
        "date": int(time.time()),
        "text": QUESTIONS[person % len(QUESTIONS)].text,
    }
    return {"update_id": 1000 + person, "message": message}


if __name__ == "__main__":
    main()
