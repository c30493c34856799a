"""Proposals: Entries as administrators write them, from the first letter to publication.

A Proposal's body is what its form holds, and may be unfinished: only `check` says whether it is an
Entry. Whoever saves names the revision that was read, so that nobody overwrites what somebody else
wrote meanwhile. What was published this way is kept as the administrators' own wording, which a
later publication of the content files does not take back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from knowledge.clock import in_utc
from knowledge.load import Library, dump_entry, parse_entry
from knowledge.model import AnyEntry, Lesson, Record, Source
from knowledge.store import content_hash

metadata = MetaData()

_proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("base", String(64), nullable=False),
    Column("writers", JSON, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("note", String(500), nullable=False),
    Column("reviewer", String(64), nullable=False),
    Column("comment", String(1000), nullable=False),
    Column("publish_on", String(10), nullable=False),
    Column("edition", Integer),
    Column("ends_on", String(10), nullable=False, server_default=""),
    Column("withdrawn_in", Integer),
    Index("ix_proposals_entry", "entry_id", "state"),
)

MOST_LETTERS = 400_000
"""Of a body as JSON. The largest Entry shipped has a tenth."""


class State(StrEnum):
    WRITING = "writing"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"
    TAKEN_BACK = "taken_back"
    """Published, and then left behind by a return to an earlier Edition."""


OPEN = (State.WRITING, State.IN_REVIEW, State.APPROVED)
"""An Entry has at most one Proposal in one of these states."""


class Proposal(Record):
    """A change to one Entry, or a new one."""

    id: int
    entry_id: str
    state: State
    revision: int
    body: dict[str, Any]
    sources: tuple[dict[str, Any], ...]
    """Sources that the Edition does not have yet, or has in other words."""
    base: str
    """Hash of the published Entry that it began from; empty for a new one."""
    writers: tuple[str, ...]
    """Logins of everybody who wrote in it; none of them may approve it."""
    written_at: datetime
    note: str
    reviewer: str
    comment: str
    publish_on: date | None
    edition: int | None
    ends_on: date | None
    """The day from which the Entry no longer holds."""
    withdrawn_in: int | None
    """The Edition that left the Entry out because that day had come."""

    @property
    def title(self) -> str:
        """What it is called, as far as that is written."""
        return str(self.body.get("title") or self.entry_id)

    @property
    def written_by(self) -> str:
        """Who wrote last."""
        return self.writers[-1] if self.writers else ""


class Trouble(Record):
    """One thing that keeps a body from being an Entry."""

    loc: tuple[str | int, ...]
    """The way to the field: ("facts", "fee", 0, "text")."""
    kind: str
    """pydantic's name of the error, or "unknown_source", "unknown_entry", "taken"."""
    message: str


