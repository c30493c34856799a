"""Telegram as a channel: calls from worker threads become calls on the event loop."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from bot.model import Answer, Channel
from webhook.channels.adapter import (
    Attachment,
    Incoming,
    Papers,
    Recorder,
    TransportError,
    Update,
)
from webhook.channels.telegram.client import Client
from webhook.channels.telegram.edits import RecentTexts
from webhook.channels.telegram.files import captioned
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.pace import ChatPace
from webhook.channels.telegram.parse import parse
from webhook.channels.telegram.polls import Polls
from webhook.channels.telegram.quiz import messages_of
from webhook.limits import Pace
from webhook.render import Message
from webhook.settings import Settings

PATH = "/telegram/webhook"
HEADER = "x-telegram-bot-api-secret-token"
LETTERS_PER_MESSAGE = 4096
SEND_TIMEOUT_S = 60.0
TYPING_AFTER_S = 1.0

Result = TypeVar("Result")


class Telegram:
    """The bot on Telegram. Made and started on an event loop; `send` is called from workers."""

    channel = Channel.TELEGRAM
    path = PATH

    def __init__(self, settings: Settings, papers: Papers | None = None) -> None:
        token = settings.require_telegram_token()
        secret = settings.telegram_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._polls = Polls(settings.queue_database_url, token)
        self._client = Client(settings, self._polls)
        self.me = Me(int(token.split(":")[0]))
        self.pace: Pace = ChatPace()
        self._texts = RecentTexts()
        self._public_url = settings.public_url
        self._papers = papers
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
        await self._client.close()
        self._polls.close()

    def genuine(self, headers: Mapping[str, str], _: bytes) -> bool:
        """Whether our secret came with it."""
        given = headers.get(HEADER, "")
        return bool(given) and hmac.compare_digest(given.encode(), self._secret.encode())

    def parse(self, update: Update, _: bytes = b"") -> Incoming | None:
        """As `parse`, for this bot; None also for an edit that leaves the text as it was."""
        incoming = parse(update, self.me, self._polls.meant)
        return incoming if incoming and self._texts.has_news(update, incoming) else None

    def messages(self, answer: Answer) -> list[Message]:
        """The Answer in Telegram's HTML, with buttons under the last message; a question of a quiz
        as a quiz, a leaflet as a file."""
        if answer.leaflet and self._papers:
            return captioned(answer, self._public_url)
        return messages_of(answer, LETTERS_PER_MESSAGE, self._public_url)

    def send(self, incoming: Incoming, message: Message) -> None:
        """Send one message. TransportError if Telegram did not take it."""
        file = self._papers(message.leaflet) if message.leaflet and self._papers else None
        call = self._call(self._client.sender.send(incoming, message, file))
        self._result(call, "no answer in time")

    @contextmanager
    def busy(self, incoming: Incoming) -> Iterator[None]:
        """Show "typing" while an answer takes longer than a moment."""
        typing = self._call(self._type(incoming))
        try:
            yield
        finally:
            typing.cancel()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of a file by its id. TransportError if Telegram does not give it."""
        return self._result(
            self._call(self._client.sender.fetch(attachment, limit)), "no file in time"
        )

    def acknowledge(self, update: Update) -> None:
        """Stop the pressed button's spinner, in the background; it may fail, it only decorates."""
        if query := update.get("callback_query"):
            self._begin(self._client.sender.release_button(query))

    async def register(self, url: str, secret: str) -> str:
        """Have updates sent to `url`, and show our commands in the menus. Returns a report."""
        return await self._client.register(url, secret)

    async def poll(self, record: Recorder) -> None:
        """Ask for updates for ever. Each is recorded before Telegram is told that we have it."""
        await self._client.forget_webhook()
        offset = 0
        while True:
            for update in await self._client.updates(offset):
                if incoming := self.parse(update):
                    await record(incoming)
                    self.acknowledge(update)
                offset = int(update["update_id"]) + 1

    async def _introduce(self) -> None:
        self.me = await self._client.introduce() or self.me

    async def _type(self, incoming: Incoming) -> None:
        await asyncio.sleep(TYPING_AFTER_S)
        await self._client.sender.type(incoming)

    def _call(self, call: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begin a call on the event loop, from a worker thread."""
        return asyncio.run_coroutine_threadsafe(call, self._loop)

    def _result(self, call: Future[Result], late: str) -> Result:
        try:
            return call.result(SEND_TIMEOUT_S)
        except TimeoutError:
            call.cancel()
            raise TransportError(late) from None

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)
