"""The real server with a webhook set at the fake Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes import serve
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.metrics import Replies
from webhook.settings import Settings

FIRST = 1
"""The person of whose greeting it is known that the server has met Telegram."""


def settings_for(fake: FakeTelegram, folder: Path, **others: object) -> Settings:
    """The settings of a server for one fake Telegram."""
    ours = {"telegram_token": TOKEN, "telegram_secret": SECRET, "telegram_api": fake.url}
    return Settings(_env_file=None, data_dir=folder, **(ours | others))


@contextmanager
def served(fake: FakeTelegram, replies: Replies, folder: Path) -> Iterator[str]:
    """Serves `replies` on Telegram; gives the server's address once it knows who it is there."""
    app = create_app(settings_for(fake, folder), replies, readiness=lambda: True)
    with serve(app) as url:
        fake.webhook = {"url": url + PATH, "secret_token": SECRET}
        fake.user(FIRST)
        fake.say(FIRST, "chào")
        fake.wait_for(FIRST, 1)
        yield url
        fake.webhook = {}
