"""Of two procedures of one name, the one that the nearest office handles comes first."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.model import Facet, Fact, Level, Procedure
from knowledge.passages import passages
from knowledge.wording import fold
from retrieval.index import open_index
from retrieval.level import levels_named
from retrieval.search import Searcher, entry_ids
from retrieval.slips import Slips
from tests.fakes.encoder import BagOfSyllables

NAME = "Cấp giấy phép khai thác nước dưới đất"


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    entries = [licence(level) for level in (Level.CENTRAL, Level.PROVINCE, Level.COMMUNE)]
    encoder = BagOfSyllables()
    index = open_index(tmp_path_factory.mktemp("index"), [*passages(entries)], encoder)
    return Searcher(index, encoder, Slips.load(), entries)


def licence(level: Level) -> Procedure:
    """The same procedure at one level; only the office's words differ."""
    fact = Fact(text="Nộp ở nơi giải quyết.", sources=("portal",), checked_on=date(2026, 6, 30))
    return Procedure(
        id=f"khai-thac-nuoc-{level}",
        title=NAME,
        summary="Xin phép lấy nước dưới đất để sản xuất.",
        field="Tài nguyên nước",
        levels=(level,),
        facts={Facet.WHERE: (fact,)},
    )


@pytest.mark.parametrize(
    ("question", "level"),
    [
        (f"{NAME} cấp bộ", Level.CENTRAL),
        (f"{NAME} thuộc thẩm quyền của Bộ", Level.CENTRAL),
        (f"{NAME} (cấp tỉnh)", Level.PROVINCE),
        (f"{NAME} của UBND tỉnh", Level.PROVINCE),
        (f"{NAME} do UBND cấp xã cấp", Level.COMMUNE),
        (f"{NAME} thuộc thẩm quyền UBND huyện", Level.COMMUNE),
    ],
)
def test_the_level_a_question_names_decides_between_procedures_of_one_name(
    searcher: Searcher, question: str, level: Level
) -> None:
    for text in (question, fold(question)):
        assert entry_ids(searcher.search(searcher.read(text)))[0] == f"khai-thac-nuoc-{level}"


def test_a_word_that_only_looks_like_a_level_names_none() -> None:
    assert levels_named("Cấp bổ sung giấy phép, cấp bò giống") == frozenset()
    assert levels_named("thuộc thẩm quyền của Bộ") == {Level.CENTRAL}


def test_unless_it_is_named_the_ministry_comes_last(searcher: Searcher) -> None:
    found = entry_ids(searcher.search(searcher.read(NAME)))
    assert found[-1] == f"khai-thac-nuoc-{Level.CENTRAL}"
