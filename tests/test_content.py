"""The shipped knowledge keeps its promises."""

from __future__ import annotations

from collections import Counter

import pytest

from knowledge.course import LEVELS, Skill, Track
from knowledge.load import SHIPPED, Library, dump_entry, load, parse_entry
from knowledge.model import Guide, Lesson, Procedure
from knowledge.passages import PassageKind, passages


@pytest.fixture(scope="module")
def library() -> Library:
    return load(SHIPPED)


def test_every_file_is_an_entry_or_holds_sources(library: Library) -> None:
    files = {path.stem for path in SHIPPED.rglob("*.yaml") if path.parent.name != "sources"}
    assert files == library.entries.keys()
    assert {type(entry) for entry in library} == {Procedure, Guide, Lesson}


def test_every_source_cited_and_every_related_entry_exists(library: Library) -> None:
    for entry in library:
        assert library.sources.keys() >= set(entry.source_ids), entry.id
        assert library.entries.keys() >= set(entry.related), entry.id


def test_an_entry_survives_being_stored(library: Library) -> None:
    for entry in library:
        assert parse_entry(dump_entry(entry)) == entry


def test_every_entry_can_be_found_by_name_question_and_content(library: Library) -> None:
    kinds: dict[str, set[PassageKind]] = {entry.id: set() for entry in library}
    for passage in passages(library):
        kinds[passage.entry_id].add(passage.kind)
    expected = {PassageKind.NAME, PassageKind.FACTS}
    assert [entry_id for entry_id, found in kinds.items() if not found >= expected] == []


@pytest.fixture(scope="module")
def course(library: Library) -> list[Lesson]:
    """The Lessons in their order."""
    lessons = [entry for entry in library if isinstance(entry, Lesson)]
    return sorted(lessons, key=lambda lesson: lesson.order)


def test_lessons_are_numbered_without_gaps_and_bear_their_numbers(course: list[Lesson]) -> None:
    assert [lesson.order for lesson in course] == list(range(1, len(course) + 1))
    for lesson in course:
        assert lesson.title.startswith(f"Bài {lesson.order}: ")
        assert lesson.id.startswith(f"bai-{lesson.order}-")


def test_the_course_goes_from_first_steps_to_teaching_others(course: list[Lesson]) -> None:
    levels = [lesson.level for lesson in course]
    assert levels == sorted(levels)
    assert set(levels) == set(range(1, LEVELS + 1))


def test_there_are_forty_lessons_for_every_group_and_of_every_skill(course: list[Lesson]) -> None:
    assert len(course) >= 40
    tracks = Counter(track for lesson in course for track in lesson.tracks)
    assert min(tracks[track] for track in Track) >= 4
    assert {lesson.skill for lesson in course} == set(Skill)


def test_the_right_option_of_a_quiz_cannot_be_guessed_from_its_place(course: list[Lesson]) -> None:
    for lesson in course:
        assert len({question.correct for question in lesson.quiz}) > 1, lesson.id
    places = Counter(question.correct for lesson in course for question in lesson.quiz)
    assert max(places.values()) < places.total() / 2


def test_passages_are_short_enough_to_be_read_whole_and_bear_the_hash_of_their_content(
    library: Library,
) -> None:
    found = list(passages(library))
    assert {len(p.id) for p in found} == {16}
    assert [p for p in found if len(p.text.split()) > 180] == []
    distinct = Counter((p.entry_id, p.kind, p.facet, p.text) for p in found)
    assert len({p.id for p in found}) == len(distinct)
    assert [p.id for p in passages(library)] == [p.id for p in found]
