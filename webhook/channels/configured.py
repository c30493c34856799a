"""Which channels this process serves."""

from __future__ import annotations

from fastapi import APIRouter

from webhook.channels.adapter import Adapter, Papers
from webhook.channels.telegram.adapter import Telegram
from webhook.channels.zalo_bot.adapter import ZaloBot
from webhook.channels.zalo_oa.adapter import ZaloOa
from webhook.channels.zalo_oa.routes import callback_router, verification_router
from webhook.metrics import Metrics
from webhook.settings import Settings


def adapters(settings: Settings, metrics: Metrics, papers: Papers | None = None) -> list[Adapter]:
    """The adapters of all channels with a token in the settings; without `papers` they send links
    in place of leaflets. MissingSettingError if one is configured by half."""
    found: list[Adapter] = []
    if settings.telegram_token:
        settings.require_telegram_secret()
        found.append(Telegram(settings, papers))
    if settings.zalo_bot_token:
        settings.require_zalo_bot_secret()
        found.append(ZaloBot(settings))
    if settings.zalo_oa_id:
        found.append(ZaloOa(settings, metrics, papers))
    return found


def platform_pages(settings: Settings) -> list[APIRouter]:
    """What platforms want to find on this server beside the webhooks."""
    found = []
    if settings.zalo_site_verification:
        found.append(verification_router(settings))
    if settings.zalo_oa_id:
        found.append(callback_router(settings))
    return found
