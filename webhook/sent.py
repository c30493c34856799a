"""What platforms have taken, written down at once: a line in a file costs microseconds, where the
queue's checkpoint waits its turn in the database. A crash between the two then sends nothing twice.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

KEPT = 10_000
"""Lines kept at a start. Needed are those not checkpointed at the crash: at most one a worker."""


class SentFile:
    """Keys of what was sent, in a file that only grows while the process runs. Thread-safe.

    A line is in the kernel's hands when `add` returns, which outlives the process. It is not forced
    to disk: after a power cut, the last may be missing, and that message is sent twice.
    """

    def __init__(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()[-KEPT:] if path.exists() else []
        beside = path.with_suffix(".new")
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(path)
        self._earlier = frozenset(lines)
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()

    def add(self, key: str) -> None:
        """A platform took the message of this key (a word without line breaks)."""
        with self._lock:
            os.write(self._handle, f"{key}\n".encode())

    def had(self, key: str) -> bool:
        """Whether an earlier process of this name had sent it."""
        return key in self._earlier

    def close(self) -> None:
        os.close(self._handle)
