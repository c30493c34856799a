"""What a question is about: the facets, the place, whether it stands on its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from knowledge.model import Facet
from knowledge.places import PROVINCES
from retrieval.text import fold, tokens

_LETTER_WORDS = 40
"""From this length on, a question is a letter: its request is looked for in its last part."""

_FILLER = frozenset(
    """the con thi la vay va voi a ah ạ nhe nhi oi u em anh chi toi minh cho hoi muon xin biet
    cai no do nay day kia duoc khong gi nao sao nhu bao nhieu may can phai co bi lam nop di o tai
    den ra ve len dau cho noi giay to ho so le phi chi tien mat ton het thoi gian lau ngay gio xong
    truc tuyen online qua mang tren vneid tiep cac buoc quy trinh mau don khai dien ai nguoi khac
    thay ho giup uy quyen dieu kien bat buoc han tre phat muc huong ket nhan lay co quan nua them
    roi ma hay hoac nhung vi neu khi bang dang thu tuc viec luon chua rang xem coi noi ro chuan bi
    mang theo loai gom thanh phan tra dong thu vneid app ung dung dien thoai""".split()  # noqa: SIM905
)
"""Folded words that name no subject of their own: what is left of a question without them is what
it is about, and a question with nothing left continues the one before."""


@cache
def _patterns() -> dict[Facet, re.Pattern[str]]:
    rows = yaml.safe_load(Path(__file__).with_name("facets.yaml").read_text(encoding="utf-8"))
    return {
        Facet(facet): re.compile("|".join(f"(?:{p})" for p in patterns))
        for facet, patterns in rows.items()
    }


def facets_asked(text: str) -> tuple[Facet, ...]:
    """The facets a text asks about, in the order they are asked; empty for the whole Entry."""
    request = _request(fold(text))
    found = {
        facet: match.start()
        for facet, pattern in _patterns().items()
        if (match := pattern.search(request))
    }
    return tuple(sorted(found, key=lambda facet: found[facet]))


def place_named(text: str) -> str | None:
    """The id of the province a text names, by its present or a former name."""
    folded = " ".join(tokens(fold(text)))
    for name, province in _place_names():
        if re.search(rf"\b{name}\b", folded):
            return province
    return None


def stands_alone(text: str) -> bool:
    """Whether a text names a subject, or only continues the talk ("thế phí bao nhiêu?")."""
    return any(word not in _FILLER and not word.isdigit() for word in tokens(fold(text)))


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
