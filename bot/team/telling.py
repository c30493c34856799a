"""How members write down what they helped with: "ghi: giúp 2 người làm khai sinh ở thôn Đồng, 20
phút"; and when to come back: "hẹn lại thứ Sáu thôn Đồng: VNeID"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.protect import MASKS
from knowledge.model import Record
from knowledge.wording import UPPER, fold

MOST_PEOPLE, MOST_MINUTES = 200, 600
LONGEST_SUBJECT, LONGEST_HAMLET = 160, 80
FIELDS = ("subject", "hamlet", "people", "minutes")
"""In the order in which they are asked for."""

_KINDS = "thôn|bản|ấp|xóm|làng|buôn|bon|khóm|khu|phum|sóc|tổ|tiểu khu|khối|đội"
_SURE = "thôn|ấp|xóm|buôn|phum|sóc|thon|xom|buon"
"""Kinds whose word begins nothing else; "bản" is also a copy, "tổ chức" an organisation."""
_NAME = (
    r"[\w/]+(?:\s+(?!(?i:trong|mất|mat|hết|het|làm|lam|giúp|giup|về|ve|cho)\b)[^\W\d][\w/]*){0,3}"
)
_ANY = rf"(?i:{_KINDS}|xã|phường|{fold(_KINDS)})"
_HAMLET = re.compile(
    rf"\b(?i:ở|o|tại|tai)\s+(?P<at>{_ANY}\s+{_NAME})"
    rf"|\b(?P<bare>(?i:{_SURE})\s+{_NAME}|{_ANY}\s+(?=[\d{UPPER}]){_NAME})"
)
_MINUTES = re.compile(
    r"\b(?:(?:trong|mất|mat|hết|het)\s+)?(\d{1,3}|một|mot|nửa|nua)\s*"
    r"(phút|phut|ph|p|'|giờ rưỡi|gio ruoi|tiếng rưỡi|tieng ruoi|giờ|gio|tiếng|tieng|h)(?!\w)",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\b(\d{1,3}|một|mot|hai|ba|bốn|bon|năm|nam)\s+"
    r"(?:người|nguoi|bà con|ba con|cụ|cu|hộ|ho|lượt|luot|bác|bac|ông bà|ong ba|em|cháu)\b",
    re.IGNORECASE,
)
_WORDS = {"một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "năm": 5, "nam": 5}
_AROUND = re.compile(
    r"^(?:\s|[:,.;–-]|\b(?:đã|da|giúp|giup|hướng dẫn|huong dan|làm|lam|về|ve|cho|bà con|ba con)\b)+"
    r"|(?:\s|[:,.;–-]|\b(?:ở|o|tại|tai|trong)\b)+$",
    re.IGNORECASE,
)

_FAMILY = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Nông|Lò|Giàng|Vàng|Sùng"
)
_NAMED = re.compile(
    rf"\b(?:[Ôô]ng|[Bb]à|[Aa]nh|[Cc]hị|[Cc]ô|[Cc]hú|[Bb]ác|[Cc]ụ|[Ee]m|[Cc]háu)\s+[{UPPER}]\w*"
    rf"|\b(?:{_FAMILY})\s+[{UPPER}]\w*"
)
"""A title or a family name before a word in capitals. Names in small letters look like any word."""

_WEEKDAYS = {
    "hai": 0, "2": 0, "ba": 1, "3": 1, "tu": 2, "4": 2, "nam": 3, "5": 3, "sau": 4, "6": 4,
    "bay": 5, "7": 5,
}  # fmt: skip
_WHEN = re.compile(
    r"\b(?:(?P<soon>hom nay|ngay mai|mai|ngay kia|tuan sau)"
    r"|thu (?P<weekday>hai|ba|tu|nam|sau|bay|[2-7])(?: tuan (?P<next>sau|toi))?"
    r"|(?P<sunday>chu nhat)"
    r"|(?:ngay )?(?P<day>\d{1,2})[/-](?P<month>\d{1,2})(?:[/-](?P<year>20\d\d))?)\b"
)
_SOON = {"hom nay": 0, "mai": 1, "ngay mai": 1, "ngay kia": 2, "tuan sau": 7}


class Visit(Record):
    """What was helped with, as far as it is told."""

    subject: str = ""
    hamlet: str = ""
    people: int = 0
    minutes: int = 0

    @property
    def missing(self) -> str:
        """The first field that is not told yet; empty if all are."""
        return next((field for field in FIELDS if not getattr(self, field)), "")


class Return(Record):
    """A hamlet to come back to."""

    due: date
    hamlet: str
    subject: str


def names_somebody(text: str) -> bool:
    """Whether a text says who was helped: a masked number, or a name as far as one can be told."""
    if any(mask in text for mask in MASKS.values()):
        return True
    return bool(_NAMED.search(_HAMLET.sub(" ", text)))


def read_visit(text: str) -> Visit:
    """What a whole sentence tells of a visit."""
    people = _PEOPLE.search(text)
    rest = _PEOPLE.sub(" ", text, count=1)
    minutes = _MINUTES.search(rest)
    rest = _MINUTES.sub(" ", rest, count=1)
    hamlet = _HAMLET.search(rest)
    rest = _HAMLET.sub(" ", rest, count=1)
    return Visit(
        subject=_plain(rest)[:LONGEST_SUBJECT],
        hamlet=_hamlet(hamlet) if hamlet else "",
        people=_within(_number(people[1]), MOST_PEOPLE) if people else 0,
        minutes=_within(_minutes(minutes), MOST_MINUTES) if minutes else 0,
    )


def with_reply(visit: Visit, text: str) -> Visit:
    """The visit with what was asked for next; unchanged if the reply does not tell it."""
    field = visit.missing
    number = re.search(r"\d{1,3}", text)
    match field:
        case "people":
            people = _PEOPLE.search(text)
            told = _number(people[1]) if people else int(number[0]) if number else 0
            value: object = _within(told, MOST_PEOPLE)
        case "minutes":
            minutes = _MINUTES.search(text)
            told = _minutes(minutes) if minutes else int(number[0]) if number else 0
            value = _within(told, MOST_MINUTES)
        case "hamlet":
            value = text.strip(" .")[:LONGEST_HAMLET]
        case _:
            value = _plain(text)[:LONGEST_SUBJECT]
    return visit.model_copy(update={field: value})


def read_return(text: str, today: date) -> Return | None:
    """When to come back, where and for what; None if one of them is not told."""
    when = _WHEN.search(fold(text))
    due = _due(when, today) if when else None
    if when is None or due is None:
        return None
    rest = text[: when.start()] + " " + text[when.end() :]
    hamlet = _HAMLET.search(rest)
    subject = _plain(_HAMLET.sub(" ", rest, count=1))
    if hamlet is None or not subject:
        return None
    return Return(
        due=due,
        hamlet=_hamlet(hamlet),
        subject=subject[:LONGEST_SUBJECT],
    )


def day_in(text: str, today: date) -> date | None:
    """The day that a text names: "ngày mai", "thứ Sáu", "25/11"; None if it names none to come."""
    when = _WHEN.search(fold(text))
    return _due(when, today) if when else None


def _hamlet(found: re.Match[str]) -> str:
    return (found["at"] or found["bare"]).strip()[:LONGEST_HAMLET]


def _due(when: re.Match[str], today: date) -> date | None:
    """The day that is meant: the next of its name, from tomorrow on."""
    if when["soon"]:
        return today + timedelta(days=_SOON[when["soon"]])
    if when["weekday"] or when["sunday"]:
        weekday = 6 if when["sunday"] else _WEEKDAYS[when["weekday"]]
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        if when["next"]:
            ahead = weekday - today.weekday() + 7
        return today + timedelta(days=ahead)
    try:
        day = date(int(when["year"] or today.year), int(when["month"]), int(when["day"]))
    except ValueError:
        return None
    if day < today and not when["year"]:
        return day.replace(year=day.year + 1)
    return day if day >= today else None


def _plain(text: str) -> str:
    """The subject without the words and marks around it."""
    text = re.sub(r"\s+", " ", text)
    while (shorter := _AROUND.sub("", text)) != text:
        text = shorter
    return re.sub(r"\s+([,.;:])", r"\1", text).strip(" ,.;:")


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS[word.lower()]


def _minutes(found: re.Match[str]) -> int:
    number = 0.5 if fold(found[1]) == "nua" else float(_number(found[1]))
    unit = fold(found[2])
    if unit.endswith("ruoi"):
        return round((number + 0.5) * 60)
    return round(number * 60) if unit in ("gio", "tieng", "h") else round(number)


def _within(number: int, most: int) -> int:
    """The number, or 0 where it can't be meant."""
    return number if 0 < number <= most else 0
