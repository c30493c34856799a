"""Web addresses in a text, also written hxxp, [.], "chấm" or without http. None is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.scam.lists import LISTS

MOST = 20
"""Addresses looked at in one message; a scam has one or two."""
_LONGEST_HOST = 253
"""Letters, as DNS allows."""

_DOT = re.compile(r"\s*(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\s(?:chấm|cham|dot)\s)\s*", re.I)
_BRACKETED = re.compile(r"\[\s*([\w-]+(?:\.[\w-]+)*)\s?\.\s?([a-z]{2,10})\s*\]", re.I)
_SCHEME = re.compile(r"\bh(?:tt|xx|\*\*)ps?\s?:\s?//", re.I)
_ENDINGS = "|".join(sorted((*LISTS.cheap, *LISTS.common), key=len, reverse=True))
_ADDRESS = re.compile(
    r"(?P<full>https?://[^\s<>\"“”'（）]+)"
    r"|(?<![\w@.-])(?P<bare>(?:[\w-]{1,63}\.){1,8}"
    rf"(?:{_ENDINGS})(?![\w-])(?!\.\w)(?!@)(?::\d{{1,5}})?(?:[/?][^\s<>\"“”']*)?)"
    r"|(?<![\w@.])(?P<ip>\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?:/[^\s<>\"“”']*)|"
    r"\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})",
    re.I,
)


@dataclass(frozen=True)
class Link:
    """A web address taken apart, as typed."""

    host: str
    port: int | None = None
    user: str = ""
    """What stands before an @: it looks like the address, and is none."""
    path: str = ""
    """The rest, with its question mark."""


def find_links(text: str) -> tuple[Link, ...]:
    """The addresses of a text in their order, each once."""
    links = (_take_apart(found) for found in _ADDRESS.finditer(written_out(text)))
    return tuple(dict.fromkeys(link for link in links if link))[:MOST]


def without_links(text: str) -> str:
    """The text with the word <link> in the place of each address."""
    return _ADDRESS.sub(" <link> ", written_out(text))


def written_out(text: str) -> str:
    """The text with addresses as a browser takes them: "hxxp://a[.]vn" → "http://a.vn"."""
    text = _BRACKETED.sub(r"\1.\2", _DOT.sub(".", text))
    return _SCHEME.sub(lambda found: "https://" if "s" in found[0].lower() else "http://", text)


def _take_apart(found: re.Match[str]) -> Link | None:
    typed = found[0].rstrip(".,;:!?)]}>…")
    try:
        parts = urlsplit(typed if found["full"] else f"//{typed}")
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port of letters, a bracket that does not close: nobody can open it
        return None
    host = host.rstrip(".")
    if not host or len(host) > _LONGEST_HOST or "." not in host:
        return None
    user = parts.netloc.rpartition("@")[0]
    query = f"?{parts.query}" if parts.query else ""
    return Link(host, port, user, parts.path + query)
