"""Whether a message is to be checked: by command, by request, or because it reads like a scam."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot.scam.judge import judge
from bot.scam.links import without_links
from bot.scam.model import Judgement, Level
from bot.scam.numbers import foreign_alone, has_number
from bot.scam.signs import SIGNS
from knowledge.wording import fold


class Way(Enum):
    """How a check came about."""

    EMPTY = auto()
    """It was asked for, and there is nothing to check yet."""
    GIVEN = auto()
    """Something was given to be checked, or lies there without a word."""
    TOLD = auto()
    """Somebody tells what happened and asks whether it is a scam, or names an address: what is
    known of that may answer as well."""


@dataclass(frozen=True)
class Check:
    """A check that a message asks for, and what it found."""

    way: Way
    judgement: Judgement


COMMAND = "/kiemtra"
NOTHING = Judgement(Level.LITTLE)

_COMMAND = re.compile(rf"\s*{COMMAND}\b(?:@\w+)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_THING = (
    r"(?:tin(?: nhan)?|link|duong (?:dan|link)|trang(?: web)?|web(?:site)?|dia chi|noi dung"
    r"|so(?: dien thoai)?|cuoc goi|sdt|email|thu)"
)
_CHECK = r"(?:kiem tra|check|soi|ktra)"
_PLEASE = r"(?: (?:giup|ho|dum|gium|cho|em|toi|minh|voi|a))*"
_REQUEST = re.compile(
    rf"\b(?:{_CHECK}|xem|tham dinh){_PLEASE}(?: (?:cai|doan|mot))? {_THING}"
    r" (?:nay|sau|kia|day|la|duoi)\b"
    rf"|\b{_CHECK}{_PLEASE} (?:{_THING}\b|<link>)(?=[^\w]*(?:<link>|$|:|\n))"
    rf"|^{_THING} nay\b.{{0,40}}(?:lua|that|gia|(?:tin|mo|bam) duoc|dang tin|an toan|co sao)"
    r"|\bkiem tra lua dao\b"
)
_DOUBT = re.compile(
    r"(?:co )?(?:phai|la) (?:la )?(?:tin )?(?:lua dao|lua|gia mao|gia danh|scam)\b"
    r"|\blua(?: dao)? (?:khong|ko|k|hong|hok|hay|ha|a|chu|vay)\b|that (?:hay|hoac) (?:gia|lua)"
    r"|tin duoc (?:khong|ko|k|hong|chua)|dang tin"
)
_WONDER = re.compile(
    r"(?:co )?(?:phai )?(?:that|dung) (?:khong|ko|k|hong)\b|phai (?:\w+ )?that (?:khong|ko|k)\b"
    r"|co an toan|co (?:nen|sao)\b"
)
"""Asks as much of other things: it counts beside a mark that hardly any honest message has."""
_ASKS = re.compile(
    r"\?|\b(?:gi|o dau|nao|lam sao|the nao|ra sao|bao nhieu|bao lau|duoc khong|khong duoc|sao|cach"
    r"|huong dan|muc nao|cho hoi|xin hoi|tai sao|vi sao)\b"
)
_FILLER = re.compile(
    r"(?:<link>|link|nay|ne|ney|day|xem|giup|em|toi|minh|voi|ad|a|oi|cai|trang|web|website|la|gi"
    r"|check|ho|dum|nhe|nha|di|duong|dan|so|goi|nhay|may|co|ai|vay|the|bam|mo|thu|cho|hoi|moi"
    r"|nguoi|ko|k|lai|nen|sdt|dien|thoai|\W|\d)*"
)
_NOTICE = re.compile(
    r"quy khach|ong ?/ ?ba|ong ?\(ba\)|o/b\b|xin thong bao|thong bao:|tran trong|chuc mung"
    r"|canh (?:bao|cao)|vui long|lien he zalo"
    r"|(?:tai khoan|thue bao|the|don hang|ho so) cua (?:ban|quy|anh|chi|ong|bac|co)"
    r"|\b(?:tuyen|tang ngay|dang nhap|truy cap|lenh|xin chao)\b"
)
_GRAVE = 3
"""Weight of a mark that hardly any honest message has."""
_MANY_WORDS = 8
"""Words from which a message with an address says what it wants of people."""


def asked(text: str, expected: bool) -> Check | None:
    """The check that a masked message asks for.

    `expected`: the last Answer asked for something to check.
    """
    if command := _COMMAND.fullmatch(text):
        return _given(command["rest"])
    plain = fold(without_links(text)).strip()
    has_link = "<link>" in plain
    if _REQUEST.search(plain):
        return _given(_REQUEST.sub(" ", plain) if not has_link and not has_number(text) else text)
    judgement = judge(text)
    alarming = judgement.level in (Level.LIKELY, Level.SUSPICIOUS)
    doubts = _DOUBT.search(plain) or (_WONDER.search(plain) and _grave(judgement, has_link))
    if doubts and (has_link or alarming):
        return Check(Way.GIVEN if has_link and alarming else Way.TOLD, judgement)
    if _lies_there(plain, has_link, judgement) or foreign_alone(text):
        named = judgement.level is Level.LITTLE and "://" not in text  # "dichvucong.gov.vn"
        return Check(Way.TOLD if named else Way.GIVEN, judgement)
    if has_link and judgement.level is Level.LIKELY:
        return Check(Way.TOLD, judgement)
    tells = has_link or has_number(text) or alarming or not _ASKS.search(plain)
    return Check(Way.GIVEN, judgement) if expected and tells else None


def alarm(text: str) -> Check | None:
    """The judgement of a message that nobody asked to have checked, if it finds signs of a scam."""
    judgement = judge(text)
    alarming = judgement.level in (Level.LIKELY, Level.SUSPICIOUS)
    return Check(Way.TOLD, judgement) if alarming else None


def _grave(judgement: Judgement, has_link: bool) -> bool:
    return has_link or any(SIGNS.weight_of(f.kind) >= _GRAVE for f in judgement.findings)


def _given(text: str) -> Check:
    """A check of what was given; of too little to judge, a question for it."""
    enough = re.search(r"\w{3}", text) and (
        len(text.split()) > 3 or re.search(r"\d{3}|\w\.\w", text)
    )
    return Check(Way.GIVEN, judge(text)) if enough else Check(Way.EMPTY, NOTHING)


def _lies_there(plain: str, has_link: bool, judgement: Judgement) -> bool:
    """Whether a message is an address alone, or reads like a scam's own words."""
    if has_link and _FILLER.fullmatch(plain):
        return True
    if judgement.level is not Level.LIKELY or _ASKS.search(plain):
        return False
    long = len(plain.split()) >= _MANY_WORDS
    return long and (has_link or _NOTICE.search(plain) is not None)
