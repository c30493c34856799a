"""What the steps of the pipeline hand on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.model import Answer, Choice, Practice, Question
from bot.place.reading import Named
from bot.scam.asking import Check
from bot.team.wish import Wish
from knowledge.model import AnyEntry, Facet
from knowledge.places import Place
from knowledge.store import Edition
from retrieval.search import Hit, Reading, Searcher


@dataclass(frozen=True)
class Known:
    """One Edition and the search over it."""

    edition: Edition
    searcher: Searcher


@dataclass(frozen=True)
class Request:
    """An Entry that is asked for, and the facets of it."""

    entry: AnyEntry
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True)
class Context:
    """What the conversation has been about: its last Answer, if it is still fresh."""

    entry_id: str | None = None
    facet: Facet | None = None
    earlier_id: str | None = None
    """The Entry spoken of before that one."""
    earlier_facet: Facet | None = None
    choices: tuple[Choice, ...] = ()
    opinion_on: str | None = None
    """The id of the last Answer that an opinion was asked on."""
    place: Place | None = None
    asked_place: bool = False
    """Whether the last Answer asked where the person is."""
    asked_person: bool = False
    """Whether the last Answer asked something because a person is wanted."""
    asked_scam: bool = False
    """Whether the last Answer asked for a message to check."""
    practice: Practice | None = None
    """The prompt that is being practised, if that was not ended."""
    practising: bool = False
    """Whether the last Answer was about it."""


@dataclass(frozen=True)
class Draft:
    """A Question on its way to an Answer. Each step returns a new one, or the Answer."""

    question: Question
    known: Known
    context: Context
    today: date
    reading: Reading | None = None
    facets: tuple[Facet, ...] = ()
    place: Place | None = None
    named: Named | None = None
    """What the message says of places."""
    hits: tuple[Hit, ...] = ()
    entry: AnyEntry | None = None
    others: tuple[Request, ...] = ()
    """What else the message asks for."""
    answer: Answer | None = None
    scam: Check | None = None
    """The check for scams that the message asks for."""
    person: bool = False
    """Whether a person is wanted instead of an answer."""
    wish: Wish | None = None
    """What is wanted of the Entry instead of an answer about it."""
