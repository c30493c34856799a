"""Alembic's entry: run the migrations against the URL that `webhook.database.migrate` gives."""

from __future__ import annotations

import logging
from contextlib import ExitStack

from alembic import context
from filelock import FileLock
from sqlalchemy import text

import knowledge.store

log = logging.getLogger(__name__)

_LOCK = 0x62696E68  # any number, the same in every process
url = context.config.attributes["url"]
engine = knowledge.store.connect(url)

with ExitStack() as stack:
    stack.callback(engine.dispose)
    # Processes that start together must not create the same tables.
    if engine.dialect.name == "sqlite" and engine.url.database:
        stack.enter_context(FileLock(f"{engine.url.database}.lock"))
    connection = stack.enter_context(engine.connect())
    if engine.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
    context.configure(connection=connection, render_as_batch=True)
    known = {script.revision for script in context.script.walk_revisions()}
    if known.issuperset(context.get_context().get_current_heads()):
        with context.begin_transaction():
            context.run_migrations()
    else:
        log.warning("the database is of a newer release; its tables stay as they are")
    connection.commit()
    if engine.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()
