"""What a follow-up refers to: the Entry talked about, one beside it, or the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.decide import SURE, ask_topic
from bot.draft import Draft
from bot.model import Answer
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Guide, Procedure
from knowledge.wording import fold
from retrieval.confidence import confidence
from retrieval.search import LIMIT, Hit, Reading

LOOKED_AT = 50
"""Hits among which the Entry talked about and those beside it are looked for."""
MOVES = 0.3
"""Lead in score over the Entry talked about with which one beside it is meant."""
_LONGEST = 12
"""Words of a follow-up at most: more say what they are about."""

_LEANS = re.compile(
    r"^(?:(?:à|ừ|ơ|ờ|ok|dạ|ủa|vâng|nhưng|mà|rồi|vậy|thế|thì)[ ,]+)*"
    r"(?:thế|còn|vậy|nếu|giả sử|lỡ|nhỡ|ủa)\b"
    r"|\bthì (?:sao|thế nào|làm sao|như thế nào)\b"
)
_ADDS = re.compile(r"^(?:(?:à|ừ|dạ|thế|vậy|rồi)[ ,]+)*còn\b")
_TURNS = re.compile(r"\b(?:mất|đổi|hỏng|rách|hết hạn|làm lại|cấp lại|con|cháu|người khác)\b")
"""Circumstances among the words that name no subject: "thế mất thì sao"."""

_PLEASE = r"( (di|nhe|nha|a|ad|em|toi|minh|voi|giup|nua|do|kia|ay|vay|bot|oi|nao))*"
_BACK = re.compile(
    r"((thoi|ok|u|da|vang|em|toi|minh|tui|xin|muon|cho|lam on) )*"
    r"((quay|tro|lui) (lai|ve)( (ve|voi))?|(xem|hoi|noi|ke|nhac)( ve)? lai)"
    r"( (cai|cau|viec|thu tuc|muc|phan|chuyen|chu de|noi dung))*"
    r"( (luc|khi|hoi|ban|vua)? ?(truoc|nay|roi|dau|cu))?" + _PLEASE
)


def turn_back(draft: Draft) -> Draft | Answer:
    """ "quay lại cái trước" is the Entry before."""
    if draft.entry is not None:
        return draft
    typed = " ".join(re.findall(r"\w+", fold(draft.question.text)))
    entries, context = draft.known.edition.library.entries, draft.context
    spoken = [entries[i] for i in (context.entry_id, context.earlier_id) if i in entries]
    if not _BACK.fullmatch(typed):
        return draft
    if not spoken:
        return ask_topic()
    facet = context.earlier_facet if spoken[-1].id == context.earlier_id else context.facet
    return replace(draft, entry=spoken[-1], facets=(facet,) if facet else (), place=context.place)


def leans(text: str, alone: bool) -> bool:
    """Whether a read text leans on what was said before: "nếu mất thì sao", "còn con tôi".

    `alone`: whether it names a subject of its own.
    """
    text = text.lower().strip()
    short = len(text.split()) <= _LONGEST
    return bool(short and _LEANS.search(text) and (alone or _TURNS.search(text)))


def upright(text: str) -> str:
    """A message that leans, without the words it leans on: "còn kết hôn thì sao?" → "kết hôn"."""
    return _LEANS.sub("", text.lower().strip()).strip(" ,.?!") or text


def follow(draft: Draft, reading: Reading, spoken: AnyEntry, hits: Sequence[Hit]) -> Draft:
    """The Draft of a message that leans on the Entry talked about; `hits` are LOOKED_AT at most.

    It is about that Entry, unless one beside it answers the new circumstance far better, or the
    message is sure to be about something else; then its own Hits decide.
    """
    draft, library = replace(draft, hits=tuple(hits[:LIMIT])), draft.known.edition.library
    scores = {hit.entry_id: hit.score for hit in hits}
    least = hits[-1].score
    # What happens in a life leads to many procedures, and is none: "vợ tôi thì sao" is not a birth.
    beside = [
        i
        for i in _beside(library, spoken)
        if i in scores and not _is_life_event(library.entries[i])
    ]
    nearest = max(beside, key=lambda i: scores[i], default=spoken.id)
    first = hits[0]
    elsewhere = first.entry_id not in (spoken.id, *beside)
    if elsewhere and confidence(draft.hits, reading).right >= SURE:
        asked = library.entries.get(first.entry_id) if _adds(draft) else None
        return replace(draft, facets=_facets(draft, asked))
    moves = scores.get(nearest, least) - scores.get(spoken.id, least) >= MOVES
    entry = library.entries[nearest] if moves else spoken
    return replace(draft, entry=entry, facets=_facets(draft, entry if moves else None))


def _is_life_event(entry: AnyEntry) -> bool:
    return isinstance(entry, Guide) and entry.topic == "life_event"


def _beside(library: Library, entry: AnyEntry) -> Iterator[str]:
    """The Entries that one leads to, and those that lead to it."""
    yield from (i for i in entry.related if i in library.entries)
    yield from (other.id for other in library if entry.id in other.related)


def _adds(draft: Draft) -> bool:
    """Whether a message asks the same of something else: "còn kết hôn thì sao"."""
    return bool(draft.reading and _ADDS.search(draft.reading.text.lower()))


def _facets(draft: Draft, entry: AnyEntry | None) -> tuple[Facet, ...]:
    """What is asked, or else what was asked before, if the other Entry can tell it."""
    before = draft.context.facet
    known = isinstance(entry, Procedure) and before in entry.facts
    return draft.facets or ((before,) if known and before else ())