class ProposalError(Exception):
    """What was asked can't be done in this state; `reason` is the key of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SomebodyElseWrote(ProposalError):
    """The revision is no longer the newest. Carries the newest, so that nothing is lost."""

    def __init__(self, newest: Proposal) -> None:
        super().__init__("somebody_else_wrote")
        self.newest = newest


class Proposals:
    """The store of Proposals. Safe to use from several threads and processes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def get(self, proposal_id: int) -> Proposal:
        """ProposalError if there is none."""
        with self._engine.connect() as db:
            return self._get(db, proposal_id)

    def of(self, entry_id: str) -> Proposal | None:
        """The open Proposal of an Entry."""
        wanted = select(_proposals).where(
            _proposals.c.entry_id == entry_id, _proposals.c.state.in_(OPEN)
        )
        with self._engine.connect() as db:
            row = db.execute(wanted).first()
        return _proposal(row) if row else None

    def all(self, states: Sequence[State] = OPEN, limit: int = 200) -> list[Proposal]:
        """Those in one of the states, last written first."""
        wanted = (
            select(_proposals)
            .where(_proposals.c.state.in_(states))
            .order_by(_proposals.c.written_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            return [_proposal(row) for row in db.execute(wanted)]

    def states(self) -> dict[str, State]:
        """The state of the open Proposal of each Entry that has one."""
        wanted = select(_proposals.c.entry_id, _proposals.c.state).where(
            _proposals.c.state.in_(OPEN)
        )
        with self._engine.connect() as db:
            return {row.entry_id: State(row.state) for row in db.execute(wanted)}

    def became(self, ids: Sequence[int]) -> dict[int, State]:
        """What became of these Proposals, by id."""
        wanted = select(_proposals.c.id, _proposals.c.state).where(_proposals.c.id.in_(ids))
        with self._engine.connect() as db:
            return {row.id: State(row.state) for row in db.execute(wanted)}

    def begin(
        self, entry_id: str, body: dict[str, Any], base: AnyEntry | None, by: str
    ) -> Proposal:
        """A new Proposal, or the open one of this Entry if there is one already."""
        with self._engine.begin() as db:
            _one_writer(db)
            row = db.execute(
                select(_proposals).where(
                    _proposals.c.entry_id == entry_id, _proposals.c.state.in_(OPEN)
                )
            ).first()
            if row is not None:
                return _proposal(row)
            former = _last_published(db, entry_id) if base else None
            now = self._clock()
            values = {
                "entry_id": entry_id,
                "state": State.WRITING,
                "revision": 1,
                "body": body,
                "sources": [],
                "base": content_hash(dump_entry(base)) if base else "",
                "writers": [by],
                "begun_at": now,
                "written_at": now,
                "note": "",
                "reviewer": "",
                "comment": "",
                "publish_on": "",
                # A change to an Entry that ends does not make it last.
                "ends_on": _iso(former.ends_on) if former else "",
            }
            new = db.execute(insert(_proposals).values(**values).returning(_proposals.c.id))
            return self._get(db, new.scalar_one())

    def save(
        self,
        proposal_id: int,
        revision: int,
        by: str,
        body: dict[str, Any],
        sources: Sequence[dict[str, Any]] = (),
    ) -> Proposal:
        """Write. What was in review or approved is in writing again: somebody has to look anew.
        SomebodyElseWrote if the revision is not the newest."""
        if len(json.dumps(body, ensure_ascii=False)) > MOST_LETTERS:
            raise ProposalError("too_long")
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision)
            if before.body == body and list(before.sources) == list(sources):
                return before
            writers = [writer for writer in before.writers if writer != by]
            return self._step(
                db,
                before,
                state=State.WRITING,
                body=body,
                sources=list(sources),
                writers=[*writers, by],
                written_at=self._clock(),
                reviewer="",
            )

    def submit(self, proposal_id: int, revision: int, note: str) -> Proposal:
        """Ask for a review. The caller has checked that the body is an Entry."""
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision, State.WRITING)
            return self._step(db, before, state=State.IN_REVIEW, note=note[:500], comment="")

    def approve(self, proposal_id: int, revision: int, by: str, comment: str = "") -> Proposal:
        """ProposalError if the reviewer wrote in it themselves."""
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision, State.IN_REVIEW)
            if by in before.writers:
                raise ProposalError("own_words")
            return self._step(db, before, state=State.APPROVED, reviewer=by, comment=comment[:1000])

    def send_back(self, proposal_id: int, revision: int, by: str, comment: str) -> Proposal:
        """To its writers, with what is missing. ProposalError without a comment."""
        if not comment.strip():
            raise ProposalError("comment_missing")
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision, State.IN_REVIEW, State.APPROVED)
            return self._step(
                db, before, state=State.WRITING, reviewer=by, comment=comment.strip()[:1000]
            )

    def schedule(
        self, proposal_id: int, revision: int, day: date | None, ends_on: date | None = None
    ) -> Proposal:
        """Publish an approved one on a day (None: when somebody presses the button), and withdraw
        its Entry on a later one (None: never)."""
        if ends_on and day and ends_on <= day:
            raise ProposalError("ends_before")
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision, State.APPROVED)
            return self._step(db, before, publish_on=_iso(day), ends_on=_iso(ends_on))

    def drop(self, proposal_id: int, revision: int) -> Proposal:
        """Give it up; it stays readable."""
        with self._engine.begin() as db:
            before = self._open(db, proposal_id, revision)
            return self._step(db, before, state=State.DROPPED)

    def due(self, today: date) -> list[Proposal]:
        """The approved ones whose day has come."""
        return [
            proposal
            for proposal in self.all((State.APPROVED,))
            if proposal.publish_on and proposal.publish_on <= today
        ]

    def published(self, proposals: Sequence[Proposal], edition: int) -> list[Proposal]:
        """Note that these went out with an Edition; returns those of which nobody had noted it.
        One changed meanwhile stays as it is."""
        noted = []
        with self._engine.begin() as db:
            for proposal in proposals:
                done = db.execute(
                    update(_proposals)
                    .where(
                        _proposals.c.id == proposal.id,
                        _proposals.c.revision == proposal.revision,
                    )
                    .values(state=State.PUBLISHED, edition=edition, revision=proposal.revision + 1)
                )
                if done.rowcount:
                    noted.append(proposal)
        return noted

    def wording(self) -> list[Proposal]:
        """The newest published Proposal of each Entry: what administrators last said of it. One
        that was withdrawn says that the Entry is no more."""
        wanted = (
            select(_proposals)
            .where(_proposals.c.state == State.PUBLISHED)
            .order_by(_proposals.c.edition, _proposals.c.id)
        )
        with self._engine.connect() as db:
            newest = {row.entry_id: _proposal(row) for row in db.execute(wanted)}
        return list(newest.values())

    def ending(self) -> list[Proposal]:
        """Those whose Entry is published and has a day to end, the nearest first."""
        with self._engine.connect() as db:
            rows = db.execute(
                select(_proposals)
                .where(_proposals.c.state == State.PUBLISHED, _proposals.c.ends_on != "")
                .where(_proposals.c.withdrawn_in.is_(None))
                .order_by(_proposals.c.ends_on, _proposals.c.id)
            )
            found = [_proposal(row) for row in rows]
            return [p for p in found if _last_published(db, p.entry_id) == p]

    def stay(self, proposal_id: int) -> Proposal:
        """Give up the day on which a published Entry ends."""
        with self._engine.begin() as db:
            done = db.execute(
                update(_proposals)
                .where(_proposals.c.id == proposal_id, _proposals.c.state == State.PUBLISHED)
                .where(_proposals.c.withdrawn_in.is_(None))
                .values(ends_on="")
            )
            if not done.rowcount:
                raise ProposalError("unknown_proposal")
            return self._get(db, proposal_id)

    def withdrawn(self, proposals: Sequence[Proposal], edition: int) -> list[Proposal]:
        """Note that the Entries of these ended with an Edition; returns those of which nobody had
        noted it."""
        noted = []
        with self._engine.begin() as db:
            for proposal in proposals:
                done = db.execute(
                    update(_proposals)
                    .where(_proposals.c.id == proposal.id, _proposals.c.withdrawn_in.is_(None))
                    .values(withdrawn_in=edition)
                )
                if done.rowcount:
                    noted.append(proposal)
        return noted

    def take_back(self, after: int) -> list[str]:
        """Leave behind what was published or withdrawn after an Edition; returns the Entries
        concerned. An Entry that is back has no day to end: that would take it out again."""
        gone = (_proposals.c.state == State.PUBLISHED) & (_proposals.c.edition > after)
        back = (_proposals.c.state == State.PUBLISHED) & (_proposals.c.withdrawn_in > after)
        with self._engine.begin() as db:
            entries = list(db.scalars(select(_proposals.c.entry_id).where(gone | back)))
            db.execute(update(_proposals).where(back).values(withdrawn_in=None, ends_on=""))
            db.execute(update(_proposals).where(gone).values(state=State.TAKEN_BACK))
        return entries

    def _open(self, db: Connection, proposal_id: int, revision: int, *states: State) -> Proposal:
        found = self._get(db, proposal_id)
        if found.revision != revision:
            raise SomebodyElseWrote(found)
        if found.state not in (states or OPEN):
            raise ProposalError("wrong_state")
        return found

    def _step(self, db: Connection, before: Proposal, **values: object) -> Proposal:
        """The next revision; only one of two who try at the same time succeeds."""
        done = db.execute(
            update(_proposals)
            .where(_proposals.c.id == before.id, _proposals.c.revision == before.revision)
            .values(revision=before.revision + 1, **values)
        )
        after = self._get(db, before.id)
        if not done.rowcount:
            raise SomebodyElseWrote(after)
        return after

    def _get(self, db: Connection, proposal_id: int) -> Proposal:
        row = db.execute(select(_proposals).where(_proposals.c.id == proposal_id)).first()
        if row is None:
            raise ProposalError("unknown_proposal")
        return _proposal(row)


