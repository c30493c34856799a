"""How long do the administrators' pages take with the national database published?

    python -m bench.admin_pages ../shared/data/tthc/procedures.jsonl.gz [--times 20]

Publishes what `binhdan kb publish` publishes after the import into a database of its own, serves
the administrators' pages from it in a process of its own, logs in and fetches every page over HTTP.
On a busy machine the wall clock says little: the processor time of the serving process, which is
what a page costs, stands beside it. Search is not loaded; the forms' hints by meaning need it and
are not among the pages.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import httpx
import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from starlette.middleware.gzip import GZipMiddleware

from knowledge.imported import merge
from knowledge.load import Library, dump_entry, load
from knowledge.national.batch import read_file
from knowledge.proposals import Proposals
from knowledge.store import Editions
from tests.fakes import free_port, wait_until
from tests.fakes.desk import Shown
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import open_database
from webhook.settings import Settings

GOAL_MS = 300
PASSWORD = "mot hai ba bon nam"
LOOKED_FOR = "khai sinh có yếu tố nước ngoài"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--times", type=int, default=20, help="how often each page is fetched")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(Path(options.serve[0]), int(options.serve[1]))
    library = merge(load(), read_file(options.file).imports).library
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        invitation, pages = prepare(settings, library)
        with serving(Path(folder), options.file) as (url, server):
            table = Table("page", "p50 ms", "p95 ms", "CPU ms", "KB", "KB sent")
            table.title = f"{len(library.entries):,} Entries, {options.times} times each"
            with logged_in(url, invitation) as browser:
                for page in pages:
                    table.add_row(page, *measure(browser, page, server.pid, options.times))
    Console(width=110).print(table)
    Console().print(f"goal: {GOAL_MS} ms")
    return None


def prepare(settings: Settings, library: Library) -> tuple[str, list[str]]:
    """Publish, begin to write three Entries, invite an administrator: the invitation's token, and
    the pages' addresses."""
    engine = open_database(settings)
    Editions(engine).publish(library, "measured")
    proposals, longest = Proposals(engine), by_length(library)
    forms = [
        proposals.begin(key, dump_entry(library.entries[key]), library.entries[key], "measured").id
        for key in ("khai-sinh", longest[0], longest[-1])
    ]
    _, token = People(engine, settings.cookie_key()).invite("anh", "Anh", Scope(Role.ADMINISTRATOR))
    engine.dispose()
    return token, [
        "/quan-tri",
        "/quan-tri/muc",
        f"/quan-tri/muc?q={LOOKED_FOR}",
        f"/quan-tri/muc?tu={len(library.entries) // 2}",
        *(f"/quan-tri/soan/{form}" for form in forms),
        f"/quan-tri/soan/{forms[0]}/xem?phan=fee",
        "/quan-tri/duyet",
        f"/quan-tri/duyet/{forms[0]}",
        "/quan-tri/an-ban",
        "/quan-tri/nguoi",
        "/quan-tri/nguoi/1",
        "/quan-tri/nhat-ky",
        "/quan-tri/tai-khoan",
        "/quan-tri/den-han",
        "/quan-tri/do-phu",
        "/quan-tri/hop-thu",
        "/quan-tri/tra-loi-rieng",
        "/quan-tri/bang-so-lieu",
        "/quan-tri/kenh",
        "/quan-tri/to",
        "/quan-tri/tai-len",
    ]


def by_length(library: Library) -> list[str]:
    """Ids of the Entries, the one with the shortest form first."""
    return sorted(library.entries, key=lambda key: len(str(dump_entry(library.entries[key]))))


def serve(folder: Path, port: int) -> None:
    """The server's own process: the administrators' pages over the newest Edition."""
    settings = Settings(_env_file=None, data_dir=folder)
    engine = open_database(settings)
    shown = Shown(Editions(engine).get(Editions(engine).newest_number() or 0))
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.include_router(admin_router(settings, engine, lambda: shown))
    uvicorn.run(app, port=port, log_level="warning")


@contextmanager
def serving(folder: Path, file: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "bench.admin_pages", str(file), "--serve", str(folder)]
    server = subprocess.Popen([*command, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url), 120)
        yield url, server
    finally:
        server.kill()
        server.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/quan-tri/dang-nhap", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def logged_in(url: str, invitation: str) -> Iterator[httpx.Client]:
    headers = {"origin": url}
    with httpx.Client(base_url=url, headers=headers, timeout=60, follow_redirects=True) as browser:
        form = {"name": "Anh", "password": PASSWORD, "again": PASSWORD}
        got = browser.post(f"/quan-tri/loi-moi/{invitation}", data=form)
        if not re.search(r'name="dau"', got.text):
            sys.exit("could not log in")
        yield browser


def measure(browser: httpx.Client, page: str, pid: int, times: int) -> list[str]:
    """The cells of a page's row."""
    browser.get(page).raise_for_status()  # templates are compiled once
    before, took = cpu_s(pid), []
    for _ in range(times):
        started = time.perf_counter()
        got = browser.get(page)
        took.append((time.perf_counter() - started) * 1000)
        got.raise_for_status()
    cpu = (cpu_s(pid) - before) * 1000 / times
    cuts = quantiles(took, n=20)
    sent = got.num_bytes_downloaded
    return [
        f"{cuts[9]:.0f}",
        f"{cuts[18]:.0f}",
        f"{cpu:.0f}",
        f"{len(got.content) / 1024:.0f}",
        f"{sent / 1024:.0f}",
    ]


def cpu_s(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


if __name__ == "__main__":
    main()
