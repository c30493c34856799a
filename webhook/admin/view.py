"""An administrators' page as a response."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from webhook import site
from webhook.admin.access import MARK
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.words import WORDS


def page(
    template: str, session: Session | None = None, *, status: int = 200, **values: object
) -> HTMLResponse:
    """A template of templates/admin. It is nobody else's to keep."""
    html = site.render(
        f"admin/{template}.html",
        t=WORDS.say,
        words=WORDS.node,
        me=session.person if session else None,
        mark=(MARK, session.csrf) if session else None,
        off=session.off if session else (),
        May=May,
        **values,
    )
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})


class FriendlyRoute(APIRoute):
    """Says in words what was refused, where FastAPI would send JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def friendly(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as error:
                if error.status_code not in (403, 404):
                    raise
                return page("refused", status=error.status_code, why=f"refused.{error.status_code}")

        return friendly
