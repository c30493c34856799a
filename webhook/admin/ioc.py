"""The page on which administrators give monitoring centres their keys, and withdraw them."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Response
from sqlalchemy import Engine

from knowledge.places import PROVINCES
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.people import limited_to
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.ioc.keys import Key, Keys
from webhook.ioc.routes import PATH

IOC = f"{HOME}/ioc"
LONGEST_NAME = 120


def ioc_keys_router(gate: Gate, engine: Engine, keys: Keys, public_url: str) -> APIRouter:
    """List keys, make one, withdraw one."""
    router = APIRouter(route_class=FriendlyRoute)
    manager, form = gate.needs(May.MANAGE), gate.form_for(May.MANAGE)

    def keys_page(session: Session, problem: str = "", secret: str = "") -> Response:
        person = session.person
        return page(
            "ioc",
            session,
            status=400 if problem else 200,
            keys=[key for key in keys.all() if _concerns(person, key)],
            provinces=PROVINCES,
            choosable={id: PROVINCES[id] for id in person.provinces or PROVINCES},
            problem=WORDS.say(f"ioc.{problem}") if problem else "",
            secret=secret,
            address=f"{public_url}{PATH}/figures",
        )

    @router.get(IOC)
    def listed(session: Session = manager) -> Response:
        return keys_page(session)

    @router.post(IOC)
    def make(posted: Posted = form) -> Response:
        person, name = posted.session.person, posted.text("name")[:LONGEST_NAME]
        provinces = limited_to(posted.texts("provinces"), person.provinces or list(PROVINCES))
        if problem := _problem(person, name, provinces):
            return keys_page(posted.session, problem)
        with engine.begin() as db:
            secret = keys.make(db, name, provinces, person.login)
            gate.log.write_with(db, person, "ioc_key_made", name, provinces=provinces)
        return keys_page(posted.session, secret=secret)

    @router.post(IOC + "/{key_id:int}/thu-hoi")
    def withdraw(key_id: int, posted: Posted = form) -> Response:
        person = posted.session.person
        key = next((key for key in keys.all() if key.id == key_id), None)
        if key is None or not _concerns(person, key):
            raise HTTPException(404)
        with engine.begin() as db:
            if keys.withdraw(db, key):
                gate.log.write_with(db, person, "ioc_key_withdrawn", key.name, key=key.id)
        return to(IOC)

    return router


def _concerns(person: Person, key: Key) -> bool:
    """Whether somebody may see and withdraw a key: who is limited to provinces, keys of those."""
    return not person.provinces or (
        bool(key.provinces) and set(key.provinces) <= set(person.provinces)
    )


def _problem(person: Person, name: str, provinces: Sequence[str]) -> str:
    if not name:
        return "name_missing"
    return "province_missing" if person.provinces and not provinces else ""
