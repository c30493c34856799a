"""What a question is about: the facets, the place, whether it stands on its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from knowledge.model import Facet
from knowledge.places import PROVINCES
from retrieval.text import fold, tokens, tone_style

MAX_FACETS = 3
"""More would not fit on a phone's screen."""
_LETTER_WORDS = 40
"""From this length on, a question is a letter: its request is looked for in its last part."""

_FILLER = frozenset(
    tone_style(
        """thế còn thì là vậy và với à ạ nhé nhỉ ơi ừ ừm em anh chị tôi mình con cháu bác cô chú cho hỏi
        muốn xin biết cái này nó đó đấy đây kia được không gì nào sao như bao nhiêu mấy cần phải có bị
        làm nộp đi ở tại đến ra về lên đâu chỗ nơi giấy tờ hồ sơ lệ phí chi tiền mất tốn hết thời gian
        lâu ngày giờ xong trực tuyến tuyến online qua mạng trên vneid tiếp các bước quy trình mẫu đơn
        khai điền ai người khác thay hộ giúp ủy quyền điều kiện bắt buộc hạn trễ phạt mức hưởng kết
        quả nhận lấy cơ quan nữa thêm rồi mà hay hoặc nhưng vì nếu khi bằng thủ tục việc luôn chưa
        rằng xem coi nói rõ chuẩn mang theo loại gồm thành phần trả đóng app ứng dụng điện thoại ừ ok
        dạ vâng the con thi la vay a u ok bao nhieu giay to le phi"""
    ).split()
)
"""Words that name no subject of their own: what is left of a question without them is what it is
about, and a question with nothing left continues the one before."""


@cache
def _patterns() -> dict[Facet, re.Pattern[str]]:
    rows = yaml.safe_load(Path(__file__).with_name("facets.yaml").read_text(encoding="utf-8"))
    return {
        Facet(facet): re.compile(r"\b(?:" + "|".join(patterns) + ")")
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


def _within(span: tuple[int, int, Facet], other: tuple[int, int, Facet]) -> bool:
    """Whether a match is part of a longer one of another facet."""
    (start, end, facet), (first, last, of) = span, other
    return facet != of and first <= start and end <= last and end - start < last - first


def place_named(text: str) -> str | None:
    """The id of the province a text names, by its present or a former name."""
    folded = " ".join(tokens(fold(text)))
    for name, province in _place_names():
        if re.search(rf"\b{name}\b", folded):
            return province
    return None


def stands_alone(text: str) -> bool:
    """Whether a restored text names a subject, or only continues the talk ("thế phí bao nhiêu?")."""
    return any(word not in _FILLER and not word.isdigit() for word in tokens(text))


def parts(text: str) -> tuple[str, ...]:
    """The questions in a short message, apart. A letter is one question however long."""
    if len(text.split()) > _LETTER_WORDS:
        return (text,)
    pieces = re.split(r"\?+\s*|\n+|;\s*|\.\s+(?=\w)", text)
    found = tuple(piece.strip() for piece in pieces if len(piece.split()) >= 3)
    return found if 2 <= len(found) <= 3 else (text,)


def _request(text: str) -> str:
    """The asking part of a letter; a short text whole."""
    if len(text.split()) <= _LETTER_WORDS:
        return text
    sentences = [s for s in re.split(r"(?<=[.?!;])\s+|\n", text) if s]
    asking = [s for s in sentences if "?" in s or re.search(r"\b(xin )?(cho )?hoi\b", s)]
    return " ".join(asking or sentences[-2:])


@cache
def _place_names() -> tuple[tuple[str, str], ...]:
    """(folded name, province id), longest names first."""
    names = [
        (" ".join(tokens(fold(name))), province.id)
        for province in PROVINCES.values()
        for name in (province.name, *province.former)
    ]
    names += [("tphcm", "ho-chi-minh"), ("tp hcm", "ho-chi-minh"), ("sai gon", "ho-chi-minh")]
    names += [("ho chi minh", "ho-chi-minh"), ("vung tau", "ho-chi-minh"), ("hn", "ha-noi")]
    return tuple(sorted(names, key=lambda pair: -len(pair[0])))
