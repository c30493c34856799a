"""`binhdan kb import sheet` and `template`: the spreadsheets of provinces and offices."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from knowledge.imported import (
    Difference,
    ImportFileError,
    compare,
    merge,
    read_imported,
    write_imported,
)
from knowledge.load import SHIPPED, load
from knowledge.model import Source
from knowledge.places import PROVINCES
from knowledge.sheets.batch import Batch, read_sheet
from knowledge.sheets.entry import Sheet
from knowledge.sheets.folder import SHEETS, read_sheets, refuse_older, source_of
from knowledge.sheets.merge import Fate, Outcome, with_sheets
from knowledge.sheets.remarks import Effect, Remark
from knowledge.sheets.table import Table as SheetTable
from knowledge.sheets.table import read_table
from knowledge.sheets.template import write_template
from knowledge.sheets.verdicts import verdicts
from webhook.importing import (
    FOLDER,
    AsJson,
    AsOf,
    DryRun,
    RemoveGone,
    console,
    day_of,
    difference_report,
    difference_words,
    print_changes,
    stop,
)
from webhook.settings import Settings

commands = typer.Typer()
SHOWN = 20
"""Remarks of one kind that are printed in full; of the others the row, and --json has all."""


@commands.command()
def template(
    file: Annotated[Path, typer.Argument(help=".xlsx (with drop-downs and help) or .csv.")],
) -> None:
    """Write the template that offices fill, one procedure a row."""
    try:
        write_template(file)
    except ImportFileError as error:
        stop(error)
    console.print(f"Wrote {file}.", soft_wrap=True)


@commands.command()
def sheet(
    file: Annotated[Path, typer.Argument(help=".xlsx or .csv, one procedure a row.")],
    source: Annotated[
        str, typer.Option(help="Its title, as citizens will read it: “Danh mục … tỉnh Lâm Đồng”.")
    ],
    as_of: Annotated[datetime, AsOf],
    province: Annotated[str, typer.Option(help="Where it holds: lam-dong, ha-noi, …")] = "",
    nationwide: Annotated[bool, typer.Option("--nationwide", help="It holds everywhere.")] = False,
    url: Annotated[str | None, typer.Option(help="Where it was published.")] = None,
    sheet_name: Annotated[
        str | None, typer.Option("--sheet", help="Name of the worksheet; else the first.")
    ] = None,
    dry_run: DryRun = False,
    remove_gone: RemoveGone = False,
    as_json: AsJson = False,
) -> None:
    """Import a spreadsheet; nothing is live before `binhdan kb publish`."""
    where = _province(province, nationwide)
    origin = _source(source, where, as_of, url)
    folder = Settings().make_data_dir() / FOLDER
    sheets = read_sheets(folder)
    kept = sheets.get(origin.id, {})
    try:
        refuse_older(kept, origin)
        table = read_table(file, sheet_name)
    except ImportFileError as error:
        stop(error)
    batch = read_sheet(table, Sheet(origin, where, as_of.date()))
    difference = compare(kept, batch.imports)
    national = read_imported(folder)
    base = merge(load(SHIPPED), national).library
    whole = with_sheets(base, {**sheets, origin.id: batch.imports}, national)
    outcomes = whole.outcomes[origin.id]
    remarks = (*batch.remarks, *verdicts(batch, outcomes, table.places))
    if not dry_run:
        write_imported(folder / SHEETS / origin.id, batch.imports, difference, remove_gone)
    if as_json:
        report = _report(table, batch, remarks, difference, outcomes)
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print(table, batch, remarks, difference, outcomes)
        end = "Nothing was written." if dry_run else "Publish them with `binhdan kb publish`."
        console.print(end, soft_wrap=True)


def _province(province: str, nationwide: bool) -> str | None:
    if nationwide == bool(province):
        raise typer.BadParameter("give either --province or --nationwide", param_hint="--province")
    if province and province not in PROVINCES:
        known = ", ".join(sorted(PROVINCES))
        raise typer.BadParameter(f"{province!r} is none of: {known}", param_hint="--province")
    return province or None


def _source(title: str, province: str | None, as_of: datetime, url: str | None) -> Source:
    try:
        return source_of(title, province, day_of(as_of), url)
    except ValidationError as error:
        first = error.errors()[0]
        hint = "--url" if first["loc"] == ("url",) else "--source"
        raise typer.BadParameter(first["msg"], param_hint=hint) from None


def _report(
    table: SheetTable,
    batch: Batch,
    remarks: Sequence[Remark],
    difference: Difference,
    outcomes: Mapping[str, Outcome],
) -> dict[str, Any]:
    """Everything about an import as plain data."""
    return {
        "rows": batch.rows,
        "rejected": batch.rejected,
        "columns": {column: vars(place) for column, place in table.places.items()},
        "ignored_columns": [vars(place) for place in table.ignored],
        "remarks": [vars(remark) for remark in remarks],
        "outcomes": [
            {"row": batch.numbers[key], "entry": key, **vars(outcome)}
            for key, outcome in outcomes.items()
        ],
        **difference_report(difference),
    }


def _print(
    table: SheetTable,
    batch: Batch,
    remarks: Sequence[Remark],
    difference: Difference,
    outcomes: Mapping[str, Outcome],
) -> None:
    for place in table.ignored:
        console.print(f"column {place.letter} is not used: “{place.header}”", markup=False)
    for line in _remark_lines(remarks):
        console.print(line, markup=False, soft_wrap=True)
    print_changes(difference)
    console.print(_remarks_table(remarks))
    console.print(_outcomes_table(batch, outcomes))
    console.print(f"{batch.rows} rows: {difference_words(difference)}.", soft_wrap=True)


def _remark_lines(remarks: Sequence[Remark]) -> Iterator[str]:
    """What is wrong, kind by kind: rows left out one by one, of the others the first in full."""
    for effect in Effect:
        here = [remark for remark in remarks if remark.effect is effect]
        for reason in dict.fromkeys(remark.reason for remark in here):
            alike = [remark for remark in here if remark.reason is reason]
            shown = alike if effect is Effect.ROW else alike[:SHOWN]
            yield from (f"{effect}: {remark}" for remark in shown)
            if more := len(alike) - len(shown):
                rows = ", ".join(str(remark.row) for remark in alike[SHOWN:])
                yield f"… {effect}, {reason}: {more} more, rows {rows} (--json says more)"


def _remarks_table(remarks: Sequence[Remark]) -> Table:
    table = Table("what was wrong", "and so", "count")
    counts = Counter((remark.reason, remark.effect) for remark in remarks)
    for (reason, effect), count in counts.most_common():
        table.add_row(reason, effect, str(count))
    return table


def _outcomes_table(batch: Batch, outcomes: Mapping[str, Outcome]) -> Table:
    """What became of the rows: every row is in one line of the table."""
    table = Table("what became of the rows", "count", "why, or what was added")
    if batch.rejected:
        table.add_row("left out", str(batch.rejected), "see above")
    for fate in Fate:
        here = [outcome for outcome in outcomes.values() if outcome.fate is fate]
        if not here:
            continue
        whys: Counter[str] = Counter(outcome.reason for outcome in here if outcome.reason)
        whys.update(f"+ {facet}" for outcome in here for facet in outcome.added)
        whys.update(
            f"{facet} not added: {reason}" for outcome in here for facet, reason in outcome.refused
        )
        why = "\n".join(f"{count} {what}" for what, count in whys.most_common())
        table.add_row(fate, str(len(here)), why)
    return table
