"""The lists of domains.yaml."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge.model import Record


class Official(Record):
    """An address that a source calls somebody's own."""

    domain: str
    source: str
    """The id of a Source, or a title."""


class Names(Record):
    """Names that are borrowed: `anywhere` in an address, or `exact`, as a whole word of it."""

    anywhere: tuple[str, ...]
    exact: tuple[str, ...]
    suffixes: tuple[str, ...] = ()
    """Endings under which the name alone is left alone."""


class Lists(Record):
    """Everything that domains.yaml says; it explains each list."""

    official: tuple[Official, ...]
    known: tuple[str, ...]
    state: Names
    brands: Names
    second_level: frozenset[str]
    shorteners: frozenset[str]
    free_pages: tuple[str, ...]
    cheap: frozenset[str]
    common: frozenset[str]
    lures: tuple[str, ...]
    presses: tuple[str, ...]
    confusables: dict[str, str]


def _read() -> Lists:
    text = Path(__file__).with_name("domains.yaml").read_text(encoding="utf-8")
    return Lists.model_validate(yaml.safe_load(text))


LISTS = _read()
