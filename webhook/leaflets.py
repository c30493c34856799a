"""Leaflets of the Entries, to be printed or sent on: /thu-tuc/<id>/to-roi.pdf?co=a6&noi=ha-noi."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date

import anyio
from fastapi import APIRouter, Response

from knowledge import clock
from knowledge.model import AnyEntry
from knowledge.pages import PATHS
from knowledge.places import Place
from knowledge.store import Edition
from webhook.paper.leaflet import Leaflets, Size
from webhook.settings import Settings
from webhook.site import Published, not_found

KEPT = 64
"""Leaflets kept in memory, 30 KB each: making one takes a second of a processor."""
AT_ONCE = 1
"""Leaflets made at the same time; who asks for more of them waits, and answers go on."""
KEEP_FILE = "public, max-age=3600"
POLICY = "default-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Browsers show a PDF as an object with a style of their own, which the pages' policy forbids."""


def leaflets_router(
    current: Callable[[], Published],
    settings: Settings,
    today: Callable[[], date] = clock.today,
) -> APIRouter:
    """GET <page of an Entry>/to-roi.pdf. `co` is the paper ("a4", "a6"), `noi` a Place as its
    `str` writes it; what can't be read of them is left aside."""
    router = APIRouter()
    limiter = anyio.CapacityLimiter(AT_ONCE)
    kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def made(edition: Edition, entry: AnyEntry, size: Size, place: Place | None) -> bytes:
        """One at a time: the limiter sees to that."""
        key = (edition.number, edition.hash, entry.id, size, place, today())
        if key not in kept:
            leaflets = Leaflets(edition.library, edition.number, today(), settings.public_url)
            kept[key] = leaflets.pdf(entry, size, place)
            while len(kept) > KEPT:
                kept.popitem(last=False)
        return kept[key]

    async def leaflet(kind: str, entry_id: str, co: str = "", noi: str = "") -> Response:
        edition = current().edition
        entry = edition.library.entries.get(entry_id)
        if entry is None or PATHS[entry.kind] != f"/{kind}":
            return not_found()
        size = Size(co) if co in set(Size) else Size.A4
        pdf = await anyio.to_thread.run_sync(
            made, edition, entry, size, Place.parse(noi), limiter=limiter
        )
        name = f'inline; filename="{entry.id}-{size}.pdf"'
        headers = {
            "content-disposition": name,
            "cache-control": KEEP_FILE,
            "content-security-policy": POLICY,
        }
        return Response(pdf, media_type="application/pdf", headers=headers)

    router.add_api_route("/{kind}/{entry_id}/to-roi.pdf", leaflet)
    return router
