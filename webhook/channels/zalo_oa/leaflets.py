"""Leaflets as file messages. Zalo wants a file uploaded first, keeps it for seven days, and counts
uploads: 5,000 a month. The link stands in the message before, so a file that can't be sent is left
out."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from bot.model import Leaflet
from webhook.channels.adapter import Failure, Papers, Pdf
from webhook.channels.zalo_oa import errors
from webhook.channels.zalo_oa.client import ApiError, OpenApi

log = logging.getLogger(__name__)

LARGEST_FILE = 5 << 20
KEPT_S = 6 * 24 * 3600.0
KEPT = 500


class LeafletPost:
    """Uploads leaflets and sends them on. Thread-safe."""

    def __init__(
        self, api: OpenApi, papers: Papers, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api, self._papers, self._clock = api, papers, clock
        self._uploaded: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """Hash of a content → Zalo's token for it, and until when that is good."""
        self._lock = threading.Lock()

    def send(self, token: str, person: str, leaflet: Leaflet) -> dict[str, Any]:
        """Send a leaflet; nothing if there is none to be had. Returns the `quota` that Zalo told,
        {} if none. ApiError, TransportError."""
        file = self._papers(leaflet)
        if file is None or len(file.content) > LARGEST_FILE:
            log.warning("no file to send of the leaflet of %s", leaflet.entry_id)
            return {}
        name = hashlib.sha256(file.content).hexdigest()
        known = self._known(name)
        try:
            return self._send(token, person, known or self._upload(token, name, file))
        except ApiError as error:
            if known is None or error.code != errors.UPLOAD_EXPIRED:
                raise
        return self._send(token, person, self._upload(token, name, file))

    def _send(self, token: str, person: str, uploaded: str) -> dict[str, Any]:
        content = {"attachment": {"type": "file", "payload": {"token": uploaded}}}
        return self._api.send(token, person, content)

    def _known(self, name: str) -> str | None:
        with self._lock:
            uploaded, until = self._uploaded.get(name, ("", 0.0))
        return uploaded if self._clock() < until else None

    def _upload(self, token: str, name: str, file: Pdf) -> str:
        uploaded = self._api.upload(token, file.name, file.content)
        with self._lock:
            self._uploaded[name] = uploaded, self._clock() + KEPT_S
            self._uploaded.move_to_end(name)
            while len(self._uploaded) > KEPT:
                self._uploaded.popitem(last=False)
        return uploaded


def failure_of(failure: Failure, code: int) -> Failure:
    """What a refused leaflet means: whatever is wrong with files alone is no reason to stop the
    account, or to send the file days later."""
    alone = failure in (Failure.BLOCKED, Failure.WINDOW) and code not in errors.QUOTA
    return Failure.REFUSED if alone else failure
