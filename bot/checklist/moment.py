"""When somebody wants to be reminded: "nhắc tôi sau 3 ngày", "thứ hai lúc 8 giờ nhắc tôi"."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from bot.team.telling import day_in
from knowledge.clock import VIETNAM
from knowledge.wording import fold

MORNING = time(8, 0)
"""Of a day whose hour is not said."""
FURTHEST = timedelta(days=60)
LONGEST = 16
"""Words of a message about a reminder alone: longer ones tell of something."""

_ASKS = re.compile(
    r"(?:(?:toi|em|minh|chau|con|hay|nho|giup|cho|xin|muon|can|bot|oi|roi|thi|dat|lich) )*"
    r"nhac (?:lai |nho |giup |cho |bao )*(?:toi|em|minh|tui|chau|con|lai|nhe|voi)?\b"
)
_DAILY = re.compile(r"\b(?:moi|hang) ngay\b|\bhoc\b|\bthoi nhac\b|\bdung nhac\b")
_NUMBER_WORDS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
    "muoi": 10, "vai": 3, "may": 3,
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(_NUMBER_WORDS)})"
_AFTER = re.compile(
    rf"(?:\b(?:sau|trong) )?(?<!thu )\b{_COUNT} (?P<unit>ngay|hom|tuan|thang|gio|tieng|phut)"
    r"(?: dong ho)?(?: (?:nua|sau|toi))?\b"
)
_CLOCK = re.compile(
    r"(?:\b(?:luc|vao|khoang) )*\b(?P<hour>\d{1,2}) ?(?:gio|h|:)"
    r"(?: ?(?P<minute>\d{2}|ruoi))?(?: phut)?(?: (?P<part>sang|trua|chieu|toi|dem))?\b"
)
_PART = re.compile(r"\b(?:buoi )?(?P<part>sang|trua|chieu|toi)(?= (?:mai|thu|chu|ngay|nay|mot)\b)")
_PARTS = {"sang": time(8), "trua": time(11, 30), "chieu": time(14), "toi": time(19)}
_ABOUT = re.compile(
    r"\b(?:ve|viec|chuan bi|lam|ho so|giay to|danh sach|nay|nua|nhe|nha|a|ad|di|giup|voi|vao|luc"
    r"|cho|toi|em|minh|chau|con|lay|bo sung|nop|not|tiep|lai|nhac|nhung|cac|thieu"
    r"|ngay|hom nay|mai|kia|tuan|sau|thu|chu nhat|gio|phut|buoi|sang|trua|chieu)\b|[\d:/,-]"
)


def asks_reminder(text: str, now: datetime) -> bool:
    """Whether a message asks to be reminded, of other things than to learn every day."""
    folded = _plain(text)
    if "nhạc" in text.lower():  # music, which is folded to the same letters
        return False
    if not _ASKS.search(folded) or _DAILY.search(folded) or len(folded.split()) > LONGEST:
        return False
    return moment_in(text, now) is not None or not _ABOUT.sub("", _ASKS.sub(" ", folded)).strip()


def moment_in(text: str, now: datetime) -> datetime | None:
    """The moment a message asks to be reminded at, in Vietnam's time; None if it says none, or one
    that is past or not understood. An hour without a day is the next of its name."""
    folded = _ASKS.sub(" ", _plain(text))
    here = now.astimezone(VIETNAM)
    clock = _CLOCK.search(folded)
    after = _AFTER.search(_without(folded, clock)) or (None if clock else _AFTER.search(folded))
    if after and after["unit"] in ("gio", "tieng", "phut"):
        return here + _span(after)
    part = _PART.search(folded)
    at = _time(clock) if clock else _PARTS[part["part"]] if part else MORNING
    if at is None:
        return None
    rest = _without(folded, clock)
    day = here.date() + _span(after) if after else day_in(rest, here.date())
    if day is None and clock and not _ABOUT.sub("", rest).strip(" ,."):
        day = here.date() if at > here.time() else here.date() + timedelta(days=1)
    moment = datetime.combine(day, at, VIETNAM) if day else None
    return moment if moment and moment > here else None


def after_days(days: int, now: datetime) -> datetime:
    """The morning so many days on."""
    day = now.astimezone(VIETNAM).date() + timedelta(days=days)
    return datetime.combine(day, MORNING, VIETNAM)


def _span(found: re.Match[str]) -> timedelta:
    written = found["count"]
    count = int(written) if written.isdigit() else _NUMBER_WORDS[written]
    match found["unit"]:
        case "gio" | "tieng":
            return timedelta(hours=count)
        case "phut":
            return timedelta(minutes=count)
        case "tuan":
            return timedelta(days=7 * count)
        case "thang":
            return timedelta(days=30 * count)
    return timedelta(days=count)


def _time(found: re.Match[str]) -> time | None:
    hour, part = int(found["hour"]), found["part"]
    minute = 30 if found["minute"] == "ruoi" else int(found["minute"] or 0)
    if part in ("chieu", "toi", "dem") and hour < 12:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _without(text: str, found: re.Match[str] | None) -> str:
    return text[: found.start()] + " " + text[found.end() :] if found else text


def _plain(text: str) -> str:
    return " ".join(fold(text).split()).strip(" .!?")
