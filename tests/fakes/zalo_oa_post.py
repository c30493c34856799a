"""How Zalo posts events of an Official Account: signed, within two seconds, and again on a schedule
that ends with the app being unsubscribed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.fakes import wait_until
from tests.fakes.clock import Clock

RETRY_AFTER_S = (30, 300, 900, 1800, 3600)


def mac(app_id: str, raw: bytes, timestamp: str, key: str) -> str:
    signed = app_id.encode() + raw + timestamp.encode() + key.encode()
    return "mac=" + hashlib.sha256(signed).hexdigest()


@dataclass
class Letter:
    """An event on its way."""

    raw: bytes
    signature: str
    line: str
    """Whom it is about: first deliveries of one person keep their order."""


class PostOffice:
    """Delivers from a thread of its own. Retries are timed by the fake clock."""

    def __init__(self, clock: Clock, app_id: str, key: str, patience_s: float) -> None:
        self.clock, self.patience_s = clock, patience_s
        self.signer, self.key = app_id, key
        self.webhook: dict[str, Any] = {}
        self.unsubscribed = False
        self.statuses: list[int] = []
        """What the webhook answered, delivery by delivery; 0 where it did not in time."""
        self.retries: list[int] = []
        """The `num_retry` of every delivery that was not the first."""
        self.dropped = 0
        self._held: list[Letter] | None = None
        self._undelivered = 0
        self._lines: dict[str, asyncio.Queue[Letter]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()

    def open(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._make_client())

    def close(self) -> None:
        self._run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def post(
        self, event: dict[str, Any], line: str, *, bad_mac: bool = False, delay_s: float = 0.0
    ) -> None:
        """Sign an event and deliver it, `delay_s` real seconds from now."""
        raw = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        signature = mac(self.signer, raw, str(event.get("timestamp", "")), self.key)
        if bad_mac:
            signature = signature[:-4] + ("0000" if signature[-4:] != "0000" else "1111")
        letter = Letter(raw, signature, line)
        if self._held is not None:
            self._held.append(letter)
        elif self.unsubscribed or not self.webhook:
            self.dropped += 1
        else:
            with self._lock:
                self._undelivered += 1
            self._run(self._take(letter, delay_s))

    @contextmanager
    def reordered(self) -> Iterator[None]:
        """What is posted meanwhile is delivered afterwards, the last event first."""
        self._held = []
        yield
        letters, self._held = self._held, None
        for letter in reversed(letters):
            with self._lock:
                self._undelivered += 1
            self._run(self._deliver(letter, 0))

    def settle(self, timeout_s: float) -> None:
        """Waits until everything was taken or given up."""
        wait_until(lambda: self._undelivered == 0, timeout_s)

    async def _take(self, letter: Letter, delay_s: float) -> None:
        if delay_s:
            self._begin(self._deliver_later(letter, delay_s))
            return
        if letter.line not in self._lines:
            self._lines[letter.line] = asyncio.Queue()
            self._begin(self._walk(self._lines[letter.line]))
        await self._lines[letter.line].put(letter)

    async def _walk(self, line: asyncio.Queue[Letter]) -> None:
        while True:
            await self._deliver(await line.get(), 0)

    async def _deliver_later(self, letter: Letter, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await self._deliver(letter, 0)

    async def _deliver(self, letter: Letter, tries: int) -> None:
        if await self._posted(letter, tries):
            self._done()
        elif tries < len(RETRY_AFTER_S):
            due = self.clock.now() + RETRY_AFTER_S[tries]
            self._begin(self._deliver_again(letter, tries + 1, due))
        else:
            self.unsubscribed = True
            self._done()

    async def _deliver_again(self, letter: Letter, tries: int, due: float) -> None:
        while self.clock.now() < due:  # noqa: ASYNC110 (nobody says when a fake clock moves)
            await asyncio.sleep(0.01)
        await self._deliver(letter, tries)

    async def _posted(self, letter: Letter, tries: int) -> bool:
        headers = {
            "content-type": "application/json",
            "user-agent": "ZaloWebhook",
            "x-zevent-server": "OA OpenAPI",
            "x-zevent-signature": letter.signature,
        }
        if tries:
            headers["num_retry"] = str(tries)
            self.retries.append(tries)
        try:
            got = await self._client.post(self.webhook["url"], content=letter.raw, headers=headers)
        except httpx.HTTPError:
            self.statuses.append(0)
            return False
        self.statuses.append(got.status_code)
        return got.status_code == 200

    def _done(self) -> None:
        with self._lock:
            self._undelivered -= 1

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _make_client(self) -> None:
        self._client = httpx.AsyncClient(timeout=self.patience_s)

    async def _cancel_all(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()
