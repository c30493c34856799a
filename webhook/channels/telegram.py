"""Telegram: updates in, messages out. The only file that knows python-telegram-bot."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import re
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.messages import node
from bot.model import Answer, Channel, Choice, Question
from webhook.channels.adapter import (
    Attachment,
    Failure,
    Incoming,
    Recorder,
    TransportError,
    Update,
)
from webhook.limits import Pace
from webhook.render import Message, button_messages
from webhook.settings import Settings

log = logging.getLogger(__name__)

# python-telegram-bot warns at every 429 unless it may say "wait" as a timedelta.
os.environ.setdefault("PTB_TIMEDELTA", "true")

PATH = "/telegram/webhook"
HEADER = "x-telegram-bot-api-secret-token"
UPDATES = ["message", "callback_query"]
LETTERS_PER_MESSAGE = 4096
MESSAGES_PER_SECOND = 30.0
PAUSE_IN_A_CHAT_S = 1.0
CALL_TIMEOUT_S = 20.0
"""Long: a call given up on may still have been carried out, and is then made twice."""
SEND_TIMEOUT_S = 60.0
POLL_TIMEOUT_S = 25
TYPING_AFTER_S = 1.0
TYPING_LASTS_S = 4.0
"""Telegram shows "typing" for five seconds."""

MEDIA = {
    "photo": "image",
    "voice": "voice",
    "audio": "voice",
    "video_note": "voice",
    "video": "file",
    "animation": "file",
    "document": "file",
    "contact": "file",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
}
"""A Telegram message's field → our kind of media."""


@dataclass(frozen=True)
class Me:
    """Who the bot is: its id is in the token, its name is known once Telegram has been asked."""

    id: int
    username: str | None = None


def parse(update: Update, me: Me) -> Incoming | None:
    """The message in an update, or None: an edit, another kind, not for us, not readable."""
    try:
        if query := update.get("callback_query"):
            return _pressed(update, query, me)
        message = update.get("message")
        return _written(update, message, me) if message else None
    # Strangers send this. What lacks a part it must have is not a message to us.
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _pressed(update: Update, query: Update, me: Me) -> Incoming | None:
    chat = query["message"]["chat"]
    return Incoming(question=_question(update, chat, me, action=str(query["data"])))


def _written(update: Update, message: Update, me: Me) -> Incoming | None:
    chat = message["chat"]
    text = str(message.get("text") or message.get("caption") or "")
    media = next((kind for field, kind in MEDIA.items() if field in message), None)
    if message.get("from", {}).get("is_bot") or not (text or media):
        return None
    private = chat["type"] == "private"
    if not private and not _for_us(message, text, me):
        return None
    text = _without_our_name(text, me)
    question = _question(
        update, chat, me, text=text, action=_deep_link(text), media=media, date=message.get("date")
    )
    return Incoming(question=question, reply_to=None if private else str(message["message_id"]))


def _question(
    update: Update,
    chat: Update,
    me: Me,
    *,
    text: str = "",
    action: str | None = None,
    media: str | None = None,
    date: int | None = None,
) -> Question:
    return Question(
        # Twelve digits, so that ids sort as numbers do: see `DurableQueue.accept`.
        id=f"telegram:{me.id}:{int(update['update_id']):012}",
        channel=Channel.TELEGRAM,
        conversation=str(int(chat["id"])),
        # Half of an emoji, as JSON may carry it, is no text: it becomes a question mark.
        text="" if action else text.encode("utf-8", "replace").decode(),
        action=action,
        media=media,
        asked_at=datetime.fromtimestamp(date, UTC) if date else datetime.now(UTC),
    )


def _for_us(message: Update, text: str, me: Me) -> bool:
    """In a group: a command of ours, our name, or an answer to something we said."""
    if command := re.match(r"/(\w+)(?:@(\w+))?", text):
        name, addressee = command.groups()
        return _is_our_name(addressee, me) if addressee else name.lower() in _commands()
    if message.get("reply_to_message", {}).get("from", {}).get("id") == me.id:
        return True
    return bool(me.username and re.search(_our_mention(me), text, re.IGNORECASE))


def _is_our_name(name: str, me: Me) -> bool:
    return me.username is not None and name.lower() == me.username.lower()


def _our_mention(me: Me) -> str:
    return rf"(?<!\w)@{re.escape(me.username or '')}\b"


def _without_our_name(text: str, me: Me) -> str:
    if not me.username:
        return text
    text = re.sub(rf"^(/\w+)@{re.escape(me.username)}\b", r"\1", text, flags=re.IGNORECASE)
    return re.sub(_our_mention(me), "", text, flags=re.IGNORECASE).strip()


