"""What the pages work with on which Entries are looked up, written and reviewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from knowledge.load import Library
from knowledge.proposals import Proposals
from webhook.admin.access import HOME, Gate
from webhook.admin.alike import Ways
from webhook.admin.uploads import Uploads
from webhook.site import Published

ENTRIES = f"{HOME}/muc"
WRITE = f"{HOME}/soan"


@dataclass(frozen=True)
class Desk:
    """What these pages work with."""

    gate: Gate
    known: Callable[[], Published]
    proposals: Proposals
    uploads: Uploads
    public_url: str
    ways: Ways = field(default_factory=Ways)

    @property
    def library(self) -> Library:
        """What is published."""
        return self.known().edition.library
