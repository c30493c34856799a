"""Personal data is masked before anything else sees a question: not stored, logged or sent on.
Whose a conversation is cannot be read from what it is kept under."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from bot.model import Question
from retrieval.text import clean

MASKS = {
    "email": "[thư điện tử]",
    "account": "[số tài khoản]",
    "secret": "[mã bí mật]",
    "phone": "[số điện thoại]",
    "identity": "[số giấy tờ]",
    "plate": "[biển số]",
}

_IPV4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_EMAIL = re.compile(
    # Not the front of "https://vietcombank.com.vn@…": that names no person, but a trick.
    r"(?<![\w.+-])(?!(?<=://)[\w.-]{1,60}\.(?:vn|com|net|org)@)[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
)
_PLATE = re.compile(
    r"\b\d{2}[ -]?[A-ZĐ]{1,2}(?:\d?[ -]?\d{3}[. ]?\d{2}|\d?-\d{4})\b", re.IGNORECASE
)
_PASSPORT = re.compile(r"\b[A-Z]\d{7,8}\b", re.IGNORECASE)

_UNIT = r"\s*(?:đ|đồng|dong|vn[dđ]|triệu|trieu|tỷ|ty)\b"
_PUBLIC = "|".join(
    (
        rf"(?<=://){_IPV4}|(?<=@){_IPV4}",  # where a web page is
        r"1[89]00[ .]?(?:\d{4}|\d{2} \d{2})",  # hotlines
        r"\d{1,2}[.-]\d{1,2}[.-](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d",  # dates
        r"\d\.\d{6}(?:\.\d{3}\.\d\d\.\d\d)?",  # codes of procedures
        rf"[1-9]\d{{0,2}}(?:[. ]\d{{3}})+(?={_UNIT})|[1-9]\d{{0,2}}(?:\.\d{{3}})*\.[05]00",  # money
    )
)
_NUMBERS = re.compile(
    rf"(?<!\d)(?<!\d[.,/])(?:(?P<public>{_PUBLIC})"
    r"|(?P<foreign>(?<=\+)(?!84|0)\d{1,3}(?=(?:[ .()-]{0,2}\d){6}))(?:[ .()-]{0,2}\d){6,12}"
    r"|(?P<phone>(?:\+?84[ .()-]{0,2}0?|0)(?:[ .()-]{0,2}\d){9})"
    r"|(?P<identity>\d(?:[ .-]?\d){8,}))(?!\d)"
)
_NAMED_NUMBERS = {
    kind: re.compile(
        rf"(?P<word>\b(?:{words})\b[^\d\n]{{0,25}})"
        rf"(?:(?P<public>{_PUBLIC})|\d(?:[ .-]?\d){{{more},}})(?!\d)",
        re.IGNORECASE,
    )
    for kind, more, words in (
        ("account", 5, r"stk|t[aà]i\s*kho[aả]n|tk"),
        ("secret", 3, r"otp|passcode|m[aã] (?:pin|x[aá]c (?:th[uự]c|nh[aậ]n))"),
    )
}
"""Numbers that are too short to be known by their form, but not by the word before them."""

_MASKED = re.compile(
    r"(?:\b(?:số|so|mã|ma)\s+)?"
    r"(?:\b(?:cccd|cmnd|cmt|căn cước|can cuoc|sđt|sdt|đt|điện thoại|stk)\b[^.,;?\n[]{0,15})?"
    rf"(?:{'|'.join(map(re.escape, MASKS.values()))})",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """Clean the text of invisible characters and replace personal numbers by what they are.

    Masked: e-mail addresses, phone numbers, plates, passports, all other numbers of 9 digits or
    more (identity cards, social insurance, bank cards), and shorter ones that are called an account
    or a one-time code. Left alone: sums of money, dates, procedure and law numbers, hotlines, the
    addresses of web pages, and the country that a foreign phone number begins with.
    """
    text = _EMAIL.sub(MASKS["email"], clean(text))
    for kind, pattern in _NAMED_NUMBERS.items():
        text = pattern.sub(partial(_named, MASKS[kind]), text)
    text = _PASSPORT.sub(MASKS["identity"], _PLATE.sub(MASKS["plate"], text))
    return _NUMBERS.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    if found["foreign"]:  # where a call comes from may warn of it
        return f"{found['foreign']} {MASKS['phone']}"
    return found[0] if found["public"] else MASKS[str(found.lastgroup)]


def _named(masked: str, found: re.Match[str]) -> str:
    return found[0] if found["public"] else found["word"] + masked


def without_masks(text: str) -> str:
    """The text without masked numbers and what they were called, for search: somebody who only
    gives the number of a card does not ask about the card."""
    return clean(_MASKED.sub(" ", text))


def pseudonym(key: bytes, question: Question) -> str:
    """What a Question's conversation is kept under: nobody without the key can tell whose it is."""
    who = f"{question.channel}:{question.conversation}".encode()
    return hmac.new(key, who, hashlib.sha256).hexdigest()[:32]
