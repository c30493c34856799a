"""What of a record's papers can be ticked: each paper under an identity that lasts.

The records mix papers ("Đơn đề nghị theo mẫu 10.") with what is told about them ("Cán bộ không được
đòi thêm giấy tờ …"). The second is shown beside the list and not counted. Nothing is left out: what
is not sure to be a remark is a paper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.model import Fact

LETTERS = "bcdfghjklmnpqrstvwxz"
ID_LENGTH = 6
"""Letters without vowels, of which no word is made and no number: 20 ** 6 of them."""

_CLAUSE = re.compile(r";|\.\s")
_REMARK = re.compile(
    r"^(?:không (?:phải|cần|còn|có|được)|(?:nếu )?đã có|chưa có|cán bộ|cơ quan|được (?:chọn|dùng)"
    r"|nộp (?:trực tiếp|trực tuyến|bản)|nơi|từ \d|trang cổng|sửa nội dung|cổng còn ghi|đơn ghi"
    r"|mẫu [\w/-]+ là)\b"
    r"|\bkhông phải (?:nộp|xuất trình|đưa|làm|điền|thủ tục|người lao động|nhà ở)\b|\bkhỏi nộp\b"
    r"|\bkhông cần (?:giấy tờ|những|nộp)|\bcũng được (?:nhận|nộp)\b|\bđược chọn nộp\b"
    r"|\bphải được hợp pháp hóa\b|\bthì (?:cán bộ|cơ quan|kết quả|chỉ cần|chỉ khai|xuất trình)\b"
    r"|\bthay bằng dữ liệu\b|\bcó giá trị như bản giấy\b|\bkhông có trong danh mục\b"
    r"|\bdùng theo hạn\b|\bkhông gồm\b|^giấy tờ nộp thêm là\b|\bchỉ cần cung cấp\b"
    r"|\bcán bộ in ra\b|\bmà không còn\b|^(?:lưu ý|ghi chú|số lượng hồ sơ)\b|\blấy từ dữ liệu\b",
    re.IGNORECASE,
)
"""What a remark says in its first clause."""
_SOMETIMES = re.compile(
    r"\b(?:nếu |chỉ (?:phải nộp )?khi\b|trừ khi\b|không phải (?:nộp|xuất trình)\b"
    r"|khỏi nộp\b|khi nhờ\b|, khi (?:dữ liệu|cán bộ|không))|^(?:trường hợp|đối với|khi) ",
    re.IGNORECASE,
)
"""What a paper says that not everybody needs."""
_BESIDE = re.compile(r"\bvà\b[^;.]*\bnếu có\b|\bnếu có, hoặc\b", re.IGNORECASE)
"""What says so of a second thing alone: "số định danh và địa chỉ thư điện tử (nếu có)"."""
_NOTE = re.compile(r"(?:lưu ý|ghi chú)[ :]*", re.IGNORECASE)
"""What the portal writes above remarks."""
_HEADING = re.compile(
    r"^(?:\(?[a-zđ\d.]{1,3}[.)] ?)?(?:(?:các )?giấy tờ phải|thành phần hồ sơ|hồ sơ (?:bao )?gồm)",
    re.IGNORECASE,
)
"""What the portal writes above its tables, and is no case."""
_FORM = re.compile(
    r"^[“\"]?(?:thêm |một bản chính |chỉ cần )?(?:tờ khai|đơn|phiếu|giấy (?:đề nghị|khai)"
    r"|văn bản đề nghị|thông báo|mẫu|bản khai|danh sách)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Paper:
    """A paper that can be ticked."""

    id: str
    """ID_LENGTH letters made of its condition and words: another wording is another paper."""
    fact: Fact

    @property
    def optional(self) -> bool:
        """Whether it is needed in some cases only, as the record says."""
        text = self.fact.text
        sometimes = _SOMETIMES.search(text) and not _BESIDE.search(text)
        return bool(sometimes) or self.case is not None

    @property
    def case(self) -> str | None:
        """The case it is for, in the record's words."""
        condition = self.fact.condition
        return None if not condition or _HEADING.match(condition) else condition


@dataclass(frozen=True)
class Papers:
    """A record's papers in their order, and what is told beside them."""

    papers: tuple[Paper, ...]
    remarks: tuple[Fact, ...] = ()
    forms: tuple[Fact, ...] = ()
    """What is told of forms that are not papers of the list."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All that is told: papers, remarks, forms."""
        return (*(paper.fact for paper in self.papers), *self.remarks, *self.forms)


def papers_of(documents: Sequence[Fact], forms: Sequence[Fact], today: date) -> Papers:
    """The papers among the facts on papers in force, in their order; then the forms, where no
    paper that everybody needs is one. What only begins to hold later is a remark."""
    now = [fact for fact in documents if fact.holds_on(today)]
    papers = [fact for fact in now if not _is_remark(fact)]
    named = any(_FORM.match(fact.text) for fact in papers if not fact.condition)
    if documents and not named:
        of_forms = [fact for fact in forms if fact.holds_on(today)]
        papers = [*(f for f in of_forms if _FORM.match(f.text) and not _is_remark(f)), *papers]
    beside = (
        tuple(dict.fromkeys(f for f in facts if not f.expired_on(today) and f not in papers))
        for facts in (documents, forms)
    )
    return Papers(_identified(papers), *beside)


def _is_remark(fact: Fact) -> bool:
    if _NOTE.fullmatch(fact.condition or ""):
        return True
    return bool(_REMARK.search(_CLAUSE.split(fact.text, maxsplit=1)[0]))


def _identified(facts: Sequence[Fact]) -> tuple[Paper, ...]:
    taken: dict[str, Paper] = {}
    for fact in dict.fromkeys(facts):
        number = 0
        while (letters := _letters(fact, number)) in taken:
            number += 1
        taken[letters] = Paper(letters, fact)
    return tuple(taken.values())


def _letters(fact: Fact, number: int) -> str:
    """The identity of a paper: marks, capitals and days of checking make no difference."""
    words = " ".join(re.findall(r"\w+", f"{fact.condition or ''} | {fact.text}".casefold()))
    rest = int.from_bytes(hashlib.sha256(f"{words}#{number}".encode()).digest()[:8], "big")
    letters = ""
    for _ in range(ID_LENGTH):
        rest, letter = divmod(rest, len(LETTERS))
        letters += LETTERS[letter]
    return letters
