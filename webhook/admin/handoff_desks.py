"""The pages on which a desk is opened and changed: for which place, when, and who answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from bot.handoff.desks import Desk, Kind
from bot.handoff.hours import WEEK, Hours, HoursError, read_hours, written
from bot.messages import node
from knowledge.places import PROVINCES, Place
from webhook.admin.access import Posted, to
from webhook.admin.handoff_room import HANDOFFS, HandoffRoom, may_run, runs_desk
from webhook.admin.roles import May, Person, Role
from webhook.admin.sessions import Session
from webhook.admin.teams import place_named
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

DESKS = f"{HANDOFFS}/ban"
USUAL = ("7:30-11:30, 13:30-17:00",) * 5 + ("", "")
"""What the form of a new desk proposes."""


@dataclass(frozen=True)
class Typed:
    """A desk's form as it came."""

    name: str
    days: tuple[str, ...]
    people: tuple[int, ...]
    on: bool = True

    def hours(self) -> Hours:
        """The hours. HoursError if a day can't be read, with "" if there are none."""
        found = read_hours(self.days)
        if not any(found.days):
            raise HoursError("")
        return found


class _Refused(Exception):
    """What is wrong with a form, in words."""


def desks_router(room: HandoffRoom) -> APIRouter:
    """Desks: open, look at, change."""
    router = APIRouter(route_class=FriendlyRoute)
    reader, form = room.gate.needs(May.READ), room.gate.form_for(May.READ)

    @router.get(DESKS)
    def new(session: Session = reader) -> Response:
        _must_run(session.person)
        return _new_page(room, session, Typed("", USUAL, ()))

    @router.post(DESKS)
    def open_desk(posted: Posted = form) -> Response:
        person = posted.session.person
        _must_run(person)
        typed = _typed(posted)
        try:
            place = _place(room, posted, person)
            name, hours = _checked(typed)
        except _Refused as refused:
            return _new_page(room, posted.session, typed, str(refused), posted)
        kind = _kind(posted, person)
        people = _allowed(room, person, place, typed.people)
        made = room.desks.open(name, place, kind, hours, people, person.id)
        room.gate.log.write(
            person, "desk_opened", _subject(made), place=str(place), people=_logins(room, people)
        )
        return to(f"{DESKS}/{made.id}?xong=1")

    @router.get(DESKS + "/{desk_id:int}")
    def look(desk_id: int, xong: bool = False, session: Session = reader) -> Response:
        desk = _find(room, session.person, desk_id)
        days = tuple(written(spans) for spans in desk.hours.days)
        typed = Typed(desk.name, days, desk.people, desk.on)
        return _desk_page(room, session, desk, typed, saved=xong)

    @router.post(DESKS + "/{desk_id:int}")
    def change(desk_id: int, posted: Posted = form) -> Response:
        desk = _find(room, posted.session.person, desk_id)
        typed = _typed(posted)
        try:
            name, hours = _checked(typed)
        except _Refused as refused:
            return _desk_page(room, posted.session, desk, typed, str(refused))
        place = Place(desk.place.partition("/")[0])
        people = _allowed(room, posted.session.person, place, typed.people)
        room.desks.change(desk.id, name, hours, people, on=typed.on)
        room.gate.log.write(
            posted.session.person,
            "desk_changed",
            _subject(desk),
            on=typed.on,
            hours=hours.told(),
            people=_logins(room, people),
        )
        room.talk.outbox.look()  # whoever waits at a desk that is now closed is told at once
        return to(f"{DESKS}/{desk.id}?xong=1")

    return router


def _must_run(person: Person) -> None:
    if not may_run(person):
        raise HTTPException(403)


def _find(room: HandoffRoom, person: Person, desk_id: int) -> Desk:
    """A desk that this person may change. 404 otherwise, so that nobody learns which there are."""
    desk = room.desks.get(desk_id)
    if desk is None or not runs_desk(person, desk):
        raise HTTPException(404)
    return desk


def _typed(posted: Posted) -> Typed:
    return Typed(
        posted.text("name"),
        tuple(posted.text(f"day-{day}") for day in range(WEEK)),
        tuple(int(one) for one in posted.texts("people") if one.isdigit()),
        posted.text("on") == "1",
    )


