"""How long does a corrected fee take from approval to every process's answers?

An administrator approves a corrected fee on one process of several on PostgreSQL, waits for the
golden questions that are then asked, and publishes. Citizens ask on the web page of every process
until they are told the new fee.

    python -m bench.live [--processes 2] [--times 3]
"""

from __future__ import annotations

import argparse
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from bench.cluster import SECRET_KEY, Cluster, cluster
from bench.start import Browser
from knowledge.load import dump_entry
from knowledge.proposals import Proposal, Proposals
from knowledge.store import Editions, connect
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role

PASSWORD = "mot hai ba bon nam"
QUESTION = "lệ phí đăng ký khai sinh"
FEE, OTHER_FEE = 8000, 7000
GOAL_S = 10.0
PATIENCE_S = 600.0
ASKED_EVERY_S = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    table = Table("golden questions, s", "publishing, s", "told by every process after, s")
    with cluster(given.processes) as running:
        engine = connect(running.database_url)
        with closing(logged_in(running.servers[0].url, engine)) as browser:
            for number in range(given.times):
                old, new = (FEE, OTHER_FEE) if number % 2 == 0 else (OTHER_FEE, FEE)
                took = published(running, browser, correction(engine, old, new), spoken(new))
                table.add_row(*(f"{seconds:.1f}" for seconds in took))
        engine.dispose()
    console = Console()
    console.print(table)
    console.print(f"{given.processes} processes; goal, from the button to the answers: {GOAL_S} s")


def correction(engine: Engine, old: int, new: int) -> Proposal:
    """A fee that a clerk has corrected and sent for review."""
    editions, proposals = Editions(engine), Proposals(engine)
    entry = editions.get(editions.newest_number() or 0).library.entries["khai-sinh"]
    body = dump_entry(entry)
    for fact in body["facts"]["fee"]:
        if fact.get("amount") == old:
            fact.update(text=fact["text"].replace(spoken(old), spoken(new)), amount=new)
    begun = proposals.begin("khai-sinh", dump_entry(entry), entry, "clerk")
    saved = proposals.save(begun.id, begun.revision, "clerk", body)
    return proposals.submit(saved.id, saved.revision, "fee")


def published(
    running: Cluster, browser: httpx.Client, proposal: Proposal, fee: str
) -> tuple[float, float, float]:
    """Seconds that the golden questions took, that the button took, and from pressing it until
    every process told the fee."""
    review = f"/quan-tri/duyet/{proposal.id}"
    started = time.perf_counter()
    _press(browser, review, revision=proposal.revision, lam="duyet")
    page = _press(browser, review, revision=proposal.revision + 1, lam="xuat-ban")
    check = page.url.path
    while 'value="xuat-ban"' not in page.text:
        assert time.perf_counter() - started < PATIENCE_S, "the check does not end"
        time.sleep(ASKED_EVERY_S)
        page = browser.get(check)
    checked = time.perf_counter()
    with ThreadPoolExecutor(len(running.servers)) as citizens:
        waits = [citizens.submit(_told_at, server.url, fee) for server in running.servers]
        _press(browser, check, lam="xuat-ban", reason="bench")
        pressed = time.perf_counter()
        told = max(wait.result() for wait in waits)
    return checked - started, pressed - checked, told - checked


def logged_in(url: str, engine: Engine) -> httpx.Client:
    """An administrator's browser."""
    _, token = People(engine, SECRET_KEY).invite("anh", "Anh", Scope(Role.ADMINISTRATOR))
    browser = httpx.Client(
        base_url=url, headers={"origin": url}, timeout=PATIENCE_S, follow_redirects=True
    )
    form = {"name": "Anh", "password": PASSWORD, "again": PASSWORD}
    browser.post(f"/quan-tri/loi-moi/{token}", data=form).raise_for_status()
    return browser


def spoken(fee: int) -> str:
    """A fee as answers write it: "8.000"."""
    return f"{fee:,}".replace(",", ".")


def _press(browser: httpx.Client, address: str, **given: object) -> httpx.Response:
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found, "not logged in"
    got = browser.post(address, data={"dau": found[1], **given})
    got.raise_for_status()
    return got


def _told_at(url: str, fee: str) -> float:
    """When somebody new is first told the fee."""
    until = time.perf_counter() + PATIENCE_S
    while fee not in Browser(url).ask(QUESTION):
        assert time.perf_counter() < until, "people are still told the old fee"
        time.sleep(ASKED_EVERY_S)
    return time.perf_counter()


if __name__ == "__main__":
    main()
