"""The page on which Entries are looked up, and from which they are written."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from fastapi import APIRouter, HTTPException, Response

from knowledge.load import Library, dump_entry
from knowledge.model import AnyEntry, Procedure
from knowledge.wording import fold
from webhook.admin import fields
from webhook.admin.access import Posted, to
from webhook.admin.desk import ENTRIES, WRITE, Desk
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.writing import check_scope

SHOWN = 60
"""Entries on one page of the list."""


class Names:
    """The Entries of a library by the words of their names. Thousands of names are folded once for
    each library, not for each page."""

    def __init__(self) -> None:
        self._made: tuple[Library | None, Sequence[tuple[AnyEntry, str, str]]] = (None, ())

    def find(self, library: Library, query: str, kind: str) -> list[AnyEntry]:
        """Those of a kind ("": any) with all the words, with or without diacritics; those that are
        called so first."""
        text = " ".join(fold(query).split())
        words = text.split()
        found = [
            (text not in title, entry)
            for entry, title, names in self._of(library)
            if kind in ("", entry.kind) and all(word in names for word in words)
        ]
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

    def _of(self, library: Library) -> Sequence[tuple[AnyEntry, str, str]]:
        known, made = self._made
        if known is not library:
            made = [(entry, fold(entry.title), fold(_names(entry))) for entry in library]
            self._made = (library, made)
        return made


def _names(entry: AnyEntry) -> str:
    names = [entry.title, entry.id, *entry.aliases]
    if isinstance(entry, Procedure):
        names += [entry.full_name, entry.code or "", entry.field]
    return "\n".join(names)


def entries_router(desk: Desk) -> APIRouter:
    """The list of Entries, and the buttons with which writing begins."""
    router = APIRouter(route_class=FriendlyRoute)
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.EDIT)
    names = Names()

    @router.get(ENTRIES)
    def entries(q: str = "", loai: str = "", tu: int = 0, session: Session = reader) -> Response:
        found = names.find(desk.library, q, loai)
        start = max(0, min(tu, len(found)))
        return page(
            "entries",
            session,
            entries=found[start : start + SHOWN],
            total=len(found),
            start=start,
            step=SHOWN,
            query=q,
            kind=loai,
            kinds=list(fields.FORMS),
            states=desk.proposals.states(),
            problem="",
        )

    @router.post(ENTRIES)
    def begin_new(posted: Posted = form) -> Response:
        kind, title = posted.text("kind"), posted.text("title")
        entry_id = id_for(title, desk.library.entries)
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
        check_scope(posted.session, entry)
        found = desk.proposals.begin(
            entry_id, dump_entry(entry), entry, posted.session.person.login
        )
        if found.revision == 1:
            desk.gate.log.write(posted.session.person, "writing_begun", entry_id)
        return to(f"{WRITE}/{found.id}")

    return router


def id_for(title: str, taken: Container[str]) -> str:
    """An id for a new Entry, made of its title; "" if the title has no letters."""
    words = re.findall(r"[a-z0-9]+", fold(title))
    start = "-".join(words)[:36].strip("-")
    if not start:
        return ""
    numbers = (f"{start}-{number}" for number in range(2, 100))
    return next((i for i in (start, *numbers) if i not in taken), "")
