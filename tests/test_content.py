"""The shipped knowledge keeps its promises."""

from __future__ import annotations

from collections import Counter

import pytest

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


def test_passages_are_short_enough_to_be_read_whole_and_bear_the_hash_of_their_content(
    library: Library,
) -> None:
    found = list(passages(library))
    assert {len(p.id) for p in found} == {16}
    assert [p for p in found if len(p.text.split()) > 180] == []
    distinct = Counter((p.entry_id, p.kind, p.facet, p.text) for p in found)
    assert len({p.id for p in found}) == len(distinct)
    assert [p.id for p in passages(library)] == [p.id for p in found]
