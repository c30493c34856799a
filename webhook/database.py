"""Bringing databases to the newest migration."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

MAIN = "main"
"""The branch of migrations of the database that holds Editions and the Journal."""
QUEUE = "queue"
"""The branch of the durable queue's database, which may be the same one."""


def migrate(url: str, branch: str = MAIN) -> None:
    """Bring a database's tables to the newest migration of a branch. Several processes may do so
    at once."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, f"{branch}@head")
