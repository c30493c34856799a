"""Two Editions beside each other, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from knowledge.store import Change, UnknownEdition
from webhook.admin.difference import Difference, differences
from webhook.admin.press import Press
from webhook.admin.reviewing import EDITIONS
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page

SHOWN = 60
"""Entries and Sources laid out; an import changes thousands, which are only counted."""


@dataclass(frozen=True)
class Changed:
    """An Entry or a Source that is not the same."""

    item_id: str
    title: str
    kind: str
    """ "entry" or "source"."""
    fate: str
    """ "new", "gone" or "changed"."""
    differences: list[Difference]
    """Nothing for one that is new or gone."""


def compare_router(press: Press) -> APIRouter:
    """Any two Editions."""
    router = APIRouter(route_class=FriendlyRoute)
    reader = press.desk.gate.needs(May.READ)

    @router.get(EDITIONS + "/so-sanh")
    def compare(truoc: int, sau: int, session: Session = reader) -> Response:
        try:
            changes, total = press.editions.changes(truoc, sau, SHOWN)
        except UnknownEdition:
            raise HTTPException(404) from None
        return page(
            "compare",
            session,
            before=truoc,
            after=sau,
            changed=[_changed(change) for change in changes],
            total=total,
        )

    return router


def _changed(change: Change) -> Changed:
    body: dict[str, Any] = change.after or change.before or {}
    both = change.before is not None and change.after is not None
    fate = "changed" if both else "gone" if change.after is None else "new"
    found = differences(change.before or {}, change.after or {}) if both else []
    title = str(body.get("title", change.item_id))
    return Changed(change.item_id, title, change.kind, fate, found)
