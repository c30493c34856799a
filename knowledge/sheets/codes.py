"""Codes of procedures as offices write them → the national code, or the office's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXACT = re.compile(r"(\d\.\d{6})(?:\.000\.00\.00)?(?:\.H\d\d)?")
_NATIONAL = re.compile(
    r"(\d)\.?(\d{6})(?:\.?000\.00\.00|\.[0.]{2,12})?(?:\.?H\d\d)?(?:\.[A-Z])?\.*"
)
_LOCAL = re.compile(r"(?=.*\d)[A-ZĐ][A-ZĐ0-9]*(?:[_.-][A-ZĐ0-9]+)+")
_TEST = re.compile(r"(?:thủ tục |tthc )?test(?:$|[\W_\d])", re.IGNORECASE)


@dataclass(frozen=True)
class Code:
    """A code as read."""

    national: str | None
    """ "1.001193"."""
    local: str | None
    """The office's own: "CCHC_01"."""
    repaired: bool = False


def read_code(text: str) -> Code | None:
    """The code; None if it can be no code, or more than one.

    "1.008201.000.00.00. H37" and "2000027.000.00.00.H37" can only be 1.008201 and 2.000027;
    "2.00223.000.00.00.H37" lacks a digit, and nobody can tell which.
    """
    if match := _EXACT.fullmatch(text):
        return Code(match[1], None)
    bare = re.sub(r"\s+", "", text).replace(",", ".").upper()
    bare = re.sub(r"\.{2,}", ".", bare)
    if match := _NATIONAL.fullmatch(bare):
        return Code(f"{match[1]}.{match[2]}", None, repaired=True)
    if _LOCAL.fullmatch(bare):
        return Code(None, bare)
    return None


def is_test(text: str) -> bool:
    """Whether a code or name is one that somebody made to try a system; "bộ test nhanh" is not."""
    return _TEST.match(text) is not None
