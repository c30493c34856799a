"""Hearing a message: a picture with a code of ours, or a voice message, becomes a Question of text.

The address in a foreign code is checked for the marks of a scam, and never opened.

Nothing of a picture or a recording is kept. Whatever goes wrong, the Question stays what it was,
and its answer says kindly that the picture or voice was not understood.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from bot.messages import say
from bot.model import Answer, Block, BlockKind, Question, Status
from bot.protect import mask
from bot.scam.asking import COMMAND as CHECK
from webhook.channels.adapter import Attachment, Courier, Incoming
from webhook.media.codes import can_read, entry_in, read_codes
from webhook.media.voice import Transcriber, transcriber
from webhook.settings import Settings

log = logging.getLogger(__name__)

LARGEST_PICTURE = 10 * 1024 * 1024
LARGEST_VOICE = 1024 * 1024
"""Bytes: five minutes and more as chats record."""
LONGEST_NOTE = 300
"""Letters of what was heard that the answer repeats."""


@dataclass(frozen=True)
class Heard:
    """A Question as it was understood, and a line for its Answer to begin with."""

    question: Question
    note: str = ""

    def told(self, answer: Answer) -> Answer:
        """The Answer, beginning with what was heard; nothing stays nothing."""
        silent = answer.status in (Status.REFUSED_CHANNEL_OFF, Status.ANSWERED_NOTHING)
        if not self.note or silent:
            return answer
        note = Block(kind=BlockKind.TEXT, lines=(self.note,))
        return answer.model_copy(update={"blocks": (note, *answer.blocks)})


class Listener:
    """Reads what is not text, as far as it was given readers. Called from worker threads."""

    def __init__(
        self, public_url: str = "", *, codes: bool = False, voice: Transcriber | None = None
    ) -> None:
        self._public_url, self._codes, self._voice = public_url, codes, voice

    def hear(self, incoming: Incoming, courier: Courier) -> Heard:
        """The message as it was understood. Never raises."""
        question, attachment = incoming.question, incoming.attachment
        if question.text.strip() or question.action or attachment is None:
            return Heard(question)  # what is written beside a picture is the question
        try:
            if question.media == "image" and self._codes:
                return self._look(question, _fetched(courier, attachment, LARGEST_PICTURE))
            if question.media == "voice" and self._voice:
                audio = _fetched(courier, attachment, LARGEST_VOICE)
                return _as_text(question, self._voice.transcribe(audio))
        # Strangers make these files: the person must get an answer, whatever is in them.
        except Exception as error:
            log.warning("%s of %s not read: %s", question.media, question.id, type(error).__name__)
        return Heard(question)

    def _look(self, question: Question, picture: bytes) -> Heard:
        codes = read_codes(picture)
        if entry := entry_in(codes, self._public_url):
            pressed = {"action": f"entry:{entry}", "media": None}
            return Heard(question.model_copy(update=pressed))
        if not codes:
            return Heard(question)
        address = next((c for c in codes if c.lower().startswith(("http://", "https://"))), None)
        given = {"text": f"{CHECK} {mask(address)}", "media": None} if address else {}
        return Heard(question.model_copy(update=given), say("media.foreign_code"))


def listener(settings: Settings) -> Listener:
    """With the readers that are installed and configured. MissingExtraError if one of them is
    configured and not installed."""
    return Listener(settings.public_url, codes=can_read(), voice=transcriber(settings))


def _fetched(courier: Courier, attachment: Attachment, limit: int) -> bytes:
    if (attachment.size or 0) > limit:
        raise ValueError("too large")
    return courier.fetch(attachment, limit)


def _as_text(question: Question, transcript: str) -> Heard:
    text = mask(transcript)
    if not re.search(r"\w", text):
        return Heard(question)
    shown = text if len(text) <= LONGEST_NOTE else text[:LONGEST_NOTE].rsplit(" ", 1)[0] + "…"
    written = question.model_copy(update={"text": text, "media": None})
    return Heard(written, say("media.heard", text=shown))
