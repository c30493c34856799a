"""The `binhdan` command."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from bot.model import Answer, Channel, Question
from knowledge.imported import Import, merge, read_imported
from knowledge.load import SHIPPED, Library, load
from knowledge.model import Procedure
from knowledge.sheets.folder import PREFIX, read_sheets
from knowledge.sheets.merge import Fate, with_sheets
from knowledge.store import Editions, NothingPublished, UnknownEdition
from knowledge.yaml_file import ContentError
from retrieval.evaluate import QuestionFileError, evaluate, read_questions, tallies
from webhook.checking import check
from webhook.importing import FOLDER, importing
from webhook.settings import MissingSettingError, Settings
from webhook.sheets import commands as sheet_commands

if TYPE_CHECKING:  # importing the encoder takes seconds; commands that need it do so themselves
    from retrieval.index import Progress
    from webhook.parts import Follower

app = typer.Typer(
    name="binhdan",
    help="A Vietnamese public-service assistant that answers from sourced records.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
kb = typer.Typer(help="The knowledge base: check it, publish it.", no_args_is_help=True)
telegram = typer.Typer(help="Telegram: register the webhook, or poll.", no_args_is_help=True)
app.add_typer(kb, name="kb")
kb.command()(check)
kb.add_typer(importing, name="import")
importing.add_typer(sheet_commands)
app.add_typer(telegram, name="telegram")

console = Console()
errors = Console(stderr=True)

Content = Annotated[Path, typer.Option("--content", help="Folder of content files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
Reply = Callable[[str, str], Answer]
"""(text, conversation) → Answer."""


def main() -> None:
    """Run the command; what goes wrong is one clear line and exit status 1."""
    try:
        app()
    except (ContentError, MissingSettingError, NothingPublished, QuestionFileError) as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except UnknownEdition as error:
        errors.print(f"There is no edition {error}.", style="red", markup=False)
        sys.exit(1)
    except ValidationError as error:
        for e in error.errors():
            name = "BINHDAN_" + "_".join(map(str, e["loc"])).upper()
            errors.print(f"{name}: {e['msg']}", style="red", markup=False)
        sys.exit(1)


@app.command()
def serve() -> None:
    """Serve the web chat, the Entry pages and the webhooks."""
    import uvicorn

    from webhook.serve import build_app

    settings = _settings()
    application = build_app(settings, _progress("Embedding passages"))
    console.print(f"[bold]{settings.public_url}[/bold]  (Ctrl+C to stop)")
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,  # addresses of people, and tokens in paths, stay out of logs
        proxy_headers=True,
    )


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, as you would type it.")],
    as_json: AsJson = False,
) -> None:
    """Answer one question."""
    answer = _terminal_assistant()(question, secrets.token_hex(6))
    if as_json:
        print(json.dumps(answer.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        _show(answer)


@app.command()
def chat() -> None:
    """Talk in the terminal; an empty line or Ctrl+D ends."""
    from bot.smalltalk import greeting

    reply = _terminal_assistant()
    conversation = secrets.token_hex(6)
    _show(greeting())
    while True:
        try:
            text = console.input("[bold cyan]> [/]").strip()
        except (EOFError, KeyboardInterrupt):
            break
        if not text:
            break
        _show(reply(text, conversation))


@app.command(name="evaluate")
def evaluate_(
    file: Annotated[Path, typer.Argument(help="YAML: questions and what they are about.")],
    bare: Annotated[bool, typer.Option("--bare", help="Strip the questions' diacritics.")] = False,
    as_json: AsJson = False,
    misses: Annotated[bool, typer.Option(help="List what is not found first.")] = True,
) -> None:
    """Measure whether search finds the right Entry."""
    questions = read_questions(file)
    known = _follower(_settings()).current()
    outcomes = evaluate(known.searcher, known.edition.library.entries.keys(), questions, bare)
    if not outcomes:
        errors.print("None of the questions is about a published Entry.", style="red")
        raise typer.Exit(1)
    figures = tallies(outcomes)
    missed = [o for o in outcomes if o.rank != 1]
    if as_json:
        report = {
            "edition": known.edition.number,
            "bare": bare,
            "asked": len(outcomes),
            "without_entry": len(questions) - len(outcomes),
            "tallies": [vars(figure) for figure in figures],
            "misses": [
                {"id": o.question.id, "about": o.question.about, "found": o.found, "rank": o.rank}
                for o in missed
            ],
        }
        print(json.dumps(report, ensure_ascii=False, indent=1))
        return
    table = Table("questions", "count", "first", "among three", "MRR")
    for figure in figures:
        shares = (f"{value:.3f}" for value in (figure.first, figure.among_three, figure.mrr))
        table.add_row(figure.group, str(figure.count), *shares)
    console.print(table)
    console.print(f"{len(questions) - len(outcomes)} questions are about no published Entry.")
    for outcome in missed if misses else ():
        right, found = ", ".join(outcome.question.about), ", ".join(outcome.found[:3])
        console.print(f"[red]{outcome.question.id}[/] {right} → {found}", soft_wrap=True)
        console.print(f"    {outcome.question.text[:160]}", markup=False, soft_wrap=True)


@kb.command()
def publish(
    content: Content = SHIPPED,
    edition: Annotated[
        int | None, typer.Option(help="Publish this earlier Edition again, instead of files.")
    ] = None,
    note: Annotated[str, typer.Option(help="What changed, for the list of Editions.")] = "",
    without_imported: Annotated[
        bool, typer.Option("--without-imported", help="Only the content files.")
    ] = False,
) -> None:
    """Publish content and imports as a new Edition; unchanged content stays the Edition it is."""
    from webhook.parts import open_database

    settings = _settings()
    editions = Editions(open_database(settings))
    if edition is not None:
        library = editions.get(edition).library
    elif without_imported:
        library = load(content)
    else:
        library = _with_imported(load(content), settings, editions)
    number, fresh = editions.publish(library, note)
    if fresh:
        console.print(f"Published edition {number} with {len(library.entries)} entries.")
    else:
        console.print(f"Nothing has changed: edition {number} stays.")
    _follower(settings)  # builds the index now, so that no server has to


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


@telegram.command()
def register() -> None:
    """Tell Telegram the address of the webhook and its secret."""
    from webhook.telegram import register as register_webhook

    asyncio.run(register_webhook(_settings()))


@telegram.command()
def poll() -> None:
    """Fetch updates instead of a webhook: for a laptop without public HTTPS."""
    from webhook.parts import build_assistant, open_database
    from webhook.telegram import poll as poll_updates

    settings = _settings()
    settings.require_telegram_token()
    follower = _follower(settings)
    assistant = build_assistant(settings, open_database(settings), follower.current)
    asyncio.run(poll_updates(settings, assistant))


def _settings() -> Settings:
    settings = Settings()
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "alembic", "bm25s", "faiss", "sentence_transformers"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return settings


def _follower(settings: Settings) -> Follower:
    from webhook.parts import Follower, open_database

    editions = Editions(open_database(settings))
    return Follower(editions, settings, _progress("Embedding passages"))


def _terminal_assistant() -> Reply:
    from webhook.parts import build_assistant, open_database

    settings = _settings()
    logging.getLogger().setLevel(logging.WARNING)
    follower = _follower(settings)
    assistant = build_assistant(settings, open_database(settings), follower.current)

    def reply(text: str, conversation: str) -> Answer:
        return assistant.reply(
            Question(
                id=f"terminal:{secrets.token_hex(8)}",
                channel=Channel.TERMINAL,
                conversation=conversation,
                text=text,
            )
        )

    return reply


def _show(answer: Answer) -> None:
    from webhook.render import plain

    console.print()
    console.print(plain(answer), markup=False, highlight=False, soft_wrap=True)
    console.print()


def _progress(label: str) -> Progress:
    bar: Bar | None = None
    task = None

    def report(done: int, total: int) -> None:
        nonlocal bar, task
        if total and bar is None:
            bar = Bar(console=errors)
            bar.start()
            task = bar.add_task(label, total=total)
        if bar is not None and task is not None:
            bar.update(task, completed=done)
            if done >= total:
                bar.stop()
                bar = None

    return report


if __name__ == "__main__":
    main()
