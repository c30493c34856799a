"""Several requests in one message: "làm khai sinh với nhập hộ khẩu, rồi xin thẻ bảo hiểm".

The first is answered; the others are offered. A part of a message is a request of its own only if
it begins as a request does, is sure to mean one Entry by itself, and the whole message is about
that Entry too: papers that are merely mentioned are not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot import decide
from bot.compose import MAX_CHOICES
from bot.draft import Request
from bot.messages import say
from bot.model import Answer, Block, BlockKind
from bot.understand import facets_asked, stands_alone
from knowledge.load import Library
from knowledge.wording import fold
from retrieval.confidence import confidence
from retrieval.search import Hit, Reading, Searcher

LONGEST = 60
"""Words up to which a message is looked at: a letter tells of much that it does not ask."""
LIKELY = 0.5
"""Confidence of a part, whose Entry the whole message finds as well."""
MOST = 4
"""Parts up to which they are requests; more are a story."""

_BETWEEN = re.compile(
    r"[?;:,\n]\s*|\.\s+|\s(?=(?:và|với|rồi|xong|đồng thời|tiện thể|ngoài ra|còn|sau đó|vừa)\s)"
)
_LEADING = re.compile(
    r"(?:(?:và|với|rồi|xong|đồng thời|tiện thể|ngoài ra|còn|sau đó|vừa|lại|cả|luôn|thì|là|đi|nay"
    r"|giờ|em|e|tôi|mình|tui|cháu|con|nhà|anh|chị|bạn|ad|admin|ạ|cho|xin|nhờ|giúp|tư vấn|hỏi|về"
    r"|muốn|cần|tính|định|thêm|nữa|việc|thủ tục|cách|các|dạ|vợ chồng|\d+)[\s.)]+)+",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"(?:lam|dang ky|dk|nhap|chuyen|doi|cap|sang ten|tach|mua|khai|lay|mo|lap|thanh lap|gia han|xoa"
    r"|nop|rut|huong|nhan|tra cuu|dong|chung thuc|xac nhan|cai chinh|dinh chinh|sua|bam|tich hop"
    r"|hoan|quyet toan|tam (?:ngung|tru|vang)|thuong tru|hoa giai|uy quyen|khieu nai|thong bao|xin"
    r"|le phi|phi|bao lau|tien|tro cap|che do|bao hiem|ho chieu|can cuoc|ly lich|bang lai|giay|the"
    r"|so (?:do|hong)|thai san|khai (?:sinh|tu)|ket hon|hoa don|quen|tang cho|phuc hoi|ban sao|ban"
    r"|cong nhan|nghi|trich luc|tim hieu|giai the|vay|thue)\b"
)
_NAMES_PAPER = re.compile(r"(?:giay|the|so|bang|ho chieu|can cuoc|ban sao|bao hiem|hoa don)\b")
_NEEDS = re.compile(r"\b(?:cần|mang|kèm|nộp|có|đưa|dùng|gồm|thiếu|theo|trên|trong)\b")
_TOGETHER = ("su-kien-", "lien-thong-")
"""Entries about an event of life, or several procedures in one: they answer a combination."""


def parts(text: str) -> tuple[str, ...]:
    """The parts of a read message that may be requests of their own; none if it is one."""
    if len(text.split()) > LONGEST:
        return ()
    found: list[str] = []
    before = ""
    for piece in _BETWEEN.split(text):
        begins = _begins(piece, found[-1] if found else "")
        if found and not begins:
            found[-1] += f", {piece}"
        elif not begins:  # "Bố tôi mới mất, cho tôi hỏi khai tử ở đâu"
            before = f"{before}{piece}, "
        else:
            found.append(before + piece)
            before = ""
    return tuple(found) if 2 <= len(found) <= MOST else ()


def _begins(piece: str, previous: str) -> bool:
    """Whether a piece begins as a request does, and is not a paper that the one before needs."""
    bare = fold(_LEADING.sub("", piece.strip() + " ", count=1))
    needed = _NAMES_PAPER.match(bare) and _NEEDS.search(previous.lower())
    return bool(_BEGINS.match(bare)) and not needed and stands_alone(piece, piece)


def find_requests(
    reading: Reading, hits: Sequence[Hit], searcher: Searcher, library: Library
) -> tuple[Request, ...]:
    """The requests of a message, that to be answered first; empty if it is a single one.

    `hits` are those of the whole message: what it is about most is answered, or it is no list.
    """
    near = {hit.entry_id for hit in decide.inside(hits)}
    found: dict[str, Request] = {}
    for part in parts(reading.text):
        own = replace(reading, text=part)
        own_hits = searcher.search(own)
        first = own_hits[0].entry_id if own_hits else ""
        if first in near and confidence(own_hits, own).right >= LIKELY:
            facets = facets_asked(part) or facets_asked(reading.text)
            found.setdefault(first, Request(library.entries[first], facets))
    if len(found) < 2:
        return ()
    several = list(_with_combination(found, hits, library))
    several.sort(key=lambda request: request.entry.id != hits[0].entry_id)
    return tuple(several) if several[0].entry.id == hits[0].entry_id else ()


def _with_combination(
    found: dict[str, Request], hits: Sequence[Hit], library: Library
) -> Iterator[Request]:
    """The requests; those that an Entry about their combination answers give way to it."""
    for hit in hits[:2]:
        entry = library.entries.get(hit.entry_id)
        if entry and hit.entry_id.startswith(_TOGETHER):
            covered = found.keys() & {hit.entry_id, *entry.related}
            if len(covered) > 1:
                yield Request(entry)
                yield from (found[i] for i in found if i not in covered)
                return
    yield from found.values()


def with_others(answer: Answer, others: Sequence[Request]) -> Answer:
    """The Answer with what else was asked: a line that names it, and Choices that lead there."""
    if not others:
        return answer
    titles = "; ".join(request.entry.title for request in others)
    line = Block(kind=BlockKind.TEXT, lines=(say("answer.others", titles=titles),))
    leads = [c for r in others for c in decide.offers([r.entry], r.facets)]
    more = [choice for choice in answer.choices if choice not in leads]
    return answer.model_copy(
        update={
            "blocks": (*answer.blocks, line),
            "choices": tuple((leads + more)[:MAX_CHOICES]),
        }
    )
