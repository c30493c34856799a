"""The form of an Entry as a page: what stands in it and beside it."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from bot.messages import node
from knowledge.load import Library
from knowledge.model import Procedure, Source
from knowledge.places import PROVINCES
from knowledge.proposals import Proposal, State, applied, check, has_moved
from knowledge.wording import fold
from webhook import site
from webhook.admin import fields
from webhook.admin.alike import FIELDS
from webhook.admin.desk import Desk
from webhook.admin.form_view import FormView, in_words
from webhook.admin.preview import ANYBODY, Asked, Preview, preview
from webhook.admin.sessions import Session
from webhook.admin.view import page
from webhook.admin.words import WORDS

MOST_FOUND = 20
"""Sources that a search for one shows."""


def form_page(
    desk: Desk,
    session: Session,
    proposal: Proposal,
    *,
    problem: str = "",
    done: str = "",
    troubles: dict[str, list[str]] | None = None,
    blank: tuple[str, ...] = (),
    opened: tuple[str, ...] = (),
    wanted: str | None = None,
    asked: Asked = ANYBODY,
    status: int = 200,
) -> Response:
    """`wanted` are words of the title of a Source that somebody looks for."""
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
        alike=alike_html(desk, proposal),
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
        wanted=wanted,
        found=_found(library, wanted or "", {row["id"] for row in sources}),
        x=view,
        moved=has_moved(proposal, library),
        preview=preview_of(desk, proposal, asked),
        uploads=desk.uploads.of(proposal.id),
        unchecked=len(fields.unchecked(proposal.body)),
        facets=node("facets"),
        provinces=[province.name for province in PROVINCES.values()],
        problem=problem,
        done=done,
    )


def _found(library: Library, wanted: str, taken: set[str]) -> list[Source]:
    """Published Sources with all the words in their title, shortest title first."""
    words = fold(wanted).split()
    if not words:
        return []
    fitting = [
        source
        for source in library.sources.values()
        if source.id not in taken and all(word in fold(source.title) for word in words)
    ]
    return sorted(fitting, key=lambda source: len(source.title))[:MOST_FOUND]


def known_sources(proposal: Proposal, library: Library) -> dict[str, dict[str, Any]]:
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


def preview_of(desk: Desk, proposal: Proposal, asked: Asked) -> Preview | None:
    """None while the body is no Entry yet."""
    if proposal.state is State.DROPPED or check(proposal, desk.library):
        return None
    library = applied(desk.library, [proposal])
    entry, edition = library.entries[proposal.entry_id], desk.known().edition.number + 1
    return preview(entry, library, edition, asked, desk.public_url)


def alike_html(desk: Desk, proposal: Proposal) -> dict[str, str]:
    """By field: what stands beside it of ways of asking that lead somewhere already, as HTML."""
    found = desk.ways.alike(proposal.entry_id, proposal.body, desk.library)
    return {
        field: site.render(
            "admin/_alike.html",
            t=WORDS.say,
            own=proposal.entry_id,
            likenesses=found.get(field, ()),
        )
        for field in FIELDS
    }
