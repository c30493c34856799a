"""An Answer about an Entry that is not published yet, as each channel would show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.compose import Composer
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure
from webhook.admin.rehearsals import as_sent
from webhook.render import Message


@dataclass(frozen=True)
class Preview:
    """The Answer to one facet, channel by channel."""

    facets: tuple[str, ...]
    """Those that the Entry has."""
    facet: str
    channels: dict[str, Sequence[Message]]


def preview(
    entry: AnyEntry, library: Library, edition: int, facet: str, public_url: str
) -> Preview:
    """What people would be told today by an Edition of this library. An unknown facet means the
    whole Entry."""
    has = tuple(f.value for f in entry.facts) if isinstance(entry, Procedure) else ()
    asked = [Facet(facet)] if facet in has else []
    answer = Composer(library, edition, date.today()).answer(entry, asked)
    return Preview(has, facet if asked else "", as_sent(answer, public_url))
