"""`binhdan telegram`: register the webhook, or do without one."""

from __future__ import annotations

import asyncio

import typer

from webhook.settings import Settings
from webhook.terminal import open_replies, read_settings

telegram = typer.Typer(help="Telegram: register the webhook, or poll.", no_args_is_help=True)


@telegram.command()
def register() -> None:
    """Tell Telegram the address of the webhook and its secret, and the commands of the menus."""
    print(asyncio.run(registered(read_settings())))


@telegram.command()
def poll() -> None:
    """Fetch updates instead of a webhook: for a laptop without public HTTPS."""
    from webhook.channels.polling import poll as poll_updates
    from webhook.channels.telegram.adapter import Telegram

    settings = read_settings()
    settings.require_telegram_token()
    asyncio.run(poll_updates(settings, open_replies(settings), Telegram))


async def registered(settings: Settings) -> str:
    """Register our webhook with Telegram; returns what it says of it. MissingSettingError without
    a token or a secret."""
    from webhook.channels.telegram.adapter import PATH, Telegram

    bot = Telegram(settings)
    try:
        return await bot.register(settings.public_url + PATH, settings.require_telegram_secret())
    finally:
        await bot.stop()
