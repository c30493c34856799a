"""The page of figures, its short form on the first page, and its table as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from bot.figures import COUNTRY, Figures, ModelUse, Part, Period
from bot.journal import Journal
from bot.model import Status
from bot.summary import TOO_FEW, Summary, summarise
from knowledge.clock import VIETNAM, today
from knowledge.places import PROVINCES
from webhook.admin.access import HOME, Gate
from webhook.admin.csv_file import download
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

FIGURES = f"{HOME}/bang-so-lieu"
SPANS = (7, 30, 90)
"""Days that one press shows."""
USUAL = 30
ON_HOME = 7
LONGEST = timedelta(days=3 * 366)
UNANSWERED_SHOWN = 10
AT_ONCE = 12
"""Rows of a table before those that are opened with a press."""
SHOWN = (Part.CHANNEL, Part.STATUS, Part.PROVINCE, Part.FIELD)


@dataclass(frozen=True)
class Price:
    """What a model costs: đồng for a million tokens."""

    tokens_in: float
    tokens_out: float

    def of(self, use: ModelUse) -> float:
        """The đồng that some use cost."""
        return (use.tokens_in * self.tokens_in + use.tokens_out * self.tokens_out) / 1e6


@dataclass(frozen=True)
class Seeing:
    """What these pages work with."""

    gate: Gate
    figures: Figures
    journal: Journal
    price: Price
    today: Callable[[], date] = today


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see, as far as they may."""

    period: Period
    province: str
    """"" for all that they may see."""
    provinces: tuple[str, ...]
    """Empty: the country."""
    problem: str = ""


def figures_router(seeing: Seeing) -> APIRouter:
    """The page and the file."""
    router = APIRouter(route_class=FriendlyRoute)
    reader = seeing.gate.needs(May.READ)

    @router.get(FIGURES)
    def figures(request: Request, session: Session = reader) -> Response:
        return _figures_page(seeing, session, wanted_by(request, session.person, seeing.today()))

    @router.get(FIGURES + ".csv")
    def as_file(request: Request, session: Session = reader) -> Response:
        wanted = wanted_by(request, session.person, seeing.today())
        seeing.figures.roll_up()
        name = f"so-lieu-{wanted.period.first}-{wanted.period.last}.csv"
        header = [
            WORDS.say(f"figures.columns.{column}") for column in WORDS.node("figures.columns")
        ]
        return download(name, header, _table(seeing.figures, wanted))

    return router


def on_home(seeing: Seeing, person: Person) -> Summary:
    """The last days, for the first page."""
    last = seeing.today()
    period = Period(last - timedelta(days=ON_HOME - 1), last)
    return summarise(seeing.figures, period, person.provinces)


def wanted_by(request: Request, person: Person, last: date) -> Wanted:
    """What the address asks for. 403 for a province that is not the person's."""
    asked = request.query_params
    province = asked.get("tinh", "")
    if province and (
        province not in PROVINCES or (person.provinces and province not in person.provinces)
    ):
        raise HTTPException(403)
    provinces = (province,) if province else person.provinces
    usual = Period(last - timedelta(days=USUAL - 1), last)
    try:
        if span := asked.get("ngay"):
            days = min(int(span), LONGEST.days) if span.isdecimal() else USUAL
            return Wanted(_back(max(1, days), last), province, provinces)
        if not (asked.get("tu") or asked.get("den")):
            return Wanted(usual, province, provinces)
        first = date.fromisoformat(asked.get("tu") or str(usual.first))
        until = min(date.fromisoformat(asked.get("den") or str(last)), last)
    except ValueError:
        return Wanted(usual, province, provinces, "no_date")
    if first > until or until - first > LONGEST:
        return Wanted(usual, province, provinces, "no_period")
    return Wanted(Period(first, until), province, provinces)


def _back(days: int, last: date) -> Period:
    return Period(last - timedelta(days=days - 1), last)


def _table(figures: Figures, wanted: Wanted) -> Iterator[Sequence[object]]:
    for day, province, part, figure in figures.rows(wanted.period, wanted.provinces):
        place = WORDS.say("figures.country") if province == COUNTRY else PROVINCES[province].name
        kind = WORDS.say(f"figures.parts.{part}")
        counts = (figure.questions, figure.helpful, figure.unhelpful)
        yield day, place, kind, named(part, figure.name), *counts


def named(part: Part, name: str) -> str:
    """What a figure is called on our pages."""
    match part:
        case Part.CHANNEL:
            return WORDS.say(f"channel_names.{name}")
        case Part.STATUS:
            return WORDS.say(f"statuses.{name}") if name in set(Status) else name
        case Part.PROVINCE:
            return PROVINCES[name].name if name in PROVINCES else WORDS.say("figures.no_province")
        case Part.TIME:
            return WORDS.say("figures.within", ms=name)
    if name in WORDS.node("kinds"):
        return WORDS.say(f"kinds.{name}")
    return name or WORDS.say("figures.no_field")


def _figures_page(seeing: Seeing, session: Session, wanted: Wanted) -> Response:
    period, person = wanted.period, session.person
    everything = not wanted.provinces
    uses = seeing.figures.model_use(period) if everything else []
    return page(
        "figures",
        session,
        status=400 if wanted.problem else 200,
        summary=summarise(seeing.figures, period, wanted.provinces),
        wanted=wanted,
        problem=WORDS.say(f"figures.{wanted.problem}") if wanted.problem else "",
        spans=SPANS,
        spanned=(period.last - period.first).days + 1 if period.last == seeing.today() else 0,
        choosable={
            id: province.name
            for id, province in PROVINCES.items()
            if not person.provinces or id in person.provinces
        },
        shown=SHOWN,
        at_once=AT_ONCE,
        named=named,
        too_few=TOO_FEW,
        unanswered=_unanswered(seeing, wanted)[:UNANSWERED_SHOWN],
        everything=everything,
        uses=uses,
        price=seeing.price,
        cost=sum(seeing.price.of(use) for use in uses),
        max_day=seeing.today(),
    )


def _unanswered(seeing: Seeing, wanted: Wanted) -> list[tuple[str, int]]:
    first = datetime.combine(wanted.period.first, time(), VIETNAM)
    until = datetime.combine(wanted.period.last + timedelta(days=1), time(), VIETNAM)
    return seeing.journal.unanswered(first, until, wanted.provinces)
