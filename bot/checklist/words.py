"""What a message asks of a checklist: to begin one, to mark papers by number, to see it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge.wording import fold


class Verb(StrEnum):
    """What is said of papers that are named by their numbers."""

    HAVE = "have"
    CLEAR = "clear"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class Said:
    """Numbers, and what is said of them; no verb if they were typed alone."""

    numbers: tuple[int, ...]
    verb: Verb | None = None


MOST_NUMBERS = 40
"""Nobody types more; a message with more of them is something else."""

_I = r"(?:(?:em|toi|minh|tui|con|chau|da|vang|u|ok|cho|giup|xin|hay|muon|thi|gio|nay) )*"
_PLEASE = r"(?: (?:roi|nhe|nha|a|ad|em|di|giup|voi|nua|luon|thoi|bot|oi|het|ca|toi|minh))*"
_THING = r"(?:(?:cac |nhung )?(?:giay(?: to)?|so|muc|thu|cau|to)(?: so| thu)? ?)*"
_NUMBER = r"\d{1,2}(?: ?(?:-|den|toi) ?\d{1,2})?"
_NUMBERS = rf"{_THING}(?P<numbers>{_NUMBER}(?:[ ,;.&+]+(?:va |voi |cung )?{_THING}{_NUMBER})*)"
_HAVE = (
    r"(?:da |moi )?(?:co|xong|du|tick|chon|danh dau|chuan bi|lay|lam|xin|nop|photo|in|mua)"
    r"(?: (?:xong|du|duoc|roi|san|day du))*"
)
_CLEAR = (
    r"(?:bo(?: (?:dau|danh dau|tick|chon))?|huy(?: dau)?|xoa dau|go(?: dau)?|(?:van |con )?"
    r"(?:chua(?: (?:co|xong|du|lam|chuan bi))?|thieu)|khong co|mat|lam mat|nham)"
)
_NOT_NEEDED = (
    r"(?:khong (?:can|phai|thuoc|dung)(?: (?:nop|den|giay|co))*|khoi(?: can| nop)?|bo qua)"
)
_VERBS = {Verb.NOT_NEEDED: _NOT_NEEDED, Verb.CLEAR: _CLEAR, Verb.HAVE: _HAVE}
_SAID = {
    verb: re.compile(
        rf"{_I}(?:{words} ?{_PLEASE}[ :]*{_NUMBERS}{_PLEASE}"
        rf"|{_NUMBERS.replace('numbers', 'before')}(?: thi| la|:|,)? {_I}{words}{_PLEASE})"
    )
    for verb, words in _VERBS.items()
}
_ALONE = re.compile(rf"{_NUMBERS}{_PLEASE}")
_PIECES = re.compile(r"[,.;]|\b(?:con|roi)\b(?= (?:so |giay |muc )?\d+ [a-z])")

_ALL = re.compile(
    rf"{_I}(?:(?:da )?(?:co|xong|du|chuan bi) (?:het|du|day du|tat ca|toan bo|ca)"
    rf"(?: (?:het|cac|giay to|giay|xong|roi))*"
    rf"|du (?:giay|giay to|ho so)(?: to)?(?: het)? roi){_PLEASE}"
)
_SHOW = re.compile(
    rf"{_I}(?:(?:xem|mo|hien|doc|in)? ?(?:lai )?(?:ca |toan bo )?danh sach"
    rf"(?: giay(?: to)?)?(?: nay)?|xem lai){_PLEASE}"
)
_MISSING = re.compile(
    rf"{_I}(?:(?:con )?thieu (?:nhung |cac )?(?:giay )?(?:gi|nao)(?: nua)?"
    rf"|con (?:nhung )?(?:giay )?gi(?: nua)?|con thieu(?: may giay)?){_PLEASE}\??"
)
_DROP = re.compile(
    rf"{_I}(?:bo|xoa|huy|dung|thoi|ket thuc) (?:(?:chuan bi|lam|theo doi) )?"
    rf"(?:(?:danh sach|ho so|checklist)(?: giay to)?(?: nay| do)?){_PLEASE}"
)
_MINE = re.compile(
    r"/hoso(?:@\w+)?|(?:cho (?:toi|em|minh|chau) )?(?:xem |mo )?(?:lai )?(?:cac |nhung )?"
    r"(?:ho so|danh sach giay to|danh sach|checklist|giay to)"
    r" (?:(?:ma )?(?:toi|em|minh|chau|con) )?(?:dang )?(?:cua (?:toi|em|minh|chau|con)"
    r"|chuan bi|lam do|dang lam)(?: (?:dang chuan bi|dang lam))?" + _PLEASE
)
_BEGIN = re.compile(
    r"(?:/hoso(?:@\w+)?|check ?list(?: (?:giay to|ho so))?|danh dau giay to"
    r"|(?:(?:toi|em|minh|chau|con|cho|giup|muon|can|dang|bat dau|nho|giup) )*"
    r"chuan bi (?:bo )?(?:ho so|giay to)|lap danh sach giay to)"
    r"(?: (?:de|cho|lam|ve|thu tuc|viec|cua))*"
)
_ASKS = re.compile(
    r"\?|\b(?:gi|nao|bao nhieu|the nao|nhu the|ra sao|lam sao|o dau|khi nao|bao lau"
    r"|nhu nao|can co)\b|\b(?:khong|chua|ko|k)[ .]*$"
)


def begun(text: str) -> str | None:
    """The rest of a message that asks to prepare an Entry's papers, which names it: "chuẩn bị hồ sơ
    khai sinh" → "khai sinh". None for all else, questions on papers among it."""
    text = text.strip()
    found = _BEGIN.match(fold(text))
    rest = text[found.end() :] if found else ""
    if found is None or re.match(r"\w", rest) or _ASKS.search(fold(rest)):
        return None
    return rest.strip(" :.,–-“”\"'!")


