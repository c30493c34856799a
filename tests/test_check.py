"""`binhdan kb check`: a small content folder in, what is worth an editor's look out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from knowledge.clock import today
from knowledge.freshness import LOOK_AGAIN_AFTER, OLD_AFTER
from knowledge.model import SourceKind
from knowledge.review.finding import STOPPING, Kind
from knowledge.review.jargon import LIST, read_words
from knowledge.yaml_file import ContentError
from tests.conftest import Command

TODAY = today()


def in_days(days: int) -> date:
    return TODAY + timedelta(days)


SOURCES = "".join(f"{kind}:\n  title: Nguồn để thử\n  kind: {kind}\n" for kind in SourceKind)
OLD_LAW = "old_law:\n  title: Nghị định cũ\n  kind: law\n  replaced_by: Nghị định 5/2027/NĐ-CP\n"
PROCEDURE = f"""\
kind: procedure
id: khai-sinh
title: Đăng ký khai sinh
summary: Ghi nhận việc sinh của trẻ em.
aliases: [làm khai sinh]
field: Hộ tịch
related: [sinh-con]
defaults:
  sources: [law]
  checked_on: {TODAY}
facts:
  documents:
    - text: Nộp giấy chứng sinh.
  where:
    - text: Nộp tại xã.
  time:
    - text: Làm trong ngày.
  fee:
    - text: Miễn phí.
"""
GUIDE = f"""\
kind: guide
id: sinh-con
title: Nhà có em bé
summary: Những việc cần làm sau khi sinh con.
topic: life_event
related: [khai-sinh]
sections:
  - heading: Làm trước
    points:
      - text: Ra xã làm giấy cho bé.
        sources: [law]
        checked_on: {TODAY}
"""
LESSON = f"""\
kind: lesson
id: bai-1
title: Bài đầu tiên
summary: Bài học ngắn để thử.
level: 1
order: 1
tracks: [everyone]
skill: devices
minutes: 5
goal: Biết dùng điện thoại.
try_now: Thử ngay.
defaults:
  sources: [law]
  checked_on: {TODAY}
cards:
  - text: Thẻ một.
  - text: Thẻ hai.
  - text: Thẻ ba.
  - text: Thẻ bốn.
  - text: Thẻ năm.
exercise:
  kind: spot_scam
  sample: Có người lạ gọi xin tiền.
  question: Có nên đưa không?
  answer:
    text: Không nên đưa.
quiz:
  - &question
    text: Đúng hay sai?
    options: [Đúng, Sai]
    correct: 1
    explanation: Vì thế.
  - *question
  - *question
  - *question
"""
OTHER = PROCEDURE.replace("khai-sinh", "khai-tu").replace("khai sinh", "khai tử")
FACT = "Nộp tại xã."
POINT = "Ra xã làm giấy cho bé."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder in which nothing is worth a look."""
    for name, text in {
        "sources/all": SOURCES + OLD_LAW,
        "khai-sinh": PROCEDURE,
        "khai-tu": OTHER,
        "sinh-con": GUIDE,
        "bai-1": LESSON,
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def change(folder: Path, entry: str, old: str, new: str) -> None:
    file = folder / f"{entry}.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def found(typed: Command, folder: Path) -> list[str]:
    """The findings printed, with paths below the folder."""
    ran = typed("kb", "check", "--content", str(folder))
    assert ran.code == 0, ran.errors
    lines = ran.out.replace(f"{folder}/", "").split("\n")
    return [line for line in lines if ".yaml:" in line]


def test_content_in_order_has_no_findings(typed: Command, folder: Path) -> None:
    ran = typed("kb", "check", "--strict", "--content", str(folder))
    assert ran.code == 0
    assert ran.out == "Valid: 2 procedures, 1 lessons, 1 guides, 8 sources.\n"


DATES = {
    "a fact has ended": (f"{FACT}\n      valid_until: {in_days(-1)}", "expired: this fact ended"),
    "a fact ends today": (f"{FACT}\n      valid_until: {TODAY}", "soon: this fact ends"),
    "a fact ends soon": (f"{FACT}\n      valid_until: {in_days(60)}", "soon: this fact ends"),
    "a fact ends late": (f"{FACT}\n      valid_until: {in_days(61)}", None),
}


@pytest.mark.parametrize(("text", "expected"), DATES.values(), ids=DATES)
def test_days_past_and_near_are_reported(
    typed: Command, folder: Path, text: str, expected: str | None
) -> None:
    change(folder, "khai-sinh", FACT, text)
    lines = found(typed, folder)
    assert len(lines) == (expected is not None)
    if expected:
        assert lines[0].startswith(f"khai-sinh.yaml:16: facts.where.0.valid_until: {expected}")


def test_the_end_of_an_entry_is_reported(typed: Command, folder: Path) -> None:
    change(folder, "khai-sinh", "field: Hộ tịch", f"field: Hộ tịch\nvalid_until: {in_days(-1)}")
    change(folder, "khai-tu", "field: Hộ tịch", f"field: Hộ tịch\nvalid_until: {in_days(9)}")
    ended, near = found(typed, folder)
    assert ended.startswith("khai-sinh.yaml:7: valid_until: expired: the entry ended on")
    assert near.startswith("khai-tu.yaml:7: valid_until: soon: the entry ends on")


def test_facts_that_end_on_one_day_are_reported_together(typed: Command, folder: Path) -> None:
    end = f"\n      valid_until: {in_days(30)}"
    for text in (FACT, "Miễn phí."):
        change(folder, "khai-sinh", text, text + end)
    (line,) = found(typed, folder)
    assert "facts.where.0.valid_until: soon: this fact, with 1 more, ends on" in line


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "change_in_force"), (60, "soon"), (61, None)], ids=str
)
def test_a_change_is_reported_before_and_when_it_comes_into_force(
    typed: Command, folder: Path, days: int, expected: str | None
) -> None:
    text = f"changes:\n  - text: Luật mới.\n    effective_on: {in_days(days)}\ndefaults:"
    change(folder, "khai-sinh", "defaults:", text)
    assert [line.split(": ")[1:3] for line in found(typed, folder)] == (
        [["changes.0.effective_on", expected]] if expected else []
    )


