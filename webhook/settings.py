"""Every setting of the product, read from the environment or .env. Nothing else reads either."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from webhook.channels.settings import PREFIX, ChannelSettings, HttpUrl
from webhook.media.settings import MediaSettings

WAITED_FOR = 16
"""Answers that a gateway waits for at a time."""


class Settings(ChannelSettings, MediaSettings):
    """Settings by name; each is the environment variable BINHDAN_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # an error about a secret must not print it
    )

    data_dir: Path = Path("var")
    """Where everything the process writes is kept."""
    database_url: str = ""
    """SQLAlchemy URL of knowledge drafts, Editions and the Journal; empty: SQLite in data_dir."""
    queue_database_url: str = ""
    """SQLAlchemy URL of the durable queue; empty: its own SQLite file in data_dir."""

    public_url: HttpUrl = "http://127.0.0.1:8000"
    """The address people and platforms reach this server at, without a slash at the end."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    secret_key: SecretStr | None = None
    """Signs cookies; if missing, one is made and kept in data_dir."""

    core_url: HttpUrl | None = None
    """The core that answers; if set, this process is a gateway: it serves channels, and has neither
    knowledge nor pages."""
    core_key: SecretStr | None = None
    """What gateways show the core, and the core asks for; without it the core lets none in."""

    encoder: str = ""
    """A sentence-transformers model by name or path, "multilingual-e5-small" for the one that ours
    was trained from (extra `training`); empty: ours."""

    model_provider: str = ""
    """LangChain's name of the provider ("openai", "ollama", …); empty: no model tier."""
    model_name: str = ""
    model_url: HttpUrl | None = None
    """Base URL of an OpenAI-compatible server."""
    model_key: SecretStr | None = None
    model_timeout_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    model_price_in: Annotated[float, Field(ge=0)] = 0.0
    model_price_out: Annotated[float, Field(ge=0)] = 0.0
    """Đồng for a million tokens that the model reads, and writes: the figures show the cost."""

    worker_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    """With SQLite: stable, and different in every process that shares the queue's file; empty:
    worker-0. With PostgreSQL it only shows in logs: each start adds letters of its own to it, or
    to the machine's name."""
    reply_threads: Annotated[int, Field(ge=1, le=64)] = min(2, os.cpu_count() or 1)
    """How many answers one process computes at a time: while one is in Python, another is in the
    encoder; more would wait for each other. In a gateway how many it waits for, which takes no CPU:
    WAITED_FOR, unless set."""
    journal_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long conversations are kept."""
    log_level: Annotated[str, StringConstraints(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @field_validator("public_url")
    @classmethod
    def _no_slash_at_the_end(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("core_url")
    @classmethod
    def _core_has_no_slash_at_the_end(cls, url: str | None) -> str | None:
        return url and url.rstrip("/")

    @field_validator("core_key")
    @classmethod
    def _cannot_be_guessed(cls, key: SecretStr | None) -> SecretStr | None:
        if key and not re.fullmatch(r"[!-~]{32,}", key.get_secret_value()):
            raise ValueError("at least 32 ASCII characters without blanks: openssl rand -hex 32")
        return key

    @model_validator(mode="after")
    def _databases_live_in_data_dir(self) -> Self:
        # object.__setattr__: the record is frozen for everybody else.
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'binhdan.db'}")
        if not self.queue_database_url:
            queue = f"sqlite:///{self.data_dir / 'queue.db'}"
            object.__setattr__(self, "queue_database_url", queue)
        return self

    @model_validator(mode="after")
    def _a_gateway_waits_for_many(self) -> Self:
        if self.core_url and "reply_threads" not in self.model_fields_set:
            object.__setattr__(self, "reply_threads", WAITED_FOR)
        return self

    def make_data_dir(self) -> Path:
        """data_dir, made if missing and open to its owner alone: it holds what people wrote."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.data_dir

    def cookie_key(self) -> str:
        """The key that signs cookies: the setting, or one generated once and kept (mode 0600)."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        path = self.make_data_dir() / "secret_key"
        try:
            # O_EXCL: of two processes that start together, one writes and the other reads.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key := secrets.token_urlsafe(48))
        return key
