"""Databases, opened with their tables brought to the newest migration."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from knowledge.store import connect
from webhook.settings import Settings

MAIN = "main"
"""The branch of migrations of the database that holds Editions and the Journal."""
QUEUE = "queue"
"""The branch of the durable queue's database, which may be the same one."""


def open_database(settings: Settings) -> Engine:
    """The database of Editions and Journal, its tables brought to the newest migration."""
    settings.make_data_dir()
    migrate(settings.database_url)
    return connect(settings.database_url)


def migrate(url: str, branch: str = MAIN) -> None:
    """Bring a database's tables to the newest migration of a branch. Several processes may do so
    at once.

    One that a newer release has brought further stays as it is: in a rolling upgrade processes of
    the former release go on, and may start again, so migrations only ever add.
    """
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, f"{branch}@head")
