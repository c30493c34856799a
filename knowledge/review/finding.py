"""What a review finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.yaml_file import Loc


class Kind(StrEnum):
    """What is found, most urgent first."""

    EXPIRED = "expired"
    CHANGE_IN_FORCE = "change_in_force"
    CHANGED_SOURCE = "changed_source"
    DEAD_LINK = "dead_link"
    SOON = "soon"
    UNLINKED = "unlinked"
    ORPHAN = "orphan"
    MISSING_FACET = "missing_facet"
    SHARED_NAME = "shared_name"
    LONG_SENTENCE = "long_sentence"
    JARGON = "jargon"
    OLD_SOURCE = "old_source"


STOPPING = frozenset({Kind.EXPIRED, Kind.CHANGE_IN_FORCE, Kind.DEAD_LINK})
"""What must not be published: a fact that has ended, a fact that the law in force contradicts, a
way that leads nowhere. The rest is true, only less good than it could be."""


@dataclass(frozen=True)
class Finding:
    """Something worth an editor's look."""

    kind: Kind
    entry_id: str
    loc: Loc
    """The field, as in the Entry's file."""
    message: str

    @property
    def field(self) -> str:
        """The field in one word: "facts.fee.0.text"."""
        return ".".join(map(str, self.loc))
