"""How people ask for a person, agree, refuse, and go back to the bot."""

from __future__ import annotations

import re

from knowledge.wording import fold

ASKED = "handoff"
"""The action of whoever wants a person."""

_BEFORE = (
    r"(?:(?:da|vang|a|ad|em|toi|tui|minh|chau|con|cho|xin|muon|can|duoc|hay|vui long|lam on|giup"
    r"|nho|bot|oi) )*"
)
_WHO = (
    r"(?:mot |1 )?(?:nguoi that(?: su)?|nguoi thuc|nguoi truc|nguoi tu van|nguoi ho tro"
    r"|nguoi(?! \w)|can bo(?: truc| mot cua| tu van| ho tro)?|nhan vien(?: ho tro| tu van| truc)?"
    r"|tu van vien|tong dai vien|dien thoai vien)"
)
_VERB = (
    r"(?:gap(?: truc tiep)?(?: voi)?|noi chuyen(?: truc tiep)?(?: duoc)? voi|noi voi|chat voi"
    r"|tro chuyen voi|ket noi(?: toi| em| minh)?(?: voi| den| toi)?"
    r"|chuyen(?: may| toi| em| minh)?(?: cho| den| sang| qua))"
)
_AFTER = (
    r"(?:[ ,.]+(?:duoc khong|duoc ko|dc khong|dc ko|voi|a|ah|nhe|di|ngay|gap|luc nay|bay gio"
    r"|truc tiep|giup|em|toi|minh|ad|khong phai (?:may|bot|robot)|khong|ko|duoc|nao|ban|bot|oi))*"
)
_WANTS = re.compile(
    rf"{_BEFORE}(?:/gapnguoi(?:@\w+)?|{_VERB} {_WHO}|tu van vien|tong dai vien|nguoi that(?: dau)?"
    rf"|gap nguoi(?! nha\b)(?=[ ,.]+(?:o|tai) ))(?!\w){_AFTER}"
)
_WHERE = re.compile(r"[ ,.]*(?:(?:o|tai|cua) )?")
_ENDS = re.compile(
    r"(?:thoi|khong|dung|ngung|huy)(?: (?:khong|can|muon|yeu cau))*(?: (?:gap|noi chuyen voi|cho))"
    r"(?: (?:nguoi|can bo|nhan vien|tu van vien)(?: that)?)?(?: nua)?|huy yeu cau"
    r"|ket thuc(?: (?:tro chuyen|cuoc tro chuyen|noi chuyen|chat))?"
    r"|(?:gap|quay lai|noi chuyen voi|tra loi) (?:lai )?(?:tro ly|bot|may)"
)
_GIVES_UP = re.compile(r"thoi(?: khong)?|huy|khong cho nua|khoi|khoi cho")
_YES = re.compile(
    r"(?:da |vang |u |uh |toi |em |minh )*(?:dong y|co|ok|oke|okie|okay|duoc|dc|vang|da|u|uh)"
    r"(?: (?:a|nhe|di|ban|em|chu|dong y))*"
)
_NO = re.compile(
    r"(?:da )?(?:khong|ko|k|thoi|hong)(?: (?:dong y|can|muon|cam on|dau|nhe|a|nua|ban))*"
)


def wants_person(text: str) -> str | None:
    """What follows a wish for a person, which may name a place; "" if nothing does, None if the
    message is no such wish."""
    text = text.strip()
    found = _WANTS.match(fold(text))
    if found is None:
        return None
    rest = text[found.end() :]
    if not rest.strip(" .,!?"):
        return ""
    where = _WHERE.match(fold(rest))
    return rest[where.end() if where else 0 :].strip(" .,!?") if rest[0] in " ,." else None


def ends(text: str) -> bool:
    """Whether somebody wants the bot back."""
    return bool(_ENDS.fullmatch(_plain(text)))


def gives_up(text: str) -> bool:
    """Whether somebody who waits no longer does; to a person the same words may say other
    things."""
    return ends(text) or bool(_GIVES_UP.fullmatch(_plain(text)))


def agrees(text: str) -> bool:
    """Whether it says yes to a question of ours."""
    return bool(_YES.fullmatch(_plain(text)))


def refuses(text: str) -> bool:
    """Whether it says no to a question of ours."""
    return bool(_NO.fullmatch(_plain(text)))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", fold(text)).strip(" .,!?")
