"""The portal's other columns → Facts: steps, result, office, conditions, law."""

from __future__ import annotations

import re

from knowledge.districts import DISTRICT_OFFICE
from knowledge.model import Fact
from knowledge.national.facts import Desk, Outcome, capped, distinct
from knowledge.places import PROVINCES
from knowledge.wording import LONGEST, one_line, sentence, without_marker

_STEP = re.compile(r"(?:^|\n|\s)[-–+*•]?\s*Bước\s+(\d{1,2})\s*[:.\-–]?\s*")
_RESULT_CODE = re.compile(r"Mã: ?(?:KQ\.G\d\d\.\d{6}|[\d.]+G\d\d-KQ\d{4}|[^\s]*$)")
# A closed list: the next title's capitals touch the number ("52/2024/NĐ-CPNghị quyết…").
_ISSUERS = (
    "BCA|BCT|BGDĐT|BGTVT|BKHCN|BKHĐT|BLĐTBXH|BNG|BNNMT|BNNPTNT|BNV|BQP|BTC|BTNMT|BTP|BTTTT|BVHTTDL"
    "|BXD|BYT|NHNN|TTCP|UBDT|VPCP|TANDTC|VKSNDTC"
)
_LAW_CODE = re.compile(
    r"(?<![\d./])\d{1,4}(?:\.\d{1,2})?/\d{4}/(?:QH\d\d|(?:PL-)?UBTVQH\d\d"
    rf"|(?:NĐ|NQ)-CP|QĐ-TTg|TT-(?:{_ISSUERS})|TTLT(?:-(?:{_ISSUERS}))+)"
)


def who(text: str, desk: Desk) -> list[Fact]:
    """doi_tuong_thuc_hien: a list of the portal's own classes of people."""
    if not text:
        return []
    desk.count("who", Outcome.TYPED)
    return [desk.typed(f"Đối tượng thực hiện Cổng ghi: {text}."[:LONGEST])]


def where(text: str, desk: Desk) -> list[Fact]:
    """co_quan_thuc_hien. Names of offices hold commas, so the list is not taken apart."""
    text = text.rstrip(". ")
    if not text:
        return []
    if DISTRICT_OFFICE.search(text):
        desk.count("where", Outcome.KEPT, "names a district office")
        return desk.quoted(text)
    if any(_names(text, province) for province in _PROVINCE_NAMES):
        desk.count("where", Outcome.KEPT, "names one province's office")
        return desk.quoted(text, "cơ quan của một tỉnh, thành phố Cổng nêu làm ví dụ")
    if len(text) > LONGEST - 40:
        desk.count("where", Outcome.KEPT, "long")
        return desk.quoted(text)
    desk.count("where", Outcome.TYPED)
    return [desk.typed(f"Cơ quan thực hiện: {text}.")]


_PROVINCE_NAMES = [
    name
    for province in PROVINCES.values()
    for name in (province.name.removeprefix("Thành phố "), *province.former)
]


def _names(text: str, province: str) -> bool:
    return re.search(rf"(?:tỉnh|thành phố|tp\.?) {re.escape(province)}\b", text, re.I) is not None


def conditions(text: str, desk: Desk) -> list[Fact]:
    """yeu_cau_dieu_kien: prose."""
    text = text.split("Từ khóa")[0].removesuffix("Không có thông tin").strip()
    if len(text) < 4 or re.fullmatch(r"[-\s]*không(?: có| quy định)?[.\s]*", text, re.IGNORECASE):
        return []
    desk.count("conditions", Outcome.KEPT, "prose")
    return desk.quoted(text)


def result(text: str, desk: Desk) -> list[Fact]:
    """ket_qua_xu_ly: titles, each closed by its code; then the portal's own form."""
    items = _RESULT_CODE.split(text.split("Từ khóa")[0])
    facts = []
    for item in filter(None, map(one_line, items)):
        if item == "Không có thông tin":
            continue
        if "Mã:" in item or len(item) > LONGEST:
            desk.count("result", Outcome.KEPT, "items not separable" if "Mã:" in item else "long")
            facts += desk.quoted(re.sub(r"Mã: ?\S*", " … ", item))
        else:
            desk.count("result", Outcome.TYPED)
            facts.append(desk.typed(sentence(without_marker(item))))
    return capped(distinct(facts), "Cổng còn ghi kết quả khác", desk)


def steps(text: str, desk: Desk) -> list[Fact]:
    """trinh_tu_thuc_hien: "Bước 1: …" one Fact each if they count up from 1, else prose."""
    if not text:
        return []
    marks = list(_STEP.finditer(text))
    if [int(mark[1]) for mark in marks] != list(range(1, len(marks) + 1)) or len(marks) < 2:
        desk.count("steps", Outcome.KEPT, "prose")
        return desk.quoted(text)
    before = one_line(text[: marks[0].start()])
    facts = desk.quoted(before) if len(before) > 3 else []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        step = " ".join(text[mark.end() : end].split())
        if len(step) > LONGEST:
            desk.count("steps", Outcome.KEPT, "long")
            facts += desk.quoted(f"Bước {mark[1]}: {step}")
        elif len(step) > 1:
            desk.count("steps", Outcome.TYPED)
            facts.append(desk.typed(sentence(step)))
    return capped(facts, "Cổng còn ghi các bước khác", desk)


def legal_basis(text: str, desk: Desk) -> list[Fact]:
    """can_cu_phap_ly: titles and numbers of laws run together; the numbers can be told."""
    text = text.removeprefix("Tên văn bản pháp lýMã văn bản").split("Cơ quan thực hiện")[0]
    if not text:
        return []
    codes = list(dict.fromkeys(_LAW_CODE.findall(text)))
    if not codes:
        desk.count("legal_basis", Outcome.KEPT, "no number of a law can be told")
        return desk.quoted(text)
    desk.count("legal_basis", Outcome.TYPED, times=len(codes))
    facts, line = [], ""
    for code in codes:
        if len(line) + len(code) > LONGEST - 80:
            facts.append(desk.typed(f"Văn bản Cổng nêu: {line}."))
            line = ""
        line = f"{line}; {code}" if line else code
    return [*facts, desk.typed(f"Văn bản Cổng nêu: {line}.")]
