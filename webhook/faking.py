"""`binhdan fake-channels`: the messaging platforms without any account, for developers."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from webhook.terminal import errors

CHECKOUT = Path(__file__).parents[1]
PAGE = "tests.fakes.page"


def fake_channels(
    serve: Annotated[
        bool, typer.Option("--serve", help="Start the bot's server too, with these channels.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the page.")] = 8100,
    server_port: Annotated[int, typer.Option(help="Of the bot's server.")] = 8000,
) -> None:
    """Run stand-ins of Zalo and Telegram here, and a page on which you are a person who writes."""
    find_page(CHECKOUT).run(port, server_port, serve)


def find_page(checkout: Path) -> Any:
    """The module with the stand-ins and their page. Says what is missing, and ends, without it."""
    if not (checkout / PAGE.replace(".", "/")).with_suffix(".py").exists():
        errors.print(
            "The stand-ins are not part of the installed package: run this in a checkout of the "
            "repository (tests/fakes is missing), installed by `make install`.",
            style="red",
        )
        raise typer.Exit(1)
    sys.path.insert(0, str(checkout))
    return importlib.import_module(PAGE)
