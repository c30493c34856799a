"""What was read of uploaded files and has no field: kept beside the Proposal it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from knowledge.clock import in_utc
from knowledge.documents.draft import Left
from knowledge.model import Record
from webhook.admin.tables import uploads

MOST_LETTERS = 200_000
"""Of one file's text beside a form; what is beyond is in the file."""


class Upload(Record):
    """A file that a Proposal was begun from."""

    name: str
    left: tuple[Left, ...]
    by: str
    at: datetime


class Uploads:
    """The store of Uploads. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, proposal_id: int, name: str, left: Sequence[Left], by: str) -> None:
        """Keep what is left of a file for whoever writes the Proposal."""
        values = {
            "proposal_id": proposal_id,
            "name": name[:120],
            "left": [(heading, list(lines)) for heading, lines in _cut(left)],
            "by": by,
            "at": datetime.now(UTC),
        }
        with self._engine.begin() as db:
            db.execute(insert(uploads).values(**values))

    def of(self, proposal_id: int) -> list[Upload]:
        """The files of a Proposal, the last one first."""
        wanted = (
            select(uploads)
            .where(uploads.c.proposal_id == proposal_id)
            .order_by(uploads.c.id.desc())
        )
        with self._engine.connect() as db:
            return [
                Upload(
                    name=row.name,
                    left=tuple((heading, tuple(lines)) for heading, lines in row.left),
                    by=row.by,
                    at=in_utc(row.at),
                )
                for row in db.execute(wanted)
            ]


def _cut(left: Sequence[Left]) -> list[Left]:
    """The first parts, as many as may be kept."""
    kept: list[Left] = []
    room = MOST_LETTERS
    for heading, lines in left:
        room -= len(heading) + sum(map(len, lines))
        if room < 0:
            break
        kept.append((heading, lines))
    return kept
