"""What a message asks of the course, as the action of the button that would ask the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.model import Choice
from bot.typed import picked
from knowledge.wording import fold

ACTION = "course"
LETTERS = "ABCDE"

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CODE = re.compile(rf"[{CODE_LETTERS}]{{4}}[ -]?[{CODE_LETTERS}]{{4}}")
"""A code that links conversations: without vowels it is no word of any language."""

_I = r"(?:(?:cho|xin|toi|em|minh|tui|chau|con|muon|can|duoc|ok|vang|da|u|roi|xong|thi|gio) )*"
_PLEASE = r"(?: (?:di|nhe|nha|a|ad|voi|giup|em|toi|minh|nao|luon|thoi|bot|oi))*"
_AI = r"(?: (?:ve|dung|su dung|cach dung|hoi))?(?: ai| tri tue nhan tao)"
_HOUR = (
    r"(?:luc |vao |khoang )*(?P<hour>\d{1,2})(?: (?:gio|h)|(?=h)h| (?=\d))?"
    r" ?(?P<minute>\d{2}|ruoi)?(?: phut)?(?: (?P<part>sang|trua|chieu|toi|dem))?"
)

_PHRASES = (
    ("course", rf"/hoc|{_I}(?:vao |mo )?(?:hoc|khoa hoc|bai hoc|hoc bai|cac bai hoc)(?:{_AI})?"),
    ("course", r"(?:danh sach|menu|cac) (?:bai hoc|khoa hoc)|chon bai(?: hoc)?(?: khac)?"),
    (
        "course:on",
        rf"{_I}(?:hoc tiep(?: bai(?: nay| do| dang hoc)?)?|tiep(?: tuc(?: hoc)?)?|tiep theo|next)",
    ),
    (
        "course:next",
        rf"{_I}(?:hoc |mo |sang |qua |xem |den )*bai(?: hoc)?"
        r" (?:tiep(?: theo)?|ke(?: tiep)?|sau|moi|khac)",
    ),
    ("course:back", rf"{_I}(?:hoc |mo |xem |on |quay |tro |lai |ve )*bai(?: hoc)? truoc"),
    (
        "course:review",
        rf"{_I}on(?: lai| tap| bai)?(?: \d+)?(?: bai| cau)?(?: hoi)?(?: (?:sai|cu|da sai))?",
    ),
    ("course:progress", rf"{_I}(?:xem )?tien do(?: hoc(?: tap)?)?(?: cua toi)?"),
    ("course:progress", rf"{_I}(?:xem )?(?:diem|ket qua) hoc(?: tap)?(?: cua toi)?"),
    ("course:progress", r"toi (?:da )?hoc (?:den dau|duoc may bai)(?: roi)?"),
    ("course:link", rf"{_I}(?:lay |xin )?ma lien ket|{_I}hoc (?:tiep )?(?:tren|o) may khac"),
    (
        "course:awards",
        rf"{_I}(?:nhan |lay |xem )?(?:giay )?chung nhan"
        r" (?:hoc(?: tap| ai| xong)?|khoa hoc|cua toi)",
    ),
    ("course:quiet", rf"{_I}(?:thoi|dung|tat|ngung|khong|dung co|bo)(?: viec)? nhac(?: nho)?"
                     r"(?: (?:toi|hoc|bai|nua|minh|em))*"),
    ("course:remind", rf"{_I}nhac (?:toi |em |minh |chau )*(?:hoc )?(?:bai )?(?:moi|hang) ngay"),
    ("course:remind", rf"{_I}nhac (?:toi |em |minh |chau )*hoc(?: bai)?"),
)  # fmt: skip
_COMPILED = tuple((action, re.compile(phrase + _PLEASE)) for action, phrase in _PHRASES)

_LESSON = re.compile(
    rf"{_I}(?:hoc |mo |xem |on |lam |vao |lai |sang |qua |den )*"
    r"bai (?:hoc )?(?:so |thu )?(\d{1,2})" + _PLEASE
)
_REMIND_AT = re.compile(
    rf"{_I}nhac (?:toi |em |minh |chau )*(?:hoc )?(?:bai )?(?:(?:moi|hang) ngay )?{_HOUR}"
    r"(?: (?:moi|hang) ngay)?" + _PLEASE
)
_LINK_WITH = re.compile(rf"(?:(?:MÃ|MA|LIÊN KẾT|LIEN KET|NHẬP|NHAP)[ :]+)*({CODE.pattern})")
_STOP = re.compile(
    r"(?:tạm )?dừng(?: lại| học| bài)*(?: đi| nhé| ạ)?"
    r"|(?:thôi|nghỉ)(?: học| không học nữa| nhé| đã)*"
    r"|(?:tam )?dung(?: lai| hoc| bai)+|tam dung|stop|thoi(?: khong)?(?: hoc)?(?: nua)?|nghi hoc"
)
_LETTER = re.compile(
    r"(?:(?:đáp án|dap an|phương án|câu|cau|chọn|chon|ý|là|la) )*([a-e])[ .)!]*(?:nhé|nha|ạ)?"
)


def asked_in_words(text: str) -> str | None:
    """The action of a message that asks something of the course, if it does."""
    typed = _words(text)
    if lesson := _LESSON.fullmatch(typed):
        return f"course:lesson:{int(lesson[1])}"
    at = _REMIND_AT.fullmatch(typed)
    if at and re.search(r"\b(?:hoc|ngay)\b", typed):
        return f"course:remind:{_time(at)}"
    if code := code_in(text):
        return f"course:link:{code.lower()}"
    for action, phrase in _COMPILED:
        if phrase.fullmatch(typed):
            return action
    return None


def is_stop(text: str, in_quiz: bool) -> bool:
    """Whether somebody in the course wants to leave it. With its marks: "đúng" is no "dừng"; bare
    "dung" is one where it can't be an answer."""
    typed = unicodedata.normalize("NFC", text.lower()).strip(" .!,")
    return bool(_STOP.fullmatch(" ".join(typed.split()))) or (in_quiz and typed == "dung")


def option_in(text: str, options: Sequence[str]) -> int | None:
    """The number, from 1, of the option that somebody types by number, letter or words."""
    choices = [Choice(label=option, action=str(n)) for n, option in enumerate(options, 1)]
    if choice := picked(text, choices):
        return int(choice.action)
    letter = _LETTER.fullmatch(unicodedata.normalize("NFC", text.lower()).strip(" .!"))
    number = LETTERS.lower().index(letter[1]) + 1 if letter else 0
    return number if 1 <= number <= len(options) else None


def code_in(text: str) -> str | None:
    """The eight letters of a code that links conversations, if a message is one."""
    typed = unicodedata.normalize("NFC", text).strip(" .").upper()
    found = _LINK_WITH.fullmatch(typed)
    return re.sub(r"[ -]", "", found[1]) if found else None


def _time(found: re.Match[str]) -> str:
    """ "7 giờ tối" → "1900"; an hour that there is none of stays as it is, to be told so."""
    hour, part = int(found["hour"]), found["part"]
    minute = 30 if found["minute"] == "ruoi" else int(found["minute"] or 0)
    if part in ("chieu", "toi", "dem") and hour < 12:
        hour += 12
    return f"{hour:02}{minute:02}"


def _words(text: str) -> str:
    """Folded, the words alone; a command keeps its stroke."""
    folded = fold(text).strip()
    stroke = "/" if folded.startswith("/") else ""
    return stroke + " ".join(re.findall(r"\w+", folded))
