"""New Questions are put into groups of like meaning: each joins the nearest group, if that is near
enough, or begins one. It costs one look at every group a Question, so it is done beside serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, delete, exists, insert, select, update

from bot.draft import Known
from bot.inbox.items import Item, Kind, asked, find
from bot.inbox.store import State
from bot.inbox.tables import answers, groups, items, one_writer, progress, questions
from knowledge.clock import in_utc
from retrieval.search import Searcher

Array = NDArray[np.float32]

NEAR = 0.88
"""Cosine from which two Questions are the same in other words: `python -m bench.likeness`."""
AT_ONCE = 32
"""Questions taken in by one call."""
ENCODED_TOGETHER = 8
"""Between so many, the encoder is free for people who wait for an Answer."""

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class _Groups:
    """Every group's meaning, with room for those that begin now."""

    ids: list[int]
    vectors: Array
    """Shape (groups and room, dim)."""

    def nearest(self, vector: Array) -> int | None:
        """The group a Question belongs to, if one is near enough."""
        if not self.ids:
            return None
        cosines = self.vectors[: len(self.ids)] @ vector
        best = int(np.argmax(cosines))
        return self.ids[best] if cosines[best] >= NEAR else None

    def add(self, group_id: int, vector: Array) -> None:
        self.vectors[len(self.ids)] = vector
        self.ids.append(group_id)


class Intake:
    """Puts what is new in the Journal into the inbox. Several processes may do so at once."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock

    def take_in(self, known: Known, at_most: int = AT_ONCE) -> int:
        """Look through the Journal; returns how many Questions were put in, 0 when all are."""
        self._encode_anew(known.searcher)
        now = self._clock()
        with self._engine.connect() as db:
            row = db.execute(select(progress)).first()
            since = in_utc(row.looked_until) if row else _BEGINNING
            found = find(db, known.edition.library, since, now, at_most)
        vectors = _vectors(known.searcher, [item.text for item in found.items])
        with self._engine.begin() as db:
            one_writer(db)
            fresh = _without_known(db, found.items)
            if fresh:
                known_groups = _read(db, known.searcher.encoder_name, vectors)
                for item, vector in zip(found.items, vectors, strict=True):
                    if item.question_id in fresh:
                        _put(db, item, vector, known_groups, known.searcher.encoder_name)
            # Of whom everything was deleted, nothing is kept.
            left = select(items.c.question_id).where(items.c.group_id == groups.c.id)
            db.execute(delete(groups).where(~exists(left)))
            _note(db, found.looked_until, first=row is None)
        return len(found.items)

    def _encode_anew(self, searcher: Searcher) -> None:
        """Some groups whose meaning was told by a former encoder."""
        name = searcher.encoder_name
        with self._engine.connect() as db:
            old = db.scalars(select(groups.c.id).where(groups.c.encoder != name).limit(AT_ONCE))
            texts = {group: text for group in old if (text := _first_text(db, group))}
        vectors = _vectors(searcher, list(texts.values()))
        with self._engine.begin() as db:
            for group, vector in zip(texts, vectors, strict=True):
                changed = {"encoder": name, "vector": vector.tobytes()}
                db.execute(update(groups).where(groups.c.id == group).values(**changed))


def _vectors(searcher: Searcher, texts: Sequence[str]) -> list[Array]:
    rows: list[Array] = []
    for start in range(0, len(texts), ENCODED_TOGETHER):
        some = texts[start : start + ENCODED_TOGETHER]
        rows += list(searcher.vectors([searcher.read(text) for text in some]))
    return rows


def _without_known(db: Connection, found: Sequence[Item]) -> set[str]:
    """Ids of those still to be put in: another process may have been quicker, and a Question may
    have been deleted meanwhile. Of those already in, the kind is brought up to date."""
    ids = [item.question_id for item in found]
    there = set(db.scalars(select(questions.c.id).where(questions.c.id.in_(ids))))
    known = set(db.scalars(select(items.c.question_id).where(items.c.question_id.in_(ids))))
    for item in found:
        if item.question_id in known:
            mine = items.c.question_id == item.question_id
            db.execute(update(items).where(mine).values(kind=item.kind))
            if item.kind is Kind.UNHELPFUL:
                group = db.scalar(select(items.c.group_id).where(mine))
                _wake(db, int(group or 0), item.asked_at)
    return there - known


def _read(db: Connection, encoder: str, fresh: Sequence[Array]) -> _Groups:
    rows = db.execute(select(groups.c.id, groups.c.vector).where(groups.c.encoder == encoder)).all()
    vectors = np.zeros((len(rows) + len(fresh), len(fresh[0])), dtype=np.float32)
    if rows:
        told = np.frombuffer(b"".join(row.vector for row in rows), dtype=np.float32)
        vectors[: len(rows)] = told.reshape(len(rows), -1)
    return _Groups([row.id for row in rows], vectors)


def _put(db: Connection, item: Item, vector: Array, known: _Groups, encoder: str) -> None:
    group_id = known.nearest(vector)
    if group_id is None:
        values = {
            "state": State.OPEN,
            "encoder": encoder,
            "vector": vector.astype(np.float32).tobytes(),
            "done_by": "",
            "added": [],
        }
        group_id = int(
            db.execute(insert(groups).values(**values).returning(groups.c.id)).scalar_one()
        )
        known.add(group_id, vector)
    else:
        _wake(db, group_id, item.asked_at)
    db.execute(
        insert(items).values(
            question_id=item.question_id,
            group_id=group_id,
            kind=item.kind,
            asked_at=item.asked_at,
            channel=item.channel,
            province=item.province,
            field=item.field,
            conversation=item.conversation,
        )
    )


def _wake(db: Connection, group_id: int, asked_at: datetime) -> None:
    """A group whose ways of asking were published, and which is asked again in vain, is open
    again."""
    in_vain = (groups.c.id == group_id, groups.c.state == State.DONE, groups.c.done_at < asked_at)
    db.execute(update(groups).where(*in_vain).values(state=State.OPEN))


def _note(db: Connection, until: datetime, first: bool) -> None:
    if first and db.execute(select(progress)).first() is None:
        db.execute(insert(progress).values(id=1, looked_until=until))
    else:
        db.execute(
            update(progress).where(progress.c.looked_until < until).values(looked_until=until)
        )


def _first_text(db: Connection, group_id: int) -> str:
    """What was asked first in a group; empty if nothing of it is left."""
    oldest = (
        select(questions.c.text, answers.c.body)
        .join(items, items.c.question_id == questions.c.id)
        .join(answers, answers.c.question_id == questions.c.id)
        .where(items.c.group_id == group_id)
        .order_by(items.c.asked_at)
        .limit(1)
    )
    row = db.execute(oldest).first()
    return asked(row.text, row.body) if row else ""
