"""The form of an Entry: which fields it has, and how what a browser sends becomes its JSON form.

A control's name is the way to its field in that form: "facts.fee.0.text".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from knowledge.model import Confidence, DurationUnit, Facet, Level, SourceKind
from knowledge.places import PROVINCES
from knowledge.wording import fold

Path = tuple[str, ...]


class Widget(StrEnum):
    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    """One item a line."""
    BLOCKS = "blocks"
    """Items of several lines, with an empty line between them."""
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    """đồng; "20.000" is read as 20000."""
    DURATION = "duration"
    """A number and a unit."""
    CHOICE = "choice"
    CHOICES = "choices"
    CHECK = "check"
    PROVINCES = "provinces"
    """Those it has, to be ticked off, and a line for more: 34 boxes beside each of a hundred facts
    would be most of the page."""
    SOURCES = "sources"
    """Those of the Entry's own list of Sources."""


@dataclass(frozen=True)
class Field:
    """One control. Its label and help are under `fields.<name>` in messages.yaml."""

    name: str
    widget: Widget
    options: tuple[str, ...] = ()
    rare: bool = False
    """Whether it is folded away until it is wanted."""


@dataclass(frozen=True)
class Rows:
    """A list of records. Rows that are left empty are not part of the Entry."""

    name: str
    fields: tuple[Field | Rows, ...]
    rare: bool = False


@dataclass(frozen=True)
class Group:
    """Named lists of records: the facts by facet."""

    name: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]
    rare: bool = False


Part = Field | Rows | Group

_PERIOD = (
    Field("valid_from", Widget.DATE, rare=True),
    Field("valid_until", Widget.DATE, rare=True),
)
_REGIONS = Field("regions", Widget.PROVINCES, rare=True)

FACT = (
    Field("text", Widget.TEXT),
    Field("condition", Widget.LINE),
    Field("sources", Widget.SOURCES),
    Field("checked_on", Widget.DATE),
    Field("confidence", Widget.CHOICE, tuple(Confidence), rare=True),
    Field("amount", Widget.MONEY, rare=True),
    Field("duration", Widget.DURATION, tuple(DurationUnit), rare=True),
    *_PERIOD,
    _REGIONS,
    Field("caution", Widget.TEXT, rare=True),
    Field("quoted", Widget.CHECK, rare=True),
)
SOURCE = (
    Field("id", Widget.LINE),
    Field("title", Widget.LINE),
    Field("kind", Widget.CHOICE, tuple(SourceKind)),
    Field("url", Widget.LINE),
    Field("published", Widget.LINE),
    Field("replaced_by", Widget.LINE),
)
FACETS = tuple(facet for facet in Facet if facet is not Facet.OVERVIEW)

_NAMES = (
    Field("title", Widget.LINE),
    Field("summary", Widget.TEXT),
    Field("aliases", Widget.LINES),
    Field("questions", Widget.BLOCKS),
)
_EDGES = (
    Rows("cautions", (Field("text", Widget.TEXT), Field("facets", Widget.CHOICES, FACETS))),
    Rows(
        "changes",
        (
            Field("effective_on", Widget.DATE),
            Field("text", Widget.TEXT),
            Field("sources", Widget.SOURCES),
        ),
    ),
    Field("related", Widget.LINES),
    *_PERIOD,
    _REGIONS,
)
FORMS: Mapping[str, tuple[Part, ...]] = {
    "procedure": (
        *_NAMES,
        Field("field", Widget.LINE),
        Field("levels", Widget.CHOICES, tuple(Level)),
        Field("code", Widget.LINE),
        Field("portal_url", Widget.LINE),
        Group("facts", FACETS, FACT),
        *_EDGES,
    ),
    "guide": (
        *_NAMES,
        Field(
            "topic",
            Widget.CHOICE,
            ("ai", "vneid", "portal", "scam", "programme", "rights", "life_event"),
        ),
        Rows("sections", (Field("heading", Widget.LINE), Rows("points", FACT))),
        *_EDGES,
    ),
    "lesson": (
        *_NAMES,
        Field("minutes", Widget.NUMBER),
        Field("goal", Widget.TEXT),
        Rows("cards", FACT),
        Field("try_now", Widget.TEXT),
        Rows(
            "quiz",
            (
                Field("text", Widget.TEXT),
                Field("options", Widget.LINES),
                Field("correct", Widget.NUMBER),
                Field("explanation", Widget.TEXT),
            ),
        ),
        *_EDGES,
    ),
}
"""By kind of Entry."""

_MOST_ROWS = 200
_PROVINCE_IDS = {
    fold(called): province.id
    for province in PROVINCES.values()
    for called in (province.id, province.name, province.short_name, province.full_name)
}
Sent = Mapping[str, Sequence[str]]
"""What a browser sent: a control's name → its values."""