LINKS = {
    "a page that is not there": ("Xem /thu-tuc/khai-sin.", "dead_link: no page /thu-tuc/khai-sin"),
    "a page of another kind": ("Xem /cam-nang/khai-sinh.", "dead_link: no page /cam-nang/khai-s"),
    "a full address of ours": (
        "Xem https://binhdan.example/bai-hoc/bai-9.",
        "dead_link: no page /bai-hoc/bai-9",
    ),
    "a page that is there": ("Xem /thu-tuc/khai-sinh.", None),
    "a page of an office": ("Xem https://dichvucong.gov.vn/thu-tuc/abc.", None),
    "an id": ("Xem mục khai-tu.", "unlinked: shows readers the id 'khai-tu'"),
    "a procedure not led to": (
        "Nhà có tang thì làm đăng ký khai tử.",
        "unlinked: mentions “Đăng ký khai tử”; add khai-tu to `related`",
    ),
    "a procedure led to": ("Trước hết là đăng ký khai sinh.", None),
}


@pytest.mark.parametrize(("text", "expected"), LINKS.values(), ids=LINKS)
def test_ways_to_other_entries_are_checked(
    typed: Command, folder: Path, text: str, expected: str | None
) -> None:
    change(folder, "sinh-con", POINT, text)
    lines = found(typed, folder)
    assert len(lines) == (expected is not None)
    if expected:
        assert lines[0].startswith(f"sinh-con.yaml:10: sections.0.points.0.text: {expected}")


def test_a_life_event_leads_to_a_procedure(typed: Command, folder: Path) -> None:
    change(folder, "sinh-con", "related: [khai-sinh]", "related: [bai-1]")
    (line,) = found(typed, folder)
    assert line.startswith("sinh-con.yaml:6: related: unlinked: a life event must lead to")


def test_a_guide_that_nothing_leads_to_is_reported(typed: Command, folder: Path) -> None:
    for entry in ("khai-sinh", "khai-tu"):
        change(folder, entry, "related: [sinh-con]", "related: []")
    (line,) = found(typed, folder)
    assert line.startswith("sinh-con.yaml:2: id: orphan: ")


def test_a_missing_facet_is_reported(typed: Command, folder: Path) -> None:
    change(folder, "khai-tu", "  time:\n    - text: Làm trong ngày.\n", "")
    (line,) = found(typed, folder)
    assert "facts: missing_facet: has nothing on time" in line


def test_a_name_of_two_entries_is_reported_in_both(typed: Command, folder: Path) -> None:
    change(folder, "khai-tu", "aliases: [làm khai tử]", "aliases: [giấy cho bà, Làm khai sinh]")
    first, second = found(typed, folder)
    assert first.startswith("khai-sinh.yaml:5: aliases.0: shared_name: 'làm khai sinh' is also")
    assert second.startswith("khai-tu.yaml:5: aliases.1: shared_name: 'Làm khai sinh' is also")


