"""Is every acknowledged message answered once, however often the server is killed?

A Bot API on loopback sends 1,000 updates of 100 people, every tenth twice, to the server, which
runs as a process of its own and is killed with -9 and started again three times on the way.

    python -m bench.durability            # answers are a simple echo
    python -m bench.durability --real     # answers come from the published knowledge
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from knowledge.load import load
from knowledge.store import Editions
from tests.fakes import EchoReplies, free_port, wait_until
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.telegram.adapter import PATH
from webhook.parts import open_database
from webhook.settings import Settings

QUESTIONS = (
    "khai sinh cần giấy tờ gì",
    "lệ phí làm căn cước",
    "doi bang lai xe o dau",
    "đăng ký kết hôn mất mấy ngày",
)


def main() -> None:
    options = _options()
    if options.serve:
        return _serve(options.serve, options.real, options.reply_ms / 1000)
    with FakeTelegram() as fake, tempfile.TemporaryDirectory() as folder:
        if options.real:
            prepare(Path(folder))
        _report(fake, _run(fake, Path(folder), options), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--reply-ms", type=float, default=20, help="time the simple reply takes")
    parser.add_argument("--real", action="store_true", help="answer with the real assistant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _serve(port: int, real: bool, seconds: float) -> None:
    """The server's own process."""
    import uvicorn

    from webhook.app import create_app
    from webhook.serve import build_app

    settings = Settings(_env_file=None)
    if real:
        app = build_app(settings)
    else:
        app = create_app(settings, EchoReplies(seconds), readiness=lambda: True)
    uvicorn.run(app, port=port, log_level="warning")


def prepare(folder: Path) -> None:
    """Publish into the run's own database; encoder and vectors are those already there."""
    home = Settings().data_dir.resolve()
    for part in ("encoder", "index"):
        (folder / part).symlink_to(home / part)
    settings = Settings(_env_file=None, data_dir=folder)
    Editions(open_database(settings)).publish(load(), "durability bench")


def _run(fake: FakeTelegram, folder: Path, options: argparse.Namespace) -> float:
    """Sends everything and kills on the way; returns the seconds from the first message to the
    last answer."""
    port = free_port()
    fake.webhook = {"url": f"http://127.0.0.1:{port}{PATH}", "secret_token": SECRET}
    server = _start(fake, folder, port, options)
    started = time.monotonic()
    _send(fake, options)
    draw = random.Random(options.seed)
    try:
        for kill in range(1, options.kills + 1):
            share = options.updates * kill // (options.kills + 1)
            wait_until(lambda share=share: _answers(fake) >= share, 300)
            time.sleep(draw.random() / 10)  # anywhere in a message's life
            server.send_signal(signal.SIGKILL)
            server.wait()
            server = _start(fake, folder, port, options)
        seconds = _wait_for_the_rest(fake, options) - started
    finally:
        server.terminate()
        server.wait(30)
    return seconds


def _start(
    fake: FakeTelegram, folder: Path, port: int, options: argparse.Namespace
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.durability", "--serve", str(port)]
    command += ["--reply-ms", str(options.reply_ms), *(["--real"] if options.real else [])]
    server = subprocess.Popen(command, env=environment(fake, folder))
    wait_until(lambda: alive(port), 120)
    return server


def environment(fake: FakeTelegram, folder: Path) -> dict[str, str]:
    """The environment of a server that talks to the fake and keeps its data in the folder."""
    return {
        **os.environ,
        "BINHDAN_DATA_DIR": str(folder),
        "BINHDAN_TELEGRAM_TOKEN": TOKEN,
        "BINHDAN_TELEGRAM_SECRET": SECRET,
        "BINHDAN_TELEGRAM_API": fake.url,
    }


def alive(port: int) -> bool:
    """Whether a server answers on a port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.HTTPError:
        return False


def _send(fake: FakeTelegram, options: argparse.Namespace) -> None:
    for person in range(1, options.people + 1):
        fake.user(person)
    for number in range(options.updates):
        person = number % options.people + 1
        text = f"#{number} {QUESTIONS[number % len(QUESTIONS)]}"
        message = fake._message(person, text=text)
        for _ in range(2 if number % 10 == 0 else 1):
            fake.deliver({"update_id": 1000 + number, "message": message})


def _wait_for_the_rest(fake: FakeTelegram, options: argparse.Namespace) -> float:
    """Waits for all answers and a while for surplus ones, or until nothing has come for 20
    seconds; returns the moment of the last."""
    last, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < (3 if last >= options.updates else 20):
        time.sleep(0.1)
        if (now := _answers(fake)) != last:
            last, quiet_since = now, time.monotonic()
    return quiet_since


def _answers(fake: FakeTelegram) -> int:
    return sum(len(fake.sent(person)) for person in list(fake._chats))


def _report(fake: FakeTelegram, seconds: float, options: argparse.Namespace) -> None:
    missing, twice, disordered = (
        _by_person(fake, options) if options.real else _by_number(fake, options)
    )
    table = Table(title="Durability" + (f" · {options.real}" if options.real else ""))
    row = {
        "updates": options.updates,
        "delivered": len(fake.statuses),
        "answered": options.updates - missing,
        "missing": missing,
        "twice": twice,
        "out of order": disordered,
        "seconds": f"{seconds:.1f}",
        "kills": options.kills,
    }
    for name in row:
        table.add_column(name, justify="right")
    table.add_row(*map(str, row.values()))
    Console().print(table)


def _by_number(fake: FakeTelegram, options: argparse.Namespace) -> tuple[int, int, str]:
    """Missing, twice and out of order, by the number that each simple answer repeats."""
    per_person = [_numbers(fake.transcript(person)) for person in fake._chats]
    counts = Counter(number for numbers in per_person for number in numbers)
    missing = sum(number not in counts for number in range(options.updates))
    twice = sum(count - 1 for count in counts.values())
    disordered = sum(a > b for n in per_person for a, b in itertools.pairwise(n))
    return missing, twice, str(disordered)


def _numbers(texts: list[str]) -> list[int]:
    return [int(n) for text in texts for n in re.findall(r"#(\d+)", text)]


def _by_person(fake: FakeTelegram, options: argparse.Namespace) -> tuple[int, int, str]:
    """Missing and twice, by how many messages each person got: real answers repeat no number."""
    sent = Counter(n % options.people + 1 for n in range(options.updates))
    surplus = [len(fake.sent(person)) - count for person, count in sent.items()]
    return -sum(min(0, n) for n in surplus), sum(max(0, n) for n in surplus), "?"


if __name__ == "__main__":
    main()
