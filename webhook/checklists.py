"""A list of papers with somebody's ticks, to be printed or shown at the counter:
/giay-to/<id>/<marks>. All of it stands in the address; nothing is kept, and nobody is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from bot.checklist.lines import SIGNS, Lines, how_many
from bot.checklist.marks import Marks, Standing, read, standing
from bot.compose import Composer, day
from bot.messages import say
from bot.model import Status
from knowledge import clock
from knowledge.model import Facet, Procedure
from knowledge.pages import CHECKLISTS, checklist_of, page_of
from knowledge.places import Place
from knowledge.store import Edition
from webhook.pages import qr_svg
from webhook.record import Line, lines_of
from webhook.settings import Settings
from webhook.site import Published, not_found, render

_HEADERS = {"cache-control": "private, no-cache", "x-robots-tag": "noindex"}


@dataclass(frozen=True)
class Ticked:
    """A paper as the page shows it."""

    number: int
    sign: str
    state: str
    """The sign in words."""
    line: Line


def checklists_router(
    current: Callable[[], Published],
    settings: Settings,
    today: Callable[[], date] = clock.today,
) -> APIRouter:
    """GET /giay-to/{id} and /giay-to/{id}/{marks}, marks as `bot.checklist.marks` writes them;
    `noi` is a Place as its `str` writes it."""
    router = APIRouter()

    def page(request: Request, entry_id: str, marks: str = "", noi: str = "") -> Response:
        kiosk = request.query_params.get("quay") == "1"
        edition = current().edition
        entry, ticked = edition.library.entries.get(entry_id), read(marks)
        if not isinstance(entry, Procedure) or ticked is None:
            return not_found(kiosk)
        place = Place.parse(noi)
        lines = Lines(Composer(edition.library, edition.number, today()), place, today())
        shown = _shown(entry, ticked, lines, edition)
        if not shown["papers"]:
            return not_found(kiosk)
        address = settings.public_url + checklist_of(entry, marks, place)
        html = render(
            "checklist.html", kiosk=kiosk, entry=entry, url=address, qr=qr_svg(address), **shown
        )
        return HTMLResponse(html, headers=_HEADERS)

    router.add_api_route(CHECKLISTS + "/{entry_id}", page)
    router.add_api_route(CHECKLISTS + "/{entry_id}/{marks:path}", page)
    return router


def _shown(entry: Procedure, marks: Marks, lines: Lines, edition: Edition) -> dict[str, Any]:
    """What the page's template needs of a list."""
    papers = lines.papers(entry)
    stand = standing(papers, marks)
    where = lines.composer.here(entry, Facet.WHERE, lines.place)
    facts = [*papers.facts, *where]
    told, sources = lines_of(facts, edition.library, lines.today)
    count = len(stand.papers)
    beside = count + len(papers.remarks)
    parts = (
        ("checklist.page.remarks", told[count:beside]),
        ("facets.form", told[beside : len(papers.facts)]),
        ("facets.where", told[len(papers.facts) :]),
    )
    said = say("checklist.page.summary", have=stand.have, count=count, state=how_many(stand))
    facets = (Facet.DOCUMENTS,)
    warned = lines.composer.part(Status.ANSWERED_CHECKLIST, entry, (), facts, (), facets)
    return {
        "summary": said,
        "papers": list(_ticked(stand, told[:count])),
        "parts": [(say(key), lines) for key, lines in parts if lines],
        "warnings": [line for block in warned.blocks for line in block.lines],
        "stale": len(stand.marks) < len(marks),
        "sources": sources,
        "record": page_of(entry),
        "checked": day(min((fact.checked_on for fact in facts), default=lines.today)),
        "edition": edition.number,
    }


def _ticked(stand: Standing, lines: tuple[Line, ...]) -> Iterator[Ticked]:
    for number, (paper, line) in enumerate(zip(stand.papers, lines, strict=True), 1):
        mark = stand.mark(paper)
        state = mark or "missing"
        yield Ticked(number, SIGNS[mark], say(f"checklist.page.states.{state}"), line)
