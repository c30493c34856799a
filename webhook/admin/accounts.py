"""The pages on which administrators manage people and read the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Response

from knowledge.places import PROVINCES
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.entrance import INVITATION
from webhook.admin.people import AccountError, Scope, limited_to
from webhook.admin.roles import May, Role
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

PEOPLE = f"{HOME}/nguoi"
AUDIT = f"{HOME}/nhat-ky"


@dataclass(frozen=True)
class Accounts:
    """What these pages work with."""

    gate: Gate
    public_url: str
    fields: Callable[[], Sequence[str]]
    """The fields (lĩnh vực) of the Procedures there are."""


def accounts_router(accounts: Accounts) -> APIRouter:
    """People: list, invite, change, invite again. The audit log: read."""
    router = APIRouter(route_class=FriendlyRoute)
    _people_routes(router, accounts)
    _audit_routes(router, accounts.gate)
    return router


def _people_routes(router: APIRouter, accounts: Accounts) -> None:
    gate = accounts.gate
    manager, form = gate.needs(May.MANAGE), gate.form_for(May.MANAGE)

    @router.get(PEOPLE)
    def people(session: Session = manager) -> Response:
        return _people_page(accounts, session)

    @router.post(PEOPLE)
    def invite(posted: Posted = form) -> Response:
        try:
            scope = _scope(accounts, posted)
            person, token = gate.people.invite(posted.text("login"), posted.text("name"), scope)
        except AccountError as error:
            return _people_page(accounts, posted.session, problem=error.reason)
        gate.log.write(posted.session.person, "invited", person.login, role=scope.role)
        link = f"{accounts.public_url}{INVITATION}/{token}"
        return _people_page(accounts, posted.session, invited=person.name, link=link)

    @router.get(PEOPLE + "/{person_id:int}")
    def person(person_id: int, session: Session = manager) -> Response:
        return _person_page(accounts, session, person_id)

    @router.post(PEOPLE + "/{person_id:int}")
    def change(person_id: int, posted: Posted = form) -> Response:
        try:
            before = gate.people.get(person_id)
            after = gate.people.change(
                person_id,
                posted.text("name") or before.name,
                _scope(accounts, posted),
                active=posted.text("active") == "1",
            )
        except AccountError as error:
            return _person_page(accounts, posted.session, person_id, error.reason)
        changed = {
            name: [getattr(before, name), getattr(after, name)]
            for name in ("name", "role", "provinces", "fields", "active")
            if getattr(before, name) != getattr(after, name)
        }
        gate.log.write(posted.session.person, "person_changed", after.login, **changed)
        return to(PEOPLE)

    @router.post(PEOPLE + "/{person_id:int}/moi-lai")
    def reinvite(person_id: int, posted: Posted = form) -> Response:
        try:
            person = gate.people.get(person_id)
            token = gate.people.reinvite(person_id)
        except AccountError as error:
            return _people_page(accounts, posted.session, problem=error.reason)
        gate.log.write(posted.session.person, "invited_again", person.login)
        link = f"{accounts.public_url}{INVITATION}/{token}"
        return _people_page(accounts, posted.session, invited=person.name, link=link)


def _people_page(
    accounts: Accounts, session: Session, *, problem: str = "", invited: str = "", link: str = ""
) -> Response:
    return page(
        "people",
        session,
        status=400 if problem else 200,
        people=accounts.gate.people.all(),
        roles=list(Role),
        provinces=PROVINCES,
        fields=accounts.fields(),
        problem=WORDS.say(f"account.{problem}") if problem else "",
        invited=invited,
        link=link,
    )


def _person_page(
    accounts: Accounts, session: Session, person_id: int, problem: str = ""
) -> Response:
    try:
        person = accounts.gate.people.get(person_id)
    except AccountError as error:
        return _people_page(accounts, session, problem=error.reason)
    return page(
        "person",
        session,
        status=400 if problem else 200,
        person=person,
        roles=list(Role),
        provinces=PROVINCES,
        fields=accounts.fields(),
        problem=WORDS.say(f"account.{problem}") if problem else "",
    )


def _scope(accounts: Accounts, posted: Posted) -> Scope:
    """AccountError if the form names no role of ours."""
    try:
        role = Role(posted.text("role"))
    except ValueError:
        raise AccountError("unknown_role") from None
    return Scope(
        role,
        limited_to(posted.texts("provinces"), list(PROVINCES)),
        limited_to(posted.texts("fields"), accounts.fields()),
    )


def _audit_routes(router: APIRouter, gate: Gate) -> None:
    manager = gate.needs(May.MANAGE)

    @router.get(AUDIT)
    def audit(
        truoc: int | None = None,
        muc: str = "",
        nguoi: str = "",
        kiem_tra: bool = False,
        session: Session = manager,
    ) -> Response:
        deeds = gate.log.read(before=truoc, subject=muc, person=nguoi)
        return page(
            "audit",
            session,
            deeds=deeds,
            subject=muc,
            person=nguoi,
            checked=kiem_tra,
            broken=gate.log.broken_at() if kiem_tra else None,
            length=gate.log.length(),
        )
