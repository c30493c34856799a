"""Content files: what is wrong is said with file, line, field and what is expected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.course import Track
from knowledge.load import Library, dump_entry, load, parse_entry
from knowledge.model import Confidence, Facet, Lesson, Procedure
from knowledge.yaml_file import ContentError

SOURCES = """\
luat:
  title: Luật Hộ tịch 2014
  kind: law
  url: https://vanban.chinhphu.vn/1
cong:
  title: Cổng Dịch vụ công quốc gia
  kind: portal
"""
ENTRY = """\
kind: procedure
id: khai-sinh
title: Đăng ký khai sinh
summary: Ghi nhận việc sinh của trẻ em.
field: Hộ tịch
regions: [ha-noi]
related: []
defaults:
  sources: [luat]
  checked_on: 2026-11-01
  confidence: medium
facts:
  fee:
    - text: Mức thu là 8.000 đồng mỗi bản.
      amount: 8000
    - text: Miễn phí khi khai đúng hạn.
      amount: 0
      sources: [cong]
      checked_on: 2026-10-01
      confidence: high
  time:
    - text: Trong 03 ngày làm việc.
      duration: {value: 3, unit: working_days}
changes:
  - text: Từ năm sau, mẫu đơn mới.
    effective_on: 2027-01-01
"""
ALONE = "khai-sinh.yaml"


def content(folder: Path, **files: str) -> Path:
    """A content folder; a keyword `a__b` is the file a/b.yaml."""
    for name, text in {"sources__all": SOURCES, "khai-sinh": ENTRY, **files}.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> list[str]:
    """What `load` says, with paths below the folder."""
    with pytest.raises(ContentError) as raised:
        load(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in raised.value.problems]


def test_defaults_are_inherited_and_what_a_fact_states_wins(tmp_path: Path) -> None:
    library = load(content(tmp_path))
    entry = library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    inherits, states = entry.facts[Facet.FEE]
    assert (inherits.sources, inherits.checked_on) == (("luat",), date(2026, 11, 1))
    assert inherits.confidence is Confidence.MEDIUM
    assert (states.sources, states.checked_on) == (("cong",), date(2026, 10, 1))
    assert states.confidence is Confidence.HIGH
    assert entry.changes[0].sources == ("luat",)
    assert entry.checked_on == date(2026, 10, 1), "an Entry is as old as its oldest Fact"
    assert entry.source_ids == ("luat", "cong")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: procedure", "kind: thu-tuc", "1: kind: * 'procedure', 'guide', 'lesson'"),
        ("kind: procedure\n", "", "1: kind: Unable to extract tag using discriminator 'kind'"),
        ("id: khai-sinh", "id: khai-tu", "2: id: is 'khai-tu', but the file is khai-sinh.yaml"),
        ("id: khai-sinh", "id: Khai_Sinh", "2: id: String should match pattern"),
        ("title: Đăng ký khai sinh\n", "", "1: title: Field required"),
        ("regions: [ha-noi]", "regions: [ha-tay]", "6: regions.0: unknown region 'ha-tay'; "),
        ("related: []", "related: [khai-sinh]", "7: related: names the entry itself"),
        ("related: []", "related: [khai-shin]", "7: related: no entry 'khai-shin'"),
        ("related: []", "realted: []", "7: realted: unknown field (did you mean 'related'?)"),
        ("sources: [luat]", "sources: [lut]", "9: sources: unknown source 'lut'; add it under"),
        ("sources: [luat]", "sources: [lut]", "(did you mean 'luat'?)"),
        ("checked_on: 2026-11-01", "checked: 2026-11-01", "8: defaults: expected only sources, "),
        ("2026-10-01", "2026-13-01", "19: facts.fee.1.checked_on: Input should be a valid date"),
        ("confidence: high", "confidence: sure", "20: facts.fee.1.confidence: * 'high', 'medium'"),
        ("amount: 8000", "amount: 80000", "15: facts.fee.0.amount: the text does not say 80.000 đ"),
        ("amount: 8000", "amount: 8.000", "15: facts.fee.0.amount: the text does not say 8 đồng"),
        ("amount: 8000", "amount: tám", "15: facts.fee.0.amount: * valid integer* (found 'tám')"),
        ("amount: 8000", "amonut: 8000", "15: facts.fee.0.amonut: * (did you mean 'amount'?)"),
        ("đồng mỗi", "mỗi", "15: facts.fee.0.amount: the text does not say 8.000 đồng"),
        ("value: 3,", "value: 5,", "23: facts.time.0.duration: * not say 5 ngày làm việc"),
        ("working_days}", "days}", "23: facts.time.0.duration: the text does not say 3 ngày"),
        ("  time:", "  fee:", "21: yaml: 'fee' stands here a second time"),
        ("  time:", "  tiem:", "21: facts.tiem: Input should be 'overview', 'who'"),
        ("  time:", "  overview:", "12: facts: overview is made from the other facets"),
        ("effective_on: 2027-01-01", "", "25: changes.0.effective_on: Field required"),
        ("id: khai-sinh", "id: [khai", "3: yaml: "),
        ("id: khai-sinh", "id: !!python/name:os.system x", "2: yaml: could not determine a con"),
        ("id: khai-sinh", "id: khai\x00sinh", "1: yaml: unacceptable character #x0000"),
        (ENTRY, "- một danh sách", "1: file: expected a mapping of fields"),
        (ENTRY, "", "1: file: expected a mapping of fields"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_field(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in ENTRY
    found = problems(content(tmp_path, **{"khai-sinh": ENTRY.replace(old, new, 1)}))
    assert len(found) == 1
    assert found[0].startswith("khai-sinh.yaml:")
    for part in problem.split("*"):
        assert part.strip() in found[0]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: law", "kind: rumour", "3: luat.kind: "),
        ("  kind: law\n", "", "1: luat.kind: Field required"),
        ("url: https://", "url: ", "4: luat.url: String should match pattern"),
        ("kind: law", "knid: law", "3: luat.knid: unknown field (did you mean 'kind'?)"),
        ("cong:\n", "Cổng:\n", "5: Cổng.id: String should match pattern"),
        ("cong:\n", "cong: https://dichvucong.gov.vn\nx:\n", "5: cong: expected title, kind, url"),
        ("cong:\n", "luat:\n", "5: yaml: 'luat' stands here a second time"),
    ],
)
def test_a_mistake_in_a_source_is_named_with_its_line_and_field(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    found = problems(content(tmp_path, sources__all=SOURCES.replace(old, new, 1)))
    assert any(line.startswith(f"sources/all.yaml:{problem}") for line in found), found


def test_every_problem_of_every_file_is_reported_and_nothing_that_follows_from_them(
    tmp_path: Path,
) -> None:
    other = ENTRY.replace("id: khai-sinh", "id: khai-tu").replace("amount: 0", "amount: 5")
    folder = content(
        tmp_path,
        **{
            "khai-sinh": ENTRY.replace("title:", "tilte:").replace("8000", "9000"),
            "khai-tu": other.replace("related: []", "related: [khai-sinh]"),
        },
    )
    assert [problem.split(": ")[:2] for problem in problems(folder)] == [
        ["khai-sinh.yaml:1", "title"],
        ["khai-sinh.yaml:15", "facts.fee.0.amount"],
        ["khai-sinh.yaml:3", "tilte"],
        ["khai-tu.yaml:17", "facts.fee.1.amount"],
    ]


LESSON = """\
kind: lesson
id: bai-1
title: "Bài 1: Gọi điện"
summary: Bài học ngắn để thử.
level: 1
order: 1
tracks: [everyone, elderly]
skill: devices
minutes: 5
goal: Biết gọi điện thoại.
try_now: Gọi thử cho con.
defaults:
  sources: [luat]
  checked_on: 2026-11-01
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


