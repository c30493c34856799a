"""What a form's template asks for: labels, options, troubles in words, rows that stand open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.messages import node
from knowledge.clock import today
from knowledge.places import PROVINCES
from knowledge.proposals import Trouble
from webhook.admin.fields import Field, Widget
from webhook.admin.words import WORDS


@dataclass(frozen=True)
class FormView:
    """Shared by all controls of one page."""

    sources: Sequence[tuple[str, str]]
    """(id, title) of the Entry's own Sources, in order."""
    troubles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Path of a control → what is wrong there, in words."""
    blank: Collection[str] = ()
    """Paths of the lists that show an empty row."""
    opened: Collection[str] = ()
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """A field's name → what it is completed from."""
    alike: Mapping[str, str] = field(default_factory=dict)
    """Path of a control → HTML of what is like what stands in it; "" if nothing is."""
    today: date = field(default_factory=today)

    @property
    def facets(self) -> dict[str, str]:
        """A Facet's name → what citizens see."""
        found: dict[str, str] = node("facets")
        return found

    @property
    def fresh(self) -> dict[str, Any]:
        """What stands in a new row before anybody writes in it."""
        return {"checked_on": self.today.isoformat()}

    def label(self, name: str) -> str:
        return WORDS.say(f"fields.{name}.label")

    def help(self, name: str) -> str:
        return str(WORDS.node("fields").get(name, {}).get("help", ""))

    def has(self, name: str) -> bool:
        return name in WORDS.node("fields")

    def options(self, f: Field) -> Iterator[tuple[str, str]]:
        """(value, words) of a control that is picked from."""
        if f.widget is Widget.SOURCES:
            yield from self.sources
        elif f.name == "facets":
            yield from ((key, self.facets[key]) for key in f.options)
        else:
            words = WORDS.node(f"options.{f.name}")
            yield from ((key, words[key]) for key in f.options)

    def provinces(self, chosen: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(value, name) of the provinces somebody chose; what is no province has its own words."""
        yield from ((key, PROVINCES[key].name if key in PROVINCES else key) for key in chosen)

    def is_open(self, name: str) -> bool:
        """Whether a list is unfolded: somebody works in it, or something in it is wrong."""
        return (
            name in self.blank
            or name in self.opened
            or any(path.startswith(f"{name}.") for path in self.troubles)
        )

    def filled(self, fields: Sequence[Field], value: Mapping[str, Any], name: str) -> bool:
        """Whether what is folded away holds something worth seeing, or something wrong."""
        said = any(value.get(f.name) for f in fields if f.name != "confidence")
        paths = tuple(f"{name}.{f.name}" for f in fields)
        return said or any(path.startswith(paths) for path in self.troubles)

    def number(self, value: object) -> str:
        """A number as people here write it; anything else as it is."""
        if isinstance(value, int):
            return f"{value:,}".replace(",", ".")
        if isinstance(value, float):
            return f"{value:g}".replace(".", ",")
        return str(value) if value is not None else ""


def in_words(troubles: Sequence[Trouble]) -> dict[str, list[str]]:
    """Troubles as sentences, by the path of their control."""
    found: dict[str, list[str]] = {}
    for trouble in troubles:
        path = ".".join(str(part) for part in trouble.loc)
        found.setdefault(path, []).append(_sentence(trouble))
    return found


def _sentence(trouble: Trouble) -> str:
    words = WORDS.node("troubles")
    named = [str(part) for part in trouble.loc if not isinstance(part, int)]
    name = named[-1] if named else ""
    for key in (f"{name}_{trouble.kind}", trouble.kind):
        if key in words:
            return str(words[key]).format(what=trouble.message)
    return str(words["other"]).format(what=trouble.message)
