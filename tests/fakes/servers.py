"""Our server as processes of their own, with simple replies, that share one port.

python -m tests.fakes.servers PORT REPLY_SECONDS READY_FILE TIMING_AS_JSON
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.fakes import EchoReplies, free_port, wait_until

ROOT = Path(__file__).parents[2]


class Server:
    """One process."""

    def __init__(self, command: list[str], environment: Mapping[str, str], ready: Path) -> None:
        ready.unlink(missing_ok=True)
        self._ready = ready
        self._process = subprocess.Popen(command, cwd=ROOT, env=dict(environment))

    def ready(self) -> bool:
        """Whether it serves."""
        assert self._process.poll() is None, "the server ended; its output says why"
        return self._ready.exists()

    def kill(self) -> None:
        """Without any warning."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """As an orchestrator does; returns once it has ended by itself."""
        self._process.send_signal(signal.SIGTERM)
        # Having stopped in order, uvicorn ends by the signal that it was given.
        assert self._process.wait(60) in (0, -signal.SIGTERM)


class Servers:
    """Processes on one port: the system gives each connection to a living one."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *,
        reply_s: float = 0.0,
        command: Callable[[int, Path], list[str]] | None = None,
        **timing: float,
    ) -> None:
        """`timing`: fields of Timing in seconds; `command`: another program, from port and the
        file to touch when it serves."""
        self.port = free_port()
        self._folder, self.environment = folder, {**os.environ, **environment}
        self._reply_s, self._timing = reply_s, timing
        self._command = command or self._echo
        self._started = 0
        self.running: list[Server] = []

    def start(self, data_dir: Path | None = None) -> Server:
        """One more process; in a folder of its own, as on another machine, unless told otherwise.
        Returns once it serves."""
        self._started += 1
        own = data_dir or self._folder / f"machine-{self._started}"
        own.mkdir(exist_ok=True)
        ready = self._folder / f"ready-{self._started}"
        environment = {**self.environment, "BINHDAN_DATA_DIR": str(own)}
        server = Server(self._command(self.port, ready), environment, ready)
        self.running.append(server)
        wait_until(server.ready, 120)
        return server

    def kill(self, server: Server) -> None:
        """kill -9, never to come back."""
        self.running.remove(server)
        server.kill()

    def terminate(self, server: Server) -> None:
        """SIGTERM, never to come back."""
        self.running.remove(server)
        server.terminate()

    def close(self) -> None:
        """Kill what still runs."""
        for server in self.running:
            server.kill()

    def _echo(self, port: int, ready: Path) -> list[str]:
        timing = json.dumps(self._timing)
        module = "tests.fakes.servers"
        return [sys.executable, "-m", module, str(port), str(self._reply_s), str(ready), timing]


def serve_together(app: Any, port: int, ready: Path) -> None:
    """Serve on a port that other processes serve too, and touch a file once it is so."""
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.touch()  # noqa: ASYNC240

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    Announced(config).run([listening])


def main() -> None:
    """The process itself."""
    from webhook.app import create_app
    from webhook.queue import Timing
    from webhook.settings import Settings

    port, reply_s, ready, given = sys.argv[1:]
    timing = json.loads(given)
    if "late_after" in timing:
        timing["late_after"] = timedelta(seconds=timing["late_after"])
    app = create_app(
        Settings(_env_file=None),
        EchoReplies(float(reply_s)),
        readiness=lambda: True,
        timing=Timing(**timing),
    )
    serve_together(app, int(port), Path(ready))


if __name__ == "__main__":
    main()
