"""A past answer beside what its question gives now, in the Edition it was from and in today's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from bot.journal import Journal, Kept
from knowledge.clock import VIETNAM
from knowledge.store import Editions, UnknownEdition, content_hash
from webhook.admin import steps
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.difference import pieces
from webhook.admin.jobs import REPLAY, Jobs, JobState, Progress
from webhook.admin.rehearsals import Rehearsals, as_text
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page

REPLAYS = f"{HOME}/xem-lai"
_ID = re.compile(r"[0-9a-z]{1,16}")


@dataclass(frozen=True)
class Archive:
    """What these pages work with."""

    gate: Gate
    journal: Journal
    editions: Editions
    rehearsals: Rehearsals
    jobs: Jobs


def replay_router(archive: Archive) -> APIRouter:
    """Past questions, and one of them asked again."""
    router = APIRouter(route_class=FriendlyRoute)
    editor, form = archive.gate.needs(May.EDIT), archive.gate.form_for(May.EDIT)

    @router.get(REPLAYS)
    def past(q: str = "", ma: str = "", session: Session = editor) -> Response:
        if _ID.fullmatch(ma.strip()):
            return to(f"{REPLAYS}/{ma.strip()}")
        asked = archive.journal.recent(q.strip()[:200])
        families = {row.answer_id: steps.status_words(row.status) for row in asked}
        return page("replays", session, asked=asked, families=families, query=q)

    @router.get(REPLAYS + "/{answer_id}")
    def look(answer_id: str, session: Session = editor) -> Response:
        return _page(archive, session, answer_id)

    @router.post(REPLAYS + "/{answer_id}")
    def again(answer_id: str, posted: Posted = form) -> Response:
        kept = _find(archive, answer_id)
        login = posted.session.person.login

        def work(progress: Progress) -> dict[str, Any]:
            progress(0, 2)
            return _asked_again(archive, kept)

        archive.jobs.start(REPLAY, _key(archive, answer_id), login, {}, work)
        return to(f"{REPLAYS}/{answer_id}")

    return router


def _find(archive: Archive, answer_id: str) -> Kept:
    kept = archive.journal.kept(answer_id) if _ID.fullmatch(answer_id) else None
    if kept is None:
        raise HTTPException(404)
    return kept


def _key(archive: Archive, answer_id: str) -> str:
    """A later Edition is asked anew."""
    return content_hash([answer_id, archive.rehearsals.known().edition.hash])


def _asked_again(archive: Archive, kept: Kept) -> dict[str, Any]:
    """The texts of both answers; without the former where its Edition is not kept."""
    serving = archive.rehearsals.known()
    number = kept.answer.edition
    now = archive.rehearsals.ask(kept.text, serving, kept.context, action=kept.action)
    found: dict[str, Any] = {"now": as_text(now.answer), "serving": serving.edition.number}
    try:
        edition = archive.editions.get(number) if number is not None else serving.edition
    except UnknownEdition:
        return found
    same = edition.hash == serving.edition.hash
    then = archive.rehearsals.ask(
        kept.text,
        serving if same else archive.rehearsals.build(edition),
        kept.context,
        action=kept.action,
        today=kept.at.astimezone(VIETNAM).date(),
    )
    return {**found, "then": as_text(then.answer)}


def _page(archive: Archive, session: Session, answer_id: str) -> Response:
    kept = _find(archive, answer_id)
    job = archive.jobs.find(REPLAY, _key(archive, answer_id))
    lost = job is not None and archive.jobs.is_lost(job)
    result = job.result if job and job.state is JobState.DONE else {}
    shown = as_text(kept.answer)
    return page(
        "replay",
        session,
        answer_id=answer_id,
        kept=kept,
        shown=shown,
        family=steps.status_words(kept.answer.status),
        running=job is not None and job.state is JobState.RUNNING and not lost,
        lost=lost,
        result=result,
        then=pieces(shown, result["then"]) if "then" in result else (),
        now=pieces(shown, result["now"]) if "now" in result else (),
        same_then=result.get("then") == shown,
        same_now=result.get("now") == shown,
    )
