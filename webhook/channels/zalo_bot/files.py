"""Files that people sent, from where Zalo keeps them."""

from __future__ import annotations

import httpx

from webhook.channels.adapter import Failure, TransportError

HOSTS = ("zdn.vn", "zadn.vn")
"""Zalo's own. An address elsewhere was made up by somebody."""
LOOPBACK = "127.0.0.1"
TIMEOUT_S = 10.0


def fetch(url: str, api: str, limit: int) -> bytes:
    """The content at an address, at most `limit` bytes. TransportError if it can't be had, is
    larger, or is not on Zalo's hosts. A stand-in for Zalo on this machine, known by its `api`,
    keeps its files here too."""
    try:
        address, stand_in = httpx.URL(url), httpx.URL(api).host == LOOPBACK
    except httpx.InvalidURL:
        raise TransportError("no address", Failure.REFUSED) from None
    here = stand_in and (address.scheme, address.host) == ("http", LOOPBACK)
    if not (here or (address.scheme == "https" and _is_zalos(address.host))):
        raise TransportError("a foreign address", Failure.REFUSED)
    try:
        return _download(address, limit)
    except httpx.HTTPError as error:  # its words hold the address
        raise TransportError(type(error).__name__) from None


def _is_zalos(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in HOSTS)


def _download(address: httpx.URL, limit: int) -> bytes:
    content = bytearray()
    with httpx.stream("GET", address, timeout=TIMEOUT_S) as response:
        if response.status_code != 200:  # a redirect too: nobody leads us elsewhere
            raise TransportError(f"status {response.status_code}", Failure.REFUSED)
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > limit:
                raise TransportError("the file is too large", Failure.REFUSED)
    return bytes(content)
