"""Messages as rows of DBOS: put in, looked at, given back, forgotten.

All of it through a client of DBOS, which raises where the running part waits: a platform is told to
come again while the database is away, and is not kept waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import select

from webhook.channels.adapter import Incoming
from webhook.queue.store import with_timeout

APPLICATION = "binhdan"
WORKFLOW = "answer"
VERSION = "1"
"""DBOS hands a message only to a process of the application version it was queued under, and its
default version is a hash of the code: every release would strand what the one before had queued.
So it is pinned. Raise it only when the workflow changes its steps, and first let the queue run
empty."""

_RECOVERY_QUEUE = "_dbos_internal_queue"
"""Where DBOS puts recovered work that came from no queue; ours always did."""
_LOOKED_AT = 20
"""Messages waiting in one conversation that are looked at, latest first."""


class Records:
    """The rows of one queue database. Thread-safe."""

    def __init__(self, url: str) -> None:
        """Nothing is asked of the database before DBOS has migrated it."""
        self._client = DBOSClient(
            system_database_url=with_timeout(url),
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def add(self, incoming: Incoming) -> None:
        """Record a message under its question's id; when this returns, it is on disk. One already
        recorded is left as it is."""
        question = incoming.question
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": question.channel.value,
            "workflow_id": question.id,
            "queue_partition_key": question.conversation,
            "app_version": VERSION,
        }
        now = datetime.now(UTC).isoformat()
        self._client.enqueue(options, incoming.model_dump_json(), now)

    def waiting_behind(self, incoming: Incoming) -> list[Incoming]:
        """What waits in the conversation of a message that is in hand, latest first."""
        rows = self._client._sys_db.tables.workflow_status.c
        waiting = (
            select(rows.workflow_uuid)
            .where(rows.queue_name == incoming.question.channel.value)
            .where(rows.queue_partition_key == incoming.question.conversation)
            .where(rows.status == "ENQUEUED")
            .order_by(rows.created_at.desc(), rows.workflow_uuid.desc())
            .limit(_LOOKED_AT)
        )
        with self._client._sys_db.engine.connect() as db:
            ids = list(db.scalars(waiting))
        if not ids:
            return []
        found = self._client.list_workflows(workflow_ids=ids, load_output=False)
        payloads = {row.workflow_id: _payload(row.input) for row in found}
        return [Incoming.model_validate_json(payloads[i]) for i in ids if payloads.get(i)]

    def in_hand_of(self, worker: str) -> set[str]:
        """Ids of the messages that DBOS has given to a process and that are not finished."""
        pending = self._client._sys_db.get_pending_workflows(worker, VERSION)
        return {row.workflow_id for row in pending}

    def workers(self) -> set[str]:
        """Names of the processes that have messages in hand."""
        rows = self._client._sys_db.tables.workflow_status.c
        named = select(rows.executor_id).where(rows.status == "PENDING").distinct()
        with self._client._sys_db.engine.connect() as db:
            return {name for name in db.scalars(named) if name}

    def give_back(self, worker: str, ids: Iterable[str]) -> int:
        """Put messages that a process had in hand back where they were in the queue; returns how
        many.

        As DBOS itself does for a process of its own name. A row goes back only while it is still
        that process's, in one statement: nothing goes back twice, and nothing that runs elsewhere.
        """
        database = self._client._sys_db
        return sum(database.reenqueue_for_recovery(i, [worker], _RECOVERY_QUEUE) for i in ids)

    def forget_finished(self, before: datetime, batch: int = 500) -> int:
        """Delete what was finished before a moment. Returns how many messages."""
        forgotten = 0
        while True:
            finished = self._client.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=before.isoformat(),
                limit=batch,
                load_input=False,
                load_output=False,
            )
            if not finished:
                return forgotten
            self._client.delete_workflows([done.workflow_id for done in finished])
            forgotten += len(finished)

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


def _payload(given: Any) -> str:
    """The message in a workflow's input."""
    arguments = given["args"] if given else ()
    return str(arguments[0]) if arguments else ""
