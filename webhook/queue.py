"""The durable queue: a message that was recorded is answered, in order, whatever crashes.

The only file that knows DBOS. docs/decisions/0002-durable-queue.md says what is promised.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import make_url

from bot.messages import say
from bot.model import Answer, Block, BlockKind, Question, Status
from bot.protect import mask
from webhook.channels.adapter import Courier, Failure, Incoming, TransportError
from webhook.limits import Pace
from webhook.media.listener import Listener
from webhook.metrics import Metrics, Replies
from webhook.render import Message
from webhook.sent import SentFile

log = logging.getLogger(__name__)

VERSION = "1"
"""DBOS hands a message only to a process of the application version it was queued under, and its
default version is a hash of the code: every release would strand what the one before had queued.
So it is pinned. Raise it only when `_work` changes its steps, and first let the queue run empty."""

POLL_S = 0.05
"""Pause between two looks for work; half of it is the mean wait before an answer is begun."""
WORKERS = 32
"""Messages of one channel in hand at a time. Most of that time is spent waiting: for the channel's
pace, and for the platform. Computing is bounded apart, by `reply_threads`."""
REPLY_ATTEMPTS = 3
GIVE_UP_AFTER = timedelta(hours=24)
"""An answer that couldn't be delivered for so long is no longer waited for."""
LONGEST_PAUSE_S = 60.0
KEEP_FINISHED = timedelta(hours=48)
"""Finished messages stay so long to recognise a resend: Telegram resends for 24 hours."""
TIDY_EVERY_S = 3600.0
WORKFLOW = "answer"


class Stopped(BaseException):
    """The process is stopping. Not an Exception: DBOS records those as the end of the work, and
    this work is to be found unfinished, and done, by the next process of this name."""


