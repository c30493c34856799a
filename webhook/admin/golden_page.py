"""The page of golden questions: seen by all, added and retired by reviewers."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from bot.messages import node
from bot.protect import mask
from knowledge.golden import LONGEST, GoldenQuestions, Wanted
from knowledge.load import Library
from knowledge.model import Facet, Procedure
from knowledge.wording import fold
from webhook.admin.access import HOME, Posted, to
from webhook.admin.csv_file import FileProblem, Row, read_rows, uploaded
from webhook.admin.desk import Desk
from webhook.admin.roles import May
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

GOLDEN = f"{HOME}/cau-hoi-vang"
SHOWN = 60
"""Questions on one page of the list."""
MOST_ROWS = 1000
"""Of one file. Each is asked twice before every publication."""
HEADERS = {
    "question": ("cau hoi", "question"),
    "entry": ("ma muc", "muc", "entry"),
    "facet": ("phan", "facet"),
    "note": ("ghi chu", "note"),
}


class NotWanted(Exception):
    """What was given is no golden question; `reason` is the key of a sentence under "golden"."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason)
        self.reason, self.what = reason, what


@dataclass(frozen=True)
class Asked:
    """What the list is filtered by."""

    query: str = ""
    retired: bool = False
    start: int = 0


def golden_router(desk: Desk, golden: GoldenQuestions) -> APIRouter:
    """List, add, retire, import."""
    router = APIRouter(route_class=FriendlyRoute)
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.REVIEW)

    @router.get(GOLDEN)
    def questions(
        q: str = "", bo: str = "", tu: int = 0, xong: str = "", session: Session = reader
    ) -> Response:
        done = WORDS.node("golden.done").get(xong, "")
        return _page(desk, golden, session, Asked(q, bo == "1", max(0, tu)), done=done)

    @router.post(GOLDEN)
    def add(posted: Posted = form) -> Response:
        given = {name: posted.text(name) for name in HEADERS}
        try:
            wanted = _wanted(given, desk.library)
        except NotWanted as error:
            return _page(desk, golden, posted.session, Asked(), given=given, problem=_words(error))
        golden.add([wanted], posted.session.person.login)
        desk.gate.log.write(
            posted.session.person, "golden_added", wanted.id, question=wanted.question
        )
        return to(f"{GOLDEN}?xong=added")

    @router.post(GOLDEN + "/tep")
    def add_file(posted: Posted = form) -> Response:
        try:
            rows = read_rows(uploaded(posted, "file"), HEADERS, MOST_ROWS)
            if "entry" not in rows[0]:
                raise NotWanted("no_entry_column")
            wanted = [_wanted(row, desk.library) for row in rows]
        except FileProblem as error:
            problem = WORDS.say(f"file.{error.reason}", most=MOST_ROWS)
            return _page(desk, golden, posted.session, Asked(), problem=problem)
        except NotWanted as error:
            return _page(desk, golden, posted.session, Asked(), problem=_words(error))
        count = golden.add(wanted, posted.session.person.login)
        desk.gate.log.write(posted.session.person, "golden_added", "", count=count)
        return to(f"{GOLDEN}?xong=imported")

    @router.post(GOLDEN + "/{key}/bo")
    def retire(key: str, posted: Posted = form) -> Response:
        retired = golden.retire(key, posted.session.person.login)
        if retired is None:
            raise HTTPException(404)
        desk.gate.log.write(posted.session.person, "golden_retired", key, question=retired.question)
        return to(f"{GOLDEN}?xong=retired")

    return router


def _wanted(given: Row, library: Library) -> Wanted:
    """What a form or a row says. NotWanted if it cannot be asked, or names nothing that is."""
    question = mask(given.get("question", "")[:LONGEST].strip())
    if not question:
        raise NotWanted("no_question")
    key = given.get("entry", "").partition("|")[0].strip()
    entry = library.entries.get(key)
    if key and entry is None:
        raise NotWanted("unknown_entry", key)
    facet = _facet(given.get("facet", ""))
    if facet and not isinstance(entry, Procedure):
        raise NotWanted("facet_of_nothing", question)
    return Wanted(
        question=question, entry_id=key or None, facet=facet, note=given.get("note", "")[:300]
    )


def _facet(text: str) -> Facet | None:
    """By its name in the code or as citizens read it."""
    names: dict[str, str] = node("facets")
    known = {fold(name): Facet(key) for key, name in names.items()} | {f.value: f for f in Facet}
    if not text:
        return None
    found = known.get(fold(text).strip())
    if found is None:
        raise NotWanted("unknown_facet", text)
    return found


def _words(error: NotWanted) -> str:
    return WORDS.say(f"golden.problems.{error.reason}", what=error.what[:200])


def _page(
    desk: Desk,
    golden: GoldenQuestions,
    session: Session,
    asked: Asked,
    *,
    given: Row | None = None,
    done: str = "",
    problem: str = "",
) -> Response:
    words = fold(asked.query).split()
    library = desk.library
    found = [
        question
        for question in golden.all(retired=asked.retired)
        if all(word in fold(f"{question.question} {question.entry_id or ''}") for word in words)
    ]
    following = asked.start + SHOWN
    return page(
        "golden",
        session,
        status=400 if problem else 200,
        questions=found[asked.start : following],
        total=len(found),
        following=following if following < len(found) else None,
        asked=asked,
        titles={entry.id: entry.title for entry in library},
        facets=node("facets"),
        given=dict.fromkeys(HEADERS, "") | (given or {}),
        opened=bool(problem),
        most=MOST_ROWS,
        longest=LONGEST,
        done=done,
        problem=problem,
    )
