"""A message, link or number → what was found in it. Pure: nothing is opened, asked or kept."""

from __future__ import annotations

from bot.protect import mask
from bot.scam import hosts, numbers
from bot.scam.links import Link, find_links, without_links
from bot.scam.model import LIKELY, SUSPICIOUS, Finding, Judgement, Kind, Level
from bot.scam.signs import SIGNS
from bot.scam.words import Words

GUIDE = "lua-dao"
"""The Guide that fits any scam."""
_LONGEST = 4_000
"""Letters looked at; a scam says what it wants well before."""


def judge(text: str) -> Judgement:
    """What the rules and lists find in a text; its personal data is masked first."""
    text = mask(text[:_LONGEST])
    links = find_links(text)
    in_links = [finding for link in links for finding in hosts.look(link)]
    in_words = list(_words(text, links))
    findings = _weightiest([*in_links, *numbers.look(text), *in_words])
    kinds = frozenset(finding.kind for finding in findings)
    faulty = {finding.host for finding in in_links}
    official = tuple(dict.fromkeys(link.host for link in links if hosts.official(link.host)))
    unknown = {link.host for link in links} - faulty - set(official)
    return Judgement(
        level=_level(text, kinds, bool(in_links or unknown)),
        findings=findings,
        official=tuple(host for host in official if host not in faulty),
        unknown=tuple(sorted(unknown)),
        has_link=bool(links),
        has_number=numbers.has_number(without_links(text)),
        guides=tuple(dict.fromkeys((*SIGNS.guides(kinds), GUIDE)))[:3],
    )


def _level(text: str, kinds: frozenset[Kind], strange_link: bool) -> Level:
    weight = SIGNS.weight(kinds)
    if not strange_link and any(map(SIGNS.warns, Words(text).readings)):
        return Level.WARNING
    if weight >= LIKELY:
        return Level.LIKELY
    return Level.SUSPICIOUS if weight >= SUSPICIOUS else Level.LITTLE


def _words(text: str, links: tuple[Link, ...]) -> list[Finding]:
    """The marks in the words. To log in at an official address is no mark."""
    words = Words(text)
    kinds = {kind for reading in words.readings for kind in SIGNS.found(reading)}
    if links and all(hosts.official(link.host) for link in links):
        kinds -= {Kind.LOGIN, Kind.LINK_ASKED}
    if words.disguised:
        kinds.add(Kind.DISGUISED)
    return [Finding(kind) for kind in Kind if kind in kinds]


def _weightiest(findings: list[Finding]) -> tuple[Finding, ...]:
    once = dict.fromkeys(findings)
    return tuple(sorted(once, key=lambda finding: -SIGNS.weight_of(finding.kind)))
