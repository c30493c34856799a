"""The page on which an administrator switches a channel off, and on again."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response
from sqlalchemy import Engine

from bot.messages import say
from bot.model import Channel
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.switches import SWITCHED

CHANNELS = f"{HOME}/kenh"
LONGEST_REASON, LONGEST_MESSAGE = 500, 1000


def channels_router(gate: Gate, engine: Engine) -> APIRouter:
    """Look at the channels; switch one off or on."""
    router = APIRouter(route_class=FriendlyRoute)
    manager, form = gate.needs(May.MANAGE), gate.form_for(May.MANAGE)

    @router.get(CHANNELS)
    def channels(session: Session = manager) -> Response:
        return _channels_page(session)

    @router.post(CHANNELS + "/{name}/dung")
    def turn_off(name: str, posted: Posted = form) -> Response:
        person, channel = _allowed(posted.session.person), _channel(name)
        reason, message = posted.text("reason"), posted.text("message")
        if problem := _problem(reason, message):
            return _channels_page(posted.session, channel, problem, reason, message)
        with engine.begin() as db:
            gate.switches.turn_off(db, channel, reason, message, person.login)
            gate.log.write_with(db, person, "channel_off", channel, reason=reason, message=message)
        return to(CHANNELS)

    @router.post(CHANNELS + "/{name}/mo")
    def turn_on(name: str, posted: Posted = form) -> Response:
        person, channel = _allowed(posted.session.person), _channel(name)
        with engine.begin() as db:
            if gate.switches.turn_on(db, channel):
                gate.log.write_with(db, person, "channel_on", channel)
        return to(CHANNELS)

    return router


def _allowed(person: Person) -> Person:
    """A channel is the whole country's: 403 for who is limited to provinces or fields."""
    if person.provinces or person.fields:
        raise HTTPException(403)
    return person


def _channel(name: str) -> Channel:
    if name not in SWITCHED:
        raise HTTPException(404)
    return Channel(name)


def _problem(reason: str, message: str) -> str:
    """The key of the sentence that says what is wrong with the form; "" if nothing is."""
    if not reason:
        return "reason_missing"
    too_long = len(reason) > LONGEST_REASON or len(message) > LONGEST_MESSAGE
    return "too_long" if too_long else ""


def _channels_page(
    session: Session,
    channel: Channel | None = None,
    problem: str = "",
    reason: str = "",
    message: str = "",
) -> Response:
    person = session.person
    return page(
        "channels",
        session,
        status=400 if problem else 200,
        channels=SWITCHED,
        states={off.channel: off for off in session.off},
        may_switch=not (person.provinces or person.fields),
        wrong=channel,
        problem=WORDS.say(f"switches.{problem}") if problem else "",
        reason=reason,
        message=message or say("channel.off"),
        longest=(LONGEST_REASON, LONGEST_MESSAGE),
    )
