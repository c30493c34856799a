"""The pages on which Entries are looked up and written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError

from bot.messages import node
from knowledge.load import Library, dump_entry, parse_entry
from knowledge.model import AnyEntry, Procedure
from knowledge.proposals import (
    Proposal,
    ProposalError,
    Proposals,
    SomebodyElseWrote,
    State,
    applied,
    check,
    has_moved,
)
from knowledge.wording import fold
from webhook import site
from webhook.admin import fields
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.form_view import FormView, in_words
from webhook.admin.preview import Preview, preview
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.site import Published

ENTRIES = f"{HOME}/muc"
WRITE = f"{HOME}/soan"
SHOWN = 60
"""Entries on one page of the list."""

_ADD = re.compile(r"them:[a-z_]+(\.[a-z_0-9]+)*", re.ASCII)


@dataclass(frozen=True)
class Desk:
    """What these pages work with."""

    gate: Gate
    known: Callable[[], Published]
    proposals: Proposals
    public_url: str

    @property
    def library(self) -> Library:
        """What is published."""
        return self.known().edition.library


def writing_router(desk: Desk) -> APIRouter:
    """The list of Entries, and the form of one."""
    router = APIRouter(route_class=FriendlyRoute)
    _list_routes(router, desk)
    _form_routes(router, desk)
    return router


def _list_routes(router: APIRouter, desk: Desk) -> None:
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.EDIT)

    @router.get(ENTRIES)
    def entries(q: str = "", loai: str = "", tu: int = 0, session: Session = reader) -> Response:
        found = [entry for entry in desk.library if _matches(entry, q, loai)]
        start = max(0, tu)
        return page(
            "entries",
            session,
            entries=found[start : start + SHOWN],
            total=len(found),
            start=start,
            following=start + SHOWN if start + SHOWN < len(found) else None,
            query=q,
            kind=loai,
            kinds=list(fields.FORMS),
            open={proposal.entry_id: proposal for proposal in desk.proposals.all()},
            problem="",
        )

    @router.post(ENTRIES)
    def begin_new(posted: Posted = form) -> Response:
        kind, title = posted.text("kind"), posted.text("title")
        entry_id = id_for(title, desk.library)
        if kind not in fields.FORMS or not entry_id:
            raise HTTPException(404)
        body = {"kind": kind, "id": entry_id, "title": title}
        new = desk.proposals.begin(entry_id, body, None, posted.session.person.login)
        desk.gate.log.write(posted.session.person, "writing_begun", entry_id)
        return to(f"{WRITE}/{new.id}")

    @router.post(ENTRIES + "/{entry_id}/soan")
    def begin(entry_id: str, posted: Posted = form) -> Response:
        entry = desk.library.entries.get(entry_id)
        if entry is None:
            raise HTTPException(404)
        _check_scope(posted.session, entry)
        body = dump_entry(entry)
        found = desk.proposals.begin(entry_id, body, entry, posted.session.person.login)
        if found.revision == 1:
            desk.gate.log.write(posted.session.person, "writing_begun", entry_id)
        return to(f"{WRITE}/{found.id}")


def _matches(entry: AnyEntry, query: str, kind: str) -> bool:
    if kind and entry.kind != kind:
        return False
    names = [entry.id, entry.title, *entry.aliases]
    if isinstance(entry, Procedure):
        names += [entry.code or "", entry.field]
    words = fold(query).split()
    text = fold(" ".join(names))
    return all(word in text for word in words)


def id_for(title: str, library: Library) -> str:
    """An id that no Entry has yet, made of a title's words; empty if it has none."""
    words = re.findall(r"[a-z0-9]+", fold(title))
    start = "-".join(words)[:36].strip("-")
    if not start:
        return ""
    taken = library.entries
    numbers = (f"{start}-{number}" for number in range(2, 100))
    return next((i for i in (start, *numbers) if i not in taken), "")


def _check_scope(session: Session, entry: AnyEntry) -> None:
    if not session.person.may_edit(entry):
        raise HTTPException(403)


