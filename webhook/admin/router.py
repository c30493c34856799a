"""All pages of the administrators, put together."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from bot.curated.store import CuratedAnswers
from bot.draft import Known
from bot.figures import Figures
from bot.handoff.desks import Desks
from bot.handoff.store import Handoffs
from bot.handoff.talk import HandoffTalk
from bot.inbox.intake import Intake
from bot.inbox.store import Inbox
from bot.journal import Journal
from bot.notices import Notices
from bot.team.book import Book
from bot.team.store import Teams
from knowledge.clock import today
from knowledge.golden import GoldenQuestions, shipped_golden
from knowledge.model import Procedure
from knowledge.proposals import Proposals
from knowledge.store import Editions
from webhook.admin.access import HOME, Gate
from webhook.admin.accounts import Accounts, accounts_router
from webhook.admin.alike import Near, Ways
from webhook.admin.audit import AuditLog
from webhook.admin.bench import Bench, bench_router
from webhook.admin.channels import channels_router
from webhook.admin.check_page import check_router
from webhook.admin.checks import Checks
from webhook.admin.comparing import compare_router
from webhook.admin.coverage import coverage_router
from webhook.admin.curated import CuratedDesk, curated_router
from webhook.admin.desk import Desk
from webhook.admin.due import due_router
from webhook.admin.entrance import INVITATION, entrance_router
from webhook.admin.entries import entries_router
from webhook.admin.figures import Price, Seeing, figures_router, on_home
from webhook.admin.golden_page import golden_router
from webhook.admin.handoff_desks import desks_router
from webhook.admin.handoff_room import HandoffRoom
from webhook.admin.handoffs import handoffs_router
from webhook.admin.inbox import InboxDesk, inbox_router
from webhook.admin.inbox_intake import intake_router
from webhook.admin.ioc import ioc_keys_router
from webhook.admin.jobs import Jobs
from webhook.admin.people import People
from webhook.admin.press import Press
from webhook.admin.rehearsals import Rehearsals
from webhook.admin.replay import Archive, replay_router
from webhook.admin.reviewing import reviewing_router
from webhook.admin.roles import May
from webhook.admin.schedule import schedule_router
from webhook.admin.sessions import Session, Sessions
from webhook.admin.teams import TeamRoom, teams_router
from webhook.admin.upload import upload_router
from webhook.admin.uploads import Uploads
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.writing import writing_router
from webhook.ioc.keys import Keys
from webhook.settings import Settings
from webhook.switches import Switches
from webhook.visitors import Buckets, Visitors

log = logging.getLogger(__name__)

TRIES, TRIES_PER_SECOND = 10, 1 / 30
"""Log-ins from one address: ten at once, then one in half a minute. An office shares an address."""


def admin_router(
    settings: Settings,
    engine: Engine,
    known: Callable[[], Known],
    *,
    near: Near | None = None,
    switches: Switches | None = None,
    rehearsals: Rehearsals | None = None,
    notices: Notices | None = None,
    talk: HandoffTalk | None = None,
) -> APIRouter:
    """Every route below /quan-tri. Logs the link for the first administrator if there is none.

    Without `near`, ways of asking are compared by their words alone; without `rehearsals`, as where
    there is no search, nothing can be asked on trial; without `notices`, what people are answered
    here they are told when they write again; without `talk`, who answers at a desk reaches the web
    page alone.
    """
    people = People(engine, settings.cookie_key())
    gate = Gate(
        people,
        Sessions(engine, people),
        AuditLog(engine),
        Visitors(settings),
        secure=settings.public_url.startswith("https:"),
        tries=Buckets(TRIES, TRIES_PER_SECOND),
        switches=switches or Switches(engine, settings.cookie_key().encode()),
    )
    router = APIRouter(include_in_schema=False, route_class=FriendlyRoute)
    router.include_router(entrance_router(gate))
    router.include_router(accounts_router(Accounts(gate, settings.public_url, _fields(known))))

    reader = gate.needs(May.READ)

    desk = Desk(gate, known, Proposals(engine), Uploads(engine), settings.public_url, Ways(near))
    router.include_router(entries_router(desk))
    router.include_router(writing_router(desk))
    router.include_router(upload_router(desk))
    golden, jobs = GoldenQuestions(engine), Jobs(engine)
    checks = Checks(rehearsals, golden, jobs) if rehearsals else None
    press = Press(desk, Editions(engine), checks)
    router.include_router(compare_router(press))
    router.include_router(reviewing_router(desk, press))
    router.include_router(schedule_router(press))
    if rehearsals and checks:
        golden.add_shipped(shipped_golden())
        router.include_router(check_router(press, checks))
        router.include_router(golden_router(desk, golden))
        archive = Archive(gate, rehearsals.assistant.journal, Editions(engine), rehearsals, jobs)
        router.include_router(replay_router(archive))
        router.include_router(bench_router(Bench(gate, rehearsals, jobs, settings.public_url)))
    router.include_router(channels_router(gate, engine))
    seeing = Seeing(
        gate,
        Figures(engine),
        Journal(engine, settings.cookie_key().encode()),
        Price(settings.model_price_in, settings.model_price_out),
    )
    router.include_router(figures_router(seeing))
    router.include_router(ioc_keys_router(gate, engine, Keys(engine), settings.public_url))
    inbox = Inbox(engine)
    router.include_router(inbox_router(InboxDesk(desk, inbox, known)))
    router.include_router(intake_router(Intake(engine), inbox, desk.proposals, known))
    curated = CuratedDesk(gate, CuratedAnswers(engine), inbox, known, today, settings.public_url)
    router.include_router(curated_router(curated))
    router.include_router(due_router(desk, today))
    router.include_router(coverage_router(gate, engine, known))
    teams = TeamRoom(gate, Teams(engine), Book(engine), desk.proposals, notices)
    router.include_router(teams_router(teams))

    journal = Journal(engine, settings.cookie_key().encode())
    talk = talk or HandoffTalk(journal, known, Handoffs(engine), Desks(engine), notices=notices)
    handing = HandoffRoom(gate, talk, Teams(engine))
    router.include_router(desks_router(handing))
    router.include_router(handoffs_router(handing))

    @router.get(HOME)
    def home(session: Session = reader) -> Response:
        return page("home", session, summary=on_home(seeing, session.person))

    if token := people.first_invitation():
        log.warning(
            "no administrator yet; open within 24 hours: %s%s/%s",
            settings.public_url,
            INVITATION,
            token,
        )
    return router


def _fields(known: Callable[[], Known]) -> Callable[[], list[str]]:
    def fields() -> list[str]:
        library = known().edition.library
        return sorted({entry.field for entry in library if isinstance(entry, Procedure)})

    return fields
