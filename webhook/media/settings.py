"""The settings of the readers of media; a part of `webhook.settings.Settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from webhook.channels.settings import HttpUrl


class MediaSettings(BaseSettings):
    """Voice is understood if there is a server that transcribes, or else a model of our own."""

    transcribe_url: HttpUrl | None = None
    """Base URL of an OpenAI-compatible server, "http://…/v1": voice messages are sent to it."""
    transcribe_key: SecretStr | None = None
    transcribe_model: str = "whisper-1"
    transcribe_timeout_s: Annotated[float, Field(gt=0, le=300)] = 60.0
    whisper_model: str = ""
    """A faster-whisper model by path or name ("small"): voice messages are understood in this
    process (extra `voice`)."""

    @field_validator("transcribe_url")
    @classmethod
    def _transcriber_has_no_slash_at_the_end(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else url
