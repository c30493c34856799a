"""Reads an uploaded file in a process of its own: whatever the file does there, the server goes on.

That process has limits of memory and time, none of our settings or secrets, and gives JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import knowledge
from knowledge.documents.blocks import Unreadable, Why
from knowledge.documents.draft import Draft, Origin
from knowledge.documents.kinds import MOST_BYTES

WITHIN_S = 60.0
"""By the clock; the process itself stops after a third of it of computing."""
AT_ONCE = 2
WAIT_S = 20.0
"""How long somebody waits for a turn."""

_ROOT = Path(str(knowledge.__file__)).parents[1]
_turns = threading.BoundedSemaphore(AT_ONCE)


def read_upload(file: BinaryIO, name: str, origin: Origin) -> list[Draft]:
    """What the file says of procedures. `name` counts by its ending alone. Unreadable otherwise."""
    with _turn(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{Path(name).suffix.lower()[:8]}"
        content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Unreadable(Why.TOO_LARGE)
        path.write_bytes(content)
        return _drafts(_said(path, origin))


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_S):
        raise Unreadable(Why.BUSY)
    try:
        yield
    finally:
        _turns.release()


def _said(path: Path, origin: Origin) -> str:
    try:
        done = subprocess.run(  # noqa: S603 — our own program; the file's name is ours too
            [sys.executable, "-m", "knowledge.documents", str(path)],
            input=origin.model_dump_json(),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            cwd=_ROOT,
            env={"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(Why.TOO_SLOW) from None
    if done.returncode < 0:  # ended by the system, at a limit
        raise Unreadable(Why.TOO_SLOW)
    return done.stdout if done.returncode == 0 else ""


def _drafts(said: str) -> list[Draft]:
    try:
        answer = json.loads(said)
    except ValueError:
        raise Unreadable(Why.DAMAGED) from None
    if "why" in answer:
        raise Unreadable(Why(answer["why"]))
    return [Draft.model_validate(draft) for draft in answer["drafts"]]
