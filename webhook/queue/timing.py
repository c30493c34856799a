"""How long the queue waits for what. Each number has its reason here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Timing:
    """Times in seconds where the name does not say otherwise. Tests shorten them."""

    poll_s: float = 0.05
    """Pause between two looks for work; half of it is the mean wait before an answer is begun."""
    record_s: float = 5.0
    """So long a platform waits for its update to be recorded; then it is told to come again."""
    first_pause_s: float = 1.0
    """After a failed call; doubled at each further one, up to `longest_pause_s`."""
    longest_pause_s: float = 60.0
    give_up_s: float = 24 * 3600.0
    """A message that its platform did not take in so long of trying is no longer sent."""
    held_try_s: float = 60.0
    """Pause between two tries while a channel is held."""

    beat_s: float = 2.0
    """How often a process shows the others that it is alive."""
    lease_s: float = 10.0
    """A process that has not for so long is taken to be dead: five beats missed."""
    margin_s: float = 2.0
    """So long before its lease ends a process stops sending: the others' clock may run ahead."""

    rescue_s: float = 5.0
    """How often messages are looked for that an outage of the database left in nobody's hands."""

    late_after: timedelta = timedelta(minutes=30)
    """A message that waited longer is of an old backlog: of those, each person's latest counts."""
    unasked_within: timedelta = timedelta(minutes=30)
    """A notice that could not be sent for so long is not sent any more."""
    settle_s: float = 5.0
    """So long after it was recorded an old message is kept, to see whether a later one follows:
    platforms deliver what has gathered in a burst."""

    keep_finished: timedelta = timedelta(hours=48)
    """Finished messages stay so long to recognise a resend: Telegram resends for 24 hours."""
    keep_parked: timedelta = timedelta(days=30)
    tidy_every_s: float = 3600.0

    @property
    def lease(self) -> timedelta:
        """`lease_s`, for the database."""
        return timedelta(seconds=self.lease_s)
