"""The Official Account as a channel: events in, messages out."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress

from bot.model import Answer, Channel
from webhook.channels import zalo_files
from webhook.channels.adapter import (
    Attachment,
    Failure,
    Incoming,
    Papers,
    TransportError,
    Update,
)
from webhook.channels.zalo_oa import errors
from webhook.channels.zalo_oa.access import Access
from webhook.channels.zalo_oa.account import require_webhook_key
from webhook.channels.zalo_oa.agents import Agents
from webhook.channels.zalo_oa.client import ApiError
from webhook.channels.zalo_oa.leaflets import LeafletPost, failure_of
from webhook.channels.zalo_oa.parse import AgentSpoke, parse
from webhook.channels.zalo_oa.quota import Quota, is_used_up
from webhook.channels.zalo_oa.render import (
    LETTERS_PER_MESSAGE,
    content,
    messages,
    numbered,
    with_file,
)
from webhook.channels.zalo_oa.signature import genuine
from webhook.database import migrate
from webhook.limits import Pace
from webhook.metrics import Metrics
from webhook.render import Message, split
from webhook.settings import Settings

log = logging.getLogger(__name__)

PATH = "/zalo-oa/webhook"
MESSAGES_PER_SECOND = 60.0
"""Zalo allows an app 4,000 calls a minute."""
PUZZLING_ATTEMPTS = 3
"""So often is a message sent that fails without a reason, or with a code that we don't know."""
LOOK_AT_TOKENS_EVERY_S = 1800.0


class ZaloOa:
    """The account's bot. Made and started on an event loop; `send` is called from workers."""

    channel = Channel.ZALO_OA
    path = PATH

    def __init__(
        self, settings: Settings, metrics: Metrics | None = None, papers: Papers | None = None
    ) -> None:
        require_webhook_key(settings)
        self._settings = settings
        self._access = Access(settings)
        self._account = self._access.account
        self._agents = Agents(self._access.engine, self._access.vault)
        self._leaflets = LeafletPost(self._access.api, papers) if papers else None
        self.pace = Pace(MESSAGES_PER_SECOND, 0.0)
        self._quota = Quota(metrics or Metrics())
        self._puzzled: dict[str, int] = {}
        """Question → how often its message failed without a reason."""
        # Noting that an agent took over must not hold the event loop up.
        self._notes = ThreadPoolExecutor(1, thread_name_prefix="zalo-oa-notes")
        self._stopping = threading.Event()
        self._keeping = threading.Thread(
            target=self._keep_fresh, name="zalo-oa-tokens", daemon=True
        )

    async def start(self) -> None:
        """Make our tables, and begin to keep the tokens fresh, whether anybody writes or not."""
        await asyncio.to_thread(migrate, self._settings.database_url)
        self._keeping.start()

    async def stop(self) -> None:
        """Close connections."""
        self._stopping.set()
        await asyncio.to_thread(self._close)

    def genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether Zalo signed it for our app."""
        return genuine(headers, body, self._account)

    def parse(self, update: Update, _: bytes = b"") -> Incoming | None:
        """The message in an event. That an agent took over is no message, and is noted apart."""
        found = parse(update, self._account.oa_id)
        if isinstance(found, AgentSpoke):
            self._notes.submit(self._note, found)
            return None
        return found

    def messages(self, answer: Answer) -> list[Message]:
        """The Answer in as few messages as hold it, with buttons under the last of them, and its
        leaflet as a file."""
        shaped = with_file if self._leaflets else messages
        return shaped(answer, self._settings.public_url)

    def send(self, incoming: Incoming, message: Message) -> None:
        """Send one message, unless a human agent is talking there. TransportError if Zalo did not
        take it."""
        if self._agents.are_talking_to(incoming.question.conversation):
            log.info("not sent, an agent is talking: the answer to %s", incoming.question.id)
            return
        try:
            self._access.call(lambda token: self._send(token, incoming, message))
        except ApiError as error:
            failure = self._failure(error.code, incoming)
            if message.leaflet:
                failure = failure_of(failure, error.code)
            raise TransportError(str(error), failure) from None
        self._puzzled.pop(incoming.question.id, None)

    def busy(self, incoming: Incoming) -> nullcontext[None]:
        """Nothing: Zalo has no way to show that an answer is being worked on."""
        return nullcontext()

    def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The content of a picture or a voice message, from Zalo's own hosts."""
        return zalo_files.fetch(attachment.reference, self._settings.zalo_oa_api, limit)

    def acknowledge(self, update: Update) -> None:
        """Nothing: Zalo shows the person by itself that a message has arrived."""

    def _send(self, token: str, incoming: Incoming, message: Message) -> None:
        person = incoming.question.conversation
        if incoming.thread:
            # Whether visitors of web pages are shown buttons is not documented.
            for text in split(numbered(message), LETTERS_PER_MESSAGE):
                self._access.api.send_to_visitor(token, person, incoming.thread, text)
        elif message.leaflet:
            if self._leaflets:
                self._quota.saw(self._leaflets.send(token, person, message.leaflet))
        else:
            self._quota.saw(self._access.api.send(token, person, content(message)))

    def _failure(self, code: int, incoming: Incoming) -> Failure:
        attempts = self._puzzled.pop(incoming.question.id, 0) + 1
        if code in errors.QUOTA:
            return self._quota_failure(incoming)
        if code in errors.FAILURES:
            return errors.FAILURES[code]
        if attempts == PUZZLING_ATTEMPTS:
            return Failure.REFUSED
        self._puzzled[incoming.question.id] = attempts
        return Failure.RETRY

    def _quota_failure(self, incoming: Incoming) -> Failure:
        """One person's share may be used up, which a new message of theirs ends; or the account's,
        which stops everybody until an operator acts."""
        person = incoming.question.conversation
        try:
            found = self._access.call(lambda token: self._access.api.quota(token, person))
        except ApiError:
            return Failure.BLOCKED
        return Failure.WINDOW if is_used_up(found) else Failure.BLOCKED

    def _note(self, spoke: AgentSpoke) -> None:
        try:
            self._agents.note(spoke.person, spoke.at)
        except TransportError as error:
            log.error("could not note that an agent took over: %s", error)

    def _keep_fresh(self) -> None:
        while not self._stopping.is_set():
            # What is wrong was logged; whoever sends meets it again.
            with suppress(TransportError):
                self._access.tokens.current()
            self._stopping.wait(LOOK_AT_TOKENS_EVERY_S)

    def _close(self) -> None:
        self._keeping.join()
        self._notes.shutdown()
        self._access.close()
