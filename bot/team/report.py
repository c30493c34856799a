"""The month of a team, in the shape of their tasks under Article 79 of Decree 224/2026/NĐ-CP:
guiding people to digital services, warning of scams, teaching digital skills, passing on
difficulties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.team.book import Book, Due, Written
from knowledge.wording import fold


class Task(StrEnum):
    """What a visit was for; the fourth task is the questions and revisits of the month."""

    SERVICES = "services"
    WARNING = "warning"
    SKILLS = "skills"


_WARNING = re.compile(
    r"\b(lua dao|lua|gia mao|gia danh|canh bao|tin gia|an toan mang|phat nguoi)\b"
)
_SKILLS = re.compile(
    r"\b(hoc|bai hoc|lop|tap huan|ai|ky nang|binh dan hoc vu|dung dien thoai|may tinh)\b"
)


@dataclass(frozen=True)
class Sum:
    """Visits taken together."""

    name: str
    visits: int
    people: int
    minutes: int


@dataclass(frozen=True)
class Report:
    """What a team did in a month."""

    month: date
    """Its first day."""
    tasks: tuple[tuple[Task, Sum], ...]
    subjects: tuple[Sum, ...]
    """By what was helped with, the most people first."""
    hamlets: tuple[Sum, ...]
    visits: tuple[Written, ...]
    returns: tuple[Due, ...]
    questions: tuple[str, ...]
    total: Sum


def month_of(text: str, today: date) -> date:
    """The first day of "2026-11"; of this month if that is no month."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text, re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def report(book: Book, team_id: int, month: date) -> Report:
    """A team's month, of which `month` is the first day."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    visits = book.visits(team_id, month, last)
    questions = book.questions(team_id)
    return Report(
        month=month,
        tasks=tuple((task, _sum(task, (v for v in visits if task_of(v) is task))) for task in Task),
        subjects=_grouped(visits, [visit.subject for visit in visits]),
        hamlets=_grouped(visits, [visit.hamlet for visit in visits]),
        visits=tuple(visits),
        returns=tuple(book.returns(team_id, month, last)),
        questions=tuple(q.text for q in questions if month <= q.asked_at.date() <= last),
        total=_sum("", visits),
    )


def task_of(visit: Written) -> Task:
    """By the words of what was helped with; most of it is services."""
    subject = fold(visit.subject)
    if _WARNING.search(subject):
        return Task.WARNING
    return Task.SKILLS if _SKILLS.search(subject) else Task.SERVICES


def _grouped(visits: Sequence[Written], names: Sequence[str]) -> tuple[Sum, ...]:
    """Sums by name; names that differ in marks or capitals alone are one, told as first written."""
    groups: dict[str, tuple[str, list[Written]]] = {}
    for visit, name in zip(visits, names, strict=True):
        groups.setdefault(fold(name), (name, []))[1].append(visit)
    sums = [_sum(name, members) for name, members in groups.values()]
    return tuple(sorted(sums, key=lambda one: (-one.people, fold(one.name))))


def _sum(name: str, visits: Iterable[Written]) -> Sum:
    listed = list(visits)
    return Sum(
        name=str(name),
        visits=len(listed),
        people=sum(visit.people for visit in listed),
        minutes=sum(visit.minutes for visit in listed),
    )
