"""Alembic's entry: run the migrations against the URL that `webhook.parts.migrate` gives."""

from __future__ import annotations

from alembic import context

import bot.journal
import knowledge.store

config = context.config
url = config.attributes["url"]

with knowledge.store.connect(url).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=[knowledge.store.metadata, bot.journal.metadata],
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
