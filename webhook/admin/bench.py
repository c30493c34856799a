"""The test bench: how a question is understood, searched and answered, one or a list of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from bot.compose import day
from bot.draft import Draft
from bot.protect import mask
from retrieval.confidence import confidence
from webhook.admin import steps
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.csv_file import FileProblem, download, read_rows, uploaded
from webhook.admin.difference import pieces
from webhook.admin.jobs import BATCH, Job, Jobs, JobState, Progress, UnknownJob
from webhook.admin.rehearsals import Rehearsals, Tried, as_sent, as_text
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

BENCH = f"{HOME}/thu"
LONGEST_TEXT = 2000
MOST_QUESTIONS = 500
"""Of one file: a minute or two of one CPU."""
PAUSE_S = 0.02
"""Between two questions of a list: whoever waits for the encoder comes first."""
SHOWN = 100
"""Rows of a finished list on its page; the file has them all."""
HEADERS = {"question": ("cau hoi", "noi dung cau hoi", "question", "noi dung")}


@dataclass(frozen=True)
class Bench:
    """What these pages work with."""

    gate: Gate
    rehearsals: Rehearsals
    jobs: Jobs
    public_url: str


def bench_router(bench: Bench) -> APIRouter:
    """One question, then lists of them."""
    router = APIRouter(route_class=FriendlyRoute)
    _question_routes(router, bench)
    _list_routes(router, bench)
    return router


def _question_routes(router: APIRouter, bench: Bench) -> None:
    reader, form = bench.gate.needs(May.READ), bench.gate.form_for(May.READ)

    @router.get(BENCH)
    def empty(session: Session = reader) -> Response:
        return _page(session)

    @router.post(BENCH)
    def ask(posted: Posted = form) -> Response:
        """POST, so that what somebody typed stands in no log of addresses."""
        text = posted.text("text")[:LONGEST_TEXT]
        if not text:
            return _page(posted.session)
        tried = bench.rehearsals.ask(text, by_model=True)
        return _page(posted.session, text=text, tried=tried, url=bench.public_url)


def _page(
    session: Session,
    *,
    text: str = "",
    tried: Tried | None = None,
    url: str = "",
    problem: str = "",
) -> Response:
    return page(
        "bench",
        session,
        status=400 if problem else 200,
        text=text,
        tried=tried,
        understood=[_part(tried, draft) for draft in tried.drafts] if tried else [],
        decisions=steps.decisions(tried.passed) if tried else [],
        sent=as_sent(tried.answer, url) if tried else {},
        status_words=steps.status_words(tried.answer.status) if tried else "",
        longest=LONGEST_TEXT,
        most=MOST_QUESTIONS,
        problem=WORDS.say(f"file.{problem}", most=MOST_QUESTIONS) if problem else "",
    )


def _part(tried: Tried, draft: Draft) -> dict[str, Any]:
    """What was understood and found of one question."""
    reading = tried.read_as(draft)
    return {
        "original": reading.original if reading else draft.question.text,
        "read": pieces(reading.original, reading.text) if reading else (),
        "bare": reading is not None and reading.bare,
        "facets": steps.facet_words(draft.facets),
        "place": draft.place.name if draft.place else "",
        "found": steps.found(draft),
        "certainty": steps.certainty(draft),
    }


def _list_routes(router: APIRouter, bench: Bench) -> None:
    editor, form = bench.gate.needs(May.EDIT), bench.gate.form_for(May.EDIT)

    @router.post(BENCH + "/danh-sach")
    def upload(posted: Posted = form) -> Response:
        try:
            rows = read_rows(uploaded(posted, "file"), HEADERS, MOST_QUESTIONS)
        except FileProblem as error:
            return _page(posted.session, problem=error.reason)
        questions = [mask(row["question"][:LONGEST_TEXT]) for row in rows]
        login = posted.session.person.login

        def work(progress: Progress) -> dict[str, Any]:
            return {"rows": _answered(bench, questions, progress)}

        given = {"count": len(questions)}
        job = bench.jobs.start(BATCH, secrets.token_hex(16), login, given, work)
        bench.gate.log.write(posted.session.person, "list_asked", str(job.id), count=len(questions))
        return to(f"{BENCH}/danh-sach/{job.id}")

    @router.get(BENCH + "/danh-sach/{number:int}")
    def look(number: int, session: Session = editor) -> Response:
        job = _find(bench, number)
        return page(
            "batch", session, job=job, lost=bench.jobs.is_lost(job), shown=SHOWN, here=BENCH
        )

    @router.get(BENCH + "/danh-sach/{number:int}/tai-ve")
    def answers(number: int, session: Session = editor) -> Response:
        job = _find(bench, number)
        if job.state is not JobState.DONE:
            raise HTTPException(404)
        columns = WORDS.node("batch.columns")
        rows = ([row[name] for name in columns] for row in job.result["rows"])
        return download(f"tra-loi-{job.id}.csv", list(columns.values()), rows)


def _find(bench: Bench, number: int) -> Job:
    try:
        job = bench.jobs.get(number)
    except UnknownJob:
        raise HTTPException(404) from None
    if job.kind != BATCH:
        raise HTTPException(404)
    return job


def _answered(bench: Bench, questions: Sequence[str], progress: Progress) -> list[dict[str, str]]:
    rows = []
    for number, question in enumerate(questions):
        if number % 5 == 0:
            progress(number, len(questions))
        rows.append(_row(bench.rehearsals.ask(question)))
        time.sleep(PAUSE_S)
    return rows


def _row(tried: Tried) -> dict[str, str]:
    """One line of the file, by the names of its columns."""
    answer, draft = tried.answer, tried.draft
    entry = draft.known.edition.library.entries.get(answer.entry_id or "")
    sources = [" ".join(filter(None, (s.title, s.url))) for s in answer.sources]
    checked = day(answer.checked_on) if isinstance(answer.checked_on, date) else ""
    certain = confidence(draft.hits, draft.reading).right if draft.hits and draft.reading else None
    return {
        "question": tried.text,
        "status": steps.status_words(answer.status),
        "code": answer.status,
        "entry": answer.entry_id or "",
        "title": entry.title if entry else "",
        "facet": steps.facet_words([answer.facet]) if answer.facet else "",
        "score": f"{certain:.2f}".replace(".", ",") if certain is not None else "",
        "answer": as_text(answer),
        "source": "; ".join(sources),
        "checked": checked,
    }