LONG = " ".join(["chữ"] * 41) + "."


@pytest.mark.parametrize(
    ("entry", "old", "field"),
    [
        ("khai-sinh", FACT, "facts.where.0.text"),
        ("khai-sinh", "Ghi nhận việc sinh của trẻ em.", "summary"),
        ("bai-1", "Thẻ hai.", "cards.1.text"),
        ("bai-1", "Thử ngay.", "try_now"),
        ("bai-1", "Có người lạ gọi xin tiền.", "exercise.sample"),
        ("bai-1", "Không nên đưa.", "exercise.answer.text"),
    ],
)
def test_a_sentence_of_more_than_forty_words_is_reported(
    typed: Command, folder: Path, entry: str, old: str, field: str
) -> None:
    change(folder, entry, old, LONG)
    (line,) = found(typed, folder)
    assert f" {field}: long_sentence: 41 words in one sentence, at most 40" in line


def test_two_sentences_of_one_fact_are_counted_apart(typed: Command, folder: Path) -> None:
    sentence = " ".join(["chữ"] * 40)
    change(folder, "khai-sinh", FACT, f"C{sentence}. C{sentence}.")
    assert found(typed, folder) == []


WORDS = {
    "a word of offices": ("Nộp hồ sơ hợp lệ.", "“hồ sơ hợp lệ”: say “hồ sơ đủ và đúng”"),
    "at the start": ("Đương sự tự đến.", "“Đương sự”: say “người có việc cần giải quyết”"),
    "another form of it": ("Có mã OTP thì nhập.", "“mã OTP”: say “mã dùng một lần” (chữ này"),
    "the longer of two": ("Hạn theo phí thẩm định.", "“phí thẩm định”: say “tiền trả cho"),
    "explained behind": ("Nộp bản trích lục khai tử (bản từ sổ của xã).", None),
    "explained before": ("Nhập mã dùng một lần (OTP).", None),
    "explained as such": ("Deepfake là hình giả do máy làm.", None),
    "copied from a screen": ("Bấm “Xác thực” rồi chờ.", None),
    "right in a name": ("Hỏi Phòng Quản lý xuất nhập cảnh.", None),
    "a short form": ("Nộp thuế TNCN.", "“TNCN”: say “thu nhập cá nhân”"),
    "part of a form's number": ("Dùng mẫu 02/QTT-TNCN.", None),
    "no word but a part of one": ("Nộp lại thu hồi ký.", None),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_words_that_people_do_not_use_are_reported_with_a_plain_one(
    typed: Command, folder: Path, text: str, expected: str | None
) -> None:
    change(folder, "khai-sinh", FACT, text)
    lines = found(typed, folder)
    assert len(lines) == (expected is not None)
    if expected:
        assert lines[0].startswith(f"khai-sinh.yaml:15: facts.where.0.text: jargon: {expected}")


def test_a_word_may_stand_where_another_part_of_the_entry_explains_it(
    typed: Command, folder: Path
) -> None:
    change(folder, "khai-sinh", FACT, "Xin trích lục ở xã.")
    change(folder, "khai-sinh", "Miễn phí.", "Miễn phí trích lục (bản trích từ sổ).")
    assert found(typed, folder) == []
    change(folder, "khai-tu", FACT, "Xin trích lục ở xã.")
    assert len(found(typed, folder)) == 1, "but only in that entry"


def test_names_of_laws_are_left_as_they_are(typed: Command, folder: Path) -> None:
    change(folder, "khai-sinh", "  fee:", "  legal_basis:\n    - text: Luật Tố tụng.\n  fee:")
    assert found(typed, folder) == []


@pytest.mark.parametrize("kind", SourceKind)
def test_a_source_is_looked_at_again_after_the_time_of_its_kind(
    typed: Command, folder: Path, kind: SourceKind
) -> None:
    limit = LOOK_AGAIN_AFTER[kind].days
    read = f"{FACT}\n      sources: [{kind}]\n      checked_on: "
    change(folder, "khai-sinh", FACT, f"{read}{in_days(-limit)}")
    assert found(typed, folder) == []
    change(folder, "khai-sinh", str(in_days(-limit)), str(in_days(-limit - 1)))
    (line,) = found(typed, folder)
    assert f"1 fact to compare with the sources again, oldest {in_days(-limit - 1)}" in line
    assert line.endswith(f": {kind} ({kind}, {limit} days)")


def test_old_sources_are_one_line_an_entry_the_oldest_first(typed: Command, folder: Path) -> None:
    change(folder, "khai-sinh", f"checked_on: {TODAY}", f"checked_on: {in_days(-400)}")
    change(folder, "khai-tu", f"checked_on: {TODAY}", f"checked_on: {in_days(-500)}")
    first, second = found(typed, folder)
    assert first.startswith("khai-tu.yaml:13: facts.documents.0: old_source: 4 facts to compare")
    assert second.startswith("khai-sinh.yaml:13: ")


def test_an_editor_is_asked_before_a_reader_is_warned() -> None:
    assert LOOK_AGAIN_AFTER.keys() == set(SourceKind)
    assert max(LOOK_AGAIN_AFTER.values()) < OLD_AFTER


def test_findings_are_counted_by_kind(typed: Command, folder: Path) -> None:
    change(folder, "khai-sinh", FACT, "Nộp hồ sơ hợp lệ ở /thu-tuc/khong-co.")
    change(folder, "khai-tu", FACT, "Nộp hồ sơ hợp lệ.")
    counts = "     1 dead_link\n     2 jargon\nValid: "
    ran = typed("kb", "check", "--content", str(folder))
    assert counts in ran.out
    assert typed("kb", "check", "--quiet", "--content", str(folder)).out.startswith(counts)


def test_findings_are_printed_as_json(typed: Command, folder: Path) -> None:
    change(folder, "khai-sinh", FACT, "Xem /thu-tuc/khong-co.")
    report = json.loads(typed("kb", "check", "--json", "--content", str(folder)).out)
    assert report["counts"] == {kind: int(kind is Kind.DEAD_LINK) for kind in Kind}
    assert report["entries"] == {"procedure": 2, "guide": 1, "lesson": 1}
    assert report["findings"] == [
        {
            "kind": "dead_link",
            "stops": True,
            "entry": "khai-sinh",
            "file": f"{folder}/khai-sinh.yaml",
            "line": 15,
            "field": "facts.where.0.text",
            "message": "no page /thu-tuc/khong-co",
        }
    ]


STRICT = {
    Kind.EXPIRED: (FACT, f"{FACT}\n      valid_until: {in_days(-1)}"),
    Kind.CHANGE_IN_FORCE: (
        "defaults:",
        f"changes:\n  - text: Luật mới.\n    effective_on: {TODAY}\ndefaults:",
    ),
    Kind.DEAD_LINK: (FACT, "Xem /thu-tuc/khong-co."),
    Kind.CHANGED_SOURCE: (
        FACT,
        f"{FACT}\n      sources: [old_law]",
    ),
    Kind.SOON: (FACT, f"{FACT}\n      valid_until: {in_days(1)}"),
    Kind.UNLINKED: (FACT, "Xem mục khai-tu."),
    Kind.MISSING_FACET: ("  where:", "  who:"),
    Kind.SHARED_NAME: ("làm khai sinh", "làm khai tử"),
    Kind.LONG_SENTENCE: (FACT, LONG),
    Kind.JARGON: (FACT, "Nộp hồ sơ hợp lệ."),
    Kind.OLD_SOURCE: (FACT, f"{FACT}\n      checked_on: {in_days(-800)}"),
}


@pytest.mark.parametrize(("kind", "old", "new"), [(k, *texts) for k, texts in STRICT.items()])
def test_strict_stops_at_what_must_not_be_published(
    typed: Command, folder: Path, kind: Kind, old: str, new: str
) -> None:
    change(folder, "khai-sinh", old, new)
    assert typed("kb", "check", "--content", str(folder)).code == 0
    ran = typed("kb", "check", "--strict", "--content", str(folder))
    assert str(kind) in ran.out
    assert ran.code == (kind in STOPPING)
    assert ran.errors == (f"Not to be published: 1 ({kind}).\n" if kind in STOPPING else "")


def test_the_list_of_words_says_plain_words() -> None:
    words = read_words(LIST)
    assert len(words.listed) >= 120
    for jargon in words.listed:
        assert list(words.found_in(jargon.plain)) == []
        assert list(words.found_in(jargon.word)) == [jargon], "no other word hides it"


def test_a_mistake_in_the_list_of_words_is_named(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text("đương sự: người\nthụ lý: {also: [nhận]}\nOTP: {plain: mã, nót: x}\n", "utf-8")
    with pytest.raises(ContentError) as raised:
        read_words(file)
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in raised.value.problems] == [
        "words.yaml:2: thụ lý.plain: Field required",
        "words.yaml:3: OTP.nót: Extra inputs are not permitted",
    ]
