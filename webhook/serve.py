"""The whole server from settings: what `binhdan serve` runs."""

from __future__ import annotations

from fastapi import FastAPI

from knowledge.store import Editions
from retrieval.index import Progress
from webhook.app import create_app
from webhook.pages import pages_router
from webhook.parts import Follower, build_assistant, open_database
from webhook.settings import Settings
from webhook.web import chat_router


def build_app(settings: Settings, progress: Progress = lambda done, total: None) -> FastAPI:
    """Put database, knowledge, conversation and channels together."""
    engine = open_database(settings)
    follower = Follower(Editions(engine), settings, progress)
    assistant = build_assistant(settings, engine, follower.current)
    routers = (
        chat_router(assistant, settings, follower.current),
        pages_router(follower.current, settings),
    )
    return create_app(settings, assistant, readiness=lambda: True, routers=routers)
