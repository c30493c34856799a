"""How the fake Telegram delivers updates: in order within a chat, with the secret header, again
after anything but a 2xx, until they expire."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.fakes import wait_until
from tests.fakes.telegram.world import Json, World

KEPT_S = 24 * 3600.0
CALLBACKS_KEPT_S = 150.0


class Delivery(World):
    """Hands updates to the webhook, or keeps them for getUpdates."""

    def __init__(self, retry_s: float, username: str) -> None:
        super().__init__(username)
        self.retry_s = retry_s
        """First pause before an update is delivered again; doubles up to 40 times as long."""
        self.webhook: Json = {}
        self.statuses: list[int] = []
        """What the webhook answered, delivery by delivery."""
        self.expired: list[int] = []
        """Ids of updates given up."""
        self._last_error: Json = {}
        self._pending: list[tuple[float, Json]] = []
        """Until when each is kept, and the update."""
        self._lines: dict[int, asyncio.Queue[tuple[float, Json]]] = {}
        self._postmen: list[asyncio.Task[None]] = []
        self._undelivered = 0
        self.loop: asyncio.AbstractEventLoop

    def inject(self, parts: Json) -> int:
        """An update with any content; returns its id."""
        update = self._new_update(parts)
        self.deliver(update)
        return int(update["update_id"])

    def deliver(self, update: Json) -> None:
        """Hands over an update of a kind that the webhook was set for. Twice is a resend."""
        kinds = self.webhook.get("allowed_updates")
        if kinds and not set(kinds) & set(update):
            return
        kept_s = CALLBACKS_KEPT_S if "callback_query" in update else KEPT_S
        item = self.now() + kept_s, update
        if not self.webhook:
            self._pending.append(item)
            return
        with self._lock:
            self._undelivered += 1
        asyncio.run_coroutine_threadsafe(self._line_up(item), self.loop).result(10)

    def settle(self, timeout_s: float = 15.0) -> None:
        """Waits until the webhook has taken everything."""
        wait_until(lambda: self._undelivered == 0, timeout_s)

    def _still_pending(self, offset: int) -> list[Json]:
        """What getUpdates gives from an offset on; what is before it is confirmed."""
        kept = [(end, u) for end, u in self._pending if u["update_id"] >= offset]
        self._pending = [(end, update) for end, update in kept if end > self.now()]
        return [update for _, update in self._pending][:100]

    async def _line_up(self, item: tuple[float, Json]) -> None:
        queue_id = _queue_id(item[1])
        if queue_id not in self._lines:
            self._lines[queue_id] = asyncio.Queue()
            self._postmen.append(asyncio.create_task(self._deliver_line(self._lines[queue_id])))
        await self._lines[queue_id].put(item)

    async def _deliver_line(self, line: asyncio.Queue[tuple[float, Json]]) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            while True:
                end, update = await line.get()
                pause = 0.0
                while not await self._posted(client, update):
                    await asyncio.sleep(pause)
                    pause = min(max(2 * pause, self.retry_s), 40 * self.retry_s)
                    if self.now() > end:
                        self.expired.append(update["update_id"])
                        break
                with self._lock:
                    self._undelivered -= 1

    async def _posted(self, client: httpx.AsyncClient, update: Json) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        try:
            got = await client.post(self.webhook["url"], json=update, headers=headers)
        except httpx.HTTPError:
            self._failed("Webhook connection closed")
            return False
        self.statuses.append(got.status_code)
        if not got.is_success:
            reason = f"{got.status_code} {got.reason_phrase}"
            self._failed(f"Wrong response from the webhook: {reason}")
        return got.is_success

    def _failed(self, why: str) -> None:
        self._last_error = {"last_error_date": int(self.now()), "last_error_message": why}


async def cancel_all() -> None:
    """Ends every task of the running loop."""
    tasks: list[asyncio.Task[Any]] = [
        t for t in asyncio.all_tasks() if t is not asyncio.current_task()
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _queue_id(update: Json) -> int:
    """Telegram keeps order within a chat for messages, and apart from them within a person for
    pressed buttons."""
    if query := update.get("callback_query"):
        return int(query["from"]["id"]) + (3 << 33)
    message = (
        update.get("message") or update.get("edited_message") or update.get("my_chat_member") or {}
    )
    return int(message.get("chat", {}).get("id", 0))
