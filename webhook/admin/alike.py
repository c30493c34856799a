"""Ways of asking that lead somewhere already: beside what somebody writes as another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.load import Library
from knowledge.model import AnyEntry
from knowledge.passages import Passage, PassageKind
from knowledge.wording import fold

Near = Callable[[Sequence[str], int], Sequence[Sequence[tuple[Passage, float]]]]
"""Texts and a count → the so many passages that are nearest in meaning to each, best first, with
their cosines."""

ALIKE = 0.93
"""Cosine from which two ways of asking count as alike."""
LOOKED_AT = 30
"""Passages near a text; those of facts among them say nothing about how people ask."""
MOST_SHOWN = 3
"""Other ways shown for one."""
FIELDS = ("questions", "aliases")
"""The fields of an Entry by which it is found."""


@dataclass(frozen=True)
class Likeness:
    """A text of a field, and what it is like."""

    text: str
    other: str
    entry_id: str
    title: str
    """Of the Entry that the other way of asking leads to."""
    same: bool
    """Whether they differ in capitals, diacritics and marks at most."""


class Ways:
    """How people ask for each Entry of a library, by words and, where there is search, by
    meaning."""

    def __init__(self, near: Near | None = None) -> None:
        self._near = near
        self._made: tuple[Library | None, dict[str, list[tuple[str, AnyEntry]]]] = (None, {})

    def alike(
        self, entry_id: str, body: Mapping[str, Any], library: Library
    ) -> dict[str, list[Likeness]]:
        """By field: what of it leads to another Entry of the library already, or stands in it
        twice."""
        known = self._of(library)
        found = {field: list(self._same(entry_id, body, field, known)) for field in FIELDS}
        found["questions"] += self._by_meaning(entry_id, _texts(body, "questions"), library)
        return {field: likenesses for field, likenesses in found.items() if likenesses}

    def _same(
        self,
        entry_id: str,
        body: Mapping[str, Any],
        field: str,
        known: Mapping[str, Sequence[tuple[str, AnyEntry]]],
    ) -> Iterator[Likeness]:
        title = str(body.get("title", ""))
        seen: dict[str, str] = {_key(title): title} if field == "aliases" else {}
        for text in _texts(body, field):
            if earlier := seen.get(_key(text)):
                yield Likeness(text, earlier, entry_id, title, True)
            seen.setdefault(_key(text), text)
            others = [(way, e) for way, e in known.get(_key(text), ()) if e.id != entry_id]
            for way, entry in others[:MOST_SHOWN]:
                yield Likeness(text, way, entry.id, entry.title, True)

    def _by_meaning(
        self, entry_id: str, texts: Sequence[str], library: Library
    ) -> Iterator[Likeness]:
        if self._near is None or not texts:
            return
        for text, found in zip(texts, self._near(texts, LOOKED_AT), strict=True):
            ways = (p for p, cosine in found if cosine >= ALIKE and self._is_other(p, text))
            yield from _first_of_each(text, ways, entry_id, library)

    def _is_other(self, passage: Passage, text: str) -> bool:
        return passage.kind is not PassageKind.FACTS and _key(passage.text) != _key(text)

    def _of(self, library: Library) -> dict[str, list[tuple[str, AnyEntry]]]:
        """Folded way of asking → how it is written, and where it leads. Made once a library."""
        known, made = self._made
        if known is not library:
            made = {}
            for entry in library:
                for way in (entry.title, *entry.aliases, *entry.questions):
                    made.setdefault(_key(way), []).append((way, entry))
            self._made = (library, made)
        return made


def _first_of_each(
    text: str, ways: Iterable[Passage], entry_id: str, library: Library
) -> Iterator[Likeness]:
    """The nearest way of each other Entry."""
    nearest: dict[str, Passage] = {}
    for passage in ways:
        if passage.entry_id != entry_id and passage.entry_id in library.entries:
            nearest.setdefault(passage.entry_id, passage)
    for key, passage in list(nearest.items())[:MOST_SHOWN]:
        yield Likeness(text, passage.text, key, library.entries[key].title, False)


def _texts(body: Mapping[str, Any], field: str) -> list[str]:
    return [text for text in body.get(field, ()) if isinstance(text, str)]


def _key(text: str) -> str:
    """What is the same in two ways to write one question."""
    letters = (c if c.isalnum() else " " for c in fold(text))
    return " ".join("".join(letters).split())