def _form_routes(router: APIRouter, desk: Desk) -> None:
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.EDIT)

    @router.get(WRITE + "/{proposal_id:int}")
    def write(proposal_id: int, xong: str = "", session: Session = reader) -> Response:
        proposal = _find(desk, proposal_id)
        done = WORDS.node("write.done").get(xong, "")
        return _form_page(desk, session, proposal, done=done)

    @router.get(WRITE + "/{proposal_id:int}/xem")
    def look(proposal_id: int, phan: str = "", session: Session = reader) -> Response:
        proposal = _find(desk, proposal_id)
        return HTMLResponse(
            site.render(
                "admin/_preview.html",
                t=WORDS.say,
                proposal=proposal,
                preview=_preview(desk, proposal, phan),
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
            return _form_page(desk, posted.session, proposal, problem=problem, status=409)


def _find(desk: Desk, proposal_id: int) -> Proposal:
    try:
        return desk.proposals.get(proposal_id)
    except ProposalError:
        raise HTTPException(404) from None


def _check_write(desk: Desk, session: Session, proposal: Proposal) -> None:
    """403 if the person is not for the Entry as it is published, or as it is being written."""
    if before := desk.library.entries.get(proposal.entry_id):
        _check_scope(session, before)
    elif session.person.provinces or session.person.fields:
        entry = _entry(proposal)
        if entry is not None:
            _check_scope(session, entry)


def _save(desk: Desk, proposal: Proposal, posted: Posted) -> Proposal:
    sent = {name: posted.texts(name) for name in posted.form}
    body = fields.read(str(proposal.body["kind"]), sent, proposal.body)
    rows = fields.read_sources(sent, _known_sources(proposal, desk.library))
    deed, _, name = posted.text("lam").partition(":")
    if deed in ("bo", "len"):
        _move({**body, "sources": rows}, deed, name)
    if deed == "nguon":
        rows += _known_source(desk.library, posted.text("nguon"), rows)
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


def _known_source(library: Library, given: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    key = given.partition("|")[0].strip()
    source = library.sources.get(key)
    if source is None or key in {row["id"] for row in rows}:
        return []
    return [source.model_dump(mode="json", exclude_none=True)]


def _go_on(desk: Desk, saved: Proposal, posted: Posted, deed: str) -> Response:
    person = posted.session.person
    here = f"{WRITE}/{saved.id}"
    what, _, name = deed.partition(":")
    if what == "them" and _ADD.fullmatch(deed):
        return _form_page(desk, posted.session, saved, blank=(name,))
    if what in ("bo", "len"):
        return _form_page(desk, posted.session, saved, opened=(name.rpartition(".")[0],))
    if what == "thoi":
        desk.proposals.drop(saved.id, saved.revision)
        desk.gate.log.write(person, "writing_dropped", saved.entry_id)
        return to(ENTRIES)
    if what == "gui":
        if troubles := check(saved, desk.library):
            return _form_page(desk, posted.session, saved, troubles=in_words(troubles), status=400)
        desk.proposals.submit(saved.id, saved.revision, posted.text("note"))
        desk.gate.log.write(person, "sent_to_review", saved.entry_id)
        return to(f"{HOME}/duyet/{saved.id}")
    return to(f"{here}?xong={'nguon' if what == 'nguon' else 'luu'}")


def _autosaved(desk: Desk, saved: Proposal) -> Response:
    at = saved.written_at.astimezone(site.VIETNAM)
    return JSONResponse(
        {
            "revision": saved.revision,
            "at": f"{at:%H:%M:%S}",
            "troubles": in_words(check(saved, desk.library)),
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
            "sources": tuple(fields.read_sources(sent, _known_sources(newest, desk.library))),
        }
    )
    problem = WORDS.say("write.conflict", name=newest.written_by)
    return _form_page(desk, posted.session, mine, problem=problem, status=409)


def _form_page(
    desk: Desk,
    session: Session,
    proposal: Proposal,
    *,
    problem: str = "",
    done: str = "",
    troubles: dict[str, list[str]] | None = None,
    blank: tuple[str, ...] = (),
    opened: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    library = desk.library
    sources = _sources(proposal, library)
    used = _used(proposal)
    if troubles is None and proposal.revision > 1 and not blank:
        troubles = in_words(check(proposal, library))
    view = FormView(
        sources=[(source["id"], str(source.get("title", ""))) for source in sources],
        troubles=troubles or {},
        blank=blank,
        opened=opened,
        lists={"field": sorted({e.field for e in library if isinstance(e, Procedure)})},
    )
    return page(
        "write",
        session,
        status=status,
        proposal=proposal,
        fields=fields.FORMS[str(proposal.body["kind"])],
        source_fields=fields.SOURCE,
        sources=sources,
        used=used,
        known_sources=[
            (source.id, source.title)
            for source in library.sources.values()
            if source.id not in {row["id"] for row in sources}
        ],
        x=view,
        moved=has_moved(proposal, library),
        preview=_preview(desk, proposal, ""),
        facets=node("facets"),
        problem=problem,
        done=done,
    )


def _known_sources(proposal: Proposal, library: Library) -> dict[str, dict[str, Any]]:
    """All Sources there are, as the Proposal has them or else as they are published."""
    published = {
        source.id: source.model_dump(mode="json", exclude_none=True)
        for source in library.sources.values()
    }
    return {**published, **{str(row["id"]): row for row in proposal.sources}}


def _used(proposal: Proposal) -> set[str]:
    """Ids of the Sources that something in the body names."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.update(value.get("sources", ()))
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for child in value:
                walk(child)

    walk(proposal.body)
    return found


def _sources(proposal: Proposal, library: Library) -> list[dict[str, Any]]:
    """The Entry's own list: those it names, in their order in the library, then what was added."""
    own = {str(row["id"]): dict(row) for row in proposal.sources}
    for key in sorted(_used(proposal)):
        if key not in own and key in library.sources:
            own[key] = library.sources[key].model_dump(mode="json", exclude_none=True)
    return list(own.values())


def _entry(proposal: Proposal) -> AnyEntry | None:
    try:
        return parse_entry(proposal.body)
    except ValidationError:
        return None


def _preview(desk: Desk, proposal: Proposal, facet: str) -> Preview | None:
    """None while the body is no Entry yet."""
    if proposal.state is State.DROPPED or check(proposal, desk.library):
        return None
    library = applied(desk.library, [proposal])
    entry, edition = library.entries[proposal.entry_id], desk.known().edition.number + 1
    return preview(entry, library, edition, facet, desk.public_url)
