"""The page of Entries that are due for checking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from knowledge.load import dump_entry
from knowledge.proposals import Proposal, ProposalError, State, check
from webhook.admin.access import HOME, Posted, to
from webhook.admin.desk import WRITE, Desk
from webhook.admin.due_list import DueList, Reason
from webhook.admin.reviewing import REVIEW
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

DUE = f"{HOME}/den-han"
SHOWN = 40
"""Entries on one page."""


def due_router(desk: Desk, today: Callable[[], date]) -> APIRouter:
    """The list, and the button that says an Entry was checked again."""
    router = APIRouter(route_class=FriendlyRoute)
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.EDIT)
    worked_out = DueList()

    @router.get(DUE)
    def due(ly_do: str = "", loai: str = "", tu: int = 0, session: Session = reader) -> Response:
        edition, person, start = desk.known().edition, session.person, max(0, tu)
        found = [
            each
            for each in worked_out.of(edition.library, edition.number, today())
            if (not ly_do or ly_do in each.reasons)
            and (not loai or each.entry.kind == loai)
            and (not _is_limited(person) or person.may_edit(each.entry))
        ]
        return page(
            "due",
            session,
            due=found[start : start + SHOWN],
            total=len(found),
            following=start + SHOWN if start + SHOWN < len(found) else None,
            reasons=list(Reason),
            reason=ly_do if ly_do in set(Reason) else "",
            kind=loai if loai in WORDS.node("kinds") else "",
            open={proposal.entry_id: proposal for proposal in desk.proposals.all()},
        )

    @router.post(DUE + "/{entry_id}")
    def checked(entry_id: str, posted: Posted = form) -> Response:
        entry, person = desk.library.entries.get(entry_id), posted.session.person
        if entry is None:
            raise HTTPException(404)
        if not person.may_edit(entry):
            raise HTTPException(403)
        begun = desk.proposals.begin(entry_id, dump_entry(entry), entry, person.login)
        day = today().isoformat()
        body = _checked(begun.body, day)
        saved = desk.proposals.save(begun.id, begun.revision, person.login, body, begun.sources)
        desk.gate.log.write(person, "checked_again", entry_id, day=day)
        return to(_submitted(desk, person, begun, saved))

    return router


def _is_limited(person: Person) -> bool:
    return bool(person.provinces or person.fields)


def _submitted(desk: Desk, person: Person, begun: Proposal, saved: Proposal) -> str:
    """Where to go on. What nobody else was writing in goes to review at once."""
    alone = begun.revision == 1 and begun.writers == (person.login,)
    if alone and saved.state is State.WRITING and not check(saved, desk.library):
        try:
            desk.proposals.submit(saved.id, saved.revision, WORDS.say("due.note"))
        except ProposalError:  # somebody began to write in it this very moment
            return f"{WRITE}/{saved.id}"
        desk.gate.log.write(person, "sent_to_review", saved.entry_id)
        return f"{REVIEW}/{saved.id}"
    return f"{WRITE}/{saved.id}"


def _checked(value: Any, day: str) -> Any:
    """A body with this day in all its Facts."""
    if isinstance(value, list):
        return [_checked(child, day) for child in value]
    if not isinstance(value, dict):
        return value
    new = {key: _checked(child, day) for key, child in value.items()}
    return {**new, "checked_on": day} if "checked_on" in new else new
