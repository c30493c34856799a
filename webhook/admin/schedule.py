"""Publishing what was scheduled and withdrawing what ends, while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date

from fastapi import APIRouter

from knowledge.clock import today
from webhook.admin.press import Press

log = logging.getLogger(__name__)

LOOKED_EVERY_S = 60.0


def schedule_router(press: Press, day: Callable[[], date] = today) -> APIRouter:
    """Without routes: its lifespan looks once a minute for what is due."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look(press, day))
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    return APIRouter(lifespan=lifespan)


async def _look(press: Press, day: Callable[[], date]) -> None:
    while True:
        try:
            await asyncio.to_thread(press.keep_the_calendar, day())
        # Whatever it was, tomorrow's publication must not be missed for it.
        except Exception:
            log.exception("could not publish what was due; trying again")
        await asyncio.sleep(LOOKED_EVERY_S)
