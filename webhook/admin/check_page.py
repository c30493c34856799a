"""The page between "publish" and being published: which answers change, which golden ones break."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from bot.messages import node
from knowledge.proposals import ProposalError
from knowledge.store import UnknownEdition
from webhook.admin.access import HOME, Posted, to
from webhook.admin.checks import Candidate, Checks
from webhook.admin.difference import pieces
from webhook.admin.jobs import CHECK, Job, UnknownJob
from webhook.admin.press import Press
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

CHECKS = f"{HOME}/kiem-tra"
SHOWN = 50
"""Changed answers on the page."""


def begin(checks: Checks, candidate: Candidate, login: str) -> Response:
    """Check a candidate, and go and look."""
    return to(f"{CHECKS}/{checks.start(candidate, login).id}")


def check_router(press: Press, checks: Checks) -> APIRouter:
    """The state of a check, what came of it, and the button that publishes."""
    router = APIRouter(route_class=FriendlyRoute)
    gate = press.desk.gate
    reader, form = gate.needs(May.READ), gate.form_for(May.PUBLISH)

    @router.get(CHECKS + "/{number:int}")
    def look(number: int, session: Session = reader) -> Response:
        return _page(checks, session, _find(checks, number))

    @router.post(CHECKS + "/{number:int}")
    def publish(number: int, posted: Posted = form) -> Response:
        job, person = _find(checks, number), posted.session.person
        try:
            if posted.text("lam") == "lai":
                return begin(checks, press.again(job), person.login)
            press.publish_checked(job, person, posted.text("reason")[:1000])
        except ProposalError as error:
            return _page(checks, posted.session, job, problem=error.reason)
        except UnknownEdition:
            raise HTTPException(404) from None
        done = "rolled_back" if "edition" in job.given["what"] else "published"
        return to(f"{HOME}/an-ban?xong={done}")

    return router


def _find(checks: Checks, number: int) -> Job:
    try:
        job = checks.jobs.get(number)
    except UnknownJob:
        raise HTTPException(404) from None
    if job.kind != CHECK:
        raise HTTPException(404)
    return job


def _page(checks: Checks, session: Session, job: Job, problem: str = "") -> Response:
    changed = job.result.get("changed", [])
    return page(
        "check",
        session,
        status=409 if problem else 200,
        job=job,
        lost=checks.jobs.is_lost(job),
        stale=problem == "check_stale",
        broken=[_shown(row) for row in job.result.get("broken", [])],
        changed=[_shown(row) for row in changed[:SHOWN]],
        more=max(0, len(changed) - SHOWN),
        facets=node("facets"),
        problem=WORDS.say(f"write.{problem}") if problem else "",
    )


def _shown(row: dict[str, str]) -> dict[str, object]:
    return {**row, "pieces": pieces(row["before"], row["after"])}