def _checked(typed: Typed) -> tuple[str, Hours]:
    if not typed.name:
        raise _Refused(WORDS.say("handoff_desk.problems.name"))
    try:
        return typed.name, typed.hours()
    except HoursError as error:
        if not str(error):
            raise _Refused(WORDS.say("handoff_desk.problems.no_hours")) from None
        day = node("handoff.weekdays")[int(str(error))]
        raise _Refused(WORDS.say("handoff_desk.problems.hours", day=day)) from None


def _place(room: HandoffRoom, posted: Posted, person: Person) -> Place:
    """The place of a new desk: a leader's, of one of their teams."""
    if not person.may(May.MANAGE):
        own = {team.place: team.where for team in room.teams.all(person.id)}
        place = own.get(posted.text("team_place"))
        if place is None:
            raise _Refused(WORDS.say("handoff_desk.problems.team"))
        return place
    province = posted.text("province")
    if province not in PROVINCES or (person.provinces and province not in person.provinces):
        raise _Refused(WORDS.say("handoff_desk.problems.province"))
    found = place_named(province, posted.text("commune"))
    if found is None:
        raise _Refused(WORDS.say("handoff_desk.problems.commune"))
    return found


def _kind(posted: Posted, person: Person) -> Kind:
    """What people are told that they talk to: of a leader's desk always volunteers."""
    office = person.may(May.MANAGE) and posted.text("kind") != Kind.TEAM
    return Kind.OFFICE if office else Kind.TEAM


def _able(room: HandoffRoom, by: Person, places: Sequence[str]) -> list[Person]:
    """Who may be put at a desk in one of these provinces (none: in any) by somebody: whoever may
    answer and works there; by a leader, themselves and those who answer for no more than that."""
    return [
        person
        for person in room.people.all()
        if person.may(May.ANSWER)
        and (not places or not person.provinces or set(places) & set(person.provinces))
        and (by.may(May.MANAGE) or person.id == by.id or _is_local(person))
    ]


def _is_local(person: Person) -> bool:
    return person.role in (Role.CLERK, Role.TEAM_LEADER) and bool(person.provinces)


def _allowed(room: HandoffRoom, by: Person, place: Place, chosen: Sequence[int]) -> list[int]:
    return [p.id for p in _able(room, by, [place.province_id]) if p.id in chosen]


def _logins(room: HandoffRoom, people: Sequence[int]) -> list[str]:
    return [person.login for person in room.people.all() if person.id in people]


def _subject(desk: Desk) -> str:
    return f"ban-truc/{desk.id}"


def _new_page(
    room: HandoffRoom,
    session: Session,
    typed: Typed,
    problem: str = "",
    posted: Posted | None = None,
) -> Response:
    person = session.person
    manages = person.may(May.MANAGE)
    provinces = {i: p for i, p in PROVINCES.items() if i in (person.provinces or PROVINCES)}
    teams = [] if manages else room.teams.all(person.id)
    places = {team.place: team.where for team in teams if team.where}
    near = [where.province_id for where in places.values()] or list(person.provinces)
    return page(
        "handoff_desk",
        session,
        status=400 if problem else 200,
        desk=None,
        typed=typed,
        weekdays=node("handoff.weekdays"),
        able=_able(room, person, near),
        provinces=provinces if manages else {},
        places=places,
        kinds=list(Kind) if manages else [],
        province=posted.text("province") if posted else "",
        commune=posted.text("commune") if posted else "",
        problem=problem,
        saved=False,
    )


def _desk_page(
    room: HandoffRoom,
    session: Session,
    desk: Desk,
    typed: Typed,
    problem: str = "",
    *,
    saved: bool = False,
) -> Response:
    return page(
        "handoff_desk",
        session,
        status=400 if problem else 200,
        desk=desk,
        typed=typed,
        weekdays=node("handoff.weekdays"),
        able=_able(room, session.person, [desk.place.partition("/")[0]]),
        provinces={},
        places={},
        kinds=[],
        province="",
        commune="",
        problem=problem,
        saved=saved,
    )