def test_a_lesson_has_its_place_in_the_course_and_an_exercise_with_a_sourced_answer(
    tmp_path: Path,
) -> None:
    second = LESSON.replace("bai-1", "bai-2").replace("order: 1", "order: 2\nneeds: [bai-1]")
    library = load(content(tmp_path, **{"bai-1": LESSON, "bai-2": second}))
    lesson = library.entries["bai-2"]
    assert isinstance(lesson, Lesson)
    assert (lesson.level, lesson.order, lesson.needs) == (1, 2, ("bai-1",))
    assert lesson.tracks == (Track.EVERYONE, Track.ELDERLY)
    assert lesson.exercise.answer.sources == ("luat",), "defaults are inherited here too"
    assert lesson.exercise.answer in lesson.all_facts()


def test_a_lesson_stored_before_there_was_a_course_is_still_read(tmp_path: Path) -> None:
    stored = dump_entry(load(content(tmp_path, **{"bai-1": LESSON})).entries["bai-1"])
    earlier = {
        **{key: value for key, value in stored.items() if key not in ("skill", "exercise")},
        "quiz": stored["quiz"][:3],
        "cards": stored["cards"][:3],
    }
    lesson = parse_entry(earlier)
    assert isinstance(lesson, Lesson)
    assert lesson.exercise is None
    assert list(lesson.all_facts()) == list(lesson.cards)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("order: 1", "order: 2", "bai-3.yaml:6: order: 2 is the number of 'bai-2' already"),
        ("order: 1", "order: 3\nneeds: [bai-9]", "7: needs: no lesson 'bai-9' comes before it"),
        ("order: 1", "order: 1\nneeds: [bai-2]", "7: needs: no lesson 'bai-2' comes before it"),
        ("order: 1", "order: 3\nneeds: [khai-sinh]", "7: needs: no lesson 'khai-sinh' comes"),
        ("level: 1", "level: 6", "5: level: Input should be less than or equal to 5"),
        ("[everyone, elderly]", "[]", "7: tracks: Tuple should have at least 1 item"),
        ("[everyone, elderly]", "[young]", "7: tracks.0: Input should be 'everyone', 'elderly'"),
        ("spot_scam", "spot_it", "22: exercise.kind: Input should be 'spot_mistake' or"),
        ("    text: Không nên đưa.", "    txt: Không.", "exercise.answer.text: Field required"),
        ("level: 1\n", "", "1: level: Field required"),
        ("order: 1", "order: 0", "6: order: Input should be greater than or equal to 1"),
        ("  - text: Thẻ năm.\n", "", "15: cards: a lesson has at least 5"),
    ],
)
def test_a_mistake_in_a_lesson_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in LESSON
    second = LESSON.replace("bai-1", "bai-2").replace("order: 1", "order: 2")
    third = LESSON.replace("bai-1", "bai-3").replace(old, new, 1)
    found = problems(content(tmp_path, **{"bai-2": second, "bai-3": third}))
    assert any(line.startswith("bai-3.yaml:") and problem in line for line in found), found


