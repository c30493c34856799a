"""What goes in and comes out of the conversation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import Field

from knowledge.model import Facet, QuizQuestion, Record


class Channel(StrEnum):
    ZALO_OA = "zalo_oa"
    ZALO_BOT = "zalo_bot"
    TELEGRAM = "telegram"
    WEB = "web"
    TERMINAL = "terminal"


class Status(StrEnum):
    """How a Question ended. The first word is the family."""

    ANSWERED_FACET = "answered_facet"
    ANSWERED_OVERVIEW = "answered_overview"
    ANSWERED_GUIDE = "answered_guide"
    ANSWERED_LESSON = "answered_lesson"
    ANSWERED_COURSE = "answered_course"
    ANSWERED_LEAFLET = "answered_leaflet"
    ANSWERED_STEP = "answered_step"
    ANSWERED_CHECKLIST = "answered_checklist"
    ANSWERED_TEAM = "answered_team"
    ANSWERED_SEVERAL = "answered_several"
    ANSWERED_CURATED = "answered_curated"
    ANSWERED_FACET_UNKNOWN = "answered_facet_unknown"
    ANSWERED_EMERGENCY = "answered_emergency"
    ANSWERED_DATA_DELETED = "answered_data_deleted"
    ANSWERED_FEEDBACK = "answered_feedback"
    ANSWERED_PLACE = "answered_place"
    ANSWERED_SCAM_CHECK = "answered_scam_check"
    ANSWERED_PRACTICE = "answered_practice"
    ANSWERED_HANDOFF = "answered_handoff"
    ANSWERED_BY_PERSON = "answered_by_person"
    ANSWERED_NOTHING = "answered_nothing"
    CLARIFICATION_ENTRY = "clarification_entry"
    CLARIFICATION_TOPIC = "clarification_topic"
    CLARIFICATION_CHOICE = "clarification_choice"
    CLARIFICATION_PLACE = "clarification_place"
    CLARIFICATION_HANDOFF = "clarification_handoff"
    CLARIFICATION_SCAM_CHECK = "clarification_scam_check"
    CLARIFICATION_PRACTICE = "clarification_practice"
    CLARIFICATION_FEEDBACK = "clarification_feedback"
    UNANSWERABLE_NOTHING_FOUND = "unanswerable_nothing_found"
    UNANSWERABLE_EMPTY = "unanswerable_empty"
    UNANSWERABLE_MEDIA = "unanswerable_media"
    REFUSED_OUT_OF_SCOPE = "refused_out_of_scope"
    REFUSED_ABUSE = "refused_abuse"
    REFUSED_MANIPULATION = "refused_manipulation"
    REFUSED_CHANNEL_OFF = "refused_channel_off"
    SMALLTALK_GREETING = "smalltalk_greeting"
    SMALLTALK_THANKS = "smalltalk_thanks"
    SMALLTALK_GOODBYE = "smalltalk_goodbye"
    SMALLTALK_IDENTITY = "smalltalk_identity"
    SMALLTALK_HELP = "smalltalk_help"
    ERROR_INTERNAL = "error_internal"

    @property
    def family(self) -> str:
        """The word before the first underscore: "answered", "refused", …"""
        return self.value.split("_", 1)[0]


class Part(StrEnum):
    """What a prompt to an AI should say. The order is that of asking."""

    TASK = "task"
    READER = "reader"
    CONTEXT = "context"
    FORM = "form"
    LIMITS = "limits"


class Practice(Record):
    """A prompt that a learner practises on, as far as it has come; masked."""

    text: str = ""
    added: tuple[tuple[Part, str], ...] = ()
    """What was replied when a part was asked for."""
    skipped: tuple[Part, ...] = ()
    asked: Part | None = None
    """The part that was asked for last."""


NOTICE = ":notice:"
"""Stands in the id of a Question that nobody asked: the bot writes of its own accord."""


class Question(Record):
    """What a person sent."""

    id: str
    """The channel's own id of the message, prefixed by channel; one id is one Question."""
    channel: Channel
    conversation: str
    """The chat it came from, as the channel names it; in a group, the chat and the person."""
    text: str = ""
    action: str | None = None
    """The action of a pressed Choice."""
    media: str | None = None
    """The kind of a message without text: "image", "voice", "file", "sticker", "location",
    "contact"."""
    asked_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def unasked(self) -> bool:
        """Whether it is a notice of ours, and no word of a person."""
        return NOTICE in self.id


class BlockKind(StrEnum):
    TITLE = "title"
    TEXT = "text"
    ITEMS = "items"
    STEPS = "steps"
    WARNING = "warning"


class Block(Record):
    """A part of an Answer: one line of a title, text or warning, or a list of items or steps."""

    kind: BlockKind
    lines: tuple[str, ...]


class Choice(Record):
    """A labelled next step. Buttons where the channel has them, otherwise numbered lines."""

    label: str
    action: str = Field(max_length=64)
    """At most 64 ASCII characters (Telegram's callback_data)."""


class ShownSource(Record):
    """A copy of a Source as the Answer showed it."""

    title: str
    url: str | None = None
    published: str | None = None


class Leaflet(Record):
    """A leaflet that goes with an Answer: a file where the channel takes files, else a link."""

    entry_id: str
    size: str
    """ "a4" or "a6"."""
    place: str = ""
    """Where it is for, as a Place's `str` writes it."""


class Answer(Record):
    """What a person is told, before a channel renders it."""

    status: Status
    blocks: tuple[Block, ...]
    """Empty if nothing is to be said: on a channel that is switched off, to who knows it."""
    choices: tuple[Choice, ...] = ()
    numbered: int = 0
    """How many of the first Choices the text has numbered already: without buttons they are not
    listed once more, and the others have the numbers after them."""
    sources: tuple[ShownSource, ...] = ()
    checked_on: date | None = None
    """The oldest check among the facts shown."""
    edition: int | None = None
    entry_id: str | None = None
    facet: Facet | None = None
    id: str = ""
    """Set by the Journal; names the Answer in feedback."""
    page: str | None = None
    """Path of the Entry's public page: "/thu-tuc/khai-sinh"."""
    quiz: tuple[QuizQuestion, ...] = ()
    """What the last block asks and the first Choices answer, for channels with quizzes of their
    own: one question at most."""
    practice: Practice | None = None
    """The prompt that the talk is about, until it is finished."""
    curated: int | None = None
    """The number of the curated answer that this is."""
    leaflet: Leaflet | None = None
    """What `page` leads to, for channels that take files."""

    @property
    def asks_opinion(self) -> bool:
        """Whether people are asked what they think of it: it told something, and is kept."""
        told = self.status.family == "answered" and self.status not in (
            Status.ANSWERED_FEEDBACK,
            Status.ANSWERED_COURSE,  # only a whole lesson is worth an opinion
            Status.ANSWERED_LEAFLET,
            Status.ANSWERED_STEP,
            Status.ANSWERED_CHECKLIST,
            Status.ANSWERED_TEAM,
            Status.ANSWERED_HANDOFF,
            Status.ANSWERED_BY_PERSON,
            Status.ANSWERED_NOTHING,
            Status.ANSWERED_EMERGENCY,  # nobody in danger is to be asked
        )
        return told and bool(self.id)
