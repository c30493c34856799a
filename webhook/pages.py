"""Public pages of the Entries, their list, and QR codes that lead to them.

The only file that knows segno.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from bot.messages import say
from knowledge import clock
from knowledge.model import AnyEntry, Guide, Lesson, Procedure
from knowledge.pages import PATHS, leaflet_of, page_of
from knowledge.store import Edition
from knowledge.wording import fold
from webhook.channels.telegram.links import entry_link
from webhook.record import linked_data, sheet
from webhook.settings import Settings
from webhook.site import VERSION, Published, not_found, render

ASK = "hoi"
"""The kind of QR code that opens the chat at an Entry, instead of its page."""
TELEGRAM = "telegram"
"""The kind of QR code that opens the bot on Telegram at an Entry."""

KEEP_PAGE = "public, max-age=60"
"""Short: what is withdrawn must be gone within a minute. Afterwards the ETag saves the transfer."""
KEEP_QR = "public, max-age=86400"

LONGEST_SEARCH = 100
LONGEST_LIST = 100
"""Entries shown of what a search finds; the page must open on 2G."""

_QR_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Group:
    """A heading of the list with its Entries."""

    heading: str
    entries: tuple[tuple[str, str, str], ...]
    """Path, title, summary."""


def pages_router(
    current: Callable[[], Published],
    settings: Settings,
    today: Callable[[], date] = clock.today,
) -> APIRouter:
    """GET /thu-tuc/{id}, /cam-nang/{id}, /bai-hoc/{id}, /danh-muc and /qr/{kind}/{id}.svg|.png."""
    pages = _Pages(current, settings.public_url, today, settings.telegram_username)
    router = APIRouter()
    for kind, path in PATHS.items():
        router.add_api_route(
            path + "/{entry_id}", pages.entry_route(kind), response_class=HTMLResponse
        )
    router.add_api_route("/danh-muc", pages.list, response_class=HTMLResponse)
    router.add_api_route("/qr/{kind}/{name}", pages.qr)
    return router


class _Pages:
    """The routes, with what they need."""

    def __init__(
        self,
        current: Callable[[], Published],
        url: str,
        today: Callable[[], date],
        telegram: str,
    ) -> None:
        self._current, self._url, self._today = current, url, today
        self._telegram = telegram
        """The bot's name there, if it has one."""

    def entry_route(self, kind: str) -> Callable[[Request, str], Response]:
        """The route of one kind's pages."""

        def page(request: Request, entry_id: str) -> Response:
            edition = self._current().edition
            entry = edition.library.entries.get(entry_id)
            if entry is None or entry.kind != kind:
                return not_found(_kiosk(request))
            return self._cached(request, edition, lambda: self._entry_page(request, edition, entry))

        return page

    def list(self, request: Request, tim: str = "") -> Response:
        """All Entries by field and topic, or those with the words of `tim`, marks or not."""
        edition = self._current().edition
        return self._cached(request, edition, lambda: self._list_page(request, edition, tim))

    def qr(self, kind: str, name: str) -> Response:
        """A QR code as a file to put on a poster: of an Entry's page, or of the chat on the web
        (`hoi`) or on Telegram."""
        entry_id, _, form = name.rpartition(".")
        entry = self._current().edition.library.entries.get(entry_id)
        if entry is None or form not in _QR_TYPES:
            return Response(status_code=404)
        if kind == ASK:
            address = self._ask_url(entry)
        elif kind == TELEGRAM and self._telegram:
            address = entry_link(self._telegram, entry.id)
        elif f"/{kind}" == PATHS[entry.kind]:
            address = self._url + page_of(entry)
        else:
            return Response(status_code=404)
        return Response(
            _qr_file(address, form),
            media_type=_QR_TYPES[form],
            headers={"cache-control": KEEP_QR},
        )

    def _entry_page(self, request: Request, edition: Edition, entry: AnyEntry) -> str:
        url = self._url + page_of(entry)
        data = linked_data(entry, url) if isinstance(entry, Procedure) else None
        telegram_url = entry_link(self._telegram, entry.id) if self._telegram else ""
        return render(
            "entry.html",
            kiosk=_kiosk(request),
            sheet=sheet(entry, edition.library, edition.number, self._today()),
            entry=entry,
            leaflets=[(leaflet_of(entry, size), say(f"leaflet.{size}")) for size in ("a4", "a6")],
            canonical=url,
            ask_url=self._ask_url(entry),
            qr_page=qr_svg(url),
            qr_ask=qr_svg(self._ask_url(entry)),
            telegram_url=telegram_url,
            qr_telegram=qr_svg(telegram_url) if telegram_url else "",
            linked_data=_json_for_html(data) if data else "",
        )

    def _list_page(self, request: Request, edition: Edition, tim: str) -> str:
        tim = " ".join(tim.split())[:LONGEST_SEARCH]
        fitting = [entry for entry in edition.library if _fits(entry, tim)]
        # Thousands of imported ones are found by search; the list is of those people wrote.
        fitting.sort(key=_imported)
        found = fitting[:LONGEST_LIST] if tim else [e for e in fitting if not _imported(e)]
        return render(
            "list.html",
            kiosk=_kiosk(request),
            groups=_groups(found),
            count=len(fitting) if tim else len(found),
            shown=len(found),
            hidden=0 if tim else len(fitting) - len(found),
            tim=tim,
            canonical=f"{self._url}/danh-muc",
        )

    def _ask_url(self, entry: AnyEntry) -> str:
        return f"{self._url}/?muc={entry.id}"

    def _cached(self, request: Request, edition: Edition, page: Callable[[], str]) -> Response:
        """The page, or 304 if the browser has it: it changes with the Edition, the day (rules
        begin and end) and the program."""
        shape = f"{edition.number} {edition.hash} {self._today()} {VERSION} {request.url.query}"
        tag = f'W/"{hashlib.sha256(shape.encode()).hexdigest()[:20]}"'
        headers = {"etag": tag, "cache-control": KEEP_PAGE}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(page(), headers=headers)


