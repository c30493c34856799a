"""`binhdan kb publish`: content and imports become a new Edition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer

from knowledge.imported import Import, merge, read_imported
from knowledge.load import SHIPPED, Library, load
from knowledge.model import Procedure
from knowledge.proposals import Proposals, applied, check, has_moved
from knowledge.sheets.folder import PREFIX, read_sheets
from knowledge.sheets.merge import Fate, with_sheets
from knowledge.store import Editions
from webhook.importing import FOLDER
from webhook.settings import Settings
from webhook.terminal import console, errors, open_follower, read_settings


def publish(
    content: Annotated[Path, typer.Option("--content", help="Folder of content files.")] = SHIPPED,
    edition: Annotated[
        int | None, typer.Option(help="Publish this earlier Edition again, instead of files.")
    ] = None,
    note: Annotated[str, typer.Option(help="What changed, for the list of Editions.")] = "",
    without_imported: Annotated[
        bool, typer.Option("--without-imported", help="Only the content files.")
    ] = False,
) -> None:
    """Publish content and imports as a new Edition; unchanged content stays the Edition it is."""
    from webhook.database import open_database

    settings = read_settings()
    engine = open_database(settings)
    editions, proposals = Editions(engine), Proposals(engine)
    if edition is not None:
        library = editions.get(edition).library
    elif without_imported:
        library = load(content)
    else:
        library = _with_imported(load(content), settings, editions)
    if edition is None:
        library = _with_wording(library, proposals)
    else:
        proposals.take_back(edition)
    number, fresh = editions.publish(library, note)
    if fresh:
        console.print(f"Published edition {number} with {len(library.entries)} entries.")
    else:
        console.print(f"Nothing has changed: edition {number} stays.")
    open_follower(settings)  # builds the index now, so that no server has to


def _with_wording(library: Library, proposals: Proposals) -> Library:
    """The content with what administrators published from their pages, which no file takes back."""
    kept = []
    for proposal in proposals.wording():
        if proposal.withdrawn_in is not None:
            kept.append(proposal)
            console.print(
                f"{proposal.entry_id}: stays out; it ended with edition {proposal.withdrawn_in}",
                soft_wrap=True,
            )
            continue
        if check(proposal, library):
            errors.print(
                f"{proposal.entry_id}: the administrators' wording of edition {proposal.edition}"
                " names something that is gone; the file's is published",
                style="yellow",
                markup=False,
                soft_wrap=True,
            )
            continue
        kept.append(proposal)
        if has_moved(proposal, library):
            console.print(
                f"{proposal.entry_id}: the administrators' wording of edition {proposal.edition}"
                " is kept; the file has changed since",
                soft_wrap=True,
            )
    return applied(library, kept)


def _with_imported(shipped: Library, settings: Settings, editions: Editions) -> Library:
    """The content with what was imported on this machine.

    Stops where the newest Edition has imports that this machine has not: they would be gone.
    """
    folder = settings.data_dir / FOLDER
    imports, sheets = read_imported(folder), read_sheets(folder)
    newest = editions.newest_number()
    if newest is not None:
        missing = _missing(editions.get(newest).library, imports, sheets)
        if missing:
            errors.print(
                f"Edition {newest} has {missing}, but {folder} has not. Import here first, or"
                " publish --without-imported.",
                style="red",
                markup=False,
                soft_wrap=True,
            )
            raise typer.Exit(1)
    merged = merge(shipped, imports)
    if imports:
        console.print(
            f"{merged.published} imported procedures; {len(merged.behind)} more stand behind our"
            f" own entries, {merged.held.total()} are held back.",
            soft_wrap=True,
        )
    if not sheets:
        return merged.library
    whole = with_sheets(merged.library, sheets, imports)
    fates = Counter(o.fate for outcomes in whole.outcomes.values() for o in outcomes.values())
    counted = ", ".join(f"{fates[fate]} {fate}" for fate in Fate)
    console.print(f"Rows of {len(sheets)} spreadsheets: {counted}.", soft_wrap=True)
    return whole.library


def _missing(published: Library, imports: Mapping[str, Import], sheets: Collection[str]) -> str:
    """What of an Edition's imports is not on this machine, in words; "" if all is."""
    gone = [s for s in published.sources if s.startswith(PREFIX) and s not in sheets]
    if gone:
        return f"the spreadsheet {', '.join(gone)}"
    national = any(
        isinstance(entry, Procedure)
        and entry.imported
        and any(not source.startswith(PREFIX) for source in entry.source_ids)
        for entry in published
    )
    return "imported procedures" if national and not imports else ""
