"""Filling the inbox while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter

from bot.draft import Known
from bot.inbox.intake import Intake
from bot.inbox.store import Inbox
from knowledge.proposals import Proposals

log = logging.getLogger(__name__)

LOOKED_EVERY_S = 20.0
REST_S = 1.0
"""Between two calls while there is more: people who wait for an Answer come first."""


def intake_router(
    intake: Intake, inbox: Inbox, proposals: Proposals, known: Callable[[], Known]
) -> APIRouter:
    """Without routes: its lifespan takes in what is new in the Journal, and notes what became of
    the Proposals that groups wait for."""

    def take_in() -> int:
        inbox.follow(proposals)
        return intake.take_in(known())

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look(take_in))
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    return APIRouter(lifespan=lifespan)


async def _look(take_in: Callable[[], int]) -> None:
    while True:
        taken = 0
        try:
            taken = await asyncio.to_thread(take_in)
        # Whatever it was, what people ask tomorrow must not be missed for it.
        except Exception:
            log.exception("could not fill the inbox; trying again")
        await asyncio.sleep(REST_S if taken else LOOKED_EVERY_S)
