"""How the Lessons make a course: for whom each is, and which skill it trains."""

from __future__ import annotations

from enum import StrEnum


class Track(StrEnum):
    """Whom a Lesson is for.

    Decision 757/QĐ-BKHCN of 29/04/2025, the framework of basic digital skills, has four groups of
    learners: people (here everyone and the elderly), workers (farmers and traders), officials, and
    pupils and students (learners, with their parents).
    """

    EVERYONE = "everyone"
    ELDERLY = "elderly"
    FARMERS = "farmers"
    TRADERS = "traders"
    OFFICIALS = "officials"  # and members of the community teams
    LEARNERS = "learners"


class Skill(StrEnum):
    """The seven groups of digital skills of Article 77 of Decree 224/2026/NĐ-CP, in its order."""

    KNOWLEDGE = "knowledge"
    DEVICES = "devices"
    DATA = "data"
    COMMUNICATION = "communication"
    CREATION = "creation"
    SAFETY = "safety"
    PROBLEMS = "problems"


LEVELS = 5
"""From first steps to teaching others: as many as the programme "Bình dân học AI" of Thái Nguyên
has (its own names for them are in no source of ours, so ours are in messages.yaml)."""