def read(kind: str, sent: Sent, before: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of what was sent. Fields that no control shows are kept from `before`."""
    shown = {part.name for part in FORMS[kind]}
    kept = {name: value for name, value in before.items() if name not in shown}
    return {**kept, **_record(FORMS[kind], sent, ())}


def read_sources(sent: Sent, known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The Entry's list of Sources. A new one gets an id that is not `known`; fields that no control
    shows are kept from the known one."""
    rows = _rows(SOURCE, sent, ("sources",))
    used = {*known, *(row["id"] for row in rows if "id" in row)}
    for row in rows:
        if "id" not in row:
            row["id"] = _new_id(row.get("title", ""), used)
            used.add(row["id"])
        if note := known.get(row["id"], {}).get("note"):
            row["note"] = note
    return rows


def unchecked(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The facts of a body that nobody has compared with their source: those that have one, and no
    day on which they were checked."""
    found: list[dict[str, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for child in value:
                walk(child)
        elif isinstance(value, dict):
            if value.get("text") and value.get("sources") and not value.get("checked_on"):
                found.append(value)
            for child in value.values():
                walk(child)

    for name in ("facts", "sections", "cards"):
        walk(body.get(name))
    return found


def _record(parts: Sequence[Part], sent: Sent, path: Path) -> dict[str, Any]:
    found = {part.name: _value(part, sent, (*path, part.name)) for part in parts}
    # 0 đồng is an amount; an empty text, list or box is nothing.
    return {name: value for name, value in found.items() if value or type(value) is int}


def _value(part: Part, sent: Sent, path: Path) -> Any:
    match part:
        case Rows():
            return _rows(part.fields, sent, path)
        case Group():
            rows = {key: _rows(part.fields, sent, (*path, key)) for key in part.keys}
            return {key: found for key, found in rows.items() if found}
        case Field():
            return _field(part, sent, path)


def _rows(fields: Sequence[Part], sent: Sent, path: Path) -> list[dict[str, Any]]:
    rows = [_record(fields, sent, (*path, number)) for number in _numbers(sent, path)]
    # A row whose only content is what the form fills in by itself was left empty.
    return [row for row in rows if row.keys() - {"checked_on", "confidence", "sources", "kind"}]


def _numbers(sent: Sent, path: Path) -> list[str]:
    """The numbers of the rows sent for a list, in order."""
    start = ".".join(path) + "."
    numbers = {name[len(start) :].split(".", 1)[0] for name in sent if name.startswith(start)}
    return sorted((n for n in numbers if n.isdecimal() and len(n) < 5), key=int)[:_MOST_ROWS]


def _field(field: Field, sent: Sent, path: Path) -> Any:
    name = ".".join(path)
    values = [unicodedata.normalize("NFC", value).strip() for value in sent.get(name, ())]
    text = values[0].replace("\r\n", "\n") if values else ""
    match field.widget:
        case Widget.LINE | Widget.DATE | Widget.CHOICE:
            return " ".join(text.split())
        case Widget.TEXT:
            return re.sub(r"\s*\n\s*", " ", text)
        case Widget.LINES:
            return [" ".join(line.split()) for line in text.split("\n") if line.strip()]
        case Widget.BLOCKS:
            blocks = re.split(r"\n[ \t]*\n", text)
            return [" ".join(block.split()) for block in blocks if block.strip()]
        case Widget.NUMBER:
            return _number(text)
        case Widget.MONEY:
            return _number(re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", text))
        case Widget.DURATION:
            return _duration(text, sent.get(f"{name}.unit", ()))
        case Widget.CHECK:
            return bool(text)
        case Widget.CHOICES | Widget.SOURCES:
            return [value for value in values if value]
        case Widget.PROVINCES:
            names = [name.strip() for value in values for name in value.split(",")]
            return list(dict.fromkeys(_province(name) for name in names if name))


def _province(name: str) -> str:
    """The id of a province by its name or id; the name if there is none: the check then says so."""
    return _PROVINCE_IDS.get(fold(name), name)


def _number(text: str) -> int | str:
    """The number, or the text if it is none: the check then names the field."""
    return int(text) if re.fullmatch(r"\d{1,12}", text) else text


def _duration(text: str, units: Sequence[str]) -> dict[str, Any] | None:
    if not text:
        return None
    number = text.replace(",", ".")
    value = float(number) if re.fullmatch(r"\d{1,6}(\.\d{1,2})?", number) else text
    return {"value": value, "unit": units[0] if units else ""}


def _new_id(title: str, used: Iterable[str]) -> str:
    plain = unicodedata.normalize("NFD", title.lower().replace("đ", "d"))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    start = "_".join(words)[:40].strip("_") or "nguon"
    used = set(used)
    found, number = start, 1
    while found in used:
        number += 1
        found = f"{start}_{number}"
    return found
