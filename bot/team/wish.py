"""What may be wished for of an Entry beside its answer: its leaflet, to be led through it, or its
papers as a list to tick."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.checklist.words import begun
from bot.model import Answer, Choice
from knowledge.wording import fold


class Kind(StrEnum):
    GUIDE = "guide"
    LEAFLET = "leaflet"
    CHECKLIST = "checklist"


@dataclass(frozen=True)
class Wish:
    """One of them, and of the guide which step, of the leaflet which paper."""

    kind: Kind
    step: int = 1
    size: str = "a4"


_WORDS = {
    Kind.GUIDE: re.compile(r"(/huongdan(@\w+)?|(xin )?huong dan tung buoc)"),
    Kind.LEAFLET: re.compile(
        r"(/toroi(@\w+)?|((gui|cho|xin|in|lay|can|tai|mo|co)( (giup|gium|ho|cho))?"
        r"( (toi|em|minh|xin|mot|cai))* )?to roi)"
    ),
}
_ABOUT = re.compile(r"\s+(?:về|ve|của|cua)\b", re.IGNORECASE)
"""Read as it is typed: folded, "vệ sinh" would begin so. "Làm" may be a part of the name."""
_FOR_WHOM = re.compile(
    r"(?:\s+(?:để|de))?(?:\s+(?:phát|phat))?\s+cho\s+(?:bà con|ba con|người dân|nguoi dan|dân|dan"
    r"|các cụ|cac cu|mọi người|moi nguoi)$",
    re.IGNORECASE,
)
_SIZE = r"(?:kho (?:giay )?)?(a[46])|kho nho"
_SIZED = re.compile(rf"^(?:{_SIZE})(?:[ :,]+|$)| +(?:{_SIZE})$")
"""The paper, before the name of the Entry or behind it."""
_AROUND = " :.,–-“”\"'!?"
_ACTION = re.compile(
    r"(?:guide:([a-z0-9-]+):(\d{1,2})|leaflet:([a-z0-9-]+):(a4|a6)|checklist:([a-z0-9-]+))",
    re.ASCII,
)


def worded(text: str) -> tuple[Wish, str] | None:
    """The wish a message begins with, and the rest, which names the Entry: "tờ rơi khai sinh"."""
    text = text.strip()
    for kind, pattern in _WORDS.items():
        found = pattern.match(fold(text))
        rest = text[found.end() :] if found else ""
        if found and not re.match(r"\w", rest):
            about = _ABOUT.match(rest)
            rest = rest[about.end() :] if about else rest
            rest = _FOR_WHOM.sub("", f" {rest.strip(_AROUND)}").strip(_AROUND)
            return _sized(rest) if kind is Kind.LEAFLET else (Wish(kind), rest)
    named = begun(text)
    return (Wish(Kind.CHECKLIST), named) if named is not None else None


def _sized(rest: str) -> tuple[Wish, str]:
    """The wish for a leaflet on the paper that is named, and the name of the Entry."""
    found = _SIZED.search(fold(rest))
    if found is None:
        return Wish(Kind.LEAFLET), rest
    name = f"{rest[: found.start()]} {rest[found.end() :]}".strip(_AROUND)
    return Wish(Kind.LEAFLET, size=found[1] or found[2] or "a6"), name


def chosen(action: str) -> tuple[Wish, str] | None:
    """The wish a Choice stands for, and the id of its Entry: "guide:khai-sinh:2"."""
    found = _ACTION.fullmatch(action)
    if found is None:
        return None
    if found[5]:
        return Wish(Kind.CHECKLIST), found[5]
    if found[1]:
        return Wish(Kind.GUIDE, step=int(found[2])), found[1]
    return Wish(Kind.LEAFLET, size=found[4]), found[3]


def action_of(wish: Wish, entry_id: str) -> str:
    """What `chosen` reads."""
    if wish.kind is Kind.CHECKLIST:
        return f"{wish.kind}:{entry_id}"
    last = str(wish.step) if wish.kind is Kind.GUIDE else wish.size
    return f"{wish.kind}:{entry_id}:{last}"


def kept_in_choices(answer: Answer, wish: Wish) -> Answer:
    """Asked back which Entry is meant, or offered others, people still get what they wished for."""
    return answer.model_copy(
        update={"choices": tuple(_wished(choice, wish) for choice in answer.choices)}
    )


def _wished(choice: Choice, wish: Wish) -> Choice:
    kind, _, rest = choice.action.partition(":")
    if kind != "entry":
        return choice
    return choice.model_copy(update={"action": action_of(wish, rest.partition(":")[0])})
