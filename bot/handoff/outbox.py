"""Lets the clock end handoffs, and puts a notice for each word that is for a person.

A word is kept with the deed it belongs to, and its notice put afterwards: after a crash in between
the next look puts it, under the same key, so that nothing is lost and nothing is said twice."""

from __future__ import annotations

from datetime import timedelta

from bot.handoff.desks import Desks
from bot.handoff.store import Handoffs
from bot.notices import Notices

KEY = "handoff:"
"""What the keys of these notices begin with."""
SAID = "handoff:said:"
"""The action of a notice, before the number of its turn."""
UNTIL = timedelta(hours=3)
"""A word of a person that could not be sent for so long is no longer worth it."""


def holds_back(handoffs: Handoffs, conversation: str, action: str) -> bool:
    """Whether a notice waits because a person is in the conversation: nobody talks over them."""
    if action.startswith(SAID):
        return False
    handoff = handoffs.current(conversation)
    return handoff is not None and handoff.taken


class Outbox:
    """Thread-safe; several processes may look at once."""

    def __init__(self, handoffs: Handoffs, desks: Desks, notices: Notices | None) -> None:
        """`notices` are None where this server sends on no channel: then only the web is told."""
        self._handoffs, self._desks, self._notices = handoffs, desks, notices

    def look(self) -> None:
        """End what is due to end, and put what is to be said."""
        self._handoffs.expire(self._desks.all())
        self.flush()

    def flush(self) -> None:
        """Put what is to be said."""
        now = self._handoffs.clock()
        for turn in self._handoffs.turns.outgoing():
            if self._notices:
                self._notices.put(
                    # By the number's order: words of the same second are sent as they were said.
                    f"{KEY}{turn.turn_id:09}",
                    turn.conversation,
                    f"{SAID}{turn.turn_id}",
                    turn.at,
                    until=turn.at + UNTIL,
                    by_day=False,
                )
            self._handoffs.turns.queued(turn.turn_id, now)
