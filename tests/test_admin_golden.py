"""Golden questions: kept, added, retired, read from a file."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from knowledge.golden import GoldenQuestions, Wanted, shipped_golden
from knowledge.load import load
from knowledge.model import Facet, Procedure
from knowledge.store import connect
from tests.fakes.trial_office import TrialOffice, mark, post, trial_office
from webhook.admin.roles import Role
from webhook.database import migrate

GOLDEN = "/quan-tri/cau-hoi-vang"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialOffice]:
    with trial_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def upload(browser: TestClient, text: str) -> str:
    files = {"file": ("cau-hoi.csv", text.encode("utf-8-sig"))}
    return unescape(browser.post(f"{GOLDEN}/tep", data=mark(browser), files=files).text)


def test_the_list_that_is_shipped_is_of_entries_and_facets_that_are_there() -> None:
    library, wanted = load(), shipped_golden()
    assert len(wanted) >= 150
    assert len({question.id for question in wanted}) == len(wanted)
    assert sum(question.entry_id is None for question in wanted) >= 20
    for question in wanted:
        if question.entry_id:
            entry = library.entries[question.entry_id]
            facets = entry.facts if isinstance(entry, Procedure) else {}
            assert question.facet is None or question.facet in facets, question


def test_a_reviewer_adds_a_question_and_everybody_sees_it(office: TrialOffice) -> None:
    lan, xem = office.person("lan", Role.REVIEWER), office.person("xem", Role.VIEWER)
    given = {"question": "tiền làm khai sinh", "entry": "khai-sinh | Đăng ký khai sinh"}
    assert "Đã thêm" in post(lan, GOLDEN, facet="fee", **given)
    page = unescape(xem.get(f"{GOLDEN}?q=tien lam").text)
    assert "tiền làm khai sinh" in page
    assert "Lệ phí" in page
    assert office.log.read()[0].action == "golden_added"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"question": "", "entry": "khai-sinh"}, "Cần có câu hỏi"),
        ({"question": "hỏi gì đó", "entry": "khong-co"}, "Không có mục khong-co"),
        ({"question": "hỏi gì đó", "entry": "", "facet": "fee"}, "Chỉ thủ tục mới có phần"),
        ({"question": "hỏi gì đó", "entry": "khai-sinh", "facet": "xyz"}, "Không có phần xyz"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_added(
    office: TrialOffice, given: dict[str, str], words: str
) -> None:
    assert words in post(office.person("lan", Role.REVIEWER), GOLDEN, **given)
    assert "hỏi gì đó" not in {question.question for question in office.golden.all()}


def test_a_retired_question_is_asked_no_more_even_if_a_release_brings_it(
    office: TrialOffice,
) -> None:
    lan = office.person("lan", Role.REVIEWER)
    wanted = Wanted(question="câu sẽ bỏ", entry_id="khai-sinh")
    office.golden.add([wanted], "")
    assert "Đã bỏ" in post(lan, f"{GOLDEN}/{wanted.id}/bo")
    office.golden.add_shipped([wanted])
    assert wanted.id not in {question.id for question in office.golden.all()}
    assert "câu sẽ bỏ" in unescape(lan.get(f"{GOLDEN}?bo=1&q=cau se bo").text)
    assert office.log.read()[0].action == "golden_retired"


def test_a_file_of_questions_is_added_whole(office: TrialOffice) -> None:
    lan = office.person("lan", Role.REVIEWER)
    rows = "Câu hỏi;Mã mục;Phần\nkết hôn ở đâu vậy;ket-hon;Nộp ở đâu\nnấu phở thế nào;;\n"
    assert "Đã thêm từ tệp" in upload(lan, rows)
    found = {question.question: question for question in office.golden.all()}
    assert found["kết hôn ở đâu vậy"].facet is Facet.WHERE
    assert found["nấu phở thế nào"].entry_id is None


def test_a_file_with_one_wrong_line_is_not_added(office: TrialOffice) -> None:
    lan = office.person("lan", Role.REVIEWER)
    page = upload(lan, "Câu hỏi,Mã mục\nđúng nhưng,khai-sinh\nsai,khong-co\n")
    assert "Không có mục khong-co" in page
    assert "đúng nhưng" not in {question.question for question in office.golden.all()}
    assert "Mã mục" in upload(lan, "Câu hỏi\nkhông có cột mục\n"), "nobody meant “not answered”"


def test_only_reviewers_decide_what_is_golden(office: TrialOffice) -> None:
    editor = office.person("anh", Role.EDITOR)
    given = {**mark(editor), "question": "của tôi", "entry": "khai-sinh"}
    assert editor.post(GOLDEN, data=given).status_code == 403
    assert editor.post(f"{GOLDEN}/abc/bo", data=mark(editor)).status_code == 403


def test_golden_questions_are_kept_on_both_databases(database_url: str) -> None:
    migrate(database_url)
    engine = connect(database_url)
    golden = GoldenQuestions(engine)
    wanted = Wanted(question="Lệ phí khai sinh", entry_id="khai-sinh", facet=Facet.FEE)
    assert golden.add([wanted], "lan") == 1
    assert golden.add([wanted], "lan") == 0, "nothing is new"
    assert golden.add([wanted.model_copy(update={"facet": None})], "lan") == 1
    assert golden.retire(wanted.id, "lan")
    assert golden.all() == []
    assert golden.add([wanted], "binh") == 1, "somebody wants it again"
    assert [question.added_by for question in golden.all()] == ["binh"]
    engine.dispose()
