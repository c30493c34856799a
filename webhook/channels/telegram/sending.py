"""What the bot sends and fetches, as calls of the Bot API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from telegram import (
    Bot,
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

from bot.model import Choice
from knowledge.model import QuizQuestion
from webhook.channels.adapter import Attachment, Failure, Incoming, Pdf, TransportError, Update
from webhook.channels.telegram.parse import chat_of
from webhook.channels.telegram.polls import Polls
from webhook.channels.telegram.quiz import is_sendable
from webhook.render import Message

log = logging.getLogger(__name__)

TYPING_LASTS_S = 4.0
"""Telegram shows "typing" for five seconds."""

Rows = tuple[tuple[Choice, ...], ...]
Result = TypeVar("Result")


class Sender:
    """Messages, files and buttons of one bot."""

    def __init__(self, bot: Bot, polls: Polls) -> None:
        self._bot, self._polls = bot, polls

    async def send(self, incoming: Incoming, message: Message, file: Pdf | None = None) -> None:
        """Send one message, as the caption of a file if there is one. TransportError if Telegram
        did not take it."""
        chat = chat_of(incoming.question.conversation)
        await _translated(self._send_where_it_is(chat, incoming, message, file))

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of a file, of at most `limit` bytes. TransportError if it can't be had."""
        return await _translated(self._fetch(attachment, limit))

    async def type(self, incoming: Incoming) -> None:
        """Show "typing" until cancelled."""
        while True:
            with suppress(TelegramError):
                await self._bot.send_chat_action(
                    chat_of(incoming.question.conversation),
                    "typing",
                    message_thread_id=_number(incoming.thread),
                )
            await asyncio.sleep(TYPING_LASTS_S)

    async def release_button(self, query: Update) -> None:
        """Stop a pressed button's spinner, and take away buttons that are pressed once."""
        # Telegram refuses this a few seconds after the press; the answer comes all the same.
        with suppress(TelegramError):
            await self._bot.answer_callback_query(str(query["id"]))
        if str(query.get("data", "")).startswith("fb"):
            with suppress(TelegramError, TypeError):
                await self._remove_feedback_row(query["message"])

    async def _send_where_it_is(
        self, chat: int, incoming: Incoming, message: Message, file: Pdf | None
    ) -> None:
        try:
            await self._send_as_can_be(chat, incoming, message, file)
        except ChatMigrated as moved:
            # The group has become a supergroup, whose messages are counted anew: nothing to quote.
            there = incoming.model_copy(update={"reply_to": None, "thread": None})
            await self._send_as_can_be(moved.new_chat_id, there, message, file)

    async def _send_as_can_be(
        self, chat: int, incoming: Incoming, message: Message, file: Pdf | None
    ) -> None:
        """As a quiz or a file, or else in HTML, or else as plain text."""
        if file:
            try:
                return await self._send_file(chat, incoming, message, file)
            except BadRequest as error:  # some groups do not allow files
                log.warning("Telegram refused a file: %s", error.message)
        # In a group everybody would see who was wrong, and anonymous votes are not told to us.
        if message.quiz and chat > 0 and is_sendable(message.quiz):
            try:
                return await self._send_quiz(chat, incoming, message.quiz, message)
            except BadRequest as error:  # some groups do not allow polls
                log.warning("Telegram refused a quiz: %s", error.message)
        try:
            await self._send_text(chat, incoming, message, message.html, "HTML")
        except BadRequest as error:
            if "parse entities" not in error.message:
                raise
            log.warning("Telegram could not read the HTML of %s", incoming.question.id)
            await self._send_text(chat, incoming, message, message.text, None)

    async def _send_text(
        self, chat: int, incoming: Incoming, message: Message, text: str, mode: str | None
    ) -> None:
        await self._bot.send_message(
            chat,
            text,
            parse_mode=mode,
            message_thread_id=_number(incoming.thread),
            reply_markup=_keyboard((message.votes, *message.buttons)),
            reply_parameters=_quote(incoming),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def _send_file(self, chat: int, incoming: Incoming, message: Message, file: Pdf) -> None:
        await self._bot.send_document(
            chat,
            file.content,
            filename=file.name,
            caption=message.caption,
            parse_mode="HTML",
            message_thread_id=_number(incoming.thread),
            reply_markup=_keyboard(message.buttons),
            reply_parameters=_quote(incoming),
        )

    async def _send_quiz(
        self, chat: int, incoming: Incoming, quiz: QuizQuestion, message: Message
    ) -> None:
        sent = await self._bot.send_poll(
            chat,
            quiz.text,
            list(quiz.options),
            type="quiz",
            correct_option_ids=[quiz.correct - 1],  # type: ignore[list-item]
            explanation=quiz.explanation,
            is_anonymous=False,  # or else we are not told of votes
            message_thread_id=_number(incoming.thread),
            reply_markup=_keyboard(message.buttons),
        )
        if sent.poll:
            meant = [vote.action for vote in message.votes]
            await asyncio.to_thread(self._polls.remember, sent.poll.id, chat, meant)

    async def _fetch(self, attachment: Attachment, limit: int) -> bytes:
        file = await self._bot.get_file(attachment.reference)
        if not file.file_path:
            raise TransportError("the file is not there", Failure.REFUSED)
        if (file.file_size or 0) > limit:
            raise TransportError("the file is too large", Failure.REFUSED)
        content = bytes(await file.download_as_bytearray())
        if len(content) > limit:
            raise TransportError("the file is too large", Failure.REFUSED)
        return content

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


async def _translated(call: Awaitable[Result]) -> Result:
    """What a call gives; its failures as TransportErrors, whose words quote no text of ours."""
    try:
        return await call
    except RetryAfter as error:
        raise TransportError("too many messages", retry_after=_seconds(error)) from None
    except InvalidToken:
        raise TransportError("Telegram does not know this bot token", Failure.BLOCKED) from None
    except (BadRequest, Forbidden, ChatMigrated) as error:
        # Refused for good: blocked, gone, or not a message.
        raise TransportError(error.message, Failure.REFUSED) from None
    except TelegramError as error:
        raise TransportError(type(error).__name__) from None


def _keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    rows = tuple(row for row in rows if row)
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(c.label, callback_data=c.action) for c in row] for row in rows]
    )


def _quote(incoming: Incoming) -> ReplyParameters | None:
    if incoming.reply_to is None:
        return None
    return ReplyParameters(int(incoming.reply_to), allow_sending_without_reply=True)


def _number(thread: str | None) -> int | None:
    return int(thread) if thread else None


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
