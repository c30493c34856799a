"""A learner's prompt, taken apart and put together: what it says, and what it still lacks. Pure."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from bot.messages import say
from bot.model import Part, Practice
from bot.protect import MASKS
from knowledge.wording import LOWER, UPPER, fold

LONGEST = 600
"""Letters kept of a prompt, or of what is added to it."""

_NAME = re.compile(
    r"(?:tên(?: là)?|ông|bà|anh|chị|cháu|bé|em|cô|chú|bác)\s+"
    rf"(?:[{UPPER}][{LOWER}]+\s+){{1,3}}[{UPPER}][{LOWER}]+"
)
"""A person's whole name: "bé Nguyễn Văn An"."""


@cache
def _patterns() -> dict[Part, re.Pattern[str]]:
    rows = yaml.safe_load(Path(__file__).with_name("parts.yaml").read_text(encoding="utf-8"))
    verbs = "|".join(sorted(rows["verbs"], key=len, reverse=True))
    return {
        Part(part): re.compile("|".join(f"(?:{p.format(verbs=verbs)})" for p in patterns))
        for part, patterns in rows["parts"].items()
    }


def parts_of(text: str) -> frozenset[Part]:
    """The parts that a text says, as far as its words tell."""
    plain = fold(text).strip()
    return frozenset(part for part, pattern in _patterns().items() if pattern.search(plain))


def commands(text: str) -> bool:
    """Whether a text tells somebody to do something: "viết …", "tóm tắt …"."""
    return Part.TASK in parts_of(text)


def said(practice: Practice) -> frozenset[Part]:
    """The parts that the prompt has so far."""
    added = {part for part, _ in practice.added}
    return parts_of(" ".join((practice.text, *(text for _, text in practice.added)))) | added


def lacking(practice: Practice) -> Part | None:
    """The part to ask for next; None if nothing is left to ask."""
    have = said(practice) | set(practice.skipped)
    return next((part for part in Part if part not in have), None)


def take(practice: Practice, text: str) -> Practice:
    """The prompt with a reply: a whole new prompt, or the part that was asked for."""
    text = text.strip()[:LONGEST]
    anew = commands(text) and len(text.split()) >= max(5, len(practice.text.split()) // 2)
    if not practice.text or practice.asked is None or (anew and practice.asked is not Part.TASK):
        return _asking(Practice(text=text))
    return _asking(practice.model_copy(update={"added": (*practice.added, (practice.asked, text))}))


def skip(practice: Practice) -> Practice:
    """The prompt without the part that was asked for."""
    skipped = (*practice.skipped, practice.asked) if practice.asked else practice.skipped
    return _asking(practice.model_copy(update={"skipped": skipped}))


def _asking(practice: Practice) -> Practice:
    return practice.model_copy(update={"asked": lacking(practice)})


def whole(practice: Practice) -> str:
    """The prompt in one piece, to be copied; numbers of persons are left out."""
    added = dict(practice.added)
    task = added.pop(Part.TASK, "")
    first = f"{_bare(task)}: {practice.text}" if task else practice.text
    rest = [say(f"practice.joined.{part}", text=_bare(text)) for part, text in added.items()]
    joined = " ".join(_sentence(piece) for piece in (first, *rest))
    for masked in MASKS.values():
        joined = joined.replace(masked, "…")
    return joined


def personal(text: str) -> bool:
    """Whether a text holds, or held before it was masked, what belongs to one person."""
    return any(mask in text for mask in MASKS.values()) or _NAME.search(text) is not None


def _bare(text: str) -> str:
    return text.strip().rstrip(".!;,: ")


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