def _kiosk(request: Request) -> bool:
    return request.query_params.get("quay") == "1"


def _imported(entry: AnyEntry) -> bool:
    return isinstance(entry, Procedure) and entry.imported


def _fits(entry: AnyEntry, tim: str) -> bool:
    """Whether an Entry's names have all the words, in any order, with or without diacritics."""
    code = entry.code or "" if isinstance(entry, Procedure) else ""
    names = fold(" ".join((entry.title, *entry.aliases, code)))
    return all(word in names for word in fold(tim).split())


def _groups(entries: Iterable[AnyEntry]) -> list[Group]:
    """Entries under their headings: procedures by field, then guides by topic, then lessons."""
    groups: dict[tuple[int, str], list[AnyEntry]] = {}
    for entry in entries:
        groups.setdefault(heading_of(entry), []).append(entry)
    return [
        Group(
            heading,
            tuple(
                (page_of(entry), entry.title, entry.summary)
                for entry in sorted(groups[order, heading], key=_place_in_group)
            ),
        )
        for order, heading in sorted(groups, key=lambda key: (key[0], fold(key[1])))
    ]


def _place_in_group(entry: AnyEntry) -> tuple[int, str]:
    """Lessons in the order of the course, the others by their titles."""
    return (entry.order if isinstance(entry, Lesson) else 0), fold(entry.title)


def heading_of(entry: AnyEntry) -> tuple[int, str]:
    """Its place in the order, and the heading it stands under."""
    match entry:
        case Procedure():
            return 0, entry.field
        case Guide():
            return 1, say("web.guides", topic=say(f"web.topics.{entry.topic}"))
        case Lesson():
            return 2, say("web.lessons")


def qr_svg(address: str) -> Markup:
    """A QR code to stand in a page. Black on its own white, whatever colours the page has."""
    svg = _qr(address).svg_inline(
        scale=4, border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704 — made of numbers alone


def _qr_file(address: str, form: str) -> bytes:
    file = io.BytesIO()
    _qr(address).save(file, kind=form, scale=10, border=4, light="#fff")
    return file.getvalue()


def _qr(address: str) -> Any:
    # Level Q survives a quarter of the code being worn off a poster.
    return segno.make(address, error="q", micro=False, boost_error=False)


def _json_for_html(data: dict[str, Any]) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 — escaped above
