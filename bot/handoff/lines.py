"""What people are told of a handoff."""

from __future__ import annotations

from datetime import datetime

from bot.handoff.desks import Desk, Kind
from bot.handoff.store import IDLE, WAITS, Handoff
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Status
from knowledge.clock import VIETNAM, today

YES, NO, END, LOOK = "handoff:yes", "handoff:no", "handoff:end", "handoff:look"
"""Actions; the first has the number of its desk behind it."""
MINUTE = 60


def consent(desk: Desk, now: datetime) -> Answer:
    """Ask whether the desk may read and take over. Nothing has happened yet."""
    closes = desk.hours.closes_at(now)
    lines = [
        say("handoff.consent", desk=desk.name, who=say(f"handoff.who.{desk.kind}").lower()),
        say("handoff.consent_hours", until=_closing(closes)) if closes else "",
        say("handoff.never"),
    ]
    choices = (
        Choice(label=say("handoff.buttons.yes"), action=f"{YES}:{desk.id}"),
        Choice(label=say("handoff.buttons.no"), action=NO),
    )
    return told(*lines).model_copy(
        update={"status": Status.CLARIFICATION_HANDOFF, "choices": choices}
    )


def closed(desk: Desk, now: datetime) -> str:
    """That a desk is closed, and when it opens."""
    opens = desk.hours.opens_at(now)
    if opens is None:
        return ""
    hours, at = desk.hours.told(), _day_and_clock(opens, now)
    return say("handoff.closed", desk=desk.name, hours=hours, at=at)


def acknowledged(desk: Desk, handoff: Handoff, number: int, usual_s: int | None) -> Answer:
    """That it is in the line, where, how long the desk is open, and what comes if nobody does."""
    closes = desk.hours.closes_at(handoff.acknowledged_at)
    line = say(
        "handoff.waiting",
        at=clock(handoff.acknowledged_at),
        desk=desk.name,
        until=_closing(closes) if closes else "",
        number=number,
    )
    usual = ""
    if usual_s is not None:
        usual = say("handoff.usual", minutes=max(1, round(usual_s / MINUTE)))
    limit = say("handoff.waiting_limit", minutes=int(WAITS.total_seconds()) // MINUTE)
    choice = Choice(label=say("handoff.buttons.cancel"), action=END)
    return told(line, usual, limit).model_copy(update={"choices": (choice,)})


def still_waiting(number: int) -> Block:
    """The line beside an Answer of the bot, once."""
    return Block(kind=BlockKind.TEXT, lines=(say("handoff.still", number=number),))


def taken(desk: Desk, handoff: Handoff) -> Answer:
    """That somebody is there now."""
    line = say("handoff.taken", who=name(desk, handoff), desk=desk.name)
    return told(line, say("handoff.never"))


def said(desk: Desk, handoff: Handoff, text: str) -> Answer:
    """What a person says, under their name."""
    title = say("handoff.said", who=name(desk, handoff), desk=desk.name)
    lines = tuple(line for line in text.split("\n") if line.strip())
    blocks = (Block(kind=BlockKind.TITLE, lines=(title,)), Block(kind=BlockKind.TEXT, lines=lines))
    return Answer(status=Status.ANSWERED_BY_PERSON, blocks=blocks)


def given_back(desk: Desk, handoff: Handoff) -> Answer:
    return told(say("handoff.given_back", who=name(desk, handoff)))


def idle(desk: Desk, handoff: Handoff) -> Answer:
    minutes = int(IDLE.total_seconds()) // MINUTE
    return told(say("handoff.idle", minutes=minutes, who=name(desk, handoff)))


def not_taken(desk: Desk, handoff: Handoff) -> str:
    """The line above the offices and numbers."""
    return say("handoff.not_taken", at=clock(handoff.acknowledged_at), desk=desk.name)


def name(desk: Desk | None, handoff: Handoff) -> str:
    """Who took it, as people are told: "Cán bộ Lan"."""
    kind = desk.kind if desk else Kind.OFFICE
    return f"{say(f'handoff.who.{kind}')} {handoff.clerk}".strip()


def media(kind: str) -> str:
    """What the desk reads where a person sent something without words."""
    kinds = node("handoff.media")
    return str(kinds.get(kind, kinds["other"]))


def told(*lines: str) -> Answer:
    """Lines about a handoff; empty ones are left out."""
    blocks = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines if line)
    return Answer(status=Status.ANSWERED_HANDOFF, blocks=blocks)


def silence() -> Answer:
    """Nothing: the person talks with somebody else."""
    return Answer(status=Status.ANSWERED_NOTHING, blocks=())


def clock(at: datetime) -> str:
    """A moment of today as people say it: "7:30"."""
    here = at.astimezone(VIETNAM)
    return f"{here.hour}:{here.minute:02}"


def _closing(at: datetime) -> str:
    """The end of a span; a day ends at 24:00."""
    return "24:00" if clock(at) == "0:00" else clock(at)


def _day_and_clock(at: datetime, now: datetime) -> str:
    days = (today(at) - today(now)).days
    if days == 0:
        return say("handoff.today", at=clock(at))
    weekday = node("handoff.weekdays")[at.astimezone(VIETNAM).weekday()]
    return say(
        "handoff.on_day", at=clock(at), weekday=weekday, date=f"{at.astimezone(VIETNAM):%d/%m}"
    )
