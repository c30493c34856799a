"""`binhdan kb import`: read a file from elsewhere, say what it changes, keep it for publishing."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from knowledge.clock import today
from knowledge.imported import (
    Difference,
    ImportFileError,
    Merged,
    compare,
    merge,
    read_imported,
    write_imported,
)
from knowledge.load import SHIPPED, load
from knowledge.national.batch import NEWEST, Batch, read_file
from knowledge.national.facts import Outcome, Tally
from webhook.settings import Settings

FOLDER = "imported"
"""Below data_dir."""
CHANGES_SHOWN = 40

importing = typer.Typer(help="Import records from elsewhere.", no_args_is_help=True)
console = Console()


AsOf = typer.Option(formats=["%Y-%m-%d"], help="The day the file was as it is.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
RemoveGone = Annotated[
    bool, typer.Option("--remove-gone", help="Remove what the file no longer has.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything, all changes too, as JSON.")]


def day_of(as_of: datetime) -> date:
    """The day of an --as-of, which cannot be to come."""
    if as_of.date() > today():
        raise typer.BadParameter("is in the future", param_hint="--as-of")
    return as_of.date()


def stop(error: ImportFileError) -> NoReturn:
    """Say why a file cannot be imported; exit status 1."""
    Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1) from None


@importing.command()
def national(
    file: Annotated[Path, typer.Argument(help=".jsonl or .jsonl.gz with the portal's columns.")],
    as_of: Annotated[datetime, AsOf] = datetime.combine(NEWEST, datetime.min.time()),  # noqa: B008
    dry_run: DryRun = False,
    remove_gone: RemoveGone = False,
    as_json: AsJson = False,
) -> None:
    """Import the national database of procedures; nothing is live before `binhdan kb publish`."""
    try:
        batch = read_file(file, day_of(as_of))
    except ImportFileError as error:
        stop(error)
    settings = Settings()
    folder = settings.make_data_dir() / FOLDER
    difference = compare(read_imported(folder), batch.imports)
    merged = merge(load(SHIPPED), batch.imports)
    if not dry_run:
        write_imported(folder, batch.imports, difference, remove_gone)
    if as_json:
        json.dump(report(batch, difference, merged), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        _print(batch, difference, merged, dry_run)


def report(batch: Batch, difference: Difference, merged: Merged) -> dict[str, Any]:
    """Everything about an import as plain data."""
    return {
        "procedures": len(batch.imports),
        "to_publish": merged.published,
        "behind_ours": list(merged.behind),
        "held": dict(merged.held),
        "rejected_rows": [vars(row) for row in batch.bad],
        **difference_report(difference),
        "fields": [
            {"field": field, "outcome": outcome, "reason": reason, "count": count}
            for (field, outcome, reason), count in sorted(batch.tally.items())
        ],
    }


def difference_report(difference: Difference) -> dict[str, Any]:
    """What an import changes in the folder, as plain data."""
    return {
        "added": len(difference.added),
        "changed": len(difference.changed),
        "confirmed": len(difference.confirmed),
        "unchanged": len(difference.unchanged),
        "gone": list(difference.gone),
        "changes": [vars(change) for change in difference.changes],
    }


def difference_words(difference: Difference) -> str:
    """The same in one line."""
    return (
        f"{len(difference.added)} new, {len(difference.changed)} changed,"
        f" {len(difference.confirmed)} seen again on another day,"
        f" {len(difference.unchanged)} unchanged, {len(difference.gone)} no longer in the file"
    )


def print_changes(difference: Difference) -> None:
    """Field by field what is said differently, as much as can be read."""
    for change in difference.changes[:CHANGES_SHOWN]:
        console.print(f"{change.entry_id} {change.field}", style="bold", markup=False)
        for line in change.old:
            console.print(f"  - {line}", style="red", markup=False, soft_wrap=True)
        for line in change.new:
            console.print(f"  + {line}", style="green", markup=False, soft_wrap=True)
    if (more := len(difference.changes) - CHANGES_SHOWN) > 0:
        console.print(f"… and {more} more changes (--json lists all)")


def tally_table(tally: Tally) -> Table:
    """Column by column what was typed, kept as text and rejected, and why."""
    table = Table("column", "read", "typed", "kept as text", "rejected", "why not typed")
    for name in dict.fromkeys(field for field, _, _ in sorted(tally)):
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for (field, outcome, reason), count in tally.items():
            if field == name:
                counts[outcome] += count
                if outcome is not Outcome.TYPED:
                    reasons[reason] += count
        why = "\n".join(f"{count} {reason}" for reason, count in reasons.most_common())
        figures = [counts.total(), *(counts[outcome] for outcome in Outcome)]
        table.add_row(name, *map(str, figures), why)
    return table


def _print(batch: Batch, difference: Difference, merged: Merged, dry_run: bool) -> None:
    console.print(tally_table(batch.tally))
    for row in batch.bad:
        where = f"line {row.line}: " if row.line else ""
        console.print(f"rejected: {where}{row.code} {row.reason}", markup=False, soft_wrap=True)
    print_changes(difference)
    for reason, count in merged.held.items():
        console.print(f"{count} kept as data, not published: {reason}", soft_wrap=True)
    console.print(f"{len(merged.behind)} kept as data, not published: we have our own entry")
    console.print(
        f"{len(batch.imports)} procedures: {difference_words(difference)}, "
        f"{len(batch.bad)} rows rejected.",
        soft_wrap=True,
    )
    end = "Nothing was written." if dry_run else "Publish them with `binhdan kb publish`."
    console.print(f"{merged.published} can be published. {end}", soft_wrap=True)
