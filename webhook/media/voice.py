"""Voice messages into text: by an OpenAI-compatible server, or by a faster-whisper model here.

The only file that knows faster-whisper (extra `voice`).
"""

from __future__ import annotations

import io
import threading
from importlib.util import find_spec
from typing import Protocol

import httpx

from webhook.media.settings import MediaSettings

LANGUAGE = "vi"
LONGEST_S = 120.0
"""Seconds of speech that are listened to; a question is shorter."""

_TYPES = (
    (0, b"OggS", "ogg", "audio/ogg"),  # Telegram's voice messages
    (4, b"ftyp", "m4a", "audio/mp4"),
    (0, b"ID3", "mp3", "audio/mpeg"),
    (0, b"\xff\xfb", "mp3", "audio/mpeg"),
    (0, b"\xff\xf3", "mp3", "audio/mpeg"),
    (0, b"\xff\xf1", "aac", "audio/aac"),  # Zalo Bot's voice messages
    (0, b"\xff\xf9", "aac", "audio/aac"),
    (0, b"#!AMR", "amr", "audio/amr"),  # a Zalo OA's voice messages
    (0, b"RIFF", "wav", "audio/wav"),
    (0, b"\x1aE\xdf\xa3", "webm", "audio/webm"),
)
"""Offset, the bytes there, and what a file that has them is called: servers judge by the name."""


class UnheardError(Exception):
    """A voice message was not understood. The text quotes nothing of it."""


class MissingExtraError(RuntimeError):
    """A setting needs packages that are not installed; the message says which to install."""


class Transcriber(Protocol):
    """Hears Vietnamese. Called from worker threads, several at once."""

    def transcribe(self, audio: bytes) -> str:
        """What is said, "" if nothing. UnheardError if it could not be heard."""


def transcriber(settings: MediaSettings) -> Transcriber | None:
    """The one that is configured, the server first. MissingExtraError if it can't be made."""
    if settings.transcribe_url:
        return Server(settings.transcribe_url, settings)
    if settings.whisper_model:
        return Whisper(settings.whisper_model)
    return None


def kind_of(audio: bytes) -> tuple[str, str] | None:
    """A sound file's extension and media type, by its first bytes; None if it is none."""
    for offset, magic, extension, media_type in _TYPES:
        if audio[offset : offset + len(magic)] == magic:
            return extension, media_type
    return None


class Server:
    """An OpenAI-compatible server's /audio/transcriptions."""

    def __init__(self, url: str, settings: MediaSettings) -> None:
        key = settings.transcribe_key
        self._url = f"{url}/audio/transcriptions"
        self._headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self._timeout = httpx.Timeout(settings.transcribe_timeout_s, connect=5.0)
        self._form = {
            "model": settings.transcribe_model,
            "language": LANGUAGE,
            "response_format": "json",
            "temperature": "0",
        }

    def transcribe(self, audio: bytes) -> str:
        """As the protocol says."""
        kind = kind_of(audio)
        if kind is None:
            raise UnheardError("not a sound file")
        extension, media_type = kind
        try:
            response = httpx.post(
                self._url,
                headers=self._headers,
                data=self._form,
                files={"file": (f"voice.{extension}", audio, media_type)},
                timeout=self._timeout,
            )
            response.raise_for_status()
            found = response.json()
        except httpx.HTTPStatusError as error:
            raise UnheardError(f"status {error.response.status_code}") from None
        except (httpx.HTTPError, ValueError) as error:
            raise UnheardError(type(error).__name__) from None
        if not isinstance(found, dict) or not isinstance(found.get("text"), str):
            raise UnheardError("a reply without a text")
        return str(found["text"]).strip()


class Whisper:
    """A faster-whisper model in this process. It hears one message at a time."""

    def __init__(self, model: str) -> None:
        if not find_spec("faster_whisper"):
            raise MissingExtraError(
                "BINHDAN_WHISPER_MODEL is set, but faster-whisper is missing: "
                "pip install 'binhdan[voice]'"
            )
        from faster_whisper import WhisperModel

        self._model = WhisperModel(model, device="cpu", compute_type="int8")
        self._one_at_a_time = threading.Lock()

    def transcribe(self, audio: bytes) -> str:
        """As the protocol says."""
        if kind_of(audio) is None:
            raise UnheardError("not a sound file")
        with self._one_at_a_time:
            try:
                return " ".join(self._said(audio)).strip()
            # Decoders of sound raise whatever they meet in a broken or hostile file.
            except Exception as error:
                raise UnheardError(type(error).__name__) from None

    def _said(self, audio: bytes) -> list[str]:
        """The segments of the first two minutes; later ones are never computed."""
        segments, _ = self._model.transcribe(
            io.BytesIO(audio),
            language=LANGUAGE,
            # In silence Whisper hears what ends its training videos; so silence is left out.
            vad_filter=True,
            condition_on_previous_text=False,
        )
        said: list[str] = []
        for segment in segments:
            if segment.start > LONGEST_S:
                break
            said.append(segment.text.strip())
        return said