def _deep_link(text: str) -> str | None:
    """t.me/<bot>?start=e_<entry id> arrives as "/start e_<entry id>" and opens that Entry."""
    found = re.fullmatch(r"/start e_([a-z0-9]+(?:-[a-z0-9]+)*)", text.strip())
    return f"entry:{found[1]}"[:64] if found else None


def _commands() -> dict[str, str]:
    commands: dict[str, str] = node("channel.commands")
    return commands


class Telegram:
    """The bot on Telegram. Made and started on an event loop; `send` is called from workers."""

    channel = Channel.TELEGRAM
    path = PATH

    def __init__(self, settings: Settings) -> None:
        token = settings.require_telegram_token()
        self._secret = (
            settings.telegram_secret.get_secret_value() if settings.telegram_secret else ""
        )
        # httpx logs every address it calls, and Telegram's addresses carry the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._calls = _connections(settings.telegram_proxy)
        self._polling = _connections(settings.telegram_proxy)
        self._bot = Bot(
            token,
            base_url=f"{settings.telegram_api}/bot",
            base_file_url=f"{settings.telegram_api}/file/bot",
            request=self._calls,
            get_updates_request=self._polling,
        )
        self.me = Me(int(token.split(":")[0]))
        self.pace = Pace(MESSAGES_PER_SECOND, PAUSE_IN_A_CHAT_S)
        self._public_url = settings.public_url
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to ask who we are. Telegram may be out of reach: nothing waits for the answer."""
        self._loop = asyncio.get_running_loop()
        self._begin(self._introduce())

    async def stop(self) -> None:
        """Let go of calls that only decorate, and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._calls.shutdown(), self._polling.shutdown())

    def genuine(self, headers: Mapping[str, str], _: bytes) -> bool:
        """Whether our secret came with it."""
        given = headers.get(HEADER, "")
        return bool(given) and hmac.compare_digest(given.encode(), self._secret.encode())

    def parse(self, update: Update, _: bytes = b"") -> Incoming | None:
        """As `parse`, for this bot."""
        return parse(update, self.me)

    def messages(self, answer: Answer) -> list[Message]:
        """The Answer in Telegram's HTML, with buttons under the last message."""
        return button_messages(answer, LETTERS_PER_MESSAGE, self._public_url)

    def send(self, incoming: Incoming, message: Message) -> None:
        """Send one message. TransportError if Telegram did not take it."""
        call = asyncio.run_coroutine_threadsafe(self._send(incoming, message), self._loop)
        try:
            call.result(SEND_TIMEOUT_S)
        except TimeoutError:
            call.cancel()
            raise TransportError("no answer in time") from None

    @contextmanager
    def busy(self, incoming: Incoming) -> Iterator[None]:
        """Show "typing" while an answer takes longer than a moment."""
        typing = asyncio.run_coroutine_threadsafe(self._type(incoming), self._loop)
        try:
            yield
        finally:
            typing.cancel()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of a file by its id. TransportError if Telegram does not give it."""
        call = asyncio.run_coroutine_threadsafe(self._fetch(attachment, limit), self._loop)
        try:
            return call.result(SEND_TIMEOUT_S)
        except TimeoutError:
            call.cancel()
            raise TransportError("no file in time") from None

    def acknowledge(self, update: Update) -> None:
        """Stop the pressed button's spinner, in the background; it may fail, it only decorates."""
        if query := update.get("callback_query"):
            self._begin(self._release_button(query))

    async def register(self, url: str, secret: str) -> str:
        """Have updates sent to `url`, and show our commands in the menu. Returns a report."""
        await self._bot.set_webhook(
            url, secret_token=secret, allowed_updates=UPDATES, max_connections=20
        )
        await self._bot.set_my_commands([BotCommand(*item) for item in _commands().items()])
        info = await self._bot.get_webhook_info()
        error = info.last_error_message or "none"
        return f"webhook: {info.url}\nwaiting: {info.pending_update_count}\nlast error: {error}"

    async def poll(self, record: Recorder) -> None:
        """Ask for updates for ever. Each is recorded before Telegram is told that we have it."""
        await self._bot.delete_webhook()
        offset = 0
        while True:
            try:
                updates = await self._next_updates(offset)
            except (InvalidToken, BadRequest):
                raise
            except TelegramError as error:
                log.warning("asking for updates failed: %s", type(error).__name__)
                await asyncio.sleep(2.0)
                continue
            for update in updates:
                if incoming := self.parse(update):
                    await record(incoming)
                    self.acknowledge(update)
                offset = int(update["update_id"]) + 1

    async def _next_updates(self, offset: int) -> list[Update]:
        # Bot.get_updates would raise on the first update it can't read, and meet it again for ever.
        query = urlencode({"offset": offset, "timeout": POLL_TIMEOUT_S})
        found = await self._polling.post(
            f"{self._bot.base_url}/getUpdates?{query}", read_timeout=POLL_TIMEOUT_S + 10.0
        )
        return list(found) if isinstance(found, list) else []

    async def _introduce(self) -> None:
        pause = 1.0
        while True:
            try:
                user = await self._bot.get_me()
            except InvalidToken:
                log.error("Telegram does not know this bot token")
                return
            except TelegramError as error:
                log.warning("Telegram is out of reach: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)
            else:
                self.me = Me(user.id, user.username)
                return

    async def _send(self, incoming: Incoming, message: Message) -> None:
        try:
            await self._send_html_or_text(incoming, message)
        except RetryAfter as error:
            raise TransportError("too many messages", retry_after=_seconds(error)) from None
        except (BadRequest, Forbidden, ChatMigrated) as error:
            # Refused for good: blocked, gone, or not a message. (A wrong token is not: an operator
            # corrects it, and what is queued can then be sent.) Telegram's words quote no text.
            raise TransportError(error.message, Failure.REFUSED) from None
        except TelegramError as error:
            raise TransportError(type(error).__name__) from None

    async def _send_html_or_text(self, incoming: Incoming, message: Message) -> None:
        try:
            await self._send_message(incoming, message, message.html, "HTML")
        except BadRequest as error:
            if "parse entities" not in error.message:
                raise
            log.warning("Telegram could not read the HTML of %s", incoming.question.id)
            await self._send_message(incoming, message, message.text, None)

    async def _send_message(
        self, incoming: Incoming, message: Message, text: str, mode: str | None
    ) -> None:
        quote = incoming.reply_to and ReplyParameters(
            int(incoming.reply_to), allow_sending_without_reply=True
        )
        await self._bot.send_message(
            int(incoming.question.conversation),
            text,
            parse_mode=mode,
            reply_markup=_keyboard(message.buttons),
            reply_parameters=quote or None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def _fetch(self, attachment: Attachment, limit: int) -> bytes:
        try:
            file = await self._bot.get_file(attachment.reference)
            if (file.file_size or 0) > limit:
                raise TransportError("the file is too large", Failure.REFUSED)
            content = bytes(await file.download_as_bytearray())
        except BadRequest as error:
            raise TransportError(error.message, Failure.REFUSED) from None
        except TelegramError as error:
            raise TransportError(type(error).__name__) from None
        if len(content) > limit:
            raise TransportError("the file is too large", Failure.REFUSED)
        return content

    async def _type(self, incoming: Incoming) -> None:
        await asyncio.sleep(TYPING_AFTER_S)
        while True:
            with suppress(TelegramError):
                await self._bot.send_chat_action(int(incoming.question.conversation), "typing")
            await asyncio.sleep(TYPING_LASTS_S)

    async def _release_button(self, query: Update) -> None:
        # Telegram refuses this a few seconds after the press; the answer comes all the same.
        with suppress(TelegramError):
            await self._bot.answer_callback_query(str(query["id"]))
        if str(query.get("data", "")).startswith("fb"):
            with suppress(TelegramError, TypeError):
                await self._remove_feedback_row(query["message"])

    async def _remove_feedback_row(self, message: Update) -> None:
        """An opinion is given once: the row goes, the choices stay."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        kept = [row for row in rows if not str(row[0].get("callback_data")).startswith("fb")]
        if len(kept) < len(rows):
            await self._bot.edit_message_reply_markup(
                int(message["chat"]["id"]),
                int(message["message_id"]),
                reply_markup=InlineKeyboardMarkup(
                    [[InlineKeyboardButton(**button) for button in row] for row in kept]
                ),
            )

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)


async def register(settings: Settings) -> None:
    """Register our webhook with Telegram and print the result."""
    bot = Telegram(settings)
    url, secret = settings.public_url + PATH, settings.require_telegram_secret()
    try:
        print(await bot.register(url, secret))
    finally:
        await bot.stop()


def _connections(proxy: str | None) -> HTTPXRequest:
    return HTTPXRequest(
        read_timeout=CALL_TIMEOUT_S,
        write_timeout=CALL_TIMEOUT_S,
        connect_timeout=5.0,
        pool_timeout=5.0,
        proxy=proxy,
    )


def _keyboard(rows: tuple[tuple[Choice, ...], ...]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(c.label, callback_data=c.action) for c in row] for row in rows]
    )


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