def test_an_id_may_be_used_once(tmp_path: Path) -> None:
    folder = content(tmp_path, **{"procedures__khai-sinh": ENTRY, "sources__more": SOURCES})
    assert problems(folder) == [
        f"procedures/khai-sinh.yaml:2: id: 'khai-sinh' is already defined in {ALONE}",
        "sources/more.yaml:1: id: 'luat' is already defined in sources/all.yaml",
        "sources/more.yaml:5: id: 'cong' is already defined in sources/all.yaml",
    ]


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    folder = content(tmp_path)
    (folder / ALONE).write_bytes(ENTRY.replace("Hộ tịch", "Hô tich").encode("utf-16"))
    assert problems(folder) == ["khai-sinh.yaml:1: file: is not UTF-8; save it as UTF-8"]
    (folder / ALONE).write_bytes(b"kind: procedure\ntitle: H\xf4 t\xeach\n")
    assert problems(folder) == ["khai-sinh.yaml:2: file: is not UTF-8; save it as UTF-8"]


def test_files_as_other_systems_save_them_are_read_the_same(tmp_path: Path) -> None:
    import unicodedata

    expected = load(content(tmp_path / "a"))
    folder = content(tmp_path / "b")
    saved = "\ufeff" + unicodedata.normalize("NFD", ENTRY).replace("\n", "\r\n")
    (folder / ALONE).write_bytes(saved.encode())
    (folder / ".#khai-sinh.yaml").symlink_to("an-editors-lock")
    assert load(folder) == expected


def test_a_folder_without_entries_or_with_files_that_would_be_overlooked_is_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(ContentError, match=r"nowhere:1: folder: has no Entries"):
        load(tmp_path / "nowhere")
    folder = content(tmp_path)
    (folder / ALONE).rename(folder / "khai-sinh.yml")
    assert problems(folder) == ["khai-sinh.yml:1: file: rename it to .yaml"]


@pytest.mark.parametrize(
    ("text", "amount", "duration"),
    [
        ("Nộp 1.000.000 đồng.", 1_000_000, None),
        ("Nộp 500,000đ qua mạng.", 500_000, None),
        ("Được miễn.", 0, None),
        ("Sau 07 ngày.", None, "7 days"),
        ("Sau 1,5 giờ.", None, "1.5 hours"),
        ("Không quá 10 (mười) ngày làm việc.", None, "10 working_days"),
        ("Có giá trị 5 năm.", None, "5 years"),
    ],
)
def test_sums_and_lengths_of_time_are_read_as_they_are_written(
    tmp_path: Path, text: str, amount: int | None, duration: str | None
) -> None:
    value, unit = (duration or "1 days").split()
    typed = (
        f"amount: {amount}" if duration is None else f"duration: {{value: {value}, unit: {unit}}}"
    )
    entry = ENTRY.replace("Trong 03 ngày làm việc.", text)
    entry = entry.replace("duration: {value: 3, unit: working_days}", typed)
    library: Library = load(content(tmp_path, **{"khai-sinh": entry}))
    read = library.entries["khai-sinh"]
    assert isinstance(read, Procedure)
    (fact,) = read.facts[Facet.TIME]
    assert fact.amount == amount
    assert (fact.duration and fact.duration.value) == (float(value) if duration else None)
