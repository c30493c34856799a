"""Serving a channel by asking it for updates, from a machine that it can't reach."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from webhook.channels.adapter import Polling
from webhook.media.listener import listener
from webhook.outreach import Outreach, Waiting
from webhook.queue import DurableQueue
from webhook.settings import Settings
from webhook.switches import SwitchedReplies


def _waiting(settings: Settings) -> Waiting:
    """The notices, here or in the core."""
    if settings.core_url:
        from webhook.gateway import RemoteReplies

        return RemoteReplies(settings)
    from webhook.database import open_database
    from webhook.parts import build_waiting

    return build_waiting(settings, open_database(settings))


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
    outreach = Outreach(_waiting(settings), frozenset({adapter.channel}), replies.is_off)
    await adapter.start()
    await asyncio.to_thread(queue.start)
    try:
        with outreach.running(queue.accept):
            await adapter.poll(queue.record)
    finally:
        await asyncio.to_thread(queue.stop)
        await adapter.stop()
