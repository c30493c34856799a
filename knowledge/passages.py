"""Entries → Passages: the texts that are searched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.model import AnyEntry, Facet, Guide, Lesson, Procedure

_MAX_WORDS = 120  # about the 256 tokens an encoder reads

_IMPORTED_WORDS = 60  # of each part of an imported Procedure: most of them are sought by name
_IMPORTED = (
    (Facet.WHO, Facet.CONDITIONS),
    (Facet.DOCUMENTS,),
    (Facet.WHERE, Facet.ONLINE, Facet.IN_PERSON),
    (Facet.RESULT,),
)
"""An imported Procedure has one Passage for each of these, so that thousands of them, with their
pages of prose, neither drown the Entries that people wrote nor take hours to embed."""


class PassageKind(StrEnum):
    """What part of an Entry a Passage is made of."""

    NAME = "name"  # title, aliases
    QUESTION = "question"  # how people ask
    FACTS = "facts"  # what the record says


@dataclass(frozen=True)
class Passage:
    """A searchable text. Its id is the hash of its content."""

    entry_id: str
    kind: PassageKind
    facet: Facet
    text: str

    @property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of all its parts."""
        content = "\n".join((self.entry_id, self.kind, self.facet, self.text))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def passages(entries: Iterable[AnyEntry]) -> Iterator[Passage]:
    """Every Passage of the Entries, in order."""
    for entry in entries:
        if isinstance(entry, Procedure) and entry.imported:
            yield from _of_import(entry)
        else:
            yield from _of_entry(entry)


def _of_entry(entry: AnyEntry) -> Iterator[Passage]:
    for name in (entry.title, *entry.aliases):
        yield Passage(entry.id, PassageKind.NAME, Facet.OVERVIEW, name)
    for question in entry.questions:
        yield Passage(entry.id, PassageKind.QUESTION, Facet.OVERVIEW, question)
    yield Passage(entry.id, PassageKind.FACTS, Facet.OVERVIEW, f"{entry.title}. {entry.summary}")
    for facet, texts in _facts(entry):
        for part in _split(texts):
            yield Passage(entry.id, PassageKind.FACTS, facet, f"{entry.title}. {part}")


def _of_import(entry: Procedure) -> Iterator[Passage]:
    """At most six, and one for each other name and question: the name, what it is, and the
    beginnings of its facts. Sums and lengths are left out: nobody finds a procedure by them."""
    name = entry.full_name
    for title in (entry.title, *entry.aliases):
        yield Passage(entry.id, PassageKind.NAME, Facet.OVERVIEW, title)
    for question in entry.questions:
        if question != name:
            yield Passage(entry.id, PassageKind.QUESTION, Facet.OVERVIEW, question)
    overview = " ".join(f"{name}. {entry.summary}".split()[:_MAX_WORDS])
    yield Passage(entry.id, PassageKind.FACTS, Facet.OVERVIEW, overview)
    for facets in _IMPORTED:
        texts = [text for facet in facets for text in _everywhere(entry, facet)]
        words = _beginning(" ".join(text for text in texts if "http" not in text))
        if words:
            yield Passage(entry.id, PassageKind.FACTS, facets[0], f"{entry.title}. {words}")


def _beginning(text: str) -> str:
    return " ".join(text.split()[:_IMPORTED_WORDS])


def _facts(entry: AnyEntry) -> Iterator[tuple[Facet, list[str]]]:
    match entry:
        case Procedure():
            for facet in Facet:
                if texts := _everywhere(entry, facet) if facet is not Facet.LEGAL_BASIS else []:
                    yield facet, texts
        case Guide():
            for section in entry.sections:
                heading = [section.heading] if section.heading else []
                yield Facet.OVERVIEW, heading + [point.text for point in section.points]
        case Lesson():
            yield Facet.OVERVIEW, [entry.goal, *(card.text for card in entry.cards)]


def _everywhere(entry: Procedure, facet: Facet) -> list[str]:
    """What is said of every place where the Entry holds. 34 provinces' fees and offices do not tell
    what a procedure is about, and would drown what does."""
    facts = entry.facts.get(facet, ())
    return [fact.text for fact in facts if set(fact.regions) <= set(entry.regions)]


def _split(texts: list[str]) -> Iterator[str]:
    """Join texts into parts that an encoder reads whole."""
    part: list[str] = []
    words = 0
    for text in texts:
        length = len(text.split())
        if part and words + length > _MAX_WORDS:
            yield " ".join(part)
            part, words = [], 0
        part.append(text)
        words += length
    if part:
        yield " ".join(part)
