"""Does a process that answers for an hour stay as small and as quick as it was?

python -m bench.soak --minutes 60 --per-second 2
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.cluster import cluster, cuts

SETTLING_MIN = 10
"""Minutes at the beginning that the slope leaves out: caches and pools fill."""


def main() -> None:
    options = _options()
    console = Console(width=110)
    table = Table(
        "minute",
        "answered",
        "missing",
        "ack p99 ms",
        "to message p50 s",
        "to message p95 s",
        "MB",
        "of its own",
        title=f"Soak · {options.per_second:g} questions a second",
    )
    own: list[float] = []
    with cluster(options.processes) as running:
        for minute in range(1, options.minutes + 1):
            told = running.ask(int(60 * options.per_second), options.per_second)
            answered = running.answered_at(told)
            waits = cuts([answered[t.person] - t.asked_at for t in told if t.person in answered])
            largest = max(running.servers, key=lambda server: server.own_memory())
            own.append(largest.own_memory())
            row = [
                f"{minute}",
                f"{len(answered)}",
                f"{len(told) - len(answered)}",
                f"{cuts([t.acknowledged_s for t in told])[2] * 1000:.0f}",
                f"{waits[0]:.2f}",
                f"{waits[1]:.2f}",
                f"{largest.memory():.0f}",
                f"{own[-1]:.1f}",
            ]
            table.add_row(*row)
            console.print(*row)  # an hour is long: what was measured is seen at once
    console.print(table)
    console.print(f"memory of its own grows by {_slope(own):+.1f} MB an hour")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--per-second", type=float, default=2)
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()


def _slope(megabytes: Sequence[float]) -> float:
    """MB an hour, of the straight line through what was measured each minute."""
    settled = megabytes[SETTLING_MIN:] if len(megabytes) > 2 * SETTLING_MIN else megabytes
    if len(settled) < 2:
        return float("nan")
    return float(np.polyfit(range(len(settled)), settled, 1)[0]) * 60


if __name__ == "__main__":
    main()
