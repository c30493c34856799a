"""The bot on Zalo's Bot Platform."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from typing import Any

from bot.model import Answer, Channel
from webhook.channels.adapter import (
    Attachment,
    Failure,
    Incoming,
    Recorder,
    TransportError,
    Update,
)
from webhook.channels.zalo_bot.client import CALL_TIMEOUT_S, CallError, Client
from webhook.channels.zalo_bot.parse import Me, parse
from webhook.channels.zalo_files import fetch
from webhook.limits import Pace
from webhook.render import Message, plain_messages
from webhook.settings import Settings

log = logging.getLogger(__name__)

PATH = "/zalo-bot/webhook"
HEADER = "x-bot-api-secret-token"
LETTERS_PER_MESSAGE = 1980
"""Zalo takes 2,000 characters; a few to spare for emoji, which it may count as two."""
MESSAGES_PER_SECOND = 10.0
PAUSE_IN_A_CHAT_S = 0.5
"""No limits are documented; this is slower than any that was reported."""
TYPING_AFTER_S = 1.0
TYPING_EVERY_S = 5.0
TYPING_TIMEOUT_S = 5.0
POLL_TIMEOUT_S = 10
POLL_PAUSE_S = 1.0
"""getUpdates answers at once, and again, while it has something."""
QUOTA_PATIENCE_S = 3600.0
UNSURE_PAUSE_S = 20.0


class ZaloBot:
    """One bot, both ways. Made and started on an event loop; `send` is called from workers."""

    channel = Channel.ZALO_BOT
    path = PATH

    def __init__(
        self,
        settings: Settings,
        *,
        timeout_s: float = CALL_TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = Client(settings, timeout_s)
        secret = settings.zalo_bot_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._api, self._public_url = settings.zalo_bot_api, settings.public_url
        self.me = Me(self._client.bot_id)
        self.pace = Pace(MESSAGES_PER_SECOND, PAUSE_IN_A_CHAT_S)
        self._clock = clock
        self._over_quota_since: float | None = None
        self._unsure: set[tuple[str, str]] = set()
        self._introduction: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to ask who we are. Zalo may be out of reach: nothing waits for the answer."""
        self._introduction = asyncio.get_running_loop().create_task(self._introduce())

    async def stop(self) -> None:
        """Close the connections."""
        if self._introduction:
            self._introduction.cancel()
            await asyncio.gather(self._introduction, return_exceptions=True)
        self._client.close()

    def genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether our secret came with it. An empty body, by which setWebhook was once seen to try
        an address, needs none: there is nothing in it."""
        given = headers.get(HEADER, "")
        known = bool(self._secret) and hmac.compare_digest(given.encode(), self._secret.encode())
        return known or not body

    def parse(self, update: Update, body: bytes) -> Incoming | None:
        """As `parse`, for this bot."""
        return parse(update, body, self.me)

    def messages(self, answer: Answer) -> list[Message]:
        """The Answer as text, its choices as numbered lines: there are no buttons."""
        return plain_messages(answer, LETTERS_PER_MESSAGE, self._public_url)

    def send(self, incoming: Incoming, message: Message) -> None:
        """Send one message. TransportError if Zalo did not take it."""
        key = (incoming.question.id, message.text)
        try:
            self._send_bold_or_plain(incoming, message)
        except CallError as error:
            raise self._failure(error, key) from None
        self._over_quota_since = None
        self._unsure.discard(key)

    def _send_bold_or_plain(self, incoming: Incoming, message: Message) -> None:
        chat, styles = incoming.question.conversation, bold(message.html)
        try:
            self._client.call("sendMessage", chat_id=chat, text=message.text, text_styles=styles)
        except CallError as error:
            if not styles or error.code != 400:
                raise
            log.warning("Zalo refused %s; sent without styles", incoming.question.id)
            self._client.call("sendMessage", chat_id=chat, text=message.text)

    def _failure(self, error: CallError, key: tuple[str, str]) -> TransportError:
        words = str(error)
        if error.unsure:
            return self._unsure_failure(words, key)
        if error.code == 429:
            return TransportError(words, self._over_quota())
        if error.code == 401:
            return TransportError(words, Failure.BLOCKED)
        if 400 <= error.code < 500:
            self._unsure.discard(key)
            return TransportError(words, Failure.REFUSED)
        return TransportError(words)

    def _unsure_failure(self, words: str, key: tuple[str, str]) -> TransportError:
        """Zalo may have the message, and knows no key to tell a second copy by. One more try is
        made; after that, silence is better than a copy every minute."""
        if key in self._unsure:
            self._unsure.discard(key)
            return TransportError(f"{words}, twice: it may have arrived", Failure.REFUSED)
        self._unsure.add(key)
        return TransportError(words, retry_after=UNSURE_PAUSE_S)

    def _over_quota(self) -> Failure:
        """Zalo says neither whether a quota is of the minute or of the month, nor when it ends: if
        nothing was taken for an hour, it is not of the minute."""
        now = self._clock()
        if self._over_quota_since is None:
            self._over_quota_since = now
        lasted = now - self._over_quota_since
        return Failure.BLOCKED if lasted > QUOTA_PATIENCE_S else Failure.RETRY

    @contextmanager
    def busy(self, incoming: Incoming) -> Iterator[None]:
        """Show "typing" while an answer takes longer than a moment."""
        done = threading.Event()
        chat = incoming.question.conversation
        threading.Thread(target=self._type, args=(chat, done), daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _type(self, chat: str, done: threading.Event) -> None:
        pause = TYPING_AFTER_S
        while not done.wait(pause):
            # It only decorates; RuntimeError: the connections were closed meanwhile.
            with suppress(CallError, RuntimeError):
                self._client.call(
                    "sendChatAction", timeout_s=TYPING_TIMEOUT_S, chat_id=chat, action="typing"
                )
            pause = TYPING_EVERY_S

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of a file by its address. TransportError if Zalo does not give it."""
        return fetch(attachment.reference, self._api, limit)

    def acknowledge(self, update: Update) -> None:
        """There is nothing to decorate."""

    async def poll(self, record: Recorder) -> None:
        """Ask for updates for ever. Zalo forgets one as soon as it has given it: what was not
        recorded then is lost. For trying things out."""
        await asyncio.to_thread(self._client.call, "deleteWebhook")
        while True:
            update = await asyncio.to_thread(self._next_update)
            if incoming := self.parse(update, json.dumps(update).encode()):
                await record(incoming)
            await asyncio.sleep(POLL_PAUSE_S)

    def _next_update(self) -> dict[str, Any]:
        """The next update, or {}: there was none in time, or Zalo is out of order."""
        try:
            wait = POLL_TIMEOUT_S
            return self._client.call("getUpdates", timeout_s=wait + 10.0, timeout=str(wait))
        except CallError as error:
            if error.code in (400, 401, 403, 404):
                raise
            if error.code != 408:
                log.warning("asking for updates failed: %s", error)
            return {}

    async def _introduce(self) -> None:
        pause = 1.0
        while True:
            try:
                found = await asyncio.to_thread(self._client.call, "getMe", timeout_s=5.0)
            except CallError as error:
                log.warning("Zalo does not say who the bot is: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)
            else:
                names = (found.get("display_name"), found.get("account_name"))
                self.me = Me(self.me.id, tuple(str(name) for name in names if name))
                return


class _Bold(HTMLParser):
    """Reads a message's HTML for what is bold in it, counted in UTF-16 units as Zalo does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.styles: list[dict[str, Any]] = []
        self._read = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "b":
            self.styles.append({"start": self._read, "len": 0, "st": ["b"]})

    def handle_endtag(self, tag: str) -> None:
        if tag == "b":
            self.styles[-1]["len"] = self._read - self.styles[-1]["start"]

    def handle_data(self, data: str) -> None:
        self._read += len(data.encode("utf-16-le")) // 2


def bold(html: str) -> list[dict[str, Any]] | None:
    """The bold parts of a message as Zalo's text_styles, None if there are none."""
    reader = _Bold()
    reader.feed(html)
    reader.close()
    return [style for style in reader.styles if style["len"]] or None
