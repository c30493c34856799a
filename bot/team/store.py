"""Teams, their invitation codes and their members."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from bot.team.tables import asked, codes, guesses, members, revisits, teams, visits
from knowledge.clock import in_utc
from knowledge.model import Record
from knowledge.places import Place

CODE_LASTS = timedelta(days=14)
MOST_USES = 50
"""Members a code may bring; a team has fewer than ten."""
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVXY", "23456789"
"""Without those that are taken for one another on paper."""

GUESSING_LASTS = timedelta(hours=1)
GUESSES_OF_ONE, GUESSES_OF_A_CHANNEL = 5, 200
"""Wrong codes in that time. There are nearly a thousand million codes; conversations on the web are
begun at will, so that a channel as a whole has its limit too."""


class Joined(StrEnum):
    """How an attempt to join ended."""

    IN = "joined"
    WRONG = "wrong_code"
    TOO_OFTEN = "too_often"
    ELSEWHERE = "elsewhere"
    """They belong to another team."""


class Team(Record):
    """A team as its leader sees it."""

    id: int
    name: str
    place: str
    leader_id: int
    members: int
    """How many, never who."""

    @property
    def where(self) -> Place | None:
        """Its province and commune; None if the commune is no more."""
        return Place.parse(self.place)


class Code(Record):
    """An invitation."""

    code: str
    uses_left: int
    expires_at: datetime
    withdrawn: bool

    def good_at(self, now: datetime) -> bool:
        """Whether somebody can still join by it."""
        return not self.withdrawn and self.uses_left > 0 and self.expires_at > now


class Teams:
    """The store of teams. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    # For leaders.

    def all(self, leader_id: int | None = None) -> list[Team]:
        """The teams of a leader; None: every team. By name."""
        wanted = _teams().order_by(teams.c.name)
        if leader_id is not None:
            wanted = wanted.where(teams.c.leader_id == leader_id)
        with self._engine.connect() as db:
            return [_team(row) for row in db.execute(wanted)]

    def get(self, team_id: int) -> Team | None:
        """The team of an id."""
        with self._engine.connect() as db:
            row = db.execute(_teams().where(teams.c.id == team_id)).first()
        return _team(row) if row else None

    def create(self, name: str, place: Place, leader_id: int) -> Team:
        """A new team without members."""
        row = insert(teams).values(
            name=name[:120], place=str(place), leader_id=leader_id, created_at=self._clock()
        )
        with self._engine.begin() as db:
            team_id = db.execute(row.returning(teams.c.id)).scalar_one()
        return Team(id=team_id, name=name[:120], place=str(place), leader_id=leader_id, members=0)

    def codes(self, team_id: int) -> list[Code]:
        """A team's codes that are not withdrawn, the newest first."""
        wanted = select(codes).where(codes.c.team_id == team_id, codes.c.withdrawn.is_(False))
        with self._engine.connect() as db:
            rows = db.execute(wanted.order_by(codes.c.expires_at.desc())).all()
        return [_code(row) for row in rows]

    def new_code(self, team_id: int, uses: int) -> Code:
        """A code by which so many may join, at most MOST_USES, within CODE_LASTS."""
        word = "".join(secrets.choice(_LETTERS) for _ in range(4))
        word += "".join(secrets.choice(_DIGITS) for _ in range(4))
        values = {
            "code": word,
            "team_id": team_id,
            "uses_left": max(1, min(uses, MOST_USES)),
            "expires_at": self._clock() + CODE_LASTS,
            "withdrawn": False,
        }
        with self._engine.begin() as db:
            db.execute(insert(codes).values(**values))
        return Code.model_validate({k: v for k, v in values.items() if k != "team_id"})

    def withdraw(self, team_id: int, code: str) -> bool:
        """Let nobody join by it any more; False if it is no code of this team."""
        mine = (codes.c.code == code) & (codes.c.team_id == team_id)
        with self._engine.begin() as db:
            return bool(db.execute(update(codes).where(mine).values(withdrawn=True)).rowcount)

    # For members.

    def team_of(self, conversation: str) -> Team | None:
        """The team whose member writes in a conversation."""
        mine = _teams().where(
            teams.c.id.in_(select(members.c.team_id).where(members.c.conversation == conversation))
        )
        with self._engine.connect() as db:
            row = db.execute(mine).first()
        return _team(row) if row else None

    def join(self, conversation: str, channel: str, question: str, code: str) -> Joined:
        """Become a member by a code. Done again by the same conversation it changes nothing."""
        now = self._clock()
        with self._engine.begin() as db:
            db.execute(delete(guesses).where(guesses.c.at < now - GUESSING_LASTS))
            if _guessed_too_often(db, conversation, channel):
                return Joined.TOO_OFTEN
            row = db.execute(select(codes).where(codes.c.code == code.upper())).first()
            mine = select(members.c.team_id).where(members.c.conversation == conversation)
            present = db.scalar(mine)
            if row is not None and present is not None:
                return Joined.IN if present == row.team_id else Joined.ELSEWHERE
            if row is None or not _code(row).good_at(now) or not _used(db, row.code):
                _note_guess(db, conversation, channel, question, now)
                return Joined.WRONG
            db.execute(
                insert(members).values(
                    conversation=conversation, team_id=row.team_id, joined_at=now
                )
            )
            return Joined.IN

    def leave(self, conversation: str) -> bool:
        """Whether there was a membership to end. What was helped with stays in the team's figures,
        and no longer says through whom; questions that nobody has answered go."""
        with self._engine.begin() as db:
            db.execute(delete(guesses).where(guesses.c.conversation == conversation))
            db.execute(delete(asked).where(asked.c.conversation == conversation))
            for table in (visits, revisits):
                mine = update(table).where(table.c.conversation == conversation)
                db.execute(mine.values(conversation=""))
            gone = delete(members).where(members.c.conversation == conversation)
            return bool(db.execute(gone).rowcount)


def _teams() -> Any:
    count = (
        select(func.count())
        .where(members.c.team_id == teams.c.id)
        .correlate(teams)
        .scalar_subquery()
    )
    return select(teams, count.label("members"))


def _team(row: Row[Any]) -> Team:
    return Team(
        id=row.id,
        name=row.name,
        place=row.place,
        leader_id=row.leader_id,
        members=row.members,
    )


def _code(row: Row[Any]) -> Code:
    expires = in_utc(row.expires_at)
    return Code(code=row.code, uses_left=row.uses_left, expires_at=expires, withdrawn=row.withdrawn)


def _used(db: Connection, code: str) -> bool:
    """Take one of a code's uses; not if somebody else took the last."""
    left = (codes.c.code == code) & (codes.c.uses_left > 0)
    taken = update(codes).where(left).values(uses_left=codes.c.uses_left - 1)
    return bool(db.execute(taken).rowcount)


def _guessed_too_often(db: Connection, conversation: str, channel: str) -> bool:
    def count(column: Any, value: str) -> int:
        return int(db.scalar(select(func.count()).where(column == value)) or 0)

    return (
        count(guesses.c.conversation, conversation) >= GUESSES_OF_ONE
        or count(guesses.c.channel, channel) >= GUESSES_OF_A_CHANNEL
    )


def _note_guess(
    db: Connection, conversation: str, channel: str, question: str, now: datetime
) -> None:
    known = db.scalar(select(guesses.c.question).where(guesses.c.question == question))
    if known is None:
        db.execute(
            insert(guesses).values(
                question=question, conversation=conversation, channel=channel, at=now
            )
        )
