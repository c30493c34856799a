"""What Zalo looks for beside the webhook: our callback, and the proof that the domain is ours."""

from __future__ import annotations

import html
import logging
from contextlib import closing

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from bot.messages import say
from webhook.channels.adapter import TransportError
from webhook.channels.zalo_oa.access import Access
from webhook.channels.zalo_oa.authorize import CALLBACK, NotAuthorized, take_over
from webhook.channels.zalo_oa.client import ApiError
from webhook.settings import Settings

log = logging.getLogger(__name__)

LONGEST = 2000
"""Letters of a code or a state that are looked at."""


def callback_router(settings: Settings) -> APIRouter:
    """Where an administrator arrives who let our app speak for the account."""
    router = APIRouter()

    @router.get(CALLBACK)
    def callback(request: Request) -> Response:
        code = request.query_params.get("code", "")
        state = request.query_params.get("state", "")
        if not code or len(code) > LONGEST or len(state) > LONGEST:
            return _page("zalo_oa.not_authorized", 400)
        try:
            with closing(Access(settings)) as access:
                take_over(access, code, state)
        except NotAuthorized as error:
            log.warning("an authorization of the Official Account was not taken: %s", error)
            return _page("zalo_oa.not_authorized", 403)
        except (ApiError, TransportError) as error:
            log.error("an authorization of the Official Account failed: %s", error)
            return _page("zalo_oa.try_again", 502)
        return _page("zalo_oa.authorized", 200)

    return router


def verification_router(settings: Settings) -> APIRouter:
    """The file that proves to Zalo that the domain is ours."""
    router = APIRouter()
    content = settings.zalo_site_verification
    tag = f'<meta name="zalo-platform-site-verification" content="{html.escape(content)}">'

    @router.get("/zalo_verifier{name}.html")
    def verifier(name: str) -> Response:
        if name != content:
            return Response(status_code=404)
        return HTMLResponse(f"<!doctype html><html><head>{tag}</head></html>")

    return router


def _page(key: str, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    return PlainTextResponse(say(key), status_code=status, headers=headers)
