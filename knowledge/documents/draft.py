"""A procedure as a document describes it → the beginnings of an Entry, for somebody to check.

What is said under known headings becomes Facts by the rules for spreadsheets; nothing is said to be
checked, and what the rules do not take stands beside the form.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from knowledge.documents.outline import Part
from knowledge.imported import Import
from knowledge.load import dump_entry
from knowledge.model import Record, Source, SourceKind
from knowledge.sheets.cells import Cells
from knowledge.sheets.codes import read_code
from knowledge.sheets.columns import COLUMNS, Column
from knowledge.sheets.entry import NO_FIELD, ON_THE_LIST, Sheet, read_row
from knowledge.sheets.remarks import Effect
from knowledge.sheets.table import Place, Row
from knowledge.wording import fold, pieces, sentence, shortened

Left = tuple[str, tuple[str, ...]]
"""A heading, and the lines below it."""


class Origin(Record):
    """What whoever uploads says of a document."""

    title: str
    """As citizens will read it: "Quyết định số 12/QĐ-UBND …"."""
    as_of: date
    province: str | None = None
    """None: it holds in the whole country."""
    url: str | None = None


class Draft(Record):
    """The beginnings of an Entry."""

    title: str
    body: dict[str, Any]
    """Fields of its JSON form, without an id; its Facts have no day on which they were checked."""
    source: dict[str, Any]
    left: tuple[Left, ...]


def source_of(origin: Origin) -> Source:
    """The document as a Source: a copy, until somebody has compared it with the original."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(origin.title)).strip("-")[:28].strip("-")
    digest = hashlib.sha256(fold(origin.title).encode()).hexdigest()[:6]
    return Source(
        id=f"tep_{slug}_{digest}",
        title=origin.title,
        kind=SourceKind.COPY,
        url=origin.url,
        published=origin.as_of.isoformat(),
    )


def draft_of(part: Part, origin: Origin, otherwise: str) -> Draft:
    """The Draft of a procedure; `otherwise` is what it is called if the document does not say."""
    source = source_of(origin)
    text = {column: "\n".join(lines) for column, lines in part.cells.items()}
    text.setdefault(Column.NAME, otherwise)
    places = {column: Place("", COLUMNS[column].header) for column in text}
    cells = Cells(Row(1, text), places)
    found = _read(cells, Sheet(source, origin.province, origin.as_of))
    body = _body(found) if found else _bare(text)
    if forms := _facts(part.forms, source.id, origin):
        body.setdefault("facts", {})["form"] = forms
    return Draft(
        title=str(body["title"]),
        body=body,
        source=source.model_dump(mode="json", exclude_none=True),
        left=(*_dropped(cells, found is None), *_left(part.left)),
    )


def _read(cells: Cells, sheet: Sheet) -> Import | None:
    given = cells.row.cells.get(Column.CODE, "")
    try:
        return read_row(cells, read_code(given) if given else None, sheet)
    except ValidationError:
        return None


def _bare(text: Mapping[Column, str]) -> dict[str, Any]:
    """Where the record does not allow what is said: the name, and the code to know it by."""
    body: dict[str, Any] = {"kind": "procedure", "title": shortened(text[Column.NAME])}
    code = read_code(text.get(Column.CODE, ""))
    return {**body, "code": code.national} if code and code.national else body


def _body(found: Import) -> dict[str, Any]:
    """What stands in the form: without what is said by rule of every imported Procedure, and
    without the word that somebody has checked it."""
    body = dump_entry(found.entry)
    for name in ("id", "imported", "summary", "cautions"):
        body.pop(name, None)
    if body["field"] == NO_FIELD:
        del body["field"]
    facts = {
        facet: [fact for fact in listed if not fact["text"].startswith(ON_THE_LIST)]
        for facet, listed in body.pop("facts").items()
    }
    for fact in (fact for listed in facts.values() for fact in listed):
        for name in ("checked_on", "confidence"):
            fact.pop(name, None)
    if kept := {facet: listed for facet, listed in facts.items() if listed}:
        body["facts"] = kept
    return body


def _facts(lines: Sequence[str], source: str, origin: Origin) -> list[dict[str, Any]]:
    regions = {"regions": [origin.province]} if origin.province else {}
    texts = dict.fromkeys(sentence(part) for line in lines for part in pieces(line))
    return [{"text": text, "sources": [source], **regions} for text in texts if len(text) > 2]


def _dropped(cells: Cells, everything: bool) -> Iterator[Left]:
    """What stood under a known heading and was not taken, with the reason."""
    for column, text in cells.row.cells.items():
        header = cells.places[column].header
        reasons = [r.message for r in cells.remarks if r.header == header]
        lost = any(r.effect is Effect.CELL for r in cells.remarks if r.header == header)
        if reasons or lost or everything:
            yield (header, (*(f"({reason})" for reason in reasons), *text.split("\n")))


def _left(left: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Left]:
    yield from ((heading, tuple(lines)) for heading, lines in left)
