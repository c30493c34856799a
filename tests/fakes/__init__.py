"""Stand-ins for the outside world: real HTTP on loopback, real implementations of our protocols."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from bot.model import Answer, Block, BlockKind, Channel, Choice, Question, Status


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(app: Any, port: int | None = None, **more: Any) -> Iterator[str]:
    """Runs an ASGI app on loopback, in a thread; gives its address. `more` is uvicorn's."""
    port = port or free_port()
    given = {"log_level": "warning", "timeout_graceful_shutdown": 2, **more}
    # Without a log of its own, the server's lines are among those that tests look through.
    given = {"log_config": None, "access_log": False, **given}
    config = uvicorn.Config(app, host="127.0.0.1", port=port, **given)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive(), 20)
    if not server.started:
        raise RuntimeError("the server did not start; its log says why")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


def wait_until(done: Callable[[], object], timeout_s: float = 10.0, every_s: float = 0.01) -> None:
    """Waits for something to become true; looks so often. AssertionError if it doesn't in time."""
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(every_s)


class EchoReplies:
    """A conversation that says what it was asked. The same question gives the same Answer."""

    def __init__(self, seconds: float = 0.0, work: Callable[[float], object] = time.sleep) -> None:
        self.asked: list[Question] = []
        self.off: set[Channel] = set()
        """Channels that are switched off."""
        self._seconds = seconds
        self._work = work

    def is_off(self, channel: Channel) -> bool:
        return channel in self.off

    def reply(self, question: Question) -> Answer:
        self.asked.append(question)
        self._work(self._seconds)
        heard = question.action or question.media or question.text
        return Answer(
            status=Status.ANSWERED_OVERVIEW,
            blocks=(
                Block(kind=BlockKind.TITLE, lines=("Bạn hỏi",)),
                Block(kind=BlockKind.TEXT, lines=(heard or "…",)),
            ),
            choices=(Choice(label="Lệ phí", action="facet:khai-sinh:fee"),),
            id="a1",
        )
