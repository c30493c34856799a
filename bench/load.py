"""How many answers do 1, 2 and 4 processes give, and how long do people wait for them?

Questions come at a steady rate to processes with real answers that share a PostgreSQL; where the
rate is more than they can do, a line grows, and the wait says how long it was.

    python -m bench.load
    python -m bench.load --processes 1 2 --per-second 5 --seconds 20
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.cluster import Cluster, Told, cluster, cuts

COLUMNS = (
    "processes",
    "asked a second",
    "ack p50 ms",
    "ack p99 ms",
    "answers a second",
    "to message p50 s",
    "to message p95 s",
    "missing",
    "MB a process",
    "of its own",
)


def main() -> None:
    options = _options()
    console = Console(width=140)
    table = Table(*COLUMNS, title=f"Load · {os.cpu_count()} CPUs · Telegram · PostgreSQL")
    for processes in options.processes:
        with cluster(processes) as running:
            for per_second in options.per_second:
                told = running.ask(int(options.seconds * per_second), per_second)
                row = [str(processes), f"{per_second:g}", *_figures(running, told)]
                table.add_row(*row)
                console.print(*row)  # what was measured is seen at once
    console.print(table)
    console.print("the platform and whoever posts run on the same CPUs")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--per-second", type=float, nargs="+", default=[5, 20, 50])
    parser.add_argument("--seconds", type=float, default=60)
    return parser.parse_args()


def _figures(running: Cluster, told: Sequence[Told]) -> list[str]:
    answered = running.answered_at(told)
    acknowledged = cuts([t.acknowledged_s for t in told])
    waited = cuts([answered[t.person] - t.asked_at for t in told if t.person in answered])
    lasted = max(answered.values()) - min(t.asked_at for t in told)
    servers = running.servers
    return [
        f"{acknowledged[0] * 1000:.0f}",
        f"{acknowledged[2] * 1000:.0f}",
        f"{len(answered) / lasted:.1f}",
        f"{waited[0]:.2f}",
        f"{waited[1]:.2f}",
        str(len(told) - len(answered)),
        f"{sum(s.memory() for s in servers) / len(servers):.0f}",
        f"{sum(s.own_memory() for s in servers) / len(servers):.0f}",
    ]


if __name__ == "__main__":
    main()