def asks_all_mine(text: str) -> bool:
    """Whether a message asks for what is being prepared: "hồ sơ của tôi"."""
    return bool(_MINE.fullmatch(_plain(text)))


def asks_again(text: str) -> bool:
    """Whether a message asks for the list spoken of."""
    return bool(_SHOW.fullmatch(_plain(text)))


def asks_missing(text: str) -> bool:
    """Whether a message asks what the list spoken of still misses."""
    return bool(_MISSING.fullmatch(_plain(text)))


def ends(text: str) -> bool:
    """Whether a message gives the list spoken of up."""
    return bool(_DROP.fullmatch(_plain(text)))


def has_all(text: str) -> bool:
    """Whether somebody says that all the papers are there."""
    return bool(_ALL.fullmatch(_plain(text)))


def said(text: str) -> tuple[Said, ...]:
    """What a message says of papers by number: "1 3", "xong 2", "1 có rồi, 3 không cần"; empty if
    it says anything beside."""
    plain = _plain(text)
    if whole := _one(plain):
        return (whole,)
    found: list[Said] = []
    for piece in filter(None, (piece.strip(" ,.;") for piece in _PIECES.split(plain))):
        one = _one(piece)
        if one is None:
            return ()
        found.append(one)
    return _with_verbs(found)


def _with_verbs(found: list[Said]) -> tuple[Said, ...]:
    """Numbers alone are meant as those before them, or at the beginning as those after: "bỏ 2, 3",
    "1, 2 không cần, 3 có"."""
    verb = next((one.verb for one in found if one.verb), None)
    told = []
    for one in found:
        verb = one.verb or verb
        told.append(Said(one.numbers, verb))
    return tuple(told)


def _one(plain: str) -> Said | None:
    if alone := _ALONE.fullmatch(plain):
        return _said(alone["numbers"], None)
    for verb, pattern in _SAID.items():
        if found := pattern.fullmatch(plain):
            return _said(found["numbers"] or found["before"], verb)
    return None


def _said(written: str, verb: Verb | None) -> Said | None:
    numbers: dict[int, None] = {}
    for first, last in re.findall(r"(\d{1,2})(?: ?(?:-|den|toi) ?(\d{1,2}))?", written):
        end = int(last) if last else int(first)
        numbers |= dict.fromkeys(range(int(first), max(int(first), end) + 1))
    return Said(tuple(numbers), verb) if len(numbers) <= MOST_NUMBERS else None


def _plain(text: str) -> str:
    return " ".join(fold(text).replace("✔", " ").split()).strip(' .)!“”"')
