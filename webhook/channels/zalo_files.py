"""Files that people sent, from where Zalo keeps them; the same for both of Zalo's platforms."""

from __future__ import annotations

from webhook.channels.adapter import Failure, TransportError
from webhook.media.download import INTERNET, DownloadError, download, network_of

HOSTS = ("zdn.vn", "zadn.vn")
"""Zalo's own. An address elsewhere was made up by somebody."""
STAND_IN_HOSTS = ("127.0.0.1",)


def fetch(url: str, api: str, limit: int) -> bytes:
    """The content at an address, at most `limit` bytes. TransportError if it can't be had, is
    larger, or is not on Zalo's hosts. A stand-in for Zalo on this machine, known by its `api`,
    keeps its files here too."""
    network = network_of(api)
    hosts = HOSTS if network is INTERNET else STAND_IN_HOSTS
    try:
        return download(url, hosts, limit, network)
    except DownloadError as error:
        raise TransportError(str(error), Failure.REFUSED) from None
