"""Delivers a fake platform's updates to a webhook: in order within a lane, again until taken."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

import httpx

from tests.fakes import wait_until


@dataclass(frozen=True)
class Letter:
    """One webhook call."""

    url: str
    body: bytes
    headers: dict[str, str]


class Postman:
    """Posts letters from a thread with an event loop of its own; its methods are thread-safe."""

    def __init__(self, retry_s: float) -> None:
        self.retry_s = retry_s
        """First pause before a letter is delivered again; doubles up to 40 times as long."""
        self.statuses: list[int] = []
        """What the webhook answered, delivery by delivery."""
        self._lanes: dict[str, asyncio.Queue[Letter]] = {}
        self._runners: list[asyncio.Task[None]] = []
        self._undelivered = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def post(self, lane: str, letter: Letter) -> None:
        """Put a letter at the end of a lane."""
        with self._lock:
            self._undelivered += 1
        asyncio.run_coroutine_threadsafe(self._line_up(lane, letter), self._loop).result(10)

    def settle(self, timeout_s: float) -> None:
        """Wait until every letter was taken."""
        wait_until(lambda: self._undelivered == 0, timeout_s)

    async def _line_up(self, lane: str, letter: Letter) -> None:
        if lane not in self._lanes:
            self._lanes[lane] = asyncio.Queue()
            self._runners.append(asyncio.create_task(self._run(self._lanes[lane])))
        await self._lanes[lane].put(letter)

    async def _run(self, lane: asyncio.Queue[Letter]) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            while True:
                letter = await lane.get()
                pause = self.retry_s
                while not await self._taken(client, letter):
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, 40 * self.retry_s)
                with self._lock:
                    self._undelivered -= 1

    async def _taken(self, client: httpx.AsyncClient, letter: Letter) -> bool:
        try:
            got = await client.post(letter.url, content=letter.body, headers=letter.headers)
        except httpx.HTTPError:
            return False
        self.statuses.append(got.status_code)
        return got.is_success

    async def _cancel(self) -> None:
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
