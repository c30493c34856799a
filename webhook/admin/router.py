"""All pages of the administrators, put together."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from bot.team.book import Book
from bot.team.store import Teams
from knowledge.model import Procedure
from knowledge.proposals import Proposals
from knowledge.store import Editions
from webhook.admin.access import HOME, Gate
from webhook.admin.accounts import Accounts, accounts_router
from webhook.admin.audit import AuditLog
from webhook.admin.entrance import INVITATION, entrance_router
from webhook.admin.people import People
from webhook.admin.reviewing import Press, reviewing_router
from webhook.admin.roles import May
from webhook.admin.schedule import schedule_router
from webhook.admin.sessions import Session, Sessions
from webhook.admin.teams import TeamRoom, teams_router
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.writing import Desk, writing_router
from webhook.settings import Settings
from webhook.site import Published
from webhook.visitors import Buckets, Visitors

log = logging.getLogger(__name__)

TRIES, TRIES_PER_SECOND = 10, 1 / 30
"""Log-ins from one address: ten at once, then one in half a minute. An office shares an address."""


def admin_router(settings: Settings, engine: Engine, known: Callable[[], Published]) -> APIRouter:
    """Every route below /quan-tri. Logs the link for the first administrator if there is none."""
    people = People(engine, settings.cookie_key())
    gate = Gate(
        people,
        Sessions(engine, people),
        AuditLog(engine),
        Visitors(settings),
        secure=settings.public_url.startswith("https:"),
        tries=Buckets(TRIES, TRIES_PER_SECOND),
    )
    router = APIRouter(include_in_schema=False, route_class=FriendlyRoute)
    router.include_router(entrance_router(gate))
    router.include_router(accounts_router(Accounts(gate, settings.public_url, _fields(known))))

    reader = gate.needs(May.READ)

    desk = Desk(gate, known, Proposals(engine), settings.public_url)
    router.include_router(writing_router(desk))
    press = Press(desk, Editions(engine))
    router.include_router(reviewing_router(desk, press))
    router.include_router(schedule_router(press))
    router.include_router(teams_router(TeamRoom(gate, Teams(engine), Book(engine), desk.proposals)))

    @router.get(HOME)
    def home(session: Session = reader) -> Response:
        return page("home", session)

    if token := people.first_invitation():
        log.warning(
            "no administrator yet; open within 24 hours: %s%s/%s",
            settings.public_url,
            INVITATION,
            token,
        )
    return router


def _fields(known: Callable[[], Published]) -> Callable[[], list[str]]:
    def fields() -> list[str]:
        library = known().edition.library
        return sorted({entry.field for entry in library if isinstance(entry, Procedure)})

    return fields
