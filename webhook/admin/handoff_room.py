"""What the pages of desks and of handoffs work with, and who may change which desk."""

from __future__ import annotations

from dataclasses import dataclass

from bot.handoff.desks import Desk, Desks
from bot.handoff.store import Handoffs
from bot.handoff.talk import HandoffTalk
from bot.team.store import Teams
from webhook.admin.access import HOME, Gate
from webhook.admin.people import People
from webhook.admin.roles import May, Person

HANDOFFS = f"{HOME}/gap-nguoi"


@dataclass(frozen=True)
class HandoffRoom:
    """What these pages work with."""

    gate: Gate
    talk: HandoffTalk
    teams: Teams

    @property
    def desks(self) -> Desks:
        return self.talk.desks

    @property
    def handoffs(self) -> Handoffs:
        return self.talk.handoffs

    @property
    def people(self) -> People:
        return self.gate.people

    def runs(self, person: Person) -> list[Desk]:
        """The desks that somebody may change: all in their provinces to who manages, to leaders
        those they opened."""
        return [desk for desk in self.desks.all() if runs_desk(person, desk)]


def may_run(person: Person) -> bool:
    """Whether somebody may open desks at all."""
    return person.may(May.MANAGE) or person.may(May.LEAD)


def runs_desk(person: Person, desk: Desk) -> bool:
    """Whether somebody may change this desk."""
    if person.may(May.MANAGE):
        place = desk.where
        return not person.provinces or (place is not None and place.province_id in person.provinces)
    return person.may(May.LEAD) and desk.opened_by == person.id
