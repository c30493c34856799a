"""The pages of the community teams: teams and their codes, questions to the leader, the month."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from bot.notices import Notices
from bot.protect import mask
from bot.team.book import Asked, Book
from bot.team.desk import NEWS
from bot.team.report import Report, Sum, month_of, report
from bot.team.store import MOST_USES, Team, Teams
from knowledge.clock import today
from knowledge.places import PROVINCES, Place
from knowledge.places.units import communes
from knowledge.proposals import Proposals
from knowledge.sheets.workbook import Table, report_workbook
from knowledge.wording import fold
from webhook.admin.access import HOME, Gate, Posted, to
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

TEAMS = f"{HOME}/to"
Row = list[str | int]

LONGEST_ANSWER = 700
"""Letters: what a Fact may have, because an answer may become one."""
TELL_WITHIN = timedelta(days=7)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class TeamRoom:
    """What these pages work with."""

    gate: Gate
    teams: Teams
    book: Book
    proposals: Proposals
    notices: Notices | None = None
    today: Callable[[], date] = today

    def team(self, session: Session, team_id: int) -> Team:
        """A team that this person may lead: their own, or any to who manages. 404 otherwise, so
        that nobody learns which there are."""
        found = self.teams.get(team_id)
        if found is None or not _leads(session.person, found):
            raise HTTPException(404)
        return found


def teams_router(room: TeamRoom) -> APIRouter:
    """Teams: list, make, invite to, answer, report."""
    router = APIRouter(route_class=FriendlyRoute)
    _team_routes(router, room)
    _question_routes(router, room)
    _report_routes(router, room)
    return router


def _team_routes(router: APIRouter, room: TeamRoom) -> None:
    leader, form = room.gate.needs(May.LEAD), room.gate.form_for(May.LEAD)

    @router.get(TEAMS)
    def teams(session: Session = leader) -> Response:
        return _teams_page(room, session)

    @router.post(TEAMS)
    def create(posted: Posted = form) -> Response:
        name, province = posted.text("name"), posted.text("province")
        place = place_named(province, posted.text("commune"))
        allowed = posted.session.person.provinces
        if not name or place is None or (allowed and province not in allowed):
            problem = "name" if not name else "commune" if province in PROVINCES else "province"
            return _teams_page(room, posted.session, problem)
        made = room.teams.create(name, place, posted.session.person.id)
        room.gate.log.write(posted.session.person, "team_made", _subject(made), place=str(place))
        return to(f"{TEAMS}/{made.id}")

    @router.get(TEAMS + "/{team_id:int}")
    def team(team_id: int, session: Session = leader) -> Response:
        return _team_page(room, session, room.team(session, team_id))

    @router.post(TEAMS + "/{team_id:int}/ma")
    def new_code(team_id: int, posted: Posted = form) -> Response:
        found = room.team(posted.session, team_id)
        uses = posted.text("uses")
        room.teams.new_code(found.id, int(uses) if re.fullmatch(r"[0-9]{1,3}", uses) else 1)
        room.gate.log.write(posted.session.person, "team_code_made", _subject(found))
        return to(f"{TEAMS}/{found.id}")

    @router.post(TEAMS + "/{team_id:int}/huy-ma")
    def withdraw(team_id: int, posted: Posted = form) -> Response:
        found = room.team(posted.session, team_id)
        if room.teams.withdraw(found.id, posted.text("code")):
            room.gate.log.write(posted.session.person, "team_code_withdrawn", _subject(found))
        return to(f"{TEAMS}/{found.id}")


def _question_routes(router: APIRouter, room: TeamRoom) -> None:
    form = room.gate.form_for(May.LEAD)

    @router.post(TEAMS + "/{team_id:int}/tra-loi/{question_id:int}")
    def answer(team_id: int, question_id: int, posted: Posted = form) -> Response:
        found = room.team(posted.session, team_id)
        text = mask(posted.text("answer"))[:LONGEST_ANSWER]
        if len(text) < 2:
            return _team_page(room, posted.session, found, "answer")
        answered = room.book.answer(found.id, question_id, text)
        if answered is None:
            return _team_page(room, posted.session, found, "answered")
        person = posted.session.person
        room.gate.log.write(person, "team_answered", _subject(found), question=question_id)
        _tell(room, answered)
        if posted.text("draft") == "1":
            draft = _begin_draft(room, answered, person)
            room.gate.log.write(person, "writing_begun", draft)
        return to(f"{TEAMS}/{found.id}")


def _report_routes(router: APIRouter, room: TeamRoom) -> None:
    leader = room.gate.needs(May.LEAD)

    @router.get(TEAMS + "/{team_id:int}/bao-cao")
    def month(team_id: int, thang: str = "", session: Session = leader) -> Response:
        found = room.team(session, team_id)
        made = report(room.book, found.id, month_of(thang, room.today()))
        return page("team_report", session, team=found, report=made, today=room.today())

    @router.get(TEAMS + "/{team_id:int}/bao-cao.xlsx")
    def workbook(team_id: int, thang: str = "", session: Session = leader) -> Response:
        found = room.team(session, team_id)
        made = report(room.book, found.id, month_of(thang, room.today()))
        room.gate.log.write(session.person, "team_report", _subject(found), month=str(made.month))
        name = f"bao-cao-to-{found.id}-{made.month:%Y-%m}.xlsx"
        return Response(
            report_workbook(_tables(found, made)),
            media_type=XLSX,
            headers={
                "content-disposition": f'attachment; filename="{name}"',
                "cache-control": "no-store",
            },
        )


def _tell(room: TeamRoom, answered: Asked) -> None:
    """Have the member told by day; whom that does not reach is told with their next question."""
    if room.notices:
        now = datetime.now(UTC)
        room.notices.put(
            f"team:{answered.id}",
            answered.conversation,
            NEWS,
            now,
            until=now + TELL_WITHIN,
            by_day=True,
        )


def _leads(person: Person, team: Team) -> bool:
    return person.may(May.MANAGE) or team.leader_id == person.id


def _teams_page(room: TeamRoom, session: Session, problem: str = "") -> Response:
    person = session.person
    provinces = {id_: p for id_, p in PROVINCES.items() if id_ in (person.provinces or PROVINCES)}
    return page(
        "teams",
        session,
        status=400 if problem else 200,
        teams=room.teams.all(None if person.may(May.MANAGE) else person.id),
        provinces=provinces,
        problem=WORDS.say(f"teams.problems.{problem}") if problem else "",
    )


def _team_page(room: TeamRoom, session: Session, team: Team, problem: str = "") -> Response:
    return page(
        "team",
        session,
        status=400 if problem else 200,
        team=team,
        codes=[code for code in room.teams.codes(team.id) if code.good_at(datetime.now(UTC))],
        most=MOST_USES,
        questions=room.book.questions(team.id),
        due=room.book.due(team.id),
        month=report(room.book, team.id, room.today().replace(day=1)),
        today=room.today(),
        longest=LONGEST_ANSWER,
        problem=WORDS.say(f"teams.problems.{problem}") if problem else "",
    )


def place_named(province: str, commune: str) -> Place | None:
    """The province, or the commune of that name in it; None if there is none. With or without its
    kind and its marks."""
    if province not in PROVINCES:
        return None
    if not commune:
        return Place(province)
    typed = fold(commune).strip()
    here = [unit for unit in communes().values() if unit.province_id == province]
    named = [u for u in here if typed in (fold(u.name), fold(u.bare_name))]
    exact = [u for u in named if typed == fold(u.name)]
    found = exact or named
    return Place.of(found[0]) if len(found) == 1 else None


def _begin_draft(room: TeamRoom, answered: Asked, person: Person) -> str:
    """A Guide begun from a question and its answer; an editor adds sources. Returns its id."""
    entry_id = f"hoi-to-{answered.id}"
    body = {
        "kind": "guide",
        "id": entry_id,
        "title": answered.text[:160],
        "questions": [answered.text[:900]],
        "sections": [{"points": [{"text": answered.answer, "checked_on": str(room.today())}]}],
    }
    room.proposals.begin(entry_id, body, None, person.login)
    return entry_id


def _subject(team: Team) -> str:
    return f"to/{team.id}"


def _tables(team: Team, made: Report) -> list[Table]:
    """The month as sheets of a workbook."""
    words = WORDS.node("team_report")
    columns, sheets = words["columns"], words["sheets"]
    log: list[Row] = [[columns[c] for c in ("day", "subject", "hamlet", "people", "minutes")]]
    for visit in made.visits:
        day = f"{visit.on:%d/%m/%Y}"
        log.append([day, visit.subject, visit.hamlet, visit.people, visit.minutes])
    questions: list[Row] = [[columns["question"]]]
    questions += [[text] for text in made.questions]
    return [
        Table(sheets["summary"], _summary(team, made, words), (58, 30, 14, 14)),
        Table(sheets["subject"], _sums(columns, "subject", made.subjects), (40, 12, 12, 12)),
        Table(sheets["hamlet"], _sums(columns, "hamlet", made.hamlets), (40, 12, 12, 12)),
        Table(sheets["log"], log, (12, 40, 26, 12, 12)),
        Table(sheets["difficulties"], questions, (90,)),
    ]


def _summary(team: Team, made: Report, words: Any) -> list[Row]:
    """The month by task, with the totals."""
    columns, tasks = words["columns"], words["tasks"]
    rows: list[Row] = [
        [words["title"], f"{made.month:%m/%Y}"],
        [columns["team"], team.name],
        [columns["place"], team.where.name if team.where else ""],
        [columns["members"], team.members],
    ]
    rows += _sums(columns, "task", [replace(sum_, name=tasks[t]) for t, sum_ in made.tasks])
    rows.append([columns["total"], made.total.visits, made.total.people, made.total.minutes])
    rows.append([tasks["difficulties"], len(made.questions)])
    rows.append([columns["returns"], len(made.returns), columns["done"], _done(made)])
    return rows


def _sums(columns: Any, first: str, sums: Iterable[Sum]) -> list[Row]:
    """A header and a row for each sum."""
    rows: list[Row] = [[columns[name] for name in (first, "visits", "people", "minutes")]]
    for one in sums:
        rows.append([one.name, one.visits, one.people, one.minutes])
    return rows


def _done(made: Report) -> int:
    return sum(one.done_on is not None for one in made.returns)
