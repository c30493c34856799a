"""`binhdan zalo-bot`: register the webhook, poll, show what Zalo knows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager

import typer

from webhook.channels.zalo_bot.adapter import PATH, ZaloBot
from webhook.channels.zalo_bot.client import CallError, Client
from webhook.settings import Settings
from webhook.terminal import console, errors, open_replies, read_settings

commands = typer.Typer(
    help="Zalo's Bot Platform: register the webhook, or poll.", no_args_is_help=True
)


@commands.command()
def register() -> None:
    """Tell Zalo the address of the webhook and its secret. Zalo tries it at once: the server must
    be running."""
    settings = read_settings()
    with _calls(settings) as client:
        found = client.call(
            "setWebhook",
            url=settings.public_url + PATH,
            secret_token=settings.require_zalo_bot_secret(),
        )
    verification = found.get("verification") or {}
    _print({"webhook": found.get("url"), "verification": verification.get("outcome")})
    if not verification:
        errors.print("Zalo does not say whether it could reach it.", style="yellow")
    elif verification.get("ok") is not True:
        # Zalo keeps the address all the same, and will post updates to it.
        errors.print("Zalo could not reach it. It is registered all the same.", style="red")
        raise typer.Exit(1)


@commands.command()
def info() -> None:
    """Show the bot and its webhook as Zalo knows them."""
    with _calls(read_settings()) as client:
        bot = client.call("getMe")
        _print({key: bot.get(key) for key in ("id", "display_name", "account_name")})
        _print({"webhook": _webhook(client)})


@commands.command()
def poll() -> None:
    """Fetch updates instead of a webhook: for a laptop without public HTTPS."""
    from webhook.channels.polling import poll as poll_updates

    settings = read_settings()
    settings.require_zalo_bot_token()
    with _told():
        asyncio.run(poll_updates(settings, open_replies(settings), ZaloBot))


def _webhook(client: Client) -> str:
    try:
        return str(client.call("getWebhookInfo").get("url") or "") or "none"
    except CallError as error:
        if error.code == 404:  # Zalo's way to say that none is set
            return "none"
        raise


@contextmanager
def _calls(settings: Settings) -> Iterator[Client]:
    with closing(Client(settings)) as client, _told():
        yield client


@contextmanager
def _told() -> Iterator[None]:
    """What Zalo refuses is one clear line, and exit status 1."""
    try:
        yield
    except CallError as error:
        errors.print(f"Zalo: {error}", style="red", markup=False)
        raise typer.Exit(1) from None


def _print(values: dict[str, object]) -> None:
    for name, value in values.items():
        console.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
