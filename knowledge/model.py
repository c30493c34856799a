"""The records the bot knows. Frozen, validated, and the only place facts come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from knowledge.course import LEVELS, Skill, Track
from knowledge.places import PROVINCES

EntryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]+$", max_length=48)]
Text = Annotated[str, StringConstraints(min_length=2, max_length=700)]
Label = Annotated[str, StringConstraints(min_length=2, max_length=160)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


def _province(region: str) -> str:
    if region not in PROVINCES:
        raise ValueError(f"unknown region {region!r}; known: {', '.join(sorted(PROVINCES))}")
    return region


RegionId = Annotated[str, AfterValidator(_province)]


class Record(BaseModel):
    """A record of ours: immutable, and strict about unknown fields (a typo must not be lost)."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Facet(StrEnum):
    """The part of an Entry that a question is about. The order is the order on a page."""

    OVERVIEW = "overview"
    WHO = "who"
    CONDITIONS = "conditions"
    DEADLINE = "deadline"
    PENALTY = "penalty"
    DOCUMENTS = "documents"
    FORM = "form"
    WHERE = "where"
    ONLINE = "online"
    IN_PERSON = "in_person"
    TIME = "time"
    FEE = "fee"
    BENEFIT = "benefit"
    RESULT = "result"
    LEGAL_BASIS = "legal_basis"


class Confidence(StrEnum):
    """How far a fact may be trusted; what is not high is said to the reader."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class SourceKind(StrEnum):
    """What sort of source it is, strongest first."""

    LAW = "law"
    PORTAL = "portal"
    AUTHORITY = "authority"
    LOCAL_RULE = "local_rule"
    PRESS = "press"
    COPY = "copy"  # somebody else's copy of an official text, not compared with the original
    EDITORS = "editors"  # plain advice written by this project, no outside fact


class Source(Record):
    """Where a fact was read."""

    id: SourceId
    title: Annotated[str, StringConstraints(min_length=4, max_length=900)]
    kind: SourceKind
    url: Link | None = None
    published: Annotated[str, StringConstraints(max_length=40)] | None = None
    """The source's own date, as precise as it is known: "2026-08-14", "2026-09", "≤ 2026-06-10"."""
    note: str | None = None
    """For administrators; never shown to citizens."""
    replaced_by: Annotated[str, StringConstraints(min_length=4, max_length=300)] | None = None
    """The law that has changed or replaced it since; what rests on it is to be checked again. For
    administrators."""


class DurationUnit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


_UNITS = {
    DurationUnit.HOURS: "giờ",
    DurationUnit.DAYS: "ngày(?! làm việc)",
    DurationUnit.WORKING_DAYS: "ngày làm việc",
    DurationUnit.MONTHS: "tháng",
    DurationUnit.YEARS: "năm",
}
_NUMBER = r"(?<![\d.,])\d+(?:,\d+)?"
_MONEY = re.compile(r"(?<![\d.,])\d+(?= ?(?:đồng|đ)\b)", re.IGNORECASE)


class Duration(Record):
    """A length of time whose unit the source states."""

    value: Annotated[float, Field(gt=0)]
    unit: DurationUnit

    def stands_in(self, text: str) -> bool:
        """Whether the text states it, unit and all: "03 ngày làm việc", "10 (mười) ngày"."""
        pattern = rf"({_NUMBER})(?: \([^)]*\))? {_UNITS[self.unit]}"
        found = re.findall(pattern, _joined_thousands(text), re.IGNORECASE)
        return self.value in {float(number.replace(",", ".")) for number in found}


