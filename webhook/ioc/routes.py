"""GET /api/ioc/v1/figures, for whoever has a key; errors are JSON with a code and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.figures import Figures, Period, day_of
from bot.summary import summarise
from knowledge.model import Record
from knowledge.places import PROVINCES
from webhook.admin.words import WORDS
from webhook.ioc.keys import Key, Keys
from webhook.ioc.report import Report, report
from webhook.visitors import Buckets, address

PATH = "/api/ioc/v1"
USUAL_DAYS = 7
LONGEST_DAYS = 366
BURST, PER_SECOND = 60, 1.0
"""Calls with one key."""
STRANGER_BURST, STRANGER_PER_SECOND = 20, 0.2
"""Calls of one address without a key, or with one that opens nothing."""


_bearer = HTTPBearer(auto_error=False, description="The key, as an administrator gave it.")


class Problem(Record):
    """What was wrong."""

    code: str
    message: str
    """A sentence in Vietnamese."""


class Refusal(Record):
    """An error as it is answered."""

    error: Problem


class ApiError(Exception):
    """A call that gets no figures."""

    def __init__(self, status: int, code: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.retry_after = status, code, retry_after


class ApiRoute(APIRoute):
    """Says in JSON what was refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def clear(request: Request) -> Response:
            try:
                return await handle(request)
            except ApiError as error:
                return _refused(error)

        return clear


@dataclass(frozen=True)
class Door:
    """Lets callers in by their key, and not too often."""

    keys: Keys
    callers: Buckets
    strangers: Buckets

    def open(self, request: Request, shown: HTTPAuthorizationCredentials | None) -> Key:
        """The key of a caller. ApiError without one that opens, or too often."""
        key = self.keys.find(shown.credentials) if shown else None
        if key is None:
            if wait := self.strangers.take(address(request)):
                raise ApiError(429, "too_fast", wait)
            raise ApiError(401, "wrong_key" if shown else "no_key")
        if wait := self.callers.take(str(key.id)):
            raise ApiError(429, "too_fast", wait)
        return key


def ioc_router(
    keys: Keys, figures: Figures, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> APIRouter:
    """The figures, and what describes them to programs."""
    router = APIRouter(route_class=ApiRoute)
    door = Door(keys, Buckets(BURST, PER_SECOND), Buckets(STRANGER_BURST, STRANGER_PER_SECOND))

    @router.get(
        f"{PATH}/figures",
        summary="Questions, answers and opinions of whole days",
        response_model=Report,
        responses={status: {"model": Refusal} for status in (401, 403, 422, 429)},
    )
    def figures_of(
        request: Request,
        shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        first: Annotated[
            str,
            Query(alias="from", description="YYYY-MM-DD; six days before `to` if left out."),
        ] = "",
        last: Annotated[
            str, Query(alias="to", description="YYYY-MM-DD, included; today if left out.")
        ] = "",
        province: Annotated[
            str, Query(description="An id (lam-dong); all that the key may see if left out.")
        ] = "",
    ) -> Response:
        key, now = door.open(request, shown), clock()
        provinces = _provinces(key, province)
        period = _period(first, last, day_of(now))
        told = report(summarise(figures, period, provinces), provinces, now.replace(microsecond=0))
        return Response(
            told.model_dump_json(by_alias=True),
            media_type="application/json",
            headers={"cache-control": "no-store"},
        )

    description = get_openapi(
        title=WORDS.say("ioc.title"),
        version="1",
        description="docs/ioc.md",
        routes=router.routes,
    )

    @router.get(f"{PATH}/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return JSONResponse(description)

    return router


def _provinces(key: Key, asked: str) -> tuple[str, ...]:
    if not asked:
        return key.provinces
    if asked not in PROVINCES:
        raise ApiError(422, "unknown_province")
    if key.provinces and asked not in key.provinces:
        raise ApiError(403, "foreign_province")
    return (asked,)


def _period(first: str, last: str, today: date) -> Period:
    try:
        until = date.fromisoformat(last) if last else today
        since = date.fromisoformat(first) if first else until - timedelta(days=USUAL_DAYS - 1)
    except (ValueError, OverflowError):
        raise ApiError(422, "no_date") from None
    if since > until or until > today or (until - since).days >= LONGEST_DAYS:
        raise ApiError(422, "no_period")
    return Period(since, until)


def _refused(error: ApiError) -> Response:
    words = WORDS.say(f"ioc.errors.{error.code}")
    body = Refusal(error=Problem(code=error.code, message=words))
    headers = {"cache-control": "no-store"}
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    if error.retry_after:
        headers["retry-after"] = str(error.retry_after)
    return JSONResponse(body.model_dump(), status_code=error.status, headers=headers)
