"""What all pages for citizens share: templates, static files, and how texts become HTML.

The only file that knows Jinja2.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.compose import day
from bot.messages import all_words, node, say
from knowledge.clock import VIETNAM
from knowledge.store import Edition

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"

SMALL = 1400
"""Bytes below which a file fits one packet anyway and is not worth compressing."""

_LINKED = re.compile(
    r"(?P<url>https?://[^\s<>\"”]+[^\s<>\"”.,;:)])|(?P<phone>\b1[89]00[ .]?\d{4}\b)"
)


class Published(Protocol):
    """What pages need to know of the current state (`bot.draft.Known` is one)."""

    @property
    def edition(self) -> Edition: ...


@dataclass(frozen=True)
class Asset:
    """A static file as it is sent: its bytes, its type, and a tag of its content."""

    body: bytes
    zipped: bytes | None
    media_type: str
    tag: str


def render(template: str, **values: object) -> str:
    """A template as HTML. Every page says whether it stands on a counter (`kiosk`)."""
    return _environment.get_template(template).render({"kiosk": False, **values})


def not_found(kiosk: bool = False) -> HTMLResponse:
    """The page for an address that leads nowhere. Status 404."""
    return HTMLResponse(render("not_found.html", kiosk=kiosk), status_code=404)


def notice_page(words: str, status: int, kiosk: bool = False) -> HTMLResponse:
    """A page that only says why nothing came of a request, and leads back."""
    return HTMLResponse(render("refused.html", kiosk=kiosk, words=words), status_code=status)


def static_router() -> APIRouter:
    """GET /static/<path>. Files are read once, when the process starts, and cached for a year:
    pages name them with a tag of their content."""
    router = APIRouter()

    @router.get("/static/{path:path}")
    def static(path: str, request: Request) -> Response:
        asset = _assets.get(path)
        if asset is None:
            return Response(status_code=404)
        known = request.query_params.get("v") == asset.tag
        headers = {
            "cache-control": "public, max-age=31536000, immutable" if known else "no-cache",
            "etag": f'"{asset.tag}"',
            "vary": "accept-encoding",
        }
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if asset.zipped and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(asset.zipped, media_type=asset.media_type, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    return router


def linked(text: str, kiosk: bool = False) -> Markup:
    """Text as HTML: web addresses and free-call numbers in it can be pressed, unless the page
    stands on a counter, where nobody must be led away from it."""
    if kiosk:
        return escape(text)
    parts, end = [], 0
    for found in _LINKED.finditer(text):
        parts += [escape(text[end : found.start()]), _anchor(found)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _anchor(found: re.Match[str]) -> Markup:
    if url := found["url"]:
        link = '<a href="{0}" target="_blank" rel="noopener nofollow">{0}</a>'
        return Markup(link).format(url)  # noqa: S704 — format() escapes what it fills in
    phone = found["phone"]
    digits = re.sub(r"\D", "", phone)
    return Markup('<a href="tel:{}">{}</a>').format(digits, phone)


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = media_type.startswith("text/") or "xml" in media_type or "javascript" in media_type
    zipped = gzip.compress(body, mtime=0) if text and len(body) > SMALL else None
    return Asset(body, zipped, media_type, _tag(body))


def _tag(*contents: bytes) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()[:12]


def _address(name: str) -> str:
    """The address of a static file, with the tag of its content."""
    return f"/static/{name}?v={_assets[name].tag}"


_assets = {
    path.relative_to(STATIC).as_posix(): _asset(path)
    for path in sorted(STATIC.rglob("*"))
    if path.is_file()
}

VERSION = _tag(
    *(path.read_bytes() for path in sorted((*HERE.glob("*.py"), *TEMPLATES.rglob("*.html")))),
    *(asset.tag.encode() for asset in _assets.values()),
    all_words().encode(),
)
"""Changes with whatever shapes a page, except the knowledge in it."""

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(say=say, node=node, asset=_address)
_environment.filters["linked"] = linked
_environment.filters["moment"] = lambda at: f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
_environment.filters["count"] = lambda number: f"{number:,}".replace(",", ".")
_environment.filters["share"] = lambda part: "–" if part is None else f"{100 * part:.0f}%"
_environment.filters["seconds"] = lambda ms: (
    "–" if ms is None else f"{ms / 1000:.2f} s".replace(".", ",")
)
_environment.filters["day"] = lambda value: day(value) if isinstance(value, date) else value
