"""The `binhdan` command."""

from __future__ import annotations

import json
import logging
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from bot.model import Answer, Channel, Question
from knowledge.store import NothingPublished, UnknownEdition
from knowledge.yaml_file import ContentError
from retrieval.evaluate import QuestionFileError
from webhook.channels.settings import MissingSettingError
from webhook.channels.telegram.commands import telegram
from webhook.channels.zalo_bot.commands import commands as zalo_bot
from webhook.channels.zalo_oa.commands import zalo_oa
from webhook.checking import check
from webhook.evaluating import evaluate_search
from webhook.faking import fake_channels
from webhook.importing import importing
from webhook.media.voice import MissingExtraError
from webhook.publishing import publish
from webhook.sheets import commands as sheet_commands
from webhook.terminal import console, errors, open_replies, progress, read_settings

if TYPE_CHECKING:  # a command imports what it needs: starting one takes half a second, not five
    from fastapi import FastAPI

    from webhook.settings import Settings

app = typer.Typer(
    name="binhdan",
    help="A Vietnamese public-service assistant that answers from sourced records.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
kb = typer.Typer(help="The knowledge base: check it, publish it.", no_args_is_help=True)
app.add_typer(kb, name="kb")
app.command(name="evaluate")(evaluate_search)
kb.command()(check)
kb.command()(publish)
kb.add_typer(importing, name="import")
importing.add_typer(sheet_commands)
app.add_typer(telegram, name="telegram")
app.add_typer(zalo_bot, name="zalo-bot")
app.add_typer(zalo_oa, name="zalo-oa")
app.command()(fake_channels)

EXPECTED = (
    ContentError,
    MissingExtraError,
    MissingSettingError,
    NothingPublished,
    QuestionFileError,
)
"""Errors whose text says all that is needed."""

Reply = Callable[[str, str], Answer]
"""(text, conversation) → Answer."""


def main() -> None:
    """Run the command; what goes wrong is one clear line and exit status 1."""
    try:
        app()
    except EXPECTED as error:
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
    """Serve the web chat, the Entry pages and the webhooks; as a gateway, the webhooks alone."""
    import uvicorn

    settings = read_settings()
    application = _application(settings)
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
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
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


def _application(settings: Settings) -> FastAPI:
    if settings.core_url:
        from webhook.gateway import build_gateway

        return build_gateway(settings)
    from webhook.serve import build_app

    return build_app(settings, progress("Embedding passages"))


def _terminal_assistant() -> Reply:
    settings = read_settings()
    logging.getLogger().setLevel(logging.WARNING)
    replies = open_replies(settings)

    def reply(text: str, conversation: str) -> Answer:
        return replies.reply(
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


if __name__ == "__main__":
    main()