class Fact(Record):
    """The smallest true thing: one sentence of ours with the sources that say so."""

    text: Text
    sources: Annotated[tuple[SourceId, ...], Field(min_length=1)]
    checked_on: date
    """The day its sources said so."""
    confidence: Confidence = Confidence.HIGH
    condition: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Who or what it holds for, if not everyone: "nộp trực tuyến", "quá hạn"."""
    caution: Text | None = None
    regions: tuple[RegionId, ...] = ()
    """Provinces it holds in; empty: the whole country."""
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day it holds."""
    amount: Annotated[int, Field(ge=0)] | None = None
    """Đồng, where the sentence states one sum with certainty."""
    duration: Duration | None = None
    quoted: bool = False
    """The portal's own words, copied by rule and not checked by us; shown in quotation marks."""

    @field_validator("valid_until")
    @classmethod
    def _ends_after_it_starts(cls, until: date | None, info: ValidationInfo) -> date | None:
        return _check_period(until, info)

    @field_validator("quoted")
    @classmethod
    def _quotes_without_figures(cls, quoted: bool, info: ValidationInfo) -> bool:
        if quoted and (info.data.get("amount") is not None or info.data.get("duration")):
            raise ValueError("what is only quoted has no typed amount or duration")
        return quoted

    @field_validator("amount")
    @classmethod
    def _amount_stands_in_the_text(cls, amount: int | None, info: ValidationInfo) -> int | None:
        text = info.data.get("text", "")
        stated = {int(sum_) for sum_ in _MONEY.findall(_joined_thousands(text))}
        free = amount == 0 and "miễn" in text.casefold()
        if text and amount is not None and amount not in stated and not free:
            raise ValueError(f"the text does not say {f'{amount:,}'.replace(',', '.')} đồng")
        return amount

    @field_validator("duration")
    @classmethod
    def _duration_stands_in_the_text(
        cls, duration: Duration | None, info: ValidationInfo
    ) -> Duration | None:
        text = info.data.get("text", "")
        if text and duration is not None and not duration.stands_in(text):
            unit = _UNITS[duration.unit].split("(")[0]
            raise ValueError(f"the text does not say {duration.value:g} {unit}")
        return duration

    def holds_on(self, day: date) -> bool:
        """Whether the fact is in force on that day."""
        return (self.valid_from is None or self.valid_from <= day) and not self.expired_on(day)

    def expired_on(self, day: date) -> bool:
        """Whether its last day is past."""
        return self.valid_until is not None and self.valid_until < day


class Caution(Record):
    """A warning shown with the facets it concerns (none named: with all)."""

    text: Text
    facets: tuple[Facet, ...] = ()


class Change(Record):
    """A change of rules that is already decided and comes into force on a day."""

    effective_on: date
    text: Text
    sources: Annotated[tuple[SourceId, ...], Field(min_length=1)]