def check(proposal: Proposal, library: Library) -> tuple[Trouble, ...]:
    """What keeps a Proposal from being published into a library; nothing if it may."""
    troubles: list[Trouble] = []
    entry = sources = None
    try:
        entry = parse_entry(proposal.body)
    except ValidationError as error:
        troubles += [_trouble(e, drop=1) for e in error.errors()]
    try:
        sources = [Source.model_validate(source) for source in proposal.sources]
    except ValidationError as error:
        troubles += [
            Trouble(loc=("sources", *e["loc"]), kind=e["type"], message=e["msg"])
            for e in error.errors()
        ]
    if entry is None or sources is None:
        return tuple(troubles)
    if entry.id != proposal.entry_id:
        return (Trouble(loc=("id",), kind="renamed", message="the id can't be changed"),)
    known = library.sources.keys() | {source.id for source in sources}
    return (
        *(
            Trouble(loc=("sources",), kind="unknown_source", message=source)
            for source in entry.source_ids
            if source not in known
        ),
        *(
            Trouble(loc=("related",), kind="unknown_entry", message=other)
            for other in entry.related
            if other not in library.entries
        ),
    )


def applied(library: Library, proposals: Sequence[Proposal]) -> Library:
    """The library with the Proposals in it, and without the Entries of those that were withdrawn.
    Each must have passed `check`."""
    entries, sources = dict(library.entries), dict(library.sources)
    for proposal in proposals:
        if proposal.withdrawn_in is not None:
            continue
        entry = parse_entry(proposal.body)
        entries[entry.id] = entry
        for source in map(Source.model_validate, proposal.sources):
            sources[source.id] = source
    whole = Library(dict(sorted(entries.items())), dict(sorted(sources.items())))
    return without(whole, {p.entry_id for p in proposals if p.withdrawn_in is not None})


