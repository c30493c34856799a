"""Which channels this process serves."""

from __future__ import annotations

from webhook.channels.adapter import Adapter
from webhook.channels.telegram.adapter import Telegram
from webhook.channels.zalo_bot.adapter import ZaloBot
from webhook.settings import Settings


def adapters(settings: Settings) -> list[Adapter]:
    """The adapters of all channels with a token in the settings. MissingSettingError if one is
    configured by half."""
    found: list[Adapter] = []
    if settings.telegram_token:
        settings.require_telegram_secret()
        found.append(Telegram(settings))
    if settings.zalo_bot_token:
        settings.require_zalo_bot_secret()
        found.append(ZaloBot(settings))
    return found
