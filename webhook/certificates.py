"""Certificates of the course: the page that says what one certifies, and the files to keep.

Nothing of them is stored: all they say is sealed in their address, which only this installation
can make and read. So whoever has a certificate can have it checked, and nobody can list them; nor
does a name stand in a log or a database.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.compose import day
from bot.course.lines import award_name
from bot.course.plan import Award
from bot.course.services import Certify
from bot.messages import say
from knowledge.model import Record
from webhook.channels.routes import read_body
from webhook.paper.certificate import Certificate, as_pdf, as_png
from webhook.sealing import Seal
from webhook.settings import Settings
from webhook.site import not_found, render

PATH = "/chung-nhan"
LONGEST_NAME = 60
LARGEST_FORM = 4096
LONGEST_CODE = 700

_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)*\.?")
_FILES: dict[str, tuple[str, Callable[[Certificate], bytes]]] = {
    "giay.pdf": ("application/pdf", as_pdf),
    "giay.png": ("image/png", as_png),
}
_PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}


class Certified(Record):
    """What a certificate says; this is sealed in its address."""

    award: str
    """ "level-1" or "track-farmers"."""
    lessons: int
    right: int
    of: int
    on: date
    name: str = ""


class Codes:
    """What certificates say, sealed as a part of an address."""

    def __init__(self, settings: Settings) -> None:
        self._seal = Seal(settings.cookie_key(), "certificates")

    def code(self, certified: Certified) -> str:
        plain = certified.model_dump_json(exclude_defaults=True)
        return self._seal.close(plain).rstrip("=")

    def read(self, code: str) -> Certified | None:
        """What a code says; None if we have not made it."""
        if len(code) > LONGEST_CODE or not code.isascii():
            return None
        try:
            opened = self._seal.open(code + "=" * (-len(code) % 4))
            return Certified.model_validate(json.loads(opened), extra="ignore")
        except ValueError:
            return None


def certify(settings: Settings) -> Certify:
    """What makes certificates without a name, and gives their page's path."""
    codes = Codes(settings)

    def path(award: Award, on: date) -> str:
        certified = Certified(
            award=award.name, lessons=award.lessons, right=award.right, of=award.of, on=on
        )
        return f"{PATH}/{codes.code(certified)}"

    return path


def certificates_router(settings: Settings) -> APIRouter:
    """GET /chung-nhan/{code} and its files; POST there puts a name on it."""
    pages = _Pages(settings)
    router = APIRouter()
    router.add_api_route(PATH + "/{code}", pages.show, methods=["GET"])
    router.add_api_route(PATH + "/{code}", pages.put_name, methods=["POST"])
    router.add_api_route(PATH + "/{code}/{file}", pages.file, methods=["GET"])
    return router


class _Pages:
    """The routes, with what they need."""

    def __init__(self, settings: Settings) -> None:
        self._codes, self._url = Codes(settings), settings.public_url

    def show(self, code: str) -> Response:
        """What a certificate certifies."""
        certified = self._codes.read(code)
        if certified is None:
            return HTMLResponse(render("no_certificate.html"), status_code=404, headers=_PRIVATE)
        return self._page(code, certified)

    async def put_name(self, code: str, request: Request) -> Response:
        """The same certificate with a name, at an address of its own."""
        certified = self._codes.read(code)
        body = await read_body(request, LARGEST_FORM)
        if certified is None or body is None or certified.name:
            return not_found()
        name = _name(body)
        if name is None:
            return self._page(code, certified, say("certificate.bad_name"), 422)
        named = self._codes.code(certified.model_copy(update={"name": name}))
        return RedirectResponse(f"{PATH}/{named}", status_code=303, headers=_PRIVATE)

    def file(self, code: str, file: str) -> Response:
        """The certificate as PDF or PNG."""
        certified = self._codes.read(code)
        if certified is None or file not in _FILES:
            return not_found()
        media_type, draw = _FILES[file]
        kind = "attachment" if file.endswith("pdf") else "inline"
        disposition = f'{kind}; filename="chung-nhan{file[4:]}"'
        headers = {**_PRIVATE, "content-disposition": disposition}
        return Response(draw(self._shown(code, certified)), media_type=media_type, headers=headers)

    def _page(
        self, code: str, certified: Certified, notice: str = "", status: int = 200
    ) -> HTMLResponse:
        values: dict[str, Any] = {
            "shown": self._shown(code, certified),
            "path": f"{PATH}/{code}",
            "notice": notice,
            "longest": LONGEST_NAME,
        }
        html = render("certificate.html", **values)
        return HTMLResponse(html, status_code=status, headers=_PRIVATE)

    def _shown(self, code: str, certified: Certified) -> Certificate:
        result = say(
            "certificate.result",
            lessons=certified.lessons,
            right=certified.right,
            of=certified.of,
        )
        return Certificate(
            name=certified.name,
            learned=award_name(certified.award),
            result=result,
            day=day(certified.on),
            url=f"{self._url}{PATH}/{code}",
        )


def _name(body: bytes) -> str | None:
    """The name in a form; None if it is none that could stand on a certificate."""
    try:
        given = dict(parse_qsl(body.decode("ascii"), max_num_fields=5)).get("name", "")
    except ValueError:
        return None
    name = " ".join(unicodedata.normalize("NFC", given).split())
    return name if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) else None
