"""Serving a channel by asking it for updates, from a machine that it can't reach."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from webhook.channels.adapter import Polling
from webhook.media.listener import listener
from webhook.queue import DurableQueue
from webhook.settings import Settings
from webhook.switches import Switchboard, SwitchedReplies


def _reminding(
    settings: Settings, adapter: Polling, queue: DurableQueue, switches: Switchboard
) -> AbstractContextManager[None]:
    """Reminders on this channel; a gateway has none, for they are the core's."""
    if settings.core_url:
        return nullcontext()
    from webhook.database import open_database
    from webhook.parts import build_reminding

    channels = frozenset({adapter.channel})
    reminding = build_reminding(settings, open_database(settings), channels, switches)
    return reminding.running(queue.accept)


async def poll(
    settings: Settings, replies: SwitchedReplies, make: Callable[[Settings], Polling]
) -> None:
    """Answer the updates of the channel that `make` makes. Runs until cancelled."""
    adapter = make(settings)
    queue = DurableQueue(
        settings.queue_database_url,
        replies,
        [adapter],
        data_dir=settings.data_dir,
        worker_name=settings.worker_name,
        reply_threads=settings.reply_threads,
        listener=listener(settings),
        switches=replies,
    )
    settings.make_data_dir()
    await adapter.start()
    await asyncio.to_thread(queue.start)
    try:
        with _reminding(settings, adapter, queue, replies):
            await adapter.poll(queue.record)
    finally:
        await asyncio.to_thread(queue.stop)
        await adapter.stop()