def without(library: Library, gone: Collection[str]) -> Library:
    """The library without some Entries; no other leads to them any more."""
    if not gone:
        return library
    kept = {key: _unlinked(e, gone) for key, e in library.entries.items() if key not in gone}
    return Library(kept, library.sources)


def _unlinked(entry: AnyEntry, gone: Collection[str]) -> AnyEntry:
    names = ("related", "needs") if isinstance(entry, Lesson) else ("related",)
    leading = {name: tuple(i for i in getattr(entry, name) if i not in gone) for name in names}
    changed = {name: ids for name, ids in leading.items() if ids != getattr(entry, name)}
    return entry.model_copy(update=changed) if changed else entry


def has_moved(proposal: Proposal, library: Library) -> bool:
    """Whether the published Entry is another than the one the Proposal began from."""
    entry = library.entries.get(proposal.entry_id)
    now = content_hash(dump_entry(entry)) if entry else ""
    return now != proposal.base


def _trouble(error: Any, drop: int) -> Trouble:
    loc = tuple(part for part in error["loc"][drop:] if part != "[key]")
    return Trouble(loc=loc, kind=error["type"], message=error["msg"].removeprefix("Value error, "))


def _last_published(db: Connection, entry_id: str) -> Proposal | None:
    row = db.execute(
        select(_proposals)
        .where(_proposals.c.entry_id == entry_id, _proposals.c.state == State.PUBLISHED)
        .order_by(_proposals.c.edition.desc(), _proposals.c.id.desc())
        .limit(1)
    ).first()
    return _proposal(row) if row else None


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _one_writer(db: Connection) -> None:
    """Until the transaction ends, nobody else begins a Proposal."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE proposals IN EXCLUSIVE MODE")
    else:  # a statement that could write takes SQLite's write lock, whether it finds rows or not
        db.exec_driver_sql("UPDATE proposals SET id = id WHERE 1 = 0")


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        id=row.id,
        entry_id=row.entry_id,
        state=State(row.state),
        revision=row.revision,
        body=row.body,
        sources=tuple(row.sources),
        base=row.base,
        writers=tuple(row.writers),
        written_at=in_utc(row.written_at),
        note=row.note,
        reviewer=row.reviewer,
        comment=row.comment,
        publish_on=_day(row.publish_on),
        edition=row.edition,
        ends_on=_day(row.ends_on),
        withdrawn_in=row.withdrawn_in,
    )
