"""The whole server from settings: what `binhdan serve` runs."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from knowledge.store import Editions
from retrieval.index import Progress
from webhook.admin.router import admin_router
from webhook.app import create_app
from webhook.database import open_database
from webhook.gateway import core_router
from webhook.leaflets import leaflets_router
from webhook.metrics import Measured, Metrics
from webhook.pack import pack_router
from webhook.pages import pages_router
from webhook.parts import Follower, build_assistant
from webhook.settings import Settings
from webhook.web import chat_router


def build_app(settings: Settings, progress: Progress = lambda done, total: None) -> FastAPI:
    """Put database, knowledge, conversation and channels together."""
    engine = open_database(settings)
    editions = Editions(engine)
    follower = Follower(editions, settings, progress)
    assistant = build_assistant(settings, engine, follower.current)
    metrics = Metrics()

    def readiness() -> dict[str, Any]:
        """Ready while the database answers; also which Edition is served and which is newest."""
        serving = follower.current().edition.number
        try:
            return {"ready": True, "edition": serving, "newest": editions.newest_number()}
        except SQLAlchemyError:
            return {"ready": False, "edition": serving, "database": "unreachable"}

    measured = Measured(assistant, metrics)
    routers = [
        chat_router(measured, settings, follower.current),
        pages_router(follower.current, settings),
        leaflets_router(follower.current, settings),
        pack_router(follower.current, settings),
        admin_router(settings, engine, follower.current),
    ]
    if settings.core_key:
        routers.append(core_router(measured, readiness, settings))
    return create_app(
        settings,
        assistant,
        readiness=readiness,
        routers=routers,
        metrics=metrics,
        alongside=[follower.following()],
    )
