"""The last look before an Answer leaves: every number, link and phone in it is in the record."""

from __future__ import annotations

import re

from bot.model import Answer
from knowledge.load import dump_entry
from knowledge.model import AnyEntry

_LINK = re.compile(r"https?://[^\s)\]}>\"”]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def unsupported(text: str, allowed: str) -> set[str]:
    """Numbers and links that stand in `text` but not in `allowed`.

    Numbers are compared without leading zeros and thousands separators: "03" is "3", "8.000" is
    "8000".
    """
    return (_links(text) - _links(allowed)) | (_numbers(_LINK.sub(" ", text)) - _numbers(allowed))


def text_of(answer: Answer) -> str:
    """Everything an Answer says in its blocks."""
    return "\n".join(line for block in answer.blocks for line in block.lines)


def record_text(entry: AnyEntry) -> str:
    """All that a record holds, as one text to check against."""
    return str(dump_entry(entry))


def _links(text: str) -> set[str]:
    return {link.rstrip(".,;:'") for link in _LINK.findall(text)}


def _numbers(text: str) -> set[str]:
    """Whole numbers and, for "2.530.000" or "01/03", also what they consist of."""
    found = set()
    for number in _NUMBER.findall(text):
        if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number):
            found.add(re.sub(r"\D", "", number))
        else:
            found.update(part.lstrip("0") or "0" for part in re.split(r"[.,]", number))
    return found