class DurableQueue:
    """Records messages, answers each with `replies`, and hands the answers to the couriers."""

    def __init__(
        self,
        database_url: str,
        replies: Replies,
        couriers: Sequence[Courier],
        *,
        data_dir: Path,
        worker_name: str = "worker-0",
        reply_threads: int = 2,
        metrics: Metrics | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._url = database_url
        self._listener = listener or Listener()
        self._replies = replies
        self._couriers = {courier.channel: courier for courier in couriers}
        self._name = worker_name
        self._sent_path = data_dir / f"sent.{worker_name}"
        self._metrics = metrics or Metrics()
        self._stopping = threading.Event()
        self._computing = threading.Semaphore(reply_threads)
        # Recording has threads of its own: behind the workers' it would wait for their answers.
        self._recorders = ThreadPoolExecutor(4, thread_name_prefix="record")
        self._in_hand = 0
        self._all_done = threading.Condition()

    def start(self) -> None:
        """Open the queue, take up what the last process of this name left, and begin to work."""
        _use_wal(self._url)
        self._sent = SentFile(self._sent_path)
        DBOS(config=self._config())

        @DBOS.workflow(name=WORKFLOW)
        def work(payload: str) -> str:
            return self._work(payload)

        DBOS.launch()
        for channel in self._couriers:
            # A queue for each channel: when one platform is down, only its own workers wait.
            DBOS.register_queue(
                channel.value,
                worker_concurrency=WORKERS,
                partition_concurrency=1,  # one message at a time in a conversation
                polling_interval_sec=POLL_S,
                on_conflict="always_update",
            )
        threading.Thread(target=self._tidy, name="queue-tidy", daemon=True).start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Begin nothing more, let calls under way end, and leave the rest for the next start."""
        self._stopping.set()
        with self._all_done:
            self._all_done.wait_for(lambda: self._in_hand == 0, timeout=patience_s)
        DBOS.destroy(destroy_registry=True)
        self._recorders.shutdown(wait=False, cancel_futures=True)
        self._sent.close()

    async def record(self, incoming: Incoming) -> None:
        """As `accept`, from the event loop, without blocking it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._recorders, self.accept, incoming)

    def accept(self, incoming: Incoming) -> None:
        """Record a message under its question's id; when this returns, it is on disk.

        A message already recorded is left as it is. Personal numbers are masked before anything is
        written. Raises whatever the database raises.

        Ids of one conversation must sort as its messages came: before Python 3.12 DBOS stamps rows
        in SQLite with whole seconds, and takes those of the same second in the order of their ids.
        """
        question = incoming.question
        masked = question.model_copy(update={"text": mask(question.text)})
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": question.channel.value,
            "workflow_id": question.id,
            "queue_partition_key": question.conversation,
            "app_version": VERSION,
        }
        payload = incoming.model_copy(update={"question": masked}).model_dump_json()
        DBOS.enqueue_workflow_with_options(options, payload)
        self._metrics.updates.labels(question.channel.value).inc()

    def _config(self) -> DBOSConfig:
        return {
            "name": "binhdan",
            "system_database_url": self._url,
            "application_version": VERSION,
            # DBOS recovers what a process of the same name had taken. A random name, its default
            # in some set-ups, would leave the work of a crashed process waiting for ever.
            "executor_id": self._name,
            # Pickle, its default, would let whoever can write to the database run code here.
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
        }

    def _work(self, payload: str) -> str:
        """The workflow: one step computes the Answer, one step for each message sends it."""
        incoming = Incoming.model_validate_json(payload)
        with self._taken():
            stored = DBOS.run_step({"name": "reply"}, self._reply, incoming)
            answer = Answer.model_validate_json(stored)
            courier = self._couriers[incoming.question.channel]
            if incoming.silent:
                return "silent"
            for number, message in enumerate(courier.messages(answer)):
                key = f"{quote(incoming.question.id)}#{number}"
                outcome = DBOS.run_step(
                    {"name": "send"}, self._deliver, courier, incoming, message, key
                )
                if outcome != "sent":
                    return outcome
            return "sent"

    @contextmanager
    def _taken(self) -> Iterator[None]:
        with self._all_done:
            if self._stopping.is_set():
                raise Stopped
            self._in_hand += 1
        try:
            with self._metrics.working.track_inprogress():
                yield
        finally:
            with self._all_done:
                self._in_hand -= 1
                self._all_done.notify_all()

    def _reply(self, incoming: Incoming) -> str:
        """The Answer as JSON. Done again after a crash, it finds the Answer that was stored."""
        courier = self._couriers[incoming.question.channel]
        with courier.busy(incoming):
            # Before it counts as computing: it waits for the platform, and for whoever transcribes.
            heard = self._listener.hear(incoming, courier)
            with self._computing:
                answer = self._reply_or_apologise(heard.question)
            return heard.told(answer).model_dump_json()

    def _reply_or_apologise(self, question: Question) -> Answer:
        for attempt in range(1, REPLY_ATTEMPTS + 1):
            self._stop_here_if_stopping()
            try:
                return self._replies.reply(question)
            # Whatever a reply fails with, the person is told so; nobody meets an exception.
            except Exception as error:
                log.error("reply to %s failed: %s", question.id, type(error).__name__)
                log.debug("the failure of %s", question.id, exc_info=error)
            self._wait(attempt * 0.5)
        return Answer(
            status=Status.ERROR_INTERNAL,
            blocks=(Block(kind=BlockKind.TEXT, lines=(say("channel.failed"),)),),
        )

    def _deliver(self, courier: Courier, incoming: Incoming, message: Message, key: str) -> str:
        """Send one message, trying until the platform takes it or says that it never will.

        Between the platform's "ok" and the line in the file lies the one way in which a message is
        sent twice: that the process dies there.
        """
        conversation = incoming.question.conversation
        pause = 1.0
        while datetime.now(UTC) - incoming.question.asked_at < GIVE_UP_AFTER:
            if self._sent.had(key):
                return "sent"
            self._wait_for_a_moment(courier.pace, conversation)
            try:
                courier.send(incoming, message)
            except TransportError as error:
                self._failed(incoming, error.failure, error)
                if error.failure is not Failure.RETRY:
                    return error.failure
                courier.pace.hold(conversation, error.retry_after or pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            else:
                self._sent.add(key)
                self._metrics.sent.labels(courier.channel.value).inc()
                return "sent"
        self._failed(incoming, "given_up", None)
        return "given_up"

    def _wait_for_a_moment(self, pace: Pace, conversation: str) -> None:
        while wait := pace.pause_left(conversation):
            self._wait(wait)
        self._wait(pace.reserve(conversation))

    def _failed(self, incoming: Incoming, kind: str, error: TransportError | None) -> None:
        question = incoming.question
        self._metrics.send_failures.labels(question.channel.value, kind).inc()
        log.warning("sending the answer to %s: %s %s", question.id, kind, error or "")

    def _wait(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Stopped

    def _stop_here_if_stopping(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _tidy(self) -> None:
        """Delete messages finished long ago: the queue is no archive of what people wrote."""
        while not self._stopping.wait(TIDY_EVERY_S):
            before = (datetime.now(UTC) - KEEP_FINISHED).isoformat()
            forget_finished(before)


def forget_finished(before: str, batch: int = 500) -> int:
    """Delete what was finished before a moment (RFC 3339). Returns how many messages."""
    forgotten = 0
    while True:
        finished = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before,
            limit=batch,
            load_input=False,
            load_output=False,
        )
        if not finished:
            return forgotten
        DBOS.delete_workflows([done.workflow_id for done in finished])
        forgotten += len(finished)


def _use_wal(url: str) -> None:
    """Turn a SQLite file to write-ahead logging, which stays with the file: readers and the writer
    stop waiting for each other. Each commit is still on disk when it returns."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        with sqlite3.connect(parsed.database) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
