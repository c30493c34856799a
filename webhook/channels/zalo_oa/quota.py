"""How many more messages Zalo lets us send, as it last said."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from webhook.metrics import Metrics

log = logging.getLogger(__name__)

OF_A_PERSON = "reply"
"""The quota that begins anew when the person writes; all others are the account's."""
LOW = 0.1
"""Share of the account's quota from which operators are warned."""


class Quota:
    """Shows the quota that comes with each message that Zalo took. Thread-safe."""

    def __init__(self, metrics: Metrics) -> None:
        self._left = metrics.zalo_oa_quota
        self._low: set[str] = set()

    def saw(self, quota: Mapping[str, Any]) -> None:
        """Zalo said what is left: {"quota_type", "remain", "total"}, each of them optional."""
        kind = str(quota.get("quota_type", ""))[:40]
        left, total = _number(quota.get("remain")), _number(quota.get("total"))
        if not kind or left is None:
            return
        self._left.labels(kind).set(left)
        if kind == OF_A_PERSON or total is None:
            return
        if left > LOW * total:
            self._low.discard(kind)
        elif kind not in self._low:  # one line each time it gets low
            self._low.add(kind)
            log.warning("Zalo lets the account send %d more messages of %d (%s)", left, total, kind)


def is_used_up(found: Mapping[str, Any]) -> bool:
    """Whether what `OpenApi.quota` found says that this person's share alone is used up."""
    share = found.get("cs_reply")
    return isinstance(share, Mapping) and _number(share.get("remain")) == 0


def _number(value: object) -> int | None:
    """A number as Zalo writes it, as a string or not; None if it is neither."""
    return int(str(value)) if str(value).isdecimal() else None
