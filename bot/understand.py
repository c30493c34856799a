"""What a question is about: the facets, and whether it stands on its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from bot.place.addresses import without_places
from knowledge.model import Facet
from knowledge.wording import fold
from retrieval.text import tokens, tone_style

MAX_FACETS = 3
"""More would not fit on a phone's screen."""
_LETTER_WORDS = 40
"""From this length on, a question is a letter: its request is looked for in its last part."""

_FILLER = frozenset(
    tone_style(
        """thế còn thì là vậy và với à ạ nhé nhỉ ơi ừ ừm em anh chị tôi mình con cháu bác cô chú cho
        hỏi muốn xin biết cái này nó đó đấy đây kia được không gì nào sao như bao nhiêu mấy cần phải
        có bị làm nộp đi ở tại đến ra về lên đâu chỗ nơi giấy tờ hồ sơ lệ phí chi tiền mất tốn hết
        thời gian lâu ngày giờ tháng mỗi xong trực tuyến tuyến online qua mạng trên vneid tiếp các
        bước quy trình mẫu đơn khai điền ai người khác thay hộ giúp ủy quyền điều kiện bắt buộc hạn
        trễ phạt mức hưởng kết quả nhận lấy cơ quan nữa thêm rồi mà hay hoặc nhưng vì nếu khi bằng
        thủ tục việc luôn chưa rằng xem coi nói rõ chuẩn mang theo loại gồm thành phần trả đóng app
        ứng dụng điện thoại ừ ok dạ vâng đăng ký cấp lại đổi giải quyết tỉnh thành phố ad admin chào
        hello hi hí alo những nhung lam duoc the con thi la vay a u ok bao nhieu giay to le phi"""
    ).split()
)
"""Words that name no subject of their own: what is left of a question without them is what it is
about, and a question with nothing left continues the one before."""
_BARE_FILLER = frozenset(map(fold, _FILLER))

_OPENS = frozenset(
    tone_style("cho xin hỏi em anh chị tôi mình con cháu bác dạ vâng ơi muốn cần để cách làm thế")
    .split()
)  # fmt: skip
_CLOSES = frozenset(
    tone_style(
        """gì nào sao đâu ở là thì vậy thế như à ạ ơi nhé nhỉ hả không ko được dc có cần phải hết
        bao nhiêu lâu mấy những với ra ntn làm tại đi rồi giờ h ad"""
    ).split()
)
"""Words that may stand before and after the name of what is asked about. With their marks: folded,
"cần" would be "căn" of "căn cước"."""

_NAMES_AI = re.compile(r"\bAI\b|\bai là (gì|cái gì)|\bai (gồm|giúp|làm) (được )?(gì|những gì)")
"""Artificial intelligence rather than "ai", who."""
_ASKS = re.compile(
    r"\?|\b(gì|gi|ai|đâu|nào|sao|mấy|nhiêu|lâu|ko|hỏi|ntn|chưa|hay|bn|đc ko|dc ko)\b|không\W*$"
)
"""Signs of a question, as against the sentence that leads up to it."""
_GOES_ON = frozenset(("the", "con", "vay", "roi", "a", "u", "va"))
"""First words of a follow-up. Typed bare, "the can giay to gi" may be restored to a card."""


@cache
def _patterns() -> dict[Facet, re.Pattern[str]]:
    rows = yaml.safe_load(Path(__file__).with_name("facets.yaml").read_text(encoding="utf-8"))
    return {
        Facet(facet): re.compile(r"\b(?:" + "|".join(patterns) + r")(?!\w)")
        for facet, patterns in rows.items()
    }


def facets_asked(text: str) -> tuple[Facet, ...]:
    """The facets a text asks about, in the order they are asked; empty for the whole Entry."""
    request = _request(fold(text))
    spans = [
        (match.start(), match.end(), facet)
        for facet, pattern in _patterns().items()
        for match in pattern.finditer(request)
    ]
    own = [span for span in spans if not any(_within(span, other) for other in spans)]
    return tuple(dict.fromkeys(facet for _, _, facet in sorted(own)))[:MAX_FACETS]


def without_facets(text: str) -> str:
    """What is left of a text without the words that ask for facets: "lệ phí khai sinh" → "khai
    sinh"."""
    folded = fold(text)
    if len(folded) != len(text):  # a rare character became two: their places do not agree
        return text
    kept = list(text)
    for pattern in _patterns().values():
        for match in pattern.finditer(folded):
            kept[match.start() : match.end()] = " " * (match.end() - match.start())
    return " ".join("".join(kept).split())


def subjects(text: str) -> tuple[str, ...]:
    """What a text may name, without the words that ask: "khai sinh hết bao lâu" → "khai sinh"."""
    found = (_without_asking(text), _without_asking(without_facets(text)))
    return tuple(dict.fromkeys(subject for subject in found if subject and subject != text))


def _without_asking(text: str) -> str:
    words = re.sub(r"[?!.,:;]", " ", text).split()
    while words and tone_style(words[0].lower()) in _OPENS:
        words = words[1:]
    while words and tone_style(words[-1].lower()) in _CLOSES:
        words = words[:-1]
    return " ".join(words)


def _within(span: tuple[int, int, Facet], other: tuple[int, int, Facet]) -> bool:
    """Whether a match is part of a longer one of another facet."""
    (start, end, facet), (first, last, of) = span, other
    return facet != of and first <= start and end <= last and end - start < last - first


def stands_alone(text: str, typed: str = "") -> bool:
    """Whether a restored text names a subject, or only continues the talk ("thế phí mấy?").

    `typed` is the text before its diacritics were restored.
    """
    if _NAMES_AI.search(text):
        return True
    bare = tokens(fold(typed))
    if bare[:1] and bare[0] in _GOES_ON and _BARE_FILLER.issuperset(bare):
        return False
    words = tokens(without_places(text))
    return any(word not in _FILLER and not word.isdigit() for word in words)


def parts(text: str) -> tuple[str, ...]:
    """The questions in a short message, apart, each with the sentences that lead up to it.

    A letter is one question however long.
    """
    if len(text.split()) > _LETTER_WORDS:
        return (text,)
    found: list[str] = []
    leading = ""
    for piece in re.findall(r"(?:[^?\n;.]|\.(?=\S))+[?.]*", text):
        leading = f"{leading} {piece.strip()}".strip()
        if len(leading.split()) >= 3 and _ASKS.search(piece.lower()):
            found.append(leading)
            leading = ""
    return tuple(found) if 2 <= len(found) <= 3 and not leading else (text,)


def _request(text: str) -> str:
    """The asking part of a letter; a short text whole."""
    if len(text.split()) <= _LETTER_WORDS:
        return text
    sentences = [s for s in re.split(r"(?<=[.?!;])\s+|\n", text) if s]
    asking = [s for s in sentences if "?" in s or re.search(r"\b(xin )?(cho )?hoi\b", s)]
    return " ".join(asking or sentences[-2:])
