"""The page on which a file becomes drafts. Nothing of it is published before two people have read
it: each draft is a Proposal like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fastapi import APIRouter, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from bot.messages import say
from bot.protect import mask
from knowledge.documents.blocks import Unreadable
from knowledge.documents.draft import Draft, Left, Origin, source_of
from knowledge.load import Library, dump_entry
from knowledge.model import Procedure
from knowledge.places import PROVINCES
from knowledge.proposals import Proposal, State
from webhook.admin.access import HOME, Posted
from webhook.admin.desk import Desk
from webhook.admin.entries import id_for
from webhook.admin.reading import read_upload
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

UPLOAD = f"{HOME}/tai-len"


@dataclass(frozen=True)
class Made:
    """What became of one procedure of a file."""

    proposal: Proposal | None
    """None: the person may not write it."""
    title: str
    known: bool
    """Whether there is an Entry of this code: its draft stays as it is, the text stands beside."""


class _Fault(Exception):
    """A field of the form is wrong; the key of a sentence."""


def upload_router(desk: Desk) -> APIRouter:
    """GET and POST /quan-tri/tai-len."""
    router = APIRouter(route_class=FriendlyRoute)
    editor, form = desk.gate.needs(May.EDIT), desk.gate.form_for(May.EDIT)

    @router.get(UPLOAD)
    def ask(session: Session = editor) -> Response:
        return _page(session)

    @router.post(UPLOAD)
    def take(posted: Posted = form) -> Response:
        session = posted.session
        try:
            file, origin = _file(posted), _origin(posted)
            drafts = read_upload(file.file, file.filename or "", origin)
        except _Fault as fault:
            return _page(session, posted, problem=f"upload.{fault}")
        except Unreadable as error:
            desk.gate.log.write(session.person, "upload_refused", error.why, file=_name(file))
            return _page(session, posted, problem=f"upload.why.{error.why}")
        made = [_begin(desk, session, draft, _name(file)) for draft in drafts]
        desk.gate.log.write(
            session.person,
            "uploaded",
            origin.title,
            file=_name(file),
            entries=[one.proposal.entry_id for one in made if one.proposal],
        )
        return _page(session, made=made)

    return router


def _page(
    session: Session, posted: Posted | None = None, *, problem: str = "", made: Sequence[Made] = ()
) -> Response:
    given = {key: posted.text(key) if posted else "" for key in ("title", "day", "province", "url")}
    return page(
        "upload",
        session,
        status=400 if problem else 200,
        problem=WORDS.say(problem) if problem else "",
        provinces=PROVINCES,
        given=given,
        made=made,
    )


def _file(posted: Posted) -> UploadFile:
    file = posted.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise _Fault("no_file")
    return file


def _name(file: UploadFile) -> str:
    """The file's name as it may be kept: people put numbers of identity cards into names."""
    return mask(Path(file.filename or "").name)[:120]


def _origin(posted: Posted) -> Origin:
    province = posted.text("province")
    try:
        origin = Origin(
            title=posted.text("title"),
            as_of=date.fromisoformat(posted.text("day")),
            province=province if province in PROVINCES else None,
            url=posted.text("url") or None,
        )
        source_of(origin)
    except ValidationError as error:
        raise _Fault("bad_url" if error.errors()[0]["loc"] == ("url",) else "bad_title") from None
    except ValueError:
        raise _Fault("bad_day") from None
    return origin


def _begin(desk: Desk, session: Session, draft: Draft, name: str) -> Made:
    """A Proposal of a draft. Where there is an Entry of its code, two lists of papers would be read
    as one long one: the file's text stands beside the form, and somebody compares."""
    library, by = desk.library, session.person.login
    entry = _of_code(library, str(draft.body.get("code", "")))
    if entry is not None:
        if not session.person.may_edit(entry):
            return Made(None, entry.title, True)
        proposal = desk.proposals.begin(entry.id, dump_entry(entry), entry, by)
        if proposal.state is State.WRITING and draft.source not in proposal.sources:
            known = [*proposal.sources, draft.source]
            proposal = desk.proposals.save(proposal.id, proposal.revision, by, proposal.body, known)
        desk.uploads.keep(proposal.id, name, (*_as_text(draft), *draft.left), by)
        return Made(proposal, entry.title, True)
    entry_id = _free_id(desk, draft.title)
    body = {**draft.body, "id": entry_id}
    begun = desk.proposals.begin(entry_id, body, None, by)
    proposal = desk.proposals.save(begun.id, begun.revision, by, body, [draft.source])
    desk.uploads.keep(proposal.id, name, draft.left, by)
    return Made(proposal, draft.title, False)


def _of_code(library: Library, code: str) -> Procedure | None:
    procedures = (entry for entry in library if isinstance(entry, Procedure))
    return next((entry for entry in procedures if code and entry.code == code), None)


def _free_id(desk: Desk, title: str) -> str:
    """An id that no Entry has, and no Proposal that is being written."""
    taken = {**desk.library.entries, **dict.fromkeys(desk.proposals.states())}
    return id_for(title, taken) or id_for(WORDS.say("upload.unnamed"), taken)


def _as_text(draft: Draft) -> list[Left]:
    """What the file says, facet by facet."""
    return [
        (say(f"facets.{facet}"), tuple(_line(fact) for fact in facts))
        for facet, facts in draft.body.get("facts", {}).items()
    ]


def _line(fact: Mapping[str, str]) -> str:
    condition = fact.get("condition")
    return f"{condition}: {fact['text']}" if condition else fact["text"]
