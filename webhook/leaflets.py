"""Leaflets of the Entries, to be printed or sent on: /thu-tuc/<id>/to-roi.pdf?co=a6&noi=ha-noi."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

import anyio
from fastapi import APIRouter, Response

from bot.model import Leaflet
from knowledge import clock
from knowledge.model import AnyEntry
from knowledge.pages import PATHS
from knowledge.places import Place
from webhook.channels.adapter import Pdf
from webhook.paper.leaflet import Leaflets, Size
from webhook.settings import Settings
from webhook.site import Published, not_found

log = logging.getLogger(__name__)

KEPT = 64
"""Leaflets kept in memory, 30 KB each: making one takes a second of a processor."""
AT_ONCE = 1
"""Leaflets made at the same time; who asks for more of them waits, and answers go on."""
KEEP_FILE = "public, max-age=3600"
POLICY = "default-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Browsers show a PDF as an object with a style of their own, which the pages' policy forbids."""


class Printer:
    """Makes leaflets of the Edition that is served, one at a time, and keeps the latest.
    Thread-safe."""

    def __init__(
        self,
        current: Callable[[], Published],
        settings: Settings,
        today: Callable[[], date] = clock.today,
    ) -> None:
        self._current, self._url, self._today = current, settings.public_url, today
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._making = threading.Lock()

    def entry(self, entry_id: str) -> AnyEntry | None:
        """The Entry of an id, if it is published."""
        return self._current().edition.library.entries.get(entry_id)

    def pdf(self, entry_id: str, size: Size, place: Place | None) -> bytes | None:
        """The leaflet of an Entry; None if it is not published."""
        with self._making:
            edition, today = self._current().edition, self._today()
            entry = edition.library.entries.get(entry_id)
            if entry is None:
                return None
            key = (edition.number, edition.hash, entry_id, size, place, today)
            if key not in self._kept:
                leaflets = Leaflets(edition.library, edition.number, today, self._url)
                self._kept[key] = leaflets.pdf(entry, size, place)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    def file(self, leaflet: Leaflet) -> Pdf | None:
        """What a channel sends as a file; None if it can't be made: the link is sent then."""
        size = Size(leaflet.size)
        try:
            content = self.pdf(leaflet.entry_id, size, Place.parse(leaflet.place))
        except Exception:  # whatever is wrong with a file, the message must go out
            log.exception("the leaflet of %s could not be made", leaflet.entry_id)
            return None
        return Pdf(f"to-roi-{leaflet.entry_id}-{size}.pdf", content) if content else None


def leaflets_router(printer: Printer) -> APIRouter:
    """GET <page of an Entry>/to-roi.pdf. `co` is the paper ("a4", "a6"), `noi` a Place as its
    `str` writes it; what can't be read of them is left aside."""
    router = APIRouter()
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def leaflet(kind: str, entry_id: str, co: str = "", noi: str = "") -> Response:
        entry = printer.entry(entry_id)
        if entry is None or PATHS[entry.kind] != f"/{kind}":
            return not_found()
        size = Size(co) if co in set(Size) else Size.A4
        pdf = await anyio.to_thread.run_sync(
            printer.pdf, entry_id, size, Place.parse(noi), limiter=limiter
        )
        if pdf is None:  # a newer Edition came meanwhile
            return not_found()
        name = f'inline; filename="{entry.id}-{size}.pdf"'
        headers = {
            "content-disposition": name,
            "cache-control": KEEP_FILE,
            "content-security-policy": POLICY,
        }
        return Response(pdf, media_type="application/pdf", headers=headers)

    router.add_api_route("/{kind}/{entry_id}/to-roi.pdf", leaflet)
    return router
