"""The pages on which curated answers are written, approved by a second person and switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import ValidationError

from bot.curated.shelf import has_moved, hash_of
from bot.curated.step import curated_answer
from bot.curated.store import Curated, CuratedAnswers, CuratedError, State, Wording
from bot.draft import Known
from bot.inbox.store import Inbox
from knowledge.model import Procedure
from knowledge.places import PROVINCES
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.curated_check import caught_by
from webhook.admin.inbox import sight
from webhook.admin.inbox_deeds import ways_of_asking
from webhook.admin.rehearsals import ZALO_LETTERS
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS
from webhook.render import Message, plain_messages

CURATED = f"{HOME}/tra-loi-rieng"
_LINES = ("title", "text", "source_title", "source_url", "checked_on", "entry_id")
_DAYS = ("valid_from", "valid_until")
_FROM_INBOX = 5
"""Examples taken over from a group of the inbox."""


@dataclass(frozen=True)
class CuratedDesk:
    """What these pages work with."""

    gate: Gate
    store: CuratedAnswers
    inbox: Inbox
    known: Callable[[], Known]
    today: Callable[[], date]
    public_url: str


def curated_router(desk: CuratedDesk) -> APIRouter:
    """The list, and the form of one."""
    router = APIRouter(route_class=FriendlyRoute)
    reader, form = desk.gate.needs(May.EDIT), desk.gate.form_for(May.REVIEW)
    writer = desk.gate.needs(May.REVIEW)

    @router.get(CURATED)
    def curated(session: Session = reader) -> Response:
        library = desk.known().edition.library
        found = [(each, _standing(each, desk)) for each in desk.store.all()]
        return page("curated", session, answers=found, entries=library.entries)

    @router.get(CURATED + "/moi")
    def new(nhom: int = 0, session: Session = writer) -> Response:
        group = desk.inbox.get(nhom, sight(session.person)) if nhom else None
        asked = [each.text for each in group.asked[:_FROM_INBOX]] if group else []
        return _form_page(desk, session, None, {"examples": ways_of_asking(asked)})

    @router.post(CURATED + "/moi")
    def create(posted: Posted = form) -> Response:
        return _save(desk, posted, None)

    @router.get(CURATED + "/{curated_id:int}")
    def one(curated_id: int, xong: str = "", session: Session = reader) -> Response:
        found = _find(desk, curated_id)
        done = WORDS.node("curated.done").get(xong, "")
        return _form_page(desk, session, found, done=done)

    @router.post(CURATED + "/{curated_id:int}")
    def change(curated_id: int, posted: Posted = form) -> Response:
        found = _find(desk, curated_id)
        if posted.text("lam") == "luu":
            return _save(desk, posted, found)
        return _decide(desk, posted, found)

    return router


def _find(desk: CuratedDesk, curated_id: int) -> Curated:
    try:
        return desk.store.get(curated_id)
    except CuratedError:
        raise HTTPException(404) from None


def _save(desk: CuratedDesk, posted: Posted, before: Curated | None) -> Response:
    person, given = posted.session.person, _given(posted)
    try:
        wording = Wording.model_validate({k: v for k, v in given.items() if v})
    except ValidationError as error:
        words = WORDS.node("curated.troubles")
        wrong = {str(each["loc"][0]) for each in error.errors()}
        troubles = {name: words.get(name, words["other"]) for name in wrong}
        return _form_page(desk, posted.session, before, given, troubles=troubles)
    if wording.entry_id and wording.entry_id not in desk.known().edition.library.entries:
        troubles = {"entry_id": WORDS.say("curated.troubles.entry_id")}
        return _form_page(desk, posted.session, before, given, troubles=troubles)
    _check_scope(desk, person, wording)
    if before:
        _check_scope(desk, person, before.wording)
    try:
        saved = (
            desk.store.save(before.id, _revision(posted), wording, person.login)
            if before
            else desk.store.begin(wording, person.login)
        )
    except CuratedError as error:
        problem = WORDS.say(f"curated.problems.{error.reason}")
        return _form_page(desk, posted.session, before, given, problem=problem)
    desk.gate.log.write(person, "curated_written", _name(saved), title=wording.title)
    return to(f"{CURATED}/{saved.id}?xong=saved")


def _decide(desk: CuratedDesk, posted: Posted, found: Curated) -> Response:
    person, library = posted.session.person, desk.known().edition.library
    _check_scope(desk, person, found.wording)
    try:
        match posted.text("lam"):
            case "duyet":
                now = hash_of(found.wording.entry_id, library)
                desk.store.approve(found.id, _revision(posted), person.login, now)
                desk.gate.log.write(
                    person, "curated_approved", _name(found), title=found.wording.title
                )
                return to(f"{CURATED}/{found.id}?xong=approved")
            case "tat":
                desk.store.switch_off(found.id, _revision(posted))
                desk.gate.log.write(person, "curated_off", _name(found), title=found.wording.title)
                return to(f"{CURATED}/{found.id}?xong=off")
    except CuratedError as error:
        problem = WORDS.say(f"curated.problems.{error.reason}")
        return _form_page(desk, posted.session, found, problem=problem)
    raise HTTPException(404)


def _given(posted: Posted) -> dict[str, Any]:
    lines = (line.strip() for line in posted.text("examples").splitlines())
    given: dict[str, Any] = {name: posted.text(name) for name in (*_LINES, *_DAYS)}
    given["text"] = given["text"].replace("\r\n", "\n")
    return {
        **given,
        "examples": list(dict.fromkeys(filter(None, lines))),
        "provinces": posted.texts("provinces"),
    }


def _revision(posted: Posted) -> int:
    revision = posted.text("revision")
    return int(revision) if revision.isdecimal() else 0


def _check_scope(desk: CuratedDesk, person: Person, wording: Wording) -> None:
    """403 if it reaches beyond the provinces or fields that the person is limited to."""
    entry = desk.known().edition.library.entries.get(wording.entry_id or "")
    field = entry.field if isinstance(entry, Procedure) else ""
    elsewhere = not wording.provinces or set(wording.provinces) - set(person.provinces)
    if (person.provinces and elsewhere) or (person.fields and field not in person.fields):
        raise HTTPException(403)


def _name(curated: Curated) -> str:
    return f"tra-loi-rieng/{curated.id}"


def _standing(curated: Curated, desk: CuratedDesk) -> str:
    """The state, or why an approved one is not given today."""
    until, begins = curated.wording.valid_until, curated.wording.valid_from
    if curated.state is not State.ACTIVE:
        return curated.state.value
    if until and until < desk.today():
        return "ended"
    if has_moved(curated, desk.known().edition.library):
        return "moved"
    return "not_yet" if begins and begins > desk.today() else "active"


def _form_page(
    desk: CuratedDesk,
    session: Session,
    found: Curated | None,
    given: dict[str, Any] | None = None,
    *,
    troubles: dict[str, str] | None = None,
    problem: str = "",
    done: str = "",
) -> Response:
    known = desk.known()
    stored = found.wording.model_dump(mode="json") if found else {}
    return page(
        "curated_one",
        session,
        status=409 if problem else 400 if troubles else 200,
        found=found,
        standing=_standing(found, desk) if found else "",
        given={"checked_on": desk.today().isoformat(), **stored, **(given or {})},
        entry=known.edition.library.entries.get(found.wording.entry_id or "") if found else None,
        caught=caught_by(found.wording, known, desk.inbox, sight(session.person))
        if found
        else None,
        shown=_shown(desk, found) if found else (),
        own=bool(found and session.person.login in found.writers),
        provinces={key: province.name for key, province in PROVINCES.items()},
        troubles=troubles or {},
        problem=problem,
        done=done,
    )


def _shown(desk: CuratedDesk, found: Curated) -> list[Message]:
    """What people would be told today."""
    answer = curated_answer(found.wording, desk.known().edition, desk.today())
    return list(plain_messages(answer, ZALO_LETTERS, desk.public_url))
