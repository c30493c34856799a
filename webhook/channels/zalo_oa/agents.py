"""Where a human agent has taken over: the bot keeps quiet there for a while."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from webhook.channels.zalo_oa.tables import agents, reached
from webhook.channels.zalo_oa.vault import Vault

QUIET = timedelta(minutes=30)
"""After the agent's last message."""


class Agents:
    """Which conversations human agents are in; the same for all processes, over restarts."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def note(self, person: str, at: datetime) -> None:
        """An agent wrote to a person. TransportError if the database is out of reach."""
        who, until = self._vault.pseudonym(person), int((at + QUIET).timestamp())
        with reached():
            try:
                with self._engine.begin() as db:
                    db.execute(delete(agents).where(agents.c.until < time.time()))
                    # Events may come out of order: the latest message counts.
                    db.execute(delete(agents).where(agents.c.person == who, agents.c.until < until))
                    db.execute(insert(agents).values(person=who, until=until))
            except IntegrityError:
                return  # another event, or another process, has noted as much

    def are_talking_to(self, person: str) -> bool:
        """Whether an agent wrote lately. TransportError if the database is out of reach."""
        mine = select(agents.c.until).where(agents.c.person == self._vault.pseudonym(person))
        with reached(), self._engine.connect() as db:
            until = db.scalar(mine)
        return until is not None and until > time.time()
