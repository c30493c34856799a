"""The pages in front of the others: logging in, accepting an invitation, one's own account."""

from __future__ import annotations

from typing import Any

import segno
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from webhook.admin.access import HOME, LOGIN, Gate, Posted, to
from webhook.admin.people import AccountError, Refusal
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.visitors import address

ACCOUNT = f"{HOME}/tai-khoan"
INVITATION = f"{HOME}/loi-moi"


def entrance_router(gate: Gate) -> APIRouter:
    """GET and POST of the log-in page, of an invitation, and of one's own account."""
    router = APIRouter(route_class=FriendlyRoute)
    _log_in_routes(router, gate)
    _invitation_routes(router, gate)
    _account_routes(router, gate)
    return router


def _log_in_routes(router: APIRouter, gate: Gate) -> None:
    own_form = gate.form_for(May.READ)

    @router.get(LOGIN)
    def log_in_page(toi: str = HOME) -> Response:
        return page("log_in", back=toi, login="", wants_code=False, problem="")

    @router.post(LOGIN)
    async def log_in(request: Request) -> Response:
        form = await gate.form(request)
        given = {key: str(form.get(key, ""))[:300] for key in ("login", "password", "code", "toi")}
        return await run_in_threadpool(_log_in, gate, given, address(request))

    @router.post(f"{HOME}/dang-xuat")
    def log_out(posted: Posted = own_form) -> Response:
        gate.log.write(posted.session.person, "log_out", posted.session.person.login)
        return gate.leave(posted.session)


def _log_in(gate: Gate, given: dict[str, str], from_: str) -> Response:
    again: dict[str, Any] = {"back": given["toi"], "login": given["login"]}
    if wait := gate.tries.take(from_):
        problem = WORDS.say("log_in.too_often", seconds=wait)
        return page("log_in", status=429, wants_code=False, problem=problem, **again)
    found = gate.people.log_in(given["login"], given["password"], given["code"])
    if isinstance(found, Refusal):
        if found is not Refusal.CODE_WANTED:
            gate.log.write(None, "log_in_refused", given["login"][:64], why=found.value)
        coded = found in (Refusal.CODE_WANTED, Refusal.WRONG_CODE)
        problem = WORDS.say(f"log_in.{found.value}")
        return page("log_in", status=401, wants_code=coded, problem=problem, **again)
    gate.log.write(found, "log_in", found.login)
    return gate.enter(gate.sessions.begin(found), given["toi"])


def _invitation_routes(router: APIRouter, gate: Gate) -> None:
    @router.get(INVITATION + "/{token}")
    def invitation(token: str) -> Response:
        person = gate.people.invited(token)
        status = 200 if person else 404
        return page("invitation", status=status, person=person, token=token, problem="")

    @router.post(INVITATION + "/{token}")
    async def accept(request: Request, token: str) -> Response:
        form = await gate.form(request)
        given = {key: str(form.get(key, ""))[:300] for key in ("name", "password", "again")}
        return await run_in_threadpool(_accept, gate, token, given)


def _accept(gate: Gate, token: str, given: dict[str, str]) -> Response:
    try:
        if given["password"] != given["again"]:
            raise AccountError("passwords_differ")
        person = gate.people.accept(token, given["name"], given["password"])
    except AccountError as error:
        problem = WORDS.say(f"account.{error.reason}")
        invited = gate.people.invited(token)
        return page("invitation", status=400, person=invited, token=token, problem=problem)
    gate.log.write(person, "invitation_accepted", person.login)
    return gate.enter(gate.sessions.begin(person), HOME)


def _account_routes(router: APIRouter, gate: Gate) -> None:
    reader, own_form = gate.needs(May.READ), gate.form_for(May.READ)

    @router.get(ACCOUNT)
    def account(session: Session = reader, xong: str = "") -> Response:
        done = WORDS.node("account.done").get(xong, "")
        return page("account", session, secret="", qr="", problem="", done=done)

    @router.post(f"{ACCOUNT}/mat-khau")
    def password(posted: Posted = own_form) -> Response:
        session, given = posted.session, posted.text
        try:
            if given("password") != given("again"):
                raise AccountError("passwords_differ")
            gate.people.change_password(session.person.id, given("old"), given("password"))
        except AccountError as error:
            return _problem(session, error)
        gate.sessions.end_others(session)
        gate.log.write(session.person, "password_changed", session.person.login)
        return to(f"{ACCOUNT}?xong=password")

    @router.post(f"{ACCOUNT}/ma")
    def second_factor(posted: Posted = own_form) -> Response:
        session = posted.session
        secret, uri = gate.people.new_secret(session.person)
        return page(
            "account",
            session,
            secret=secret,
            qr=segno.make(uri).svg_inline(scale=5),
            problem="",
            done="",
        )

    @router.post(f"{ACCOUNT}/ma/xac-nhan")
    def confirm(posted: Posted = own_form) -> Response:
        person = posted.session.person
        try:
            gate.people.use_secret(person.id, posted.text("secret"), posted.text("code"))
        except AccountError as error:
            return _problem(posted.session, error)
        gate.log.write(person, "second_factor_on", person.login)
        return to(f"{ACCOUNT}?xong=totp_on")

    @router.post(f"{ACCOUNT}/ma/tat")
    def off(posted: Posted = own_form) -> Response:
        person = posted.session.person
        try:
            gate.people.drop_secret(person.id, posted.text("old"))
        except AccountError as error:
            return _problem(posted.session, error)
        gate.log.write(person, "second_factor_off", person.login)
        return to(f"{ACCOUNT}?xong=totp_off")


def _problem(session: Session, error: AccountError) -> Response:
    problem = WORDS.say(f"account.{error.reason}")
    return page("account", session, status=400, secret="", qr="", problem=problem, done="")