class Entry(Record):
    """Anything the bot knows. A subclass says of what kind."""

    id: EntryId
    title: Label
    summary: Annotated[str, StringConstraints(min_length=10, max_length=240)]
    """What it is for, in one plain sentence without figures."""
    aliases: tuple[Label, ...] = ()
    """How people name it, old names and short names included."""
    questions: tuple[Annotated[str, StringConstraints(min_length=4, max_length=900)], ...] = ()
    """How people ask for it, in their own words."""
    regions: tuple[RegionId, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    cautions: tuple[Caution, ...] = ()
    changes: tuple[Change, ...] = ()
    related: tuple[EntryId, ...] = ()

    @field_validator("valid_until")
    @classmethod
    def _ends_after_it_starts(cls, until: date | None, info: ValidationInfo) -> date | None:
        return _check_period(until, info)

    @field_validator("related")
    @classmethod
    def _related_to_others(cls, related: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("id") in related:
            raise ValueError("names the entry itself")
        return related

    def all_facts(self) -> Iterator[Fact]:
        """Every Fact of the Entry, in reading order."""
        raise NotImplementedError

    @property
    def checked_on(self) -> date:
        """The oldest day on which a part of the Entry was checked."""
        return min(fact.checked_on for fact in self.all_facts())

    @property
    def source_ids(self) -> tuple[SourceId, ...]:
        """Every source used, once, in reading order."""
        used = [s for fact in self.all_facts() for s in fact.sources]
        used += [s for change in self.changes for s in change.sources]
        return tuple(dict.fromkeys(used))


class Level(StrEnum):
    """Who decides."""

    COMMUNE = "commune"
    PROVINCE = "province"
    CENTRAL = "central"
    OTHER = "other"


class Procedure(Entry):
    """An administrative procedure, as Facts by facet."""

    kind: Literal["procedure"] = "procedure"
    code: Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}$")] | None = None
    """Its code in the national database."""
    field: Label
    """Lĩnh vực, as the national database names it."""
    levels: tuple[Level, ...] = ()
    portal_url: Link | None = None
    imported: bool = False
    """Read by rule from the national database or a spreadsheet; no editor has written it."""
    facts: dict[Facet, tuple[Fact, ...]]

    @field_validator("facts")
    @classmethod
    def _has_facts(cls, facts: dict[Facet, tuple[Fact, ...]]) -> dict[Facet, tuple[Fact, ...]]:
        if Facet.OVERVIEW in facts:
            raise ValueError("overview is made from the other facets; move its facts to them")
        if not any(facts.values()):
            raise ValueError("a procedure needs at least one fact")
        return facts

    def all_facts(self) -> Iterator[Fact]:
        for facet in Facet:
            yield from self.facts.get(facet, ())

    @property
    def full_name(self) -> str:
        """The title, or the name that was cut to make it: an imported one's first question."""
        cut = self.imported and "…" in self.title and self.questions
        return self.questions[0] if cut else self.title


class Section(Record):
    """A part of a Guide: points under a heading."""

    heading: Label | None = None
    points: Annotated[tuple[Fact, ...], Field(min_length=1)]


class Guide(Entry):
    """An Entry that explains: AI literacy, VNeID and portal how-to, scams, programmes."""

    kind: Literal["guide"] = "guide"
    topic: Literal["ai", "vneid", "portal", "scam", "programme", "rights", "life_event"]
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    def all_facts(self) -> Iterator[Fact]:
        for section in self.sections:
            yield from section.points


class QuizQuestion(Record):
    text: Text
    options: Annotated[tuple[Label, ...], Field(min_length=2, max_length=5)]
    correct: Annotated[int, Field(ge=1)]
    """Number of the right option, counted from 1."""
    explanation: Text

    @field_validator("correct")
    @classmethod
    def _correct_is_an_option(cls, correct: int, info: ValidationInfo) -> int:
        options = info.data.get("options")
        if options and correct > len(options):
            raise ValueError(f"is {correct}, but there are {len(options)} options")
        return correct


class Exercise(Record):
    """A short text in which the learner looks for a mistake or a scam."""

    kind: Literal["spot_mistake", "spot_scam"]
    sample: Text
    """What is to be judged: a message, or what an AI wrote; made up by us."""
    question: Text
    answer: Fact


class Lesson(Entry):
    """An Entry that teaches: short cards, one thing to try, an exercise, a quiz with reasons."""

    kind: Literal["lesson"] = "lesson"
    # The defaults are for Editions stored before there was a course; `load` accepts none of them.
    level: Annotated[int, Field(ge=1, le=LEVELS)] = 1
    tracks: Annotated[tuple[Track, ...], Field(min_length=1)] = (Track.EVERYONE,)
    order: Annotated[int, Field(ge=1)] = 1
    """Its number in the whole course, and so its place in every track and level."""
    needs: tuple[EntryId, ...] = ()
    """Lessons that should come before it."""
    skill: Skill = Skill.KNOWLEDGE
    minutes: Annotated[int, Field(ge=1, le=15)]
    goal: Text
    cards: Annotated[tuple[Fact, ...], Field(min_length=3, max_length=9)]
    try_now: Text
    exercise: Exercise | None = None
    quiz: Annotated[tuple[QuizQuestion, ...], Field(min_length=3, max_length=6)]

    def all_facts(self) -> Iterator[Fact]:
        yield from self.cards
        if self.exercise:
            yield self.exercise.answer


AnyEntry = Annotated[Procedure | Guide | Lesson, Field(discriminator="kind")]


def _check_period(until: date | None, info: ValidationInfo) -> date | None:
    start = info.data.get("valid_from")
    if start and until and until < start:
        raise ValueError(f"{until} is before valid_from {start}")
    return until


def _joined_thousands(text: str) -> str:
    """The text with "8.000" and "8,000" written as 8000."""
    return re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", text)
