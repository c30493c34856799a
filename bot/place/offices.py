"""Which office a procedure's record means in a place, by the rules of `offices.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from bot.messages import say
from knowledge.model import Facet, Fact, Procedure, Record
from knowledge.places import Place


class _Rule(Record):
    """One office: the record's words for it, and its name in a commune or province."""

    words: str
    sources: tuple[str, ...]
    commune: str | None = None
    province: str | None = None
    any_fact: bool = False
    names_in: dict[str, str] = Field(default_factory=dict)
    sources_in: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def name(self, place: Place) -> str | None:
        """The office's name there, or None if the place is not known as exactly as that."""
        pattern = self.names_in.get(place.province_id) or self.commune or self.province or ""
        if self.commune and not place.commune:
            return None
        commune = place.commune.name if place.commune else ""
        return pattern.format(commune=commune, province=place.province.full_name)


class _Anywhere(Record):
    fields: tuple[str, ...]
    sources: tuple[str, ...]


class _Land(Record):
    fields: tuple[str, ...]


class _File(Record):
    offices: tuple[_Rule, ...]
    anywhere_in_province: _Anywhere
    land: _Land
    another_place: str
    fee_set_by_province: str


@dataclass(frozen=True)
class Offices:
    """What may be said of a procedure's offices in a place."""

    lines: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Ids of the sources of the lines."""
    ask: str | None = None
    """What the person should be asked, where a more exact place would name an office."""


def offices(entry: Procedure, place: Place | None, today: date) -> Offices:
    """The offices that the record's own facts make certain; none for what was only imported."""
    holding = list(_holding(entry, place, today))
    if entry.imported or not holding:
        return Offices()
    named = [(rule, fact, n) for rule, fact in holding if place and (n := rule.name(place))]
    lines: list[str] = []
    used: list[str] = []
    if place and named:
        told = "; ".join(dict.fromkeys(name for _, _, name in named))
        lines.append(_line(entry, named[0][1], place, told))
        for rule, _, _ in named:
            used += [*rule.sources_in.get(place.province_id, ()), *rule.sources]
    anywhere = _file().anywhere_in_province
    if place and entry.field in anywhere.fields and any(rule.any_fact for rule, _, _ in named):
        lines.append(say("place.anywhere", province=place.province.short_name))
        used += anywhere.sources
    return Offices(tuple(lines), tuple(dict.fromkeys(used)), _ask([r for r, _ in holding], place))


def names_in(fact: Fact, place: Place, today: date) -> Offices:
    """The names that the offices of one fact have in a place; none where the fact does not hold."""
    named = [(rule, n) for rule, _ in _of((fact,), place, today) if (n := rule.name(place))]
    sources = [(*rule.sources_in.get(place.province_id, ()), *rule.sources) for rule, _ in named]
    used = tuple(dict.fromkeys(source for each in sources for source in each))
    return Offices(tuple(dict.fromkeys(name for _, name in named)), used)


def set_by_province(facts: tuple[Fact, ...]) -> bool:
    """Whether the facts about a fee say that each province sets it."""
    return any(re.search(_file().fee_set_by_province, fact.text) for fact in facts)


def _line(entry: Procedure, fact: Fact, place: Place, told: str) -> str:
    """The offices there, with an "if" where another place than the person's own may count."""
    if entry.field in _file().land.fields:
        return say("place.office_of_land", place=place.name, offices=told)
    if re.search(_file().another_place, fact.text):
        return say("place.office_if", place=place.name, offices=told)
    return say("place.office", place=place.name, offices=told)


def _ask(rules: list[_Rule], place: Place | None) -> str | None:
    if place is None:
        return say("place.ask")
    if not place.commune and any(rule.commune for rule in rules):
        return say("place.ask_commune", province=place.province.short_name)
    return None


def _holding(entry: Procedure, place: Place | None, today: date) -> Iterator[tuple[_Rule, Fact]]:
    """The rules whose words stand in the record's facts that hold now and here, and the fact."""
    return _of(entry.facts.get(Facet.WHERE, ()), place, today)


def _of(told: Sequence[Fact], place: Place | None, today: date) -> Iterator[tuple[_Rule, Fact]]:
    facts = [fact for fact in told if fact.holds_on(today)]
    first = facts[:1]
    for rule in _file().offices:
        for fact in facts if rule.any_fact else first:
            elsewhere = fact.regions and (place is None or place.province_id not in fact.regions)
            if not fact.condition and not elsewhere and re.search(rule.words, fact.text):
                yield rule, fact
                break


@cache
def _file() -> _File:
    text = Path(__file__).with_name("offices.yaml").read_text(encoding="utf-8")
    return _File.model_validate(yaml.safe_load(text))
