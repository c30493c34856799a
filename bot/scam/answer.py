"""What is told about a check: what was found, what was not, and what to do. Never "safe"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, ShownSource, Status
from bot.protect import mask
from bot.scam.asking import Check, Way
from bot.scam.model import Finding, Judgement, Kind, Level
from bot.scam.signs import SIGNS
from knowledge.load import Library

MOST_REASONS = 6
"""Reasons told; more would not fit on a phone's screen."""
MOST_BESIDE = 3
"""Reasons told beside an Entry."""
AGAIN = "scam"
"""The action of the Choice that asks for another message."""

_LONGEST_HOST = 60
_REPORTING, _STATE_ENDING = "cn_24h_156", "cn_nd224"
"""The Sources of what is advised: where to report, and whose .gov.vn is."""
_MOST_SOURCES = 4
_SLIGHT = (Kind.AUTHORITY, Kind.COMPANY, Kind.DEADLINE, Kind.PRIVATE_CHAT)
"""Marks that are worth a word only beside others."""
_SEEN = {
    "secret": (Kind.SECRET, Kind.CARD),
    "money": (Kind.MONEY, Kind.PRIVATE_ACCOUNT),
    "install": (Kind.INSTALL, Kind.INSTALL_FILE),
    "threat": (Kind.THREAT, Kind.DEBT, Kind.BLACKMAIL),
}
"""What people want to know whether it was found, and the marks of it."""


def ask_for_message() -> Answer:
    """Ask for the message, the address or the number."""
    lines = (say("scam.ask"), say("scam.ask_note"))
    return Answer(
        status=Status.CLARIFICATION_SCAM_CHECK,
        blocks=tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines),
    )


def tell(check: Check, library: Library, edition: int) -> Answer:
    """The Answer to a check."""
    if check.way is Way.EMPTY:
        return ask_for_message()
    judgement = check.judgement
    blocks = [_title(judgement), *_reasons(judgement, MOST_REASONS), *_beside(judgement)]
    blocks.append(Block(kind=BlockKind.STEPS, lines=tuple(_advice(judgement))))
    blocks.append(Block(kind=BlockKind.WARNING, lines=(say("scam.limits"),)))
    return Answer(
        status=Status.ANSWERED_SCAM_CHECK,
        blocks=tuple(blocks),
        choices=_choices(judgement, library),
        sources=tuple(_sources(judgement, library)),
        edition=edition,
    )


def beside_entry(answer: Answer, check: Check, library: Library, edition: int) -> Answer:
    """An Entry's Answer with the judgement before it, if that alarms; without an Entry, the check
    alone."""
    judgement = check.judgement
    if answer.entry_id is None:
        return tell(check, library, edition)
    if not _alarming(judgement):
        return answer
    first = (_title(judgement), *_reasons(judgement, MOST_BESIDE))
    return answer.model_copy(update={"blocks": (*first, *answer.blocks)})


def _title(judgement: Judgement) -> Block:
    return Block(kind=BlockKind.TITLE, lines=(say(f"scam.level.{judgement.level}"),))


def _reasons(judgement: Judgement, most: int) -> Iterator[Block]:
    """What was found, the weightiest first."""
    if judgement.level is Level.WARNING:
        return
    said = [f for f in judgement.findings if f.kind not in _SLIGHT or _alarming(judgement)]
    told = [finding for finding in said if finding.kind is not Kind.LINK_ASKED]
    kept = sorted(told, key=lambda finding: finding.kind in _SLIGHT)[:most]
    if lines := tuple(dict.fromkeys(map(_reason, kept))):
        yield Block(kind=BlockKind.TEXT, lines=(say("scam.found_title"),))
        yield Block(kind=BlockKind.ITEMS, lines=lines)


def _reason(finding: Finding) -> str:
    reasons: dict[str, Any] = node("scam.found")
    return str(reasons[finding.kind]).format(host=defanged(finding.host))


def _beside(judgement: Judgement) -> Iterator[Block]:
    """What the lists say of the addresses and numbers that have no mark, and what was not seen."""
    hosts = {"scam.official": judgement.official, "scam.unknown": judgement.unknown}
    for key, found in hosts.items():
        if found:
            names = ", ".join(map(defanged, found[:3]))
            yield Block(kind=BlockKind.TEXT, lines=(say(key, hosts=names),))
    if judgement.has_number:
        yield Block(kind=BlockKind.TEXT, lines=(say("scam.number"),))
    kinds = {finding.kind for finding in judgement.findings}
    unseen = [say(f"scam.unseen.{name}") for name, of in _SEEN.items() if not kinds & set(of)]
    if unseen and judgement.level is not Level.WARNING:
        line = say("scam.not_found", things="; ".join(unseen))
        yield Block(kind=BlockKind.TEXT, lines=(line,))


def _advice(judgement: Judgement) -> Iterator[str]:
    """What to do, the most urgent first."""
    kinds = {finding.kind for finding in judgement.findings}
    if _alarming(judgement):
        yield say("scam.do.stop")
    else:
        yield say("scam.do.careful")
    state = {Kind.AUTHORITY, Kind.STATE_NAME, Kind.GOV_WORD, Kind.SUFFIX_INSIDE, Kind.SUBSIDY}
    if kinds & state or judgement.official:
        yield say("scam.do.state")
    if kinds & {Kind.COMPANY, Kind.BRAND_NAME, Kind.CARD, Kind.REFUND}:
        yield say("scam.do.company")
    if kinds & {Kind.RELATIVE}:
        yield say("scam.do.relative")
    if _alarming(judgement):
        yield say("scam.do.report")
        yield say("scam.do.lost")


def _choices(judgement: Judgement, library: Library) -> tuple[Choice, ...]:
    guides = [library.entries[i] for i in judgement.guides if i in library.entries]
    offered = [Choice(label=guide.title, action=f"entry:{guide.id}") for guide in guides]
    return (*offered, Choice(label=say("scam.again"), action=AGAIN))


def _sources(judgement: Judgement, library: Library) -> Iterator[ShownSource]:
    """Where what is told was read: of the marks found first."""
    of_marks = [source for f in judgement.findings for source in SIGNS.sources(f.kind)]
    if _alarming(judgement):
        of_marks.append(_REPORTING)
    if judgement.official:
        of_marks.append(_STATE_ENDING)
    for source_id in list(dict.fromkeys(of_marks))[:_MOST_SOURCES]:
        if source := library.sources.get(source_id):
            yield ShownSource(title=source.title, url=source.url, published=source.published)


def _alarming(judgement: Judgement) -> bool:
    return judgement.level in (Level.LIKELY, Level.SUSPICIOUS)


def defanged(host: str) -> str:
    """A host that no chat makes into a link, without personal numbers: "a.vn" → "a[.]vn"."""
    shown = mask(host)
    if len(shown) > _LONGEST_HOST:
        shown = f"{shown[: _LONGEST_HOST // 2]}…{shown[-_LONGEST_HOST // 2 :]}"
    return shown.replace(".", "[.]")
