"""An Answer about an Entry that is not published yet, as each channel would show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.compose import Composer
from bot.model import Answer
from bot.place.reading import read_place
from knowledge.clock import today
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure
from knowledge.places import Place
from retrieval.search import Reading
from retrieval.text import is_bare
from webhook.admin.rehearsals import as_sent
from webhook.render import Message

LONGEST_PLACE = 120


@dataclass(frozen=True)
class Asked:
    """What is asked, by whom and when."""

    facet: str = ""
    """"" is the whole Entry."""
    place: str = ""
    """As it was typed: "phường Hoàn Kiếm, Hà Nội"; "" is somebody of whom it is not known."""
    day: str = ""
    """"2027-01-31"; "" is today."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        """From the controls of a page: `phan`, `noi`, `ngay`."""
        place = given.get("noi", "").strip()[:LONGEST_PLACE]
        return cls(given.get("phan", ""), place, given.get("ngay", ""))


ANYBODY = Asked()


@dataclass(frozen=True)
class Preview:
    """The Answer to one facet, channel by channel."""

    facets: tuple[str, ...]
    """Those that the Entry has."""
    facet: str
    place: str
    """As it was typed."""
    told: str
    """What was understood of it; empty if nothing was."""
    day: date
    answer: Answer
    channels: dict[str, Sequence[Message]]
    """The same as messages, where a channel has those."""


def preview(
    entry: AnyEntry, library: Library, edition: int, asked: Asked, public_url: str
) -> Preview:
    """What people would be told by an Edition of this library. An unknown facet means the whole
    Entry, a day that is none today."""
    has = tuple(f.value for f in entry.facts) if isinstance(entry, Procedure) else ()
    facets = [Facet(asked.facet)] if asked.facet in has else []
    place, day = _place(asked.place), _day(asked.day)
    answer = Composer(library, edition, day).answer(entry, facets, place)
    return Preview(
        facets=has,
        facet=asked.facet if facets else "",
        place=asked.place,
        told=place.name if place else "",
        day=day,
        answer=answer,
        channels=as_sent(answer, public_url),
    )


def _place(typed: str) -> Place | None:
    """The place, as the chat would read it in a reply to its own question."""
    return read_place(Reading(typed, typed, is_bare(typed)), asked=True).place if typed else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today()
