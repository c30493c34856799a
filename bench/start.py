"""Cold start of a prepared installation, and the memory of the serving process.

    python -m bench.start

Starts `binhdan serve` as a person would, waits for the first answer on the web page's own address,
then asks more and reads the process's memory.
"""

from __future__ import annotations

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.table import Table

from retrieval.evaluate import read_questions

MORE = 100
"""Questions asked before memory is read."""


def main() -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "BINHDAN_PORT": str(port), "BINHDAN_PUBLIC_URL": base}
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "webhook", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(base, server)
        first = Browser(base).ask("làm giấy khai sinh cần gì")
        cold = time.perf_counter() - started
        if "chứng sinh" not in first:
            sys.exit("the first answer is not about birth registration")
        after_first = memory(server.pid)
        for question in read_questions(Path("bench/questions/fresh.yaml"))[:MORE]:
            Browser(base).ask(question.text)  # each from somebody else: one person is slowed down
        table = Table("what", "measured")
        table.add_row("start to first answer", f"{cold:.1f} s")
        table.add_row("memory after the first answer", f"{after_first:.0f} MB")
        table.add_row(f"memory after {MORE} more", f"{memory(server.pid):.0f} MB")
        table.add_row("of it not backed by files", f"{memory(server.pid, 'RssAnon'):.0f} MB")
        Console().print(table)
    finally:
        server.terminate()
        server.wait(10)


class Browser:
    """A person without JavaScript: fetches the page, fills the form, sends it."""

    def __init__(self, base: str) -> None:
        self._base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(cookies).open

    def ask(self, text: str) -> str:
        """Send a question as the form does; returns the page with the answer."""
        page = self._open(self._base + "/").read().decode()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        body = urllib.parse.urlencode({**fields, "text": text}).encode()
        request = urllib.request.Request(self._base + "/chat", body, headers={"Origin": self._base})
        answer: str = self._open(request).read().decode()
        return answer


def wait_for(base: str, server: subprocess.Popen[bytes]) -> None:
    """Return as soon as the server gives the chat page."""
    while server.poll() is None:
        try:
            urllib.request.urlopen(base + "/", timeout=1).read()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the server ended; run `binhdan kb publish` first")


def memory(pid: int, kind: str = "VmRSS") -> float:
    """Resident memory of a process in MB; "RssAnon" is the part that no file backs."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{kind}:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
