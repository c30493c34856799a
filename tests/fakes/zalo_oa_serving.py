"""Our side of the fake account: a server that speaks for it, or the adapter alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.model import Answer, Block, BlockKind, Status
from tests.fakes import EchoReplies, serve
from tests.fakes.zalo_oa import FakeZaloOa
from webhook.app import create_app
from webhook.channels.zalo_oa.adapter import PATH, ZaloOa
from webhook.settings import Settings

CAPTURED = (
    b'{"app_id":"2334789304983807556","sender":{"id":"675059164343092785"},"recipient":{"id":'
    b'"3674338702778449434"},"event_name":"user_send_text","message":{"text":"Alo","msg_id":'
    b'"b2db3895fe26797f2030"},"timestamp":"1787209817225"}'
)
"""A delivery of Zalo's, of which the signature is known."""


def text_event(**others: object) -> dict[str, object]:
    """The captured delivery, with other parts in place of its own."""
    return {**json.loads(CAPTURED), **others}


def settings_for(fake: FakeZaloOa, folder: Path, **others: object) -> Settings:
    """With a first refresh token."""
    given = fake.settings() | {"zalo_oa_refresh_token": fake.tokens.first_refresh_token()} | others
    return Settings(_env_file=None, data_dir=folder, **given)


@contextmanager
def running(fake: FakeZaloOa, settings: Settings, replies: EchoReplies) -> Iterator[str]:
    """Our server, to which Zalo posts. One at a time: DBOS knows one queue in a process."""
    with serve(create_app(settings, replies, readiness=lambda: True)) as url:
        fake.webhook = {"url": url + PATH}
        yield url
        # Receipts of the last answers must not reach a server that is closing.
        fake.settle()
        fake.webhook = {}


@contextmanager
def started(settings: Settings) -> Iterator[ZaloOa]:
    """The adapter without a server."""
    loop = asyncio.new_event_loop()
    adapter = ZaloOa(settings)
    loop.run_until_complete(adapter.start())
    try:
        yield adapter
    finally:
        loop.run_until_complete(adapter.stop())
        loop.close()


def send(adapter: ZaloOa, user_id: object, text: str = "chào") -> None:
    """What the queue's workers do with an Answer."""
    incoming = adapter.parse(text_event(sender={"id": str(user_id)}))
    assert incoming
    block = Block(kind=BlockKind.TEXT, lines=(text,))
    for message in adapter.messages(Answer(status=Status.SMALLTALK_GREETING, blocks=(block,))):
        adapter.send(incoming, message)
