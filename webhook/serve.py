"""The whole server from settings: what `binhdan serve` runs."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from bot.figures import Figures
from knowledge.store import Editions
from retrieval.index import Progress
from webhook.admin.rehearsals import Rehearsals
from webhook.admin.router import admin_router
from webhook.app import create_app
from webhook.certificates import certificates_router
from webhook.checklists import checklists_router
from webhook.database import open_database
from webhook.gateway import core_router
from webhook.ioc.keys import Keys
from webhook.ioc.routes import ioc_router
from webhook.leaflets import Printer, leaflets_router
from webhook.metrics import Measured, Metrics
from webhook.outreach import Outreach
from webhook.pack import pack_router
from webhook.pages import pages_router
from webhook.parts import (
    Follower,
    adding_up,
    build_assistant,
    build_talk,
    build_waiting,
    open_notices,
    watching,
)
from webhook.settings import Settings
from webhook.switches import Switched, Switches
from webhook.web import chat_router


def build_app(settings: Settings, progress: Progress = lambda done, total: None) -> FastAPI:
    """Put database, knowledge, conversation and channels together."""
    engine = open_database(settings)
    editions = Editions(engine)
    follower = Follower(editions, settings, progress)
    switches = Switches(engine, settings.cookie_key().encode())
    talk = build_talk(settings, engine, follower.current)
    assistant = build_assistant(settings, engine, follower.current, talk)
    replies = Switched(assistant, switches)
    metrics, figures = Metrics(), Figures(engine)
    waiting = build_waiting(settings, engine)
    printer = Printer(follower.current, settings)

    def readiness() -> dict[str, Any]:
        """Ready while the database answers; also which Edition is served and which is newest."""
        serving = follower.current().edition.number
        try:
            return {"ready": True, "edition": serving, "newest": editions.newest_number()}
        except SQLAlchemyError:
            return {"ready": False, "edition": serving, "database": "unreachable"}

    measured = Measured(replies, metrics)
    routers = [
        chat_router(measured, settings, follower.current, talk.telling),
        pages_router(follower.current, settings),
        leaflets_router(printer),
        checklists_router(follower.current, settings),
        pack_router(follower.current, settings),
        admin_router(
            settings,
            engine,
            follower.current,
            near=follower.near,
            switches=switches,
            rehearsals=Rehearsals(assistant, follower.current, follower.candidate),
            notices=open_notices(settings, engine),
            talk=talk,
        ),
        ioc_router(Keys(engine), figures),
        certificates_router(settings),
    ]
    if settings.core_key:
        routers.append(core_router(measured, readiness, settings, switches, waiting))
    return create_app(
        settings,
        replies,
        readiness=readiness,
        routers=routers,
        metrics=metrics,
        alongside=[follower.following(), adding_up(figures), watching(talk, metrics)],
        switches=switches,
        outreach=Outreach(waiting, settings.channels, switches.is_off),
        papers=printer.file,
    )
