"""The pages on which a person takes conversations over: who waits, what was said, writing, giving
back. Only who is put at a desk sees who waits there, and only who took a conversation reads it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fastapi import APIRouter, HTTPException, Response

from bot.handoff.desks import Desk
from bot.handoff.outbox import UNTIL
from bot.handoff.store import Handoff
from bot.handoff.talk import RECENT
from bot.handoff.times import times
from bot.journal import FRESH
from bot.model import Answer
from bot.protect import mask
from webhook.admin.access import Posted, to
from webhook.admin.handoff_room import HANDOFFS, HandoffRoom, may_run
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

LONGEST_WORD = 1000
"""Letters of one message of a person: it fits one message of every channel."""
READ_BACK = FRESH
"""How far back before the request the talk with the bot is shown, as people are told."""


def handoffs_router(room: HandoffRoom) -> APIRouter:
    """The list; one conversation: take, write, give back."""
    router = APIRouter(route_class=FriendlyRoute)
    reader = room.gate.needs(May.READ)
    clerk, form = room.gate.needs(May.ANSWER), room.gate.form_for(May.ANSWER)

    @router.get(HANDOFFS)
    def listed(session: Session = reader) -> Response:
        if not (session.person.may(May.ANSWER) or may_run(session.person)):
            raise HTTPException(403)
        return _list_page(room, session)

    @router.get(HANDOFFS + "/{handoff_id:int}")
    def talk(handoff_id: int, session: Session = clerk) -> Response:
        handoff, desk = _find(room, session.person, handoff_id)
        return _talk_page(room, session, handoff, desk)

    @router.post(HANDOFFS + "/{handoff_id:int}/nhan")
    def take(handoff_id: int, posted: Posted = form) -> Response:
        person = posted.session.person
        handoff, _ = _find(room, person, handoff_id)
        if not room.handoffs.take(handoff.id, person.id, person.name):
            return _list_page(room, posted.session, _why_not(room, handoff.id))
        if handoff.waits:
            room.gate.log.write(person, "handoff_taken", _subject(handoff))
        room.talk.outbox.flush()
        return to(f"{HANDOFFS}/{handoff.id}")

    @router.post(HANDOFFS + "/{handoff_id:int}/viet")
    def write(handoff_id: int, posted: Posted = form) -> Response:
        person = posted.session.person
        handoff, desk = _find(room, person, handoff_id)
        text = mask(posted.text("text"))[:LONGEST_WORD].strip()
        if not text:
            return _talk_page(room, posted.session, handoff, desk, "empty")
        if not room.handoffs.write(handoff.id, person.id, text, posted.text("key")[:40]):
            return _talk_page(room, posted.session, handoff, desk, "ended", text)
        room.gate.log.write(person, "handoff_replied", _subject(handoff))
        room.talk.outbox.flush()
        return to(f"{HANDOFFS}/{handoff.id}#cuoi")

    @router.post(HANDOFFS + "/{handoff_id:int}/tra-lai")
    def give_back(handoff_id: int, posted: Posted = form) -> Response:
        person = posted.session.person
        handoff, _ = _find(room, person, handoff_id)
        if room.handoffs.give_back(handoff.id, person.id):
            room.gate.log.write(person, "handoff_given_back", _subject(handoff))
            room.talk.outbox.flush()
        return to(HANDOFFS)

    return router


def _find(room: HandoffRoom, person: Person, handoff_id: int) -> tuple[Handoff, Desk]:
    """A handoff of a desk at which this person answers. 404 otherwise, so that nobody learns which
    there are."""
    handoff = room.handoffs.get(handoff_id)
    desk = room.desks.get(handoff.desk_id) if handoff else None
    if handoff is None or desk is None or person.id not in desk.people:
        raise HTTPException(404)
    return handoff, desk


def _why_not(room: HandoffRoom, handoff_id: int) -> str:
    handoff = room.handoffs.get(handoff_id)
    if handoff and handoff.clerk:
        return WORDS.say("handoff.problems.other", name=handoff.clerk)
    return WORDS.say("handoff.problems.gone")


def _list_page(room: HandoffRoom, session: Session, problem: str = "") -> Response:
    person, now = session.person, room.handoffs.clock()
    at, runs = room.desks.of(person.id), room.runs(person)
    listed = room.handoffs.listed(at) if person.may(May.ANSWER) else []
    seen = {desk.id: desk for desk in (*at, *runs)}
    return page(
        "handoffs",
        session,
        status=409 if problem else 200,
        waiting=[one for one in listed if one.waits],
        taken=[one for one in listed if one.taken],
        waited={one.id: _minutes(now - one.acknowledged_at) for one in listed},
        at={desk.id: desk for desk in at},
        titles=_titles(room, listed),
        times=times(room.talk.engine, list(seen), now - RECENT),
        runs=runs,
        states={desk.id: _state(desk, now) for desk in seen.values()},
        may_run=may_run(person),
        minutes=_clock,
        problem=problem,
    )


def _talk_page(
    room: HandoffRoom,
    session: Session,
    handoff: Handoff,
    desk: Desk,
    problem: str = "",
    text: str = "",
) -> Response:
    handoff = room.handoffs.get(handoff.id) or handoff
    mine = handoff.taken_by == session.person.id
    turns = room.handoffs.turns.of(handoff.id) if mine else []
    shut = mine and handoff.taken and not room.talk.can_reach(handoff)
    return page(
        "handoff",
        session,
        status=400 if problem else 200,
        handoff=handoff,
        desk=desk,
        mine=mine,
        title=_titles(room, [handoff]).get(handoff.id, ""),
        before=_before(room, handoff) if mine else [],
        turns=turns,
        late=room.handoffs.clock() - UNTIL,
        shut=shut,
        key=secrets.token_urlsafe(12),
        text=text,
        longest=LONGEST_WORD,
        problem=WORDS.say(f"handoff.problems.{problem}") if problem else "",
    )


def _before(room: HandoffRoom, handoff: Handoff) -> list[tuple[str, str]]:
    """What was said with the bot before a person was there, as far as the person agreed to: their
    words, or the button they pressed ("" if it is not known any more), and the answer."""
    if not handoff.taken or handoff.taken_at is None:
        return []
    since = handoff.acknowledged_at - READ_BACK
    kept = room.talk.journal.said_in(handoff.conversation, since)
    labels = {choice.action: choice.label for one in kept for choice in one.answer.choices}
    return [
        (one.text or labels.get(one.action or "", ""), "\n".join(_lines(one.answer)))
        for one in kept
        if one.at <= handoff.taken_at and (one.text or one.action)
    ]


def _lines(answer: Answer) -> Iterator[str]:
    for block in answer.blocks:
        yield from block.lines


def _titles(room: HandoffRoom, listed: Sequence[Handoff]) -> dict[int, str]:
    """What each was about, as far as it was about an Entry."""
    entries = room.talk.known().edition.library.entries
    return {
        one.id: entries[one.entry_id].title
        for one in listed
        if one.entry_id and one.entry_id in entries
    }


def _state(desk: Desk, now: datetime) -> str:
    if not desk.on:
        return "is_off"
    if not desk.people:
        return "no_people"
    return "is_open" if desk.is_open(now) else "is_closed"


def _minutes(waited: timedelta) -> str:
    return _clock(int(waited.total_seconds()))


def _clock(seconds: int | None) -> str:
    """A length of time as a clerk reads it."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return WORDS.say("handoffs.under_minute")
    return WORDS.say("handoffs.minutes", minutes=seconds // 60)


def _subject(handoff: Handoff) -> str:
    return f"gap-nguoi/{handoff.id}"
