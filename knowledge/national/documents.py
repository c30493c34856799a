"""The portal's tables of papers to hand in, flattened into one text → one Fact a paper.

    Giấy tờ phải nộpTên giấy tờMẫu đơn, tờ khaiSố lượngTờ khaiMẫu 01.docx1 bản chínhThẻ1 bản sao

is a heading, the table's own head, and two rows: paper, file of the form, number of copies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.model import Fact
from knowledge.national.facts import Desk, Outcome, capped, distinct
from knowledge.wording import LONGEST, LOWER, UPPER, one_line, sentence, without_marker

LONGEST_CONDITION = 200
LONGEST_FILE = 90
"""Characters of a form's file name."""

_TABLE = "Tên giấy tờMẫu đơn, tờ khaiSố lượng"
_COPIES = re.compile(
    r"(?P<stuck>\d*?)(?P<originals>\d) bản chính(?:,(?P<copies>\d{1,2}) bản sao)?"
    rf"(?=[^\s{LOWER},.;:)/]|[a-zđ]{{1,2}}[.)]|[a-zđ]\d?[.)]|$)"
)
# Where a form's file name begins that touches the paper: "…theo mẫuMẫu 01.docx", "…NĐ-CPMau.doc".
_FILE = re.compile(
    rf"(?<=[{LOWER}])(?=[{UPPER}])|(?<=[{UPPER}])(?=[{UPPER}][{LOWER}])"
    rf"|(?<=[{LOWER})][.;:])(?=[{UPPER}0-9])|(?<=[)”;])(?=[{UPPER}0-9])"
)
_FILE_END = re.compile(r"\.(?:docx?|pdf|xlsx?|rtf|zip|rar|jpe?g|png)(?![a-z])", re.IGNORECASE)


def documents(text: str, desk: Desk) -> list[Fact]:
    """thanh_phan_ho_so: tables of (paper, form, number), each below a heading, run together."""
    if _TABLE not in text:
        if len(text) < 4:
            return []
        desk.count("documents", Outcome.KEPT, "no table")
        return desk.quoted(text)
    heading, *tables = text.split(_TABLE)
    facts: list[Fact] = []
    for table in tables:
        *rows, rest = _papers(table)
        if not rows:
            desk.count("documents", Outcome.KEPT, "rows not separable")
            facts += desk.quoted(rest[1])
            heading = ""
            continue
        for stuck, paper, copies in rows:
            facts += _paper(stuck, paper, copies, _condition(heading), desk)
        heading = rest[1]
    if len(one_line(heading)) > 3 and len(tables) and heading is not text:
        desk.count("documents", Outcome.KEPT, "text after the table")
        facts += desk.quoted(heading)
    return capped(distinct(facts), "Cổng còn ghi giấy tờ khác", desk)


def _papers(table: str) -> Iterator[tuple[bool, str, str]]:
    """(whether digits touch the count, paper, copies in words); last what follows the rows."""
    start = 0
    for match in _COPIES.finditer(table):
        if table[match.end() : match.end() + 1].isdigit():
            continue  # "nộp 1 bản chính1 bản chính": the first is the paper's own text
        originals, copies = int(match["originals"]), int(match["copies"] or 0)
        counts = [f"{originals} bản chính"] if originals else []
        counts += [f"{copies} bản sao"] if copies else []
        yield bool(match["stuck"]), table[start : match.start()], ", ".join(counts)
        start = match.end()
    yield False, table[start:], ""


def _paper(
    stuck: bool, paper: str, copies: str, condition: str | None, desk: Desk
) -> Iterator[Fact]:
    paper = without_marker(_without_file(one_line(paper))).strip("- ")
    if len(paper) < 2:
        return
    if stuck:
        desk.count("documents", Outcome.KEPT, "a number touches the number of copies")
        yield from desk.quoted(re.sub(r"[\d./-]+$", "", paper).strip() + " …", condition)
    elif _FILE_END.search(paper):
        desk.count("documents", Outcome.KEPT, "a file name cannot be told from the paper")
        yield from desk.quoted(paper, condition)
    elif len(paper) + len(copies) + 4 > LONGEST:
        desk.count("documents", Outcome.KEPT, "long")
        yield from desk.quoted(paper, condition)
    else:
        desk.count("documents", Outcome.TYPED)
        said = paper.rstrip(".;:, ")
        text = sentence(f"{said} ({copies})" if copies else said)
        yield desk.typed(text, condition=condition)


def _without_file(paper: str) -> str:
    """The paper's name without the file names of its forms, if they end it and it is clear where
    they begin: at the first joint, since names like "MauBanKhai.docx" have joints of their own."""
    ends = list(_FILE_END.finditer(paper))
    if not ends or ends[-1].end() != len(paper):
        return paper
    start = max(6, ends[0].start() - LONGEST_FILE)
    cut = _FILE.search(paper, start, ends[0].start())
    return paper[: cut.start()] if cut else paper


def _condition(heading: str) -> str | None:
    text = one_line(heading).strip("-*: ")
    return text if 3 < len(text) <= LONGEST_CONDITION else None
