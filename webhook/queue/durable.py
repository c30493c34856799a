"""The durable queue itself: takes messages in, and has each answered and sent in order.

docs/decisions/0002-durable-queue.md says what is promised. DBOS is known here and in `records`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.deletion import asks_deletion
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Question, Status
from bot.protect import mask
from knowledge.store import connect
from webhook.channels.adapter import Courier, Incoming
from webhook.database import QUEUE, migrate
from webhook.media.listener import Listener
from webhook.metrics import Metrics, Replies
from webhook.queue.delivery import PARKED, SENT, Delivery, Fence
from webhook.queue.ending import Interrupted, Stopping, TakenOver
from webhook.queue.late import can_be_left_out, is_late, stands_for_earlier, with_apology
from webhook.queue.lease import Alone, Lease, Tenure
from webhook.queue.records import APPLICATION, VERSION, WORKFLOW, Records
from webhook.queue.sent import SentFile, SentTable
from webhook.queue.store import Parked, with_timeout
from webhook.queue.timing import Timing
from webhook.switches import AllOn, Switchboard

log = logging.getLogger(__name__)

WORKERS = 32
"""Messages of one channel in hand at a time. Most of that time is spent waiting: for the channel's
pace, and for the platform. Computing is bounded apart, by `reply_threads`."""
RECORDERS = 4
REMEMBERED = 10_000
"""Messages of late whose resends need not be looked up: while the database is slow, resends are
many, and would keep it so."""
REPLY_ATTEMPTS = 3
LOOK_AGAIN_S = 0.2
LONE_NAME = "worker-0"

_UNTOLD = ("error", "refused")
"""What a notice came to is not told: nobody waits for it."""

SUPERSEDED = "superseded"
SILENT = "silent"


class DurableQueue:
    """Records messages, answers each with `replies`, and hands the answers to the couriers."""

    def __init__(
        self,
        database_url: str,
        replies: Replies,
        couriers: Sequence[Courier],
        *,
        data_dir: Path,
        worker_name: str = "",
        reply_threads: int = 2,
        metrics: Metrics | None = None,
        timing: Timing | None = None,
        listener: Listener | None = None,
        switches: Switchboard | None = None,
    ) -> None:
        self._url = database_url
        self._switches = switches or AllOn()
        self._listener = listener or Listener()
        self._replies = replies
        self._couriers = {courier.channel: courier for courier in couriers}
        self._data_dir = data_dir
        self._shared = make_url(database_url).get_backend_name() == "postgresql"
        self._name = _name(worker_name, self._shared)
        self._metrics = metrics or Metrics()
        self._timing = timing or Timing()
        self._stopping = Stopping()
        self._deliveries: dict[str, Delivery] = {}
        self._computing = threading.Semaphore(reply_threads)
        # Recording has threads of its own: behind the workers' it would wait for their answers.
        self._recorders = ThreadPoolExecutor(RECORDERS, thread_name_prefix="record")
        self._recordings: OrderedDict[str, Future[None]] = OrderedDict()
        self._in_hand: set[str] = set()
        self._let_go = threading.Condition()

    def start(self) -> None:
        """Open the queue, take up what was left unfinished, and begin to work."""
        _use_wal(self._url)
        migrate(with_timeout(self._url), QUEUE)
        self._engine = connect(with_timeout(self._url))
        self._sent = (
            SentTable(self._url)
            if self._shared
            else SentFile(self._data_dir / f"sent.{self._name}")
        )
        self._parked = Parked(self._engine)
        self._records = Records(self._url)
        for courier in self._couriers.values():
            self._deliveries[courier.channel] = Delivery(
                courier,
                self._sent,
                self._parked,
                self._stopping,
                self._timing,
                self._metrics,
                self._switches,
            )
        self._tenure = self._new_tenure()
        self._tenure.start()
        self._start_dbos()
        for work in (self._tidy, self._rescue):
            threading.Thread(target=work, name=f"queue{work.__name__}", daemon=True).start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Begin nothing more, let calls under way end, and leave the rest to others, or to the
        next start."""
        self._stopping.begin()
        with self._let_go:
            empty = self._let_go.wait_for(lambda: not self._in_hand, timeout=patience_s)
        DBOS.destroy(destroy_registry=True)
        try:
            self._tenure.stop(self._leave if empty else None)
        except SQLAlchemyError as error:
            log.warning("what is left waits for the lease to end: %s", type(error).__name__)
        self._recorders.shutdown(wait=False, cancel_futures=True)
        self._records.close()
        self._sent.close()
        self._engine.dispose()

    async def record(self, incoming: Incoming) -> None:
        """As `accept`, from the event loop, without blocking it. TimeoutError if that takes longer
        than a platform should wait: it goes on, and what the platform sends again joins it."""
        recording = self._recordings.get(incoming.question.id)
        if recording is None or (recording.done() and recording.exception()):
            recording = self._recorders.submit(self.accept, incoming)
            self._recordings[incoming.question.id] = recording
        while len(self._recordings) > REMEMBERED:
            self._recordings.popitem(last=False)
        await asyncio.wait_for(
            asyncio.shield(asyncio.wrap_future(recording)), self._timing.record_s
        )

    def accept(self, incoming: Incoming) -> None:
        """Record a message under its question's id; when this returns, it is on disk.

        A message already recorded is left as it is. Personal numbers are masked before anything is
        written. Raises whatever the database raises.

        Ids of one conversation must sort as its messages came: before Python 3.12 DBOS stamps rows
        in SQLite with whole seconds, and takes those of the same second in the order of their ids.
        """
        question = incoming.question
        masked = question.model_copy(update={"text": mask(question.text)})
        self._records.add(incoming.model_copy(update={"question": masked}))
        self._metrics.updates.labels(question.channel.value).inc()

    def held(self) -> dict[str, str]:
        """Channels that nothing can be sent on until an operator acts: name → the platform's
        words."""
        return {name: d.hold.words for name, d in self._deliveries.items() if d.hold.words}

    def forget_finished(self, before: datetime) -> int:
        """Delete messages finished before a moment: the queue is no archive of what people wrote.
        Returns how many."""
        return self._records.forget_finished(before)

    # Coming and going.

    def _start_dbos(self) -> None:
        DBOS(config=self._config())

        @DBOS.workflow(name=WORKFLOW)
        def work(payload: str, recorded_at: str = "") -> str:
            try:
                return self._work(payload, recorded_at)
            except SQLAlchemyError as error:
                # Of DBOS, which gives up on some kinds of outage: no reason to drop the message.
                log.warning("a message waits for the database: %s", type(error).__name__)
                raise Interrupted from None

        # Without this, a process would take messages of channels that only others serve.
        DBOS.listen_queues([channel.value for channel in self._couriers])
        DBOS.launch()
        for channel in self._couriers:
            # A queue for each channel: when one platform is down, only its own workers wait.
            DBOS.register_queue(
                channel.value,
                worker_concurrency=WORKERS,
                partition_concurrency=1,  # one message at a time in a conversation
                polling_interval_sec=self._timing.poll_s,
                on_conflict="always_update",
            )

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": with_timeout(self._url),
            "application_version": VERSION,
            # Work in hand is found again by this name.
            "executor_id": self._name,
            # Pickle, its default, would let whoever can write to the database run code here.
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",  # an outage would be warned of at every poll
            "enable_otlp": False,
        }

    def _new_tenure(self) -> Tenure:
        if not self._shared:
            return Alone()
        return Lease(
            self._engine,
            self._name,
            [channel.value for channel in self._couriers],
            self._timing,
            busy=self._records.workers,
            take_over=self._give_back_all,
            share=self._share_pace,
        )

    def _share_pace(self, served: Mapping[str, int]) -> None:
        for channel, courier in self._couriers.items():
            courier.pace.share(served[channel])

    def _give_back_all(self, name: str) -> int:
        return self._records.give_back(name, self._records.in_hand_of(name))

    def _leave(self) -> None:
        self._give_back_all(self._name)

    def _tidy(self) -> None:
        """Delete what is no longer needed, from time to time."""
        while self._stopping.slept(self._timing.tidy_every_s):
            now = datetime.now(UTC)
            try:
                self.forget_finished(now - self._timing.keep_finished)
                self._parked.purge(now - self._timing.keep_parked)
                self._sent.purge(self._timing.keep_finished)
            except SQLAlchemyError as error:
                log.warning("tidying up failed: %s", type(error).__name__)

    def _rescue(self) -> None:
        """Put back what DBOS takes to be in our hands and nobody has: an outage of the database can
        come between its taking a message and our beginning, or end a workflow in its midst."""
        earlier: set[str] = set()
        while self._stopping.slept(self._timing.rescue_s):
            try:
                with self._let_go:
                    in_hand = set(self._in_hand)
                lost = self._records.in_hand_of(self._name) - in_hand
                # Twice in a row: one just taken, or just finished, is not lost.
                if count := self._records.give_back(self._name, lost & earlier):
                    log.warning("%d messages go on after an interruption", count)
                earlier = lost
            except SQLAlchemyError as error:
                log.warning("looking for interrupted messages failed: %s", type(error).__name__)

    # One message.

    def _work(self, payload: str, recorded_at: str) -> str:
        """The workflow: one step computes the Answer, one step for each message sends it."""
        incoming = Incoming.model_validate_json(payload)
        with self._taken(incoming.question.id) as fence:
            stored = DBOS.run_step({"name": "reply"}, self._reply, incoming, recorded_at, fence)
            if stored == SUPERSEDED:
                return SUPERSEDED
            return SILENT if incoming.silent else self._send(incoming, stored, fence)

    def _send(self, incoming: Incoming, stored: str, fence: Fence) -> str:
        answer = Answer.model_validate_json(stored)
        if not answer.blocks or (incoming.unasked and answer.status.family in _UNTOLD):
            return SILENT
        channel = incoming.question.channel
        delivery, outcome = self._deliveries[channel], SENT
        off = answer.status is Status.REFUSED_CHANNEL_OFF
        deliver = delivery.tell_off if off else delivery.deliver
        for number, message in enumerate(self._couriers[channel].messages(answer)):
            outcome = DBOS.run_step(
                {"name": "send"}, deliver, incoming, message, number, outcome == PARKED, fence
            )
            if outcome not in (SENT, PARKED):
                break
        return outcome

    @contextmanager
    def _taken(self, question_id: str) -> Iterator[Fence]:
        """Have a message in hand. Gives what to ask before each thing that can't be undone."""
        with self._let_go:
            # If it was taken over and came back to us, what began it first has to let go of it.
            while question_id in self._in_hand:
                self._stopping.check()
                self._let_go.wait(LOOK_AGAIN_S)
            self._stopping.check()
            self._in_hand.add(question_id)
        # Before waiting: what was taken while the others thought us dead may be another's by now.
        generation = self._tenure.generation
        try:
            self._await_tenure()

            def fence() -> None:
                self._await_tenure()
                if self._tenure.generation != generation:
                    raise TakenOver

            with self._metrics.working.track_inprogress():
                yield fence
        finally:
            with self._let_go:
                self._in_hand.discard(question_id)
                self._let_go.notify_all()

    def _await_tenure(self) -> None:
        while not self._tenure.held():
            self._stopping.wait(LOOK_AGAIN_S)

    def _reply(self, incoming: Incoming, recorded_at: str, fence: Fence) -> str:
        """The Answer as JSON, or SUPERSEDED. Done again after a crash, it finds the Answer that was
        stored."""
        fence()
        late = is_late(incoming.question, self._timing.late_after)
        if late and can_be_left_out(incoming) and self._has_followers(incoming, recorded_at):
            return SUPERSEDED
        answer = self._answer(incoming)
        if asks_deletion(incoming.question):
            self._deliveries[incoming.question.channel].forget_parked(incoming)
        silent = answer.status in (Status.REFUSED_CHANNEL_OFF, Status.ANSWERED_NOTHING)
        late = late and not silent
        return (with_apology(answer) if late else answer).model_dump_json()

    def _answer(self, incoming: Incoming) -> Answer:
        courier = self._couriers[incoming.question.channel]
        if self._switches.is_off(courier.channel):  # nobody is to see that somebody types
            return self._reply_or_apologise(incoming.question)
        with courier.busy(incoming):
            # Before it counts as computing: it waits for the platform, and for whoever transcribes.
            heard = self._listener.hear(incoming, courier)
            with self._computing:
                return heard.told(self._reply_or_apologise(heard.question))

    def _has_followers(self, incoming: Incoming, recorded_at: str) -> bool:
        """Whether the person asked something later. They may have: platforms deliver what gathered
        during a long stop in a burst, so a message is given a moment to be followed."""
        recorded = datetime.fromisoformat(recorded_at) if recorded_at else datetime.now(UTC)
        while True:
            behind = self._stopping.through_outages(lambda: self._records.waiting_behind(incoming))
            if any(map(stands_for_earlier, behind)):
                return True
            age = (datetime.now(UTC) - recorded).total_seconds()
            if age >= self._timing.settle_s:
                return False
            self._stopping.wait(min(LOOK_AGAIN_S, self._timing.settle_s - age))

    def _reply_or_apologise(self, question: Question) -> Answer:
        for attempt in range(1, REPLY_ATTEMPTS + 1):
            self._stopping.check()
            try:
                return self._stopping.through_outages(lambda: self._replies.reply(question))
            # Whatever a reply fails with, the person is told so; nobody meets an exception.
            except Exception as error:
                log.error("reply to %s failed: %s", question.id, type(error).__name__)
                log.debug("the failure of %s", question.id, exc_info=error)
            self._stopping.wait(attempt * 0.5)
        return Answer(
            status=Status.ERROR_INTERNAL,
            blocks=(Block(kind=BlockKind.TEXT, lines=(say("channel.failed"),)),),
        )


def _name(given: str, shared: bool) -> str:
    """Alone, a process goes on with the work of the last one of its name. Among others each start
    has a name of its own, so that no two live ones can share it."""
    if not shared:
        return given or LONE_NAME
    return f"{(given or socket.gethostname())[:64]}-{secrets.token_hex(4)}"


def _use_wal(url: str) -> None:
    """Turn a SQLite file to write-ahead logging, which stays with the file: readers and the writer
    stop waiting for each other. Each commit is still on disk when it returns."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        with sqlite3.connect(parsed.database) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
