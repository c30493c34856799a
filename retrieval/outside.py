"""Questions that are not the bot's to answer, as Passages of their own subjects.

They stand in the index beside the Entries: a question about the weather finds its like, not the
Entry that is least far from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from knowledge.model import Facet
from knowledge.passages import Passage, PassageKind

PREFIX = "outside:"
_FILE = Path(__file__).parent / "data" / "outside.yaml"


def outside_passages() -> Iterator[Passage]:
    """One Passage a question, under an entry id that `subject_of` recognises."""
    rows: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for subject, questions in rows.items():
        for question in questions:
            yield Passage(PREFIX + subject, PassageKind.QUESTION, Facet.OVERVIEW, question)


def subject_of(entry_id: str) -> str | None:
    """The subject ("weather") if the id is not an Entry's but one of ours here."""
    return entry_id.removeprefix(PREFIX) if entry_id.startswith(PREFIX) else None
