"""Who is asking for a page, and whether a form came from one of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from webhook.admin.audit import AuditLog
from webhook.admin.people import People
from webhook.admin.roles import May
from webhook.admin.sessions import LONGEST, Session, Sessions
from webhook.switches import Switches
from webhook.visitors import Buckets, Visitors

HOME = "/quan-tri"
LOGIN = f"{HOME}/dang-nhap"
COOKIE = "binhdan_quan_tri"
MARK = "dau"
"""The field of a form that carries the session's mark."""
LONGEST_FORM_FIELD = 20_000


@dataclass(frozen=True)
class Gate:
    """Lets people in, and keeps others out."""

    people: People
    sessions: Sessions
    log: AuditLog
    visitors: Visitors
    secure: bool
    """Whether the pages are reached over HTTPS: cookies then travel no other way."""
    tries: Buckets
    """Log-ins tried from one address."""
    switches: Switches

    def session(self, request: Request) -> Session:
        """The session of a request; otherwise the person is led to the log-in page."""
        if found := self.sessions.find(request.cookies.get(COOKIE, "")):
            return replace(found, off=self.switches.all())
        back = quote(request.url.path) if request.method == "GET" else HOME
        raise HTTPException(303, headers={"location": f"{LOGIN}?toi={back}"})

    def needs(self, what: May) -> Any:
        """The default of a route's `session`: the session, if its person may do this. 403
        otherwise."""

        def session(request: Request) -> Session:
            found = self.session(request)
            if not found.person.may(what):
                raise HTTPException(403)
            return found

        return Depends(session)

    def form_for(self, what: May) -> Any:
        """The default of a route's `posted`: the session and the form of a POST that our own page
        sent. 403 otherwise."""
        allowed = self.needs(what)

        async def checked(request: Request, session: Session = allowed) -> AsyncIterator[Posted]:
            form = await self.form(request)
            try:
                if not session.sent(str(form.get(MARK, ""))):
                    raise HTTPException(403)
                yield Posted(session, form)
            finally:
                await form.close()  # a file in it is kept open until then

        return Depends(checked)

    async def form(self, request: Request) -> FormData:
        """The fields of a form that a page of this server sent. 403 otherwise."""
        if not self.visitors.is_our_page(request):
            raise HTTPException(403)
        return await request.form(max_files=1, max_fields=4000)

    def enter(self, session: Session, back: str) -> Response:
        """To the page somebody wanted, with the cookie."""
        answer = to(back if back.startswith(HOME) and "//" not in back else HOME)
        answer.set_cookie(
            COOKIE,
            session.token,
            max_age=int(LONGEST.total_seconds()),
            path=HOME,
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    def leave(self, session: Session) -> Response:
        """Out, and the cookie away."""
        self.sessions.end(session)
        answer = to(LOGIN)
        answer.delete_cookie(COOKIE, path=HOME)
        return answer


@dataclass(frozen=True)
class Posted:
    """A form and who sent it."""

    session: Session
    form: FormData

    def text(self, name: str) -> str:
        """A field; empty if it is missing or a file."""
        value = self.form.get(name, "")
        return value.strip()[:LONGEST_FORM_FIELD] if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field that may be given several times."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]


def to(path: str) -> RedirectResponse:
    """The answer to a form: go and look at this page."""
    return RedirectResponse(path, status_code=303)
