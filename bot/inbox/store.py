"""The groups of the inbox: which there are, what is in them, and what became of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, distinct, func, select, update

from bot.inbox.items import Kind, asked
from bot.inbox.tables import answers, feedback, groups, items, questions
from bot.model import Answer, Channel
from knowledge.clock import in_utc
from knowledge.proposals import Proposals
from knowledge.proposals import State as ProposalState
from knowledge.wording import fold

Array = NDArray[np.float32]

PAGE = 30
"""Groups on one page of the list."""
_READ = 300
"""Questions of a group that are looked at, the newest first."""
_NEAR = 10
"""Groups whose questions are compared one by one."""
_TOLD = 200
"""Letters of an Answer that are shown."""


class State(StrEnum):
    """What became of a group."""

    OPEN = "open"
    DRAFTED = "drafted"
    """Its ways of asking stand in a Proposal."""
    DONE = "done"
    """That Proposal was published."""
    CLOSED = "closed"
    """Not for us: what is asked like this later is counted, and not shown as new."""


@dataclass(frozen=True)
class Sight:
    """Whose questions somebody sees; empty: all."""

    provinces: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which groups a page lists."""

    state: State = State.OPEN
    kind: Kind | None = None
    channel: Channel | None = None
    province: str = ""
    newest_first: bool = False
    """Otherwise the most asked ones first."""
    start: int = 0


@dataclass(frozen=True)
class Listed:
    """A group in the list."""

    id: int
    text: str
    """Its newest Question."""
    count: int
    people: int
    newest: datetime
    kinds: dict[str, int]
    provinces: int
    """How many provinces it was asked in."""


@dataclass(frozen=True)
class Asked:
    """The same words, with or without diacritics, from one person or several."""

    text: str
    count: int
    newest: datetime
    channels: tuple[str, ...]
    kind: str
    told: str
    """The beginning of the newest Answer."""
    reasons: dict[str, int]
    """Why people pressed 👎: key of a reason ("" if they gave none) → how many."""


@dataclass(frozen=True)
class Group:
    """A group with what is in it, as far as somebody sees it."""

    id: int
    state: State
    count: int
    people: int
    asked: tuple[Asked, ...]
    """The most asked first."""
    whole: bool
    """Whether nobody else has questions in it that are not shown."""
    done_by: str
    done_at: datetime | None
    proposal_id: int | None
    added: frozenset[str]
    """Hashes of the ways of asking that were put into the Proposal."""


class Inbox:
    """The store of groups. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def page(self, wanted: Wanted, sight: Sight) -> tuple[list[Listed], int]:
        """(PAGE groups at most, how many there are)."""
        newest = func.max(items.c.asked_at)
        counted = (
            select(
                items.c.group_id,
                func.count().label("times"),
                func.count(distinct(items.c.conversation)).label("people"),
                newest.label("newest"),
                func.count(distinct(func.nullif(items.c.province, ""))).label("provinces"),
            )
            .join(groups, groups.c.id == items.c.group_id)
            .where(groups.c.state == wanted.state)
            .group_by(items.c.group_id)
        )
        counted = _matching(_seen(counted, sight), wanted)
        first = (newest,) if wanted.newest_first else (func.count(), newest)
        page = counted.order_by(*(column.desc() for column in first), items.c.group_id)
        with self._engine.connect() as db:
            total = db.scalar(select(func.count()).select_from(counted.subquery())) or 0
            rows = db.execute(page.limit(PAGE).offset(wanted.start)).all()
            ids = [row.group_id for row in rows]
            kinds, texts = _kinds(db, ids, sight), _newest_texts(db, ids, sight)
        return [
            Listed(
                row.group_id,
                texts.get(row.group_id, ""),
                row.times,
                row.people,
                in_utc(row.newest),
                kinds[row.group_id],
                row.provinces,
            )
            for row in rows
        ], int(total)

    def counts(self, sight: Sight) -> dict[str, int]:
        """State → how many groups somebody sees."""
        found = _seen(
            select(groups.c.state, func.count(distinct(groups.c.id)))
            .join(items, items.c.group_id == groups.c.id)
            .group_by(groups.c.state),
            sight,
        )
        with self._engine.connect() as db:
            return {row[0]: int(row[1]) for row in db.execute(found)}

    def get(self, group_id: int, sight: Sight) -> Group | None:
        """A group; None if there is nothing in it that somebody sees."""
        mine = items.c.group_id == group_id
        people = func.count(distinct(items.c.conversation)).label("people")
        counted = select(func.count().label("times"), people).where(mine)
        with self._engine.connect() as db:
            row = db.execute(select(groups).where(groups.c.id == group_id)).first()
            seen, whole = db.execute(_seen(counted, sight)).one(), db.execute(counted).one()
            if row is None or not seen.times:
                return None
            rows = db.execute(_seen(_read(mine), sight)).all()
        return Group(
            row.id,
            State(row.state),
            seen.times,
            seen.people,
            _together(rows),
            seen.times == whole.times,
            row.done_by,
            in_utc(row.done_at) if row.done_at else None,
            row.proposal_id,
            frozenset(row.added),
        )

    def near(self, vectors: Array, encoder: str, floor: float, sight: Sight) -> list[str]:
        """Questions, as far as somebody sees them, of the groups whose meaning is at least so near
        to one of these (shape (any, dim)), the nearest groups' first."""
        stored = select(groups.c.id, groups.c.vector).where(groups.c.encoder == encoder)
        with self._engine.connect() as db:
            rows = db.execute(stored).all()
            if not rows:
                return []
            known = np.frombuffer(b"".join(row.vector for row in rows), dtype=np.float32)
            cosines = (known.reshape(len(rows), -1) @ vectors.T).max(axis=1)
            order = [int(i) for i in np.argsort(-cosines)[:_NEAR] if cosines[i] >= floor]
            reads = [_seen(_read(items.c.group_id == rows[i].id), sight) for i in order]
            asked_there = [db.execute(read).all() for read in reads]
        texts = [asked(row.text, row.body) for found in asked_there for row in found]
        return list({fold(text): text for text in texts}.values())

    def close(self, group_id: int, by: str) -> None:
        """Not for us."""
        self._set(group_id, state=State.CLOSED, done_by=by, done_at=self._clock())

    def drafted(self, group_id: int, by: str, proposal_id: int, added: Sequence[str]) -> None:
        """Its ways of asking stand in a Proposal now."""
        self._set(
            group_id,
            state=State.DRAFTED,
            done_by=by,
            done_at=self._clock(),
            proposal_id=proposal_id,
            added=[hash_of(text) for text in added],
        )

    def reopen(self, group_id: int) -> None:
        """As if nothing had been done."""
        self._set(group_id, state=State.OPEN, done_by="", done_at=None, proposal_id=None, added=[])

    def follow(self, proposals: Proposals) -> None:
        """What became of the Proposals that groups wait for: published, the group is done; given
        up or taken back, it is open again."""
        waiting = select(groups.c.id, groups.c.proposal_id, groups.c.state).where(
            groups.c.state.in_((State.DRAFTED, State.DONE)), groups.c.proposal_id.is_not(None)
        )
        with self._engine.connect() as db:
            rows = db.execute(waiting).all()
        states = proposals.became([row.proposal_id for row in rows])
        for row in rows:
            match states.get(row.proposal_id):
                case ProposalState.PUBLISHED if row.state == State.DRAFTED:
                    self._set(row.id, state=State.DONE, done_at=self._clock())
                case ProposalState.DROPPED | ProposalState.TAKEN_BACK:
                    self.reopen(row.id)

    def _set(self, group_id: int, **values: object) -> None:
        with self._engine.begin() as db:
            db.execute(update(groups).where(groups.c.id == group_id).values(**values))


