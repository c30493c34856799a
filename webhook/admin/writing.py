"""The pages on which Entries are written."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError

from bot.messages import node
from knowledge.clock import VIETNAM, today
from knowledge.load import Library, parse_entry
from knowledge.model import AnyEntry
from knowledge.proposals import Proposal, ProposalError, SomebodyElseWrote, check
from webhook import site
from webhook.admin import fields
from webhook.admin.access import HOME, Posted, to
from webhook.admin.desk import ENTRIES, WRITE, Desk
from webhook.admin.form_page import alike_html, form_page, known_sources, preview_of
from webhook.admin.form_view import in_words
from webhook.admin.preview import Asked
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute
from webhook.admin.words import WORDS

_ADD = re.compile(r"them:[a-z_]+(\.[a-z_0-9]+)*", re.ASCII)


def writing_router(desk: Desk) -> APIRouter:
    """The form of an Entry."""
    router = APIRouter(route_class=FriendlyRoute)
    _form_routes(router, desk)
    return router


def check_scope(session: Session, entry: AnyEntry) -> None:
    """403 if the person may not write this Entry."""
    if not session.person.may_edit(entry):
        raise HTTPException(403)


def _form_routes(router: APIRouter, desk: Desk) -> None:
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.EDIT)

    @router.get(WRITE + "/{proposal_id:int}")
    def write(
        proposal_id: int, request: Request, xong: str = "", session: Session = reader
    ) -> Response:
        proposal = _find(desk, proposal_id)
        done = WORDS.node("write.done").get(xong, "")
        asked = Asked.of(request.query_params)
        return form_page(desk, session, proposal, done=done, asked=asked)

    @router.get(WRITE + "/{proposal_id:int}/xem")
    def look(proposal_id: int, request: Request, session: Session = reader) -> Response:
        proposal = _find(desk, proposal_id)
        return HTMLResponse(
            site.render(
                "admin/_preview.html",
                t=WORDS.say,
                proposal=proposal,
                preview=preview_of(desk, proposal, Asked.of(request.query_params)),
                facets=node("facets"),
            )
        )

    @router.post(WRITE + "/{proposal_id:int}")
    def save(proposal_id: int, posted: Posted = form) -> Response:
        proposal = _find(desk, proposal_id)
        _check_write(desk, posted.session, proposal)
        deed = posted.text("lam")
        try:
            saved = _save(desk, proposal, posted)
            if deed == "tu-luu":
                return _autosaved(desk, saved)
            return _go_on(desk, saved, posted, deed)
        except SomebodyElseWrote as error:
            return _conflict(desk, posted, error.newest, deed)
        except ProposalError as error:
            if deed == "tu-luu":
                return JSONResponse({"problem": WORDS.say(f"write.{error.reason}")}, 409)
            problem = WORDS.say(f"write.{error.reason}")
            return form_page(desk, posted.session, proposal, problem=problem, status=409)


def _find(desk: Desk, proposal_id: int) -> Proposal:
    try:
        return desk.proposals.get(proposal_id)
    except ProposalError:
        raise HTTPException(404) from None


def _check_write(desk: Desk, session: Session, proposal: Proposal) -> None:
    """403 if the person is not for the Entry as it is published, or as it is being written."""
    if before := desk.library.entries.get(proposal.entry_id):
        check_scope(session, before)
    elif session.person.provinces or session.person.fields:
        try:
            check_scope(session, parse_entry(proposal.body))
        except ValidationError:
            return  # not an Entry yet; before it is published somebody else looks


def _save(desk: Desk, proposal: Proposal, posted: Posted) -> Proposal:
    sent = {name: posted.texts(name) for name in posted.form}
    body = fields.read(str(proposal.body["kind"]), sent, proposal.body)
    rows = fields.read_sources(sent, known_sources(proposal, desk.library))
    deed, _, name = posted.text("lam").partition(":")
    if deed in ("bo", "len"):
        _move({**body, "sources": rows}, deed, name)
    if deed == "nguon":
        rows += _known_source(desk.library, name, rows)
    if deed == "doi-chieu":
        for fact in fields.unchecked(body):
            fact["checked_on"] = str(today())
    revision = posted.text("revision")
    number = int(revision) if revision.isdecimal() else 0
    return desk.proposals.save(proposal.id, number, posted.session.person.login, body, rows)


def _move(body: dict[str, Any], deed: str, name: str) -> None:
    """Take a row out ("bo"), or let it change places with the one before ("len")."""
    path, _, last = name.rpartition(".")
    rows = _rows_at(body, path.split("."))
    at = int(last) if last.isdecimal() else len(rows)
    if at >= len(rows):
        return
    if deed == "bo":
        del rows[at]
    elif at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]


def _rows_at(body: Any, path: list[str]) -> list[Any]:
    """The list at a path of a body; an empty one of its own if there is none."""
    for part in path:
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return []
    return body if isinstance(body, list) else []


def _known_source(library: Library, key: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    source = library.sources.get(key)
    if source is None or key in {row["id"] for row in rows}:
        return []
    return [source.model_dump(mode="json", exclude_none=True)]


def _go_on(desk: Desk, saved: Proposal, posted: Posted, deed: str) -> Response:
    person = posted.session.person
    here = f"{WRITE}/{saved.id}"
    what, _, name = deed.partition(":")
    if what == "them" and _ADD.fullmatch(deed):
        return form_page(desk, posted.session, saved, blank=(name,))
    if what == "tim-nguon":
        return form_page(desk, posted.session, saved, wanted=posted.text("nguon"))
    if what in ("bo", "len"):
        return form_page(desk, posted.session, saved, opened=(name.rpartition(".")[0],))
    if what == "thoi":
        desk.proposals.drop(saved.id, saved.revision)
        desk.gate.log.write(person, "writing_dropped", saved.entry_id)
        return to(ENTRIES)
    if what == "gui":
        if troubles := check(saved, desk.library):
            return form_page(desk, posted.session, saved, troubles=in_words(troubles), status=400)
        desk.proposals.submit(saved.id, saved.revision, posted.text("note"))
        desk.gate.log.write(person, "sent_to_review", saved.entry_id)
        return to(f"{HOME}/duyet/{saved.id}")
    done = what if what in ("nguon", "doi-chieu") else "luu"
    return to(f"{here}?xong={done}")


def _autosaved(desk: Desk, saved: Proposal) -> Response:
    at = saved.written_at.astimezone(VIETNAM)
    return JSONResponse(
        {
            "revision": saved.revision,
            "at": f"{at:%H:%M:%S}",
            "troubles": in_words(check(saved, desk.library)),
            "alike": alike_html(desk, saved),
        }
    )


def _conflict(desk: Desk, posted: Posted, newest: Proposal, deed: str) -> Response:
    """Somebody else wrote meanwhile: what was sent is shown again, unsaved, beside what they
    wrote, and saving it again is a decision."""
    if deed == "tu-luu":
        return JSONResponse({"problem": WORDS.say("write.somebody_else_wrote")}, 409)
    sent = {name: posted.texts(name) for name in posted.form}
    mine = newest.model_copy(
        update={
            "body": fields.read(str(newest.body["kind"]), sent, newest.body),
            "sources": tuple(fields.read_sources(sent, known_sources(newest, desk.library))),
        }
    )
    problem = WORDS.say("write.conflict", name=newest.written_by)
    return form_page(desk, posted.session, mine, problem=problem, status=409)
