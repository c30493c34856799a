"""One bot's connections to the Bot API, who it is, and what is sent to it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from urllib.parse import urlencode

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.messages import node
from webhook.channels.adapter import Update
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.polls import Polls
from webhook.channels.telegram.sending import Sender
from webhook.settings import Settings

log = logging.getLogger(__name__)

# python-telegram-bot warns at every 429 unless it may say "wait" as a timedelta.
os.environ.setdefault("PTB_TIMEDELTA", "true")

UPDATES = ["message", "edited_message", "callback_query", "my_chat_member", "poll_answer"]
CALL_TIMEOUT_S = 20.0
"""Long: a call given up on may still have been carried out, and is then made twice."""
POLL_TIMEOUT_S = 25
NOT_IN_GROUPS = {"start"}
"""Commands that a group's menu does without."""


class Client:
    """One bot's calls, made on one event loop."""

    def __init__(self, settings: Settings, polls: Polls) -> None:
        # httpx logs every address it calls, and Telegram's addresses carry the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._calls = _connections(settings.telegram_proxy)
        self._polling = _connections(settings.telegram_proxy)
        self._bot = Bot(
            settings.require_telegram_token(),
            base_url=f"{settings.telegram_api}/bot",
            base_file_url=f"{settings.telegram_api}/file/bot",
            request=self._calls,
            get_updates_request=self._polling,
        )
        self.sender = Sender(self._bot, polls)

    async def close(self) -> None:
        await asyncio.gather(self._calls.shutdown(), self._polling.shutdown())

    async def introduce(self) -> Me | None:
        """Who we are, asked until Telegram says it; None if it does not know the token."""
        pause = 1.0
        while True:
            try:
                user = await self._bot.get_me()
            except InvalidToken:
                log.error("Telegram does not know this bot token")
                return None
            except TelegramError as error:
                log.warning("Telegram is out of reach: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)
            else:
                return Me(user.id, user.username)

    async def register(self, url: str, secret: str) -> str:
        """Have updates sent to `url`, and show our commands in the menus. Returns a report."""
        await self._bot.set_webhook(
            url, secret_token=secret, allowed_updates=UPDATES, max_connections=20
        )
        await self.show_commands()
        info = await self._bot.get_webhook_info()
        error = info.last_error_message or "none"
        return f"webhook: {info.url}\nwaiting: {info.pending_update_count}\nlast error: {error}"

    async def show_commands(self) -> None:
        """Put our commands into the menus of private chats and of groups."""
        ours = [BotCommand(*item) for item in node("channel.commands").items()]
        in_groups = [command for command in ours if command.command not in NOT_IN_GROUPS]
        await self._bot.set_my_commands(ours, scope=BotCommandScopeAllPrivateChats())
        await self._bot.set_my_commands(in_groups, scope=BotCommandScopeAllGroupChats())

    async def forget_webhook(self) -> None:
        """Updates are to be asked for from now on."""
        await self._bot.delete_webhook()

    async def updates(self, offset: int) -> list[Update]:
        """The next updates from `offset` on, waited for; none if Telegram is out of reach.
        InvalidToken and BadRequest pass: asking again would not help."""
        # Bot.get_updates would raise on the first update it can't read, and meet it again for ever.
        kinds = json.dumps(UPDATES)
        query = urlencode({"offset": offset, "timeout": POLL_TIMEOUT_S, "allowed_updates": kinds})
        try:
            found = await self._polling.post(
                f"{self._bot.base_url}/getUpdates?{query}", read_timeout=POLL_TIMEOUT_S + 10.0
            )
        except (InvalidToken, BadRequest):
            raise
        except TelegramError as error:
            log.warning("asking for updates failed: %s", type(error).__name__)
            await asyncio.sleep(2.0)
            return []
        return list(found) if isinstance(found, list) else []


def _connections(proxy: str | None) -> HTTPXRequest:
    return HTTPXRequest(
        read_timeout=CALL_TIMEOUT_S,
        write_timeout=CALL_TIMEOUT_S,
        connect_timeout=5.0,
        pool_timeout=5.0,
        proxy=proxy,
    )
