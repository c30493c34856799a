"""What is said about where a person is: the old unit's successors, which commune, what is noted."""

from __future__ import annotations

import re

from bot.compose import MAX_CHOICES
from bot.draft import Draft
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Status
from bot.place.offices import offices
from bot.place.reading import Named
from knowledge.model import Facet, Procedure
from knowledge.places import Commune, Place
from knowledge.wording import fold

_MOVES = re.compile(
    r"((toi|em|minh|chau|con|tui|cho (toi|em|minh)) )?(muon )?"
    r"((doi|thay doi|chon lai|sua|nhap lai) (noi o|cho o|dia phuong|tinh thanh)"
    r"|(o|dang o|song o) (cho|noi|tinh|xa|phuong) khac( roi)?"
    r"|(khong|ko|k|hong) (con )?o (do|day|cho do|cho nay)( nua)?|/noio)( a| nhe| nha| roi)*"
)
"""Somebody says that the place is another one, without naming it."""


def asks_place(answer: Answer) -> bool:
    """Whether an Answer asks where the person is, or leads them to say it."""
    return answer.status is Status.CLARIFICATION_PLACE or answer.facet is Facet.WHERE


def moves(text: str) -> bool:
    """Whether a message only says that the person is somewhere else."""
    return bool(_MOVES.fullmatch(fold(text).strip(" .!,")))


def ask_where() -> Answer:
    """Ask anew where the person is."""
    return _asked([say("place.change")])


def unknown_place() -> Answer:
    """Say that no such place was found."""
    return _asked([say("place.unknown")])


def ask_which(named: Named) -> Answer:
    """Ask which of the communes it is that a name or an old unit leaves."""
    few = len(named.options) <= MAX_CHOICES
    if named.place is None:
        choices = tuple(_choice(c, with_province=True) for c in named.options) if few else ()
        return _asked([say("place.several" if few else "place.too_many")], choices)
    if named.old is None and not few:
        return _asked([say("place.too_many")])
    lines = [line for line in (became(named),) if line]
    lines.append(say("place.which" if few else "place.type_commune"))
    return _asked(lines, commune_choices(named))


def noted(place: Place, named: Named | None = None) -> Answer:
    """Say that the place is remembered, when nothing was asked yet."""
    lines = [line for line in (named and became(named),) if line]
    lines.append(say("place.noted", place=place.name))
    return Answer(status=Status.ANSWERED_PLACE, blocks=_texts(lines))


def with_place(answer: Answer, draft: Draft) -> Answer:
    """The Answer with what must be said of the place: what became of it, and which is asked for.

    Choices among communes come first where the question was which office it is.
    """
    entry, named = draft.entry, draft.named
    lines = [line for line in (named and became(named),) if line]
    about_office = answer.facet is Facet.WHERE and isinstance(entry, Procedure)
    choices = answer.choices
    if about_office and isinstance(entry, Procedure):
        ask = offices(entry, draft.place, draft.today).ask
        several = commune_choices(named) if named and ask else ()
        if ask:
            lines.append(say("place.which") if several else ask)
        choices = (*several, *choices)[:MAX_CHOICES]
    blocks = list(answer.blocks)
    at = next((n for n, b in enumerate(blocks) if b.kind is BlockKind.WARNING), len(blocks))
    blocks[at:at] = _texts(lines)
    return answer.model_copy(update={"blocks": tuple(blocks), "choices": choices})


def became(named: Named) -> str | None:
    """What became of the unit that was named, if it is no more."""
    if named.old is None or named.place is None:
        return None
    old, province = named.old.name, named.place.province.short_name
    old = old[0].upper() + old[1:] + (f" ({named.old.district.name})" if named.old.district else "")
    if named.place.code:
        return say("place.became", old=old, place=named.place.name)
    if len(named.options) > MAX_CHOICES:
        return say("place.became_many", old=old, province=province)
    communes = ", ".join(commune.name for commune in named.options)
    return say("place.became_one_of", old=old, province=province, communes=communes)


def commune_choices(named: Named) -> tuple[Choice, ...]:
    """The communes that may be meant as Choices, if there are few."""
    few = 1 < len(named.options) <= MAX_CHOICES
    return tuple(map(_choice, named.options)) if few else ()


def place_words(draft: Draft) -> str:
    """The names of places that an Answer may say beside its record: some have numbers."""
    named = draft.named or Named()
    names = [commune.name for commune in named.options]
    if named.old:
        names += [named.old.name, named.old.district.name if named.old.district else ""]
    names += [draft.place.name] if draft.place else []
    return " ".join(names)


def _choice(commune: Commune, with_province: bool = False) -> Choice:
    label = commune.name_with_province if with_province else commune.name
    return Choice(label=label[0].upper() + label[1:], action=f"place:{Place.of(commune)}")


def _asked(lines: list[str], choices: tuple[Choice, ...] = ()) -> Answer:
    return Answer(status=Status.CLARIFICATION_PLACE, blocks=_texts(lines), choices=choices)


def _texts(lines: list[str]) -> tuple[Block, ...]:
    return tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
