"""How long does the webhook keep Telegram waiting while answers are computed?

Posts updates at a steady rate to the server, which answers them from the published knowledge
(`--real`), or with replies that compute all the time they take: outside the interpreter, as an
encoder does, or in Python, where they hold what recording needs too.

    python -m bench.acknowledge --real --per-second 5
    python -m bench.acknowledge
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import httpx
from rich.console import Console
from rich.table import Table

from bench.durability import alive, environment, prepare
from retrieval.evaluate import read_questions
from tests.fakes import EchoReplies, free_port, wait_until
from tests.fakes.telegram import SECRET, FakeTelegram
from webhook.channels.telegram.adapter import PATH
from webhook.settings import Settings

PEOPLE = 100
QUESTIONS = read_questions(Path("bench/questions/fresh.yaml"))


def compute_in_c(seconds: float) -> None:
    """Keeps a CPU busy without holding the interpreter."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 5000)


def compute_in_python(seconds: float) -> None:
    """Keeps a CPU busy and the interpreter with it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(200))


WORK = {"waiting": time.sleep, "in C": compute_in_c, "in Python": compute_in_python}
REAL = "real"


def main() -> None:
    options = _options()
    if options.serve:
        return _serve(options)
    if options.post:
        print(json.dumps(asyncio.run(_post_steadily(options.post, options))))
        return None
    table = Table("replies", "p50 ms", "p99 ms", "max ms", "floor p50", "floor p99")
    table.title = f"Acknowledgement, {options.per_second:g} updates a second"
    for work in (REAL,) if options.real else WORK:
        times, floor = _measure(options, work)
        figures = [*_cuts(times), max(times), *_cuts(floor)]
        label = work if options.real else f"{options.reply_ms:g} ms {work}"
        table.add_row(label, *(f"{ms:.1f}" for ms in figures))
    Console().print(table)
    Console().print("floor: /healthz at the same time, which records nothing")
    return None


def _cuts(times: list[float]) -> tuple[float, float]:
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--per-second", type=float, default=20)
    parser.add_argument("--reply-ms", type=float, default=20)
    parser.add_argument("--real", action="store_true", help="answer with the real assistant")
    parser.add_argument("--work", choices=(*WORK, REAL), help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--post", help=argparse.SUPPRESS)
    return parser.parse_args()


def _serve(options: argparse.Namespace) -> None:
    """The server's own process."""
    import uvicorn

    from webhook.app import create_app
    from webhook.serve import build_app

    settings = Settings(_env_file=None)
    if options.work == REAL:
        app = build_app(settings)
    else:
        replies = EchoReplies(options.reply_ms / 1000, WORK[options.work])
        app = create_app(settings, replies, readiness=lambda: True)
    uvicorn.run(app, port=options.serve, log_level="warning")


def _measure(options: argparse.Namespace, work: str) -> tuple[list[float], list[float]]:
    """Milliseconds from each post to its 200; and of requests that record nothing."""
    with FakeTelegram() as fake, tempfile.TemporaryDirectory() as folder:
        for person in range(1, PEOPLE + 1):
            fake.user(person)
        if work == REAL:
            prepare(Path(folder))
        with _server(fake, Path(folder), options, work) as url:
            # In a process of its own: the fake's work must not be taken for the server's.
            command = [sys.executable, "-m", "bench.acknowledge", "--post", url]
            command += ["--updates", str(options.updates), "--per-second", str(options.per_second)]
            times, floor = json.loads(subprocess.check_output(command))
            return times, floor


async def _post_steadily(url: str, options: argparse.Namespace) -> list[list[float]]:
    async with httpx.AsyncClient(timeout=60) as client:
        posts, floor = [], []
        for number in range(options.updates):
            posts.append(asyncio.create_task(_timed(client, _update(url, number))))
            await asyncio.sleep(0.5 / options.per_second)
            healthz = httpx.Request("GET", url + "/healthz")
            floor.append(asyncio.create_task(_timed(client, healthz)))
            await asyncio.sleep(0.5 / options.per_second)
        return [await asyncio.gather(*posts), await asyncio.gather(*floor)]


def _update(url: str, number: int) -> httpx.Request:
    person = number % PEOPLE + 1
    message = {
        "message_id": number,
        "from": {"id": person, "is_bot": False, "first_name": "Lan"},
        "chat": {"id": person, "type": "private", "first_name": "Lan"},
        "date": int(time.time()),
        "text": QUESTIONS[number % len(QUESTIONS)].text,
    }
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    update = {"update_id": number, "message": message}
    return httpx.Request("POST", url + PATH, json=update, headers=headers)


async def _timed(client: httpx.AsyncClient, request: httpx.Request) -> float:
    started = time.perf_counter()
    got = await client.send(request)
    got.raise_for_status()
    return (time.perf_counter() - started) * 1000


@contextmanager
def _server(
    fake: FakeTelegram, folder: Path, options: argparse.Namespace, work: str
) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.acknowledge", "--serve", str(port)]
    command += ["--reply-ms", str(options.reply_ms), "--work", work]
    server = subprocess.Popen(command, env=environment(fake, folder))
    try:
        wait_until(lambda: alive(port), 120)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