def hash_of(text: str) -> str:
    """By which a way of asking is found again: the inbox holds no text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _seen(wanted: Any, sight: Sight) -> Any:
    """A SELECT over items, of those that somebody sees."""
    if sight.provinces:
        wanted = wanted.where(items.c.province.in_(sight.provinces))
    if sight.fields:
        wanted = wanted.where(items.c.field.in_(sight.fields))
    return wanted


def _matching(counted: Any, wanted: Wanted) -> Any:
    if wanted.kind:
        counted = counted.where(items.c.kind == wanted.kind)
    if wanted.channel:
        counted = counted.where(items.c.channel == wanted.channel)
    if wanted.province:
        counted = counted.where(items.c.province == wanted.province)
    return counted


def _kinds(db: Connection, ids: Sequence[int], sight: Sight) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {group: {} for group in ids}
    counted = (
        select(items.c.group_id, items.c.kind, func.count())
        .where(items.c.group_id.in_(ids))
        .group_by(items.c.group_id, items.c.kind)
    )
    for group, kind, count in db.execute(_seen(counted, sight)):
        found[group][kind] = count
    return found


def _newest_texts(db: Connection, ids: Sequence[int], sight: Sight) -> dict[int, str]:
    latest = _seen(
        select(items.c.group_id, func.max(items.c.asked_at).label("newest"))
        .where(items.c.group_id.in_(ids))
        .group_by(items.c.group_id),
        sight,
    ).subquery()
    wanted = (
        select(items.c.group_id, questions.c.text, answers.c.body)
        .join(
            latest,
            (latest.c.group_id == items.c.group_id) & (latest.c.newest == items.c.asked_at),
        )
        .join(questions, questions.c.id == items.c.question_id)
        .join(answers, answers.c.question_id == items.c.question_id)
    )
    rows = db.execute(_seen(wanted, sight))
    return {group: asked(text, body) for group, text, body in rows}


def _read(mine: Any) -> Any:
    return (
        select(
            items.c.kind,
            items.c.asked_at,
            items.c.channel,
            questions.c.text,
            answers.c.body,
            feedback.c.helpful,
            feedback.c.reason,
        )
        .join(questions, questions.c.id == items.c.question_id)
        .join(answers, answers.c.question_id == items.c.question_id)
        .outerjoin(feedback, feedback.c.answer_id == answers.c.id)
        .where(mine)
        .order_by(items.c.asked_at.desc())
        .limit(_READ)
    )


def _together(rows: Sequence[Any]) -> tuple[Asked, ...]:
    same: dict[str, list[Any]] = {}
    for row in rows:
        same.setdefault(fold(asked(row.text, row.body)).strip(" .?!"), []).append(row)
    found = []
    for alike in same.values():
        newest = alike[0]
        found.append(
            Asked(
                asked(newest.text, newest.body),
                len(alike),
                in_utc(newest.asked_at),
                tuple(dict.fromkeys(row.channel for row in alike)),
                newest.kind,
                _beginning(Answer.model_validate(newest.body)),
                dict(Counter(row.reason or "" for row in alike if row.helpful == "no")),
            )
        )
    return tuple(sorted(found, key=lambda each: -each.count))


def _beginning(answer: Answer) -> str:
    lines = [line for block in answer.blocks for line in block.lines]
    lines += [choice.label for choice in answer.choices if not answer.entry_id]
    text = " · ".join(lines)
    return text if len(text) <= _TOLD else text[: _TOLD - 1].rsplit(" ", 1)[0] + "…"
