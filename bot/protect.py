"""Personal data is masked before anything else sees a question: not stored, logged or sent on."""

from __future__ import annotations

import re

from retrieval.text import clean

_PUBLIC_NUMBERS = ("18001096", "19000368", "19009068", "19006769")
"""Hotlines of public bodies, which people quote and which must stay readable."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ACCOUNT = re.compile(
    r"(?P<word>\b(?:stk|s[oố]\s*t[aà]i\s*kho[aả]n|t[aà]i\s*kho[aả]n|tk)\b[^\d\n]{0,25})"
    r"(?P<number>\d(?:[ .-]?\d){5,18})",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d.])(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)")
_LONG_NUMBER = re.compile(r"(?<![\d.,/])\d(?:[ .-]?\d){8,15}(?![\d/])")
_PLATE = re.compile(r"\b\d{2}[ -]?[A-ZĐ]{1,2}\d?[ -]?\d{3}[. ]?\d{2}\b")

MASKS = {
    "email": "[thư điện tử]",
    "account": "[số tài khoản]",
    "phone": "[số điện thoại]",
    "identity": "[số giấy tờ]",
    "plate": "[biển số]",
}


def mask(text: str) -> str:
    """Clean the text of invisible characters and replace personal numbers by what they are.

    Masked: e-mail addresses, bank accounts named as such, phone numbers, plates, and other numbers
    of 9 to 16 digits (identity cards, social insurance, cards). Left alone: sums of money, dates,
    procedure and law numbers, public hotlines.
    """
    text = _EMAIL.sub(MASKS["email"], clean(text))
    text = _ACCOUNT.sub(lambda m: m["word"] + MASKS["account"], text)
    text = _PHONE.sub(lambda m: _unless_public(m[0], MASKS["phone"]), text)
    text = _PLATE.sub(MASKS["plate"], text)
    return _LONG_NUMBER.sub(_long_number, text)


def _long_number(match: re.Match[str]) -> str:
    number = match[0]
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number):  # 1.500.000.000 is money
        return number
    return _unless_public(number, MASKS["identity"])


def _unless_public(number: str, masked: str) -> str:
    return number if re.sub(r"\D", "", number) in _PUBLIC_NUMBERS else masked
