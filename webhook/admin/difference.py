"""What a Proposal changes, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from bot.messages import node
from webhook.admin.words import WORDS

UNORDERED = {"sources", "regions", "levels", "facets"}
"""Lists that are ticked in a form: their order says nothing."""


@dataclass(frozen=True)
class Piece:
    """Some words, and whether they go, come or stay."""

    text: str
    kind: str
    """"del", "ins" or ""."""


@dataclass(frozen=True)
class Difference:
    """One field that changes."""

    where: str
    """Its name, as the form calls it: "Lệ phí 1: Câu trả lời"."""
    pieces: tuple[Piece, ...]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Field by field, in the order of the newer one. Rows of a list are matched by likeness, so
    that one taken out does not make all that follow look new."""
    return list(_of(before, after, ""))


def _of(before: Any, after: Any, where: str) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        for key in [*new, *(key for key in old if key not in new)]:
            one, other = old.get(key), new.get(key)
            if key in UNORDERED:
                one, other = sorted(one or ()), sorted(other or ())
            yield from _of(one, other, _join(where, _name(key)))
    elif _is_rows(before) or _is_rows(after):
        yield from _of_rows(before or [], after or [], where)
    else:
        yield Difference(where, pieces(_text(before), _text(after)))


def _of_rows(before: list[Any], after: list[Any], where: str) -> Iterator[Difference]:
    pairs = _matched(before, after)
    for number, row in enumerate(after):
        yield from _of(pairs.get(number), row, f"{where} {number + 1}")
    kept = list(pairs.values())
    for number, row in enumerate(before):
        if not any(row is other for other in kept):
            yield from _of(row, None, f"{where} {number + 1}")


def _matched(before: list[Any], after: list[Any]) -> dict[int, Any]:
    """Number of a newer row → the older row that it came from."""
    free = list(before)
    found: dict[int, Any] = {}
    for alike in (1.0, 0.6, 0.3):
        for number, row in enumerate(after):
            if number in found or not free:
                continue
            best = max(free, key=lambda other, row=row: _likeness(other, row))  # type: ignore[misc]
            if _likeness(best, row) >= alike:
                found[number] = best
                free.remove(best)
    return found


def _likeness(one: Any, other: Any) -> float:
    return SequenceMatcher(None, _text(one).split(), _text(other).split(), False).ratio()


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts as one, word by word."""
    return tuple(_pieces(before, after))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _split(before), _split(after)
    for kind, i, j, k, m in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            yield Piece("".join(old[i:j]), "")
            continue
        if i < j:
            yield Piece("".join(old[i:j]), "del")
        if k < m:
            yield Piece("".join(new[k:m]), "ins")


def _split(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def _text(value: Any) -> str:
    """A value as a reader would write it."""
    match value:
        case None:
            return ""
        case dict():
            return " ".join(_text(child) for child in value.values())
        case list() | tuple():
            return "\n".join(_text(child) for child in value)
        case bool():
            return WORDS.say("yes") if value else WORDS.say("no")
        case int():
            return f"{value:,}".replace(",", ".")
        case _:
            return str(value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _name(key: str) -> str:
    facets: dict[str, str] = node("facets")
    fields = WORDS.node("fields")
    if key in facets:
        return facets[key]
    found = fields.get(key) or fields.get(f"source_{key}")
    return str(found["label"]) if found else key


def _join(where: str, name: str) -> str:
    return f"{where}: {name}" if where else name
