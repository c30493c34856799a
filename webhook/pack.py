"""The offline pack: every Entry in one file that opens on a phone without signal, and is searched
there with or without diacritics. It asks nothing of any network."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from bot.compose import day
from knowledge import clock
from knowledge.model import AnyEntry, Procedure
from knowledge.store import Edition
from knowledge.wording import fold
from webhook.pages import heading_of
from webhook.record import Sheet, sheet
from webhook.settings import Settings
from webhook.site import Published, render

PATH = "/xem-khong-mang.html"
LARGEST = 5 * 1024 * 1024
"""Bytes of the file: an old phone must open it, and somebody pays for the transfer."""
OLD_AFTER = timedelta(days=30)
"""From here on the pack itself says that it may be old."""


@dataclass(frozen=True)
class Item:
    """An Entry in the pack."""

    sheet: Sheet
    names: str
    """What it is found by, without diacritics: "dang ky khai sinh ; khai sinh cho con"."""
    address: str


@dataclass(frozen=True)
class Pack:
    """The file, as of an Edition and a day."""

    key: tuple[object, ...]
    html: bytes
    zipped: bytes


def pack_router(
    current: Callable[[], Published],
    settings: Settings,
    today: Callable[[], date] = clock.today,
) -> APIRouter:
    """GET /xem-khong-mang.html: the pack as a file to keep. Made once an Edition and day, because
    rules begin and end."""
    router = APIRouter()
    making = threading.Lock()
    kept: list[Pack] = []

    def newest() -> Pack:
        edition, now = current().edition, today()
        key = (edition.number, edition.hash, now)
        with making:
            if not kept or kept[0].key != key:
                html = pack(edition, now, settings.public_url).encode()
                kept[:] = [Pack(key, html, gzip.compress(html, mtime=0))]
            return kept[0]

    @router.get(PATH)
    def offline(request: Request) -> Response:
        made = newest()
        number, _, built = made.key
        headers = {
            "content-disposition": f'attachment; filename="binhdan-{number}-{built}.html"',
            "cache-control": "public, max-age=3600",
            "vary": "accept-encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(made.zipped, media_type="text/html", headers=headers)
        return Response(made.html, media_type="text/html", headers=headers)

    return router


def pack(edition: Edition, today: date, url: str) -> str:
    """The pack as HTML, at most LARGEST bytes: the Entries that people wrote, then as many of the
    imported ones as fit. What was left out is said."""
    entries = sorted(edition.library, key=_order)
    items = [_item(entry, edition, today, url) for entry in entries]
    written = sum(not _imported(entry) for entry in entries)
    shown = len(items)
    while True:
        html = _rendered(items[:shown], len(items) - shown, edition, today, url)
        if len(html.encode()) <= LARGEST or shown == written:
            return html
        shown = max(written, shown * 9 // 10)


def _rendered(items: list[Item], left: int, edition: Edition, today: date, url: str) -> str:
    return render(
        "pack.html",
        items=items,
        left=left,
        edition=edition.number,
        built=today.isoformat(),
        built_on=day(today),
        old_on=day(today + OLD_AFTER),
        days=OLD_AFTER.days,
        url=f"{url}{PATH}",
    )


def _item(entry: AnyEntry, edition: Edition, today: date, url: str) -> Item:
    shown = sheet(entry, edition.library, edition.number, today)
    code = entry.code or "" if isinstance(entry, Procedure) else ""
    names = [name for name in (entry.title, *entry.aliases, code) if name]
    folded = (re.sub(r"[^a-z0-9.]+", " ", fold(name)).strip() for name in names)
    return Item(shown, " ; ".join(folded), url + shown.path)


def _order(entry: AnyEntry) -> tuple[bool, tuple[int, str], str]:
    """As the list has them, imported ones last."""
    return _imported(entry), heading_of(entry), fold(entry.title)


def _imported(entry: AnyEntry) -> bool:
    return isinstance(entry, Procedure) and entry.imported
