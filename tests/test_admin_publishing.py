"""Between approval and the public: checks, scheduled days, ends, Editions compared and replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot.model import Channel, Question
from knowledge.golden import Wanted
from knowledge.load import dump_entry, load
from knowledge.model import Facet
from knowledge.proposals import Proposal, State, applied
from tests.fakes import wait_until
from tests.fakes.trial_office import WAIT_S, TrialOffice, finished, mark, post, trial_office
from webhook.admin.roles import Role

FEE = Wanted(question="lệ phí khai sinh", entry_id="khai-sinh", facet=Facet.FEE)
TODAY = date(2026, 12, 1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TrialOffice]:
    with trial_office(tmp_path) as office:
        office.golden.add([FEE, Wanted(question="thời tiết hôm nay thế nào")], "lan")
        yield office


def body_of(office: TrialOffice, entry_id: str) -> dict[str, Any]:
    return dump_entry(office.known().edition.library.entries[entry_id])


def approved(office: TrialOffice, body: dict[str, Any]) -> Proposal:
    """An's change, sent to review, as Lan has approved it on the page."""
    entry = office.known().edition.library.entries[body["id"]]
    begun = office.proposals.begin(entry.id, dump_entry(entry), entry, "an")
    saved = office.proposals.save(begun.id, begun.revision, "an", body)
    sent = office.proposals.submit(saved.id, saved.revision, "")
    lan = office.person("lan", Role.REVIEWER)
    post(lan, f"/quan-tri/duyet/{sent.id}", revision=sent.revision, lam="duyet")
    return office.proposals.get(sent.id)


def cheaper(office: TrialOffice) -> dict[str, Any]:
    """Khai sinh with a lower fee."""
    body = body_of(office, "khai-sinh")
    for fact in body["facts"]["fee"]:
        if fact.get("amount") == 8000:
            fact.update(text=fact["text"].replace("8.000", "7.000"), amount=7000)
    return body


def without_fee(office: TrialOffice) -> dict[str, Any]:
    """Khai sinh, of which nobody knows the fee any more."""
    body = body_of(office, "khai-sinh")
    return {**body, "facts": {k: v for k, v in body["facts"].items() if k != "fee"}}


def check(office: TrialOffice, proposal: Proposal) -> tuple[str, str]:
    """(address, page) of the check that pressing the button leads to, once it is done."""
    lan = office.person("lan", Role.REVIEWER)
    given = {**mark(lan), "revision": proposal.revision, "lam": "xuat-ban"}
    got = lan.post(f"/quan-tri/duyet/{proposal.id}", data=given)
    assert "/quan-tri/kiem-tra/" in str(got.url), unescape(got.text)
    return str(got.url.path), finished(lan, str(got.url.path))


# The check.


def test_what_changes_is_shown_before_it_is_published(office: TrialOffice) -> None:
    address, page = check(office, approved(office, cheaper(office)))
    assert "Đã hỏi thử 2 câu hỏi vàng, không câu nào bị hỏng" in page
    assert "Câu trả lời sẽ đổi: 1" in page
    assert "<del>8.000</del><ins>7.000</ins>" in page
    assert office.known().edition.number == 1, "a check publishes nothing"
    lan = office.person("lan", Role.REVIEWER)
    assert "Đã xuất bản" in post(lan, address, lam="xuat-ban")
    assert office.known().edition.number == 2
    answer = office.rehearsals.ask(FEE.question).answer
    assert "7.000 đồng" in str(answer)


def test_only_the_changed_passages_are_embedded_and_publishing_embeds_nothing(
    office: TrialOffice,
) -> None:
    office.known()
    office.search.encoder.embedded.clear()
    address, _ = check(office, approved(office, cheaper(office)))
    assert 0 < len(office.search.encoder.embedded) <= 4
    office.search.encoder.embedded.clear()
    post(office.person("lan", Role.REVIEWER), address, lam="xuat-ban")
    assert office.known().edition.number == 2
    assert office.search.encoder.embedded == []


def test_a_broken_golden_question_needs_a_written_reason(office: TrialOffice) -> None:
    address, page = check(office, approved(office, without_fee(office)))
    assert "1 trên 2 câu hỏi vàng đang đúng sẽ bị hỏng" in page
    lan = office.person("lan", Role.REVIEWER)
    assert "hãy ghi rõ lý do" in post(lan, address, lam="xuat-ban")
    assert office.known().edition.number == 1
    reason = "Nghị quyết mới bãi bỏ lệ phí"
    assert "Đã xuất bản" in post(lan, address, lam="xuat-ban", reason=reason)
    assert office.known().edition.number == 2
    deed = next(deed for deed in office.log.read() if deed.action == "published_despite")
    assert deed.person == "lan"
    assert deed.details == {"reason": reason, "questions": [FEE.question]}


def test_who_may_not_publish_does_not_publish_from_the_check(office: TrialOffice) -> None:
    address, _ = check(office, approved(office, cheaper(office)))
    anh = office.person("anh", Role.EDITOR)
    assert "Xuất bản ngay" not in unescape(anh.get(address).text)
    assert "không có quyền" in post(anh, address, lam="xuat-ban")
    assert office.known().edition.number == 1


def test_a_check_holds_for_what_was_checked_alone(office: TrialOffice) -> None:
    address, _ = check(office, approved(office, cheaper(office)))
    office.golden.add([Wanted(question="đăng ký kết hôn ở đâu", entry_id="ket-hon")], "lan")
    lan = office.person("lan", Role.REVIEWER)
    page = post(lan, address, lam="xuat-ban")
    assert "Kiểm tra lại" in page
    assert office.known().edition.number == 1
    got = lan.post(address, data={**mark(lan), "lam": "lai"})
    assert "Đã hỏi thử 3" in finished(lan, str(got.url.path))
    post(lan, str(got.url.path), lam="xuat-ban")
    assert office.known().edition.number == 2


def test_the_check_is_made_as_soon_as_somebody_approves(office: TrialOffice) -> None:
    proposal = approved(office, cheaper(office))
    press = office.press
    assert press.checks
    job = press.checks.run(press.candidate([proposal]))
    assert job.by == "lan", "it was begun by the approval"


def test_returning_to_an_earlier_edition_is_checked_too(office: TrialOffice) -> None:
    address, _ = check(office, approved(office, cheaper(office)))
    lan = office.person("lan", Role.REVIEWER)
    post(lan, address, lam="xuat-ban")
    got = lan.post("/quan-tri/an-ban/1", data=mark(lan))
    page = finished(lan, str(got.url.path))
    assert "<del>7.000</del><ins>8.000</ins>" in page
    assert "Đã trở về" in post(lan, str(got.url.path), lam="xuat-ban")
    assert office.known().edition.library.entries == office.editions.get(1).library.entries


# On its day.


def goes_out(office: TrialOffice, proposal: Proposal, day: date) -> None:
    """The schedule looks again and again, as it does: a check begun by the approval may last."""

    def is_out() -> bool:
        office.press.keep_the_calendar(day)
        return office.proposals.get(proposal.id).state is State.PUBLISHED

    wait_until(is_out, WAIT_S)


def scheduled(office: TrialOffice, proposal: Proposal, **days: str) -> Proposal:
    lan = office.person("lan", Role.REVIEWER)
    address = f"/quan-tri/duyet/{proposal.id}"
    post(lan, address, revision=proposal.revision, lam="hen", **days)
    return office.proposals.get(proposal.id)


def test_what_breaks_nothing_goes_out_on_its_day(office: TrialOffice) -> None:
    proposal = scheduled(office, approved(office, cheaper(office)), day=TODAY.isoformat())
    office.press.keep_the_calendar(date(2026, 11, 30))
    assert office.known().edition.number == 1
    goes_out(office, proposal, TODAY)
    assert office.known().edition.number == 2


def test_what_breaks_a_golden_question_waits_for_a_person(office: TrialOffice) -> None:
    other = body_of(office, "ket-hon")
    sound = approved(office, {**other, "summary": "Hai người thành vợ chồng theo luật."})
    scheduled(office, sound, day="2026-11-01")
    breaking = scheduled(office, approved(office, without_fee(office)), day="2026-11-01")
    goes_out(office, sound, TODAY)
    office.press.keep_the_calendar(TODAY)
    assert office.proposals.get(breaking.id).state is State.APPROVED
    page = unescape(office.person("lan", Role.REVIEWER).get("/quan-tri/duyet").text)
    assert "cần người mở ra xem" in page


# Until its day.


def ended(office: TrialOffice) -> Proposal:
    """Tạm trú, published with the day from which it no longer holds."""
    body = {**body_of(office, "tam-tru"), "summary": "Báo nơi ở tạm với Công an cấp xã."}
    proposal = scheduled(office, approved(office, body), day="2026-11-01", ends="2026-12-01")
    goes_out(office, proposal, date(2026, 11, 30))
    return office.proposals.get(proposal.id)


def test_an_entry_that_ends_is_withdrawn_on_its_day(office: TrialOffice) -> None:
    proposal = ended(office)
    assert "tam-tru" in office.known().edition.library.entries
    lan = office.person("lan", Role.REVIEWER)
    assert "01/12/2026" in lan.get("/quan-tri/an-ban").text
    office.press.keep_the_calendar(TODAY)
    office.press.keep_the_calendar(TODAY)
    assert office.known().edition.number == 3, "once"
    library = office.known().edition.library
    assert "tam-tru" not in library.entries
    assert not any("tam-tru" in entry.related for entry in library)
    assert f"Hết hiệu lực: {proposal.title}" in unescape(lan.get("/quan-tri/an-ban").text)
    assert office.log.read()[0].action == "withdrawn"
    answer = office.rehearsals.ask("đăng ký tạm trú cần giấy tờ gì").answer
    assert answer.entry_id != "tam-tru"


def test_a_later_publication_of_the_files_does_not_bring_back_what_ended(
    office: TrialOffice,
) -> None:
    ended(office)
    office.press.keep_the_calendar(TODAY)
    assert "tam-tru" not in applied(load(), office.proposals.wording()).entries


def test_returning_to_an_edition_before_the_end_brings_the_entry_back_to_stay(
    office: TrialOffice,
) -> None:
    ended(office)
    office.press.keep_the_calendar(TODAY)
    lan = office.person("lan", Role.REVIEWER)
    got = lan.post("/quan-tri/an-ban/2", data=mark(lan))
    finished(lan, str(got.url.path))
    post(lan, str(got.url.path), lam="xuat-ban")
    office.press.keep_the_calendar(TODAY)
    assert "tam-tru" in office.known().edition.library.entries


def test_a_change_to_an_entry_that_ends_does_not_make_it_last(office: TrialOffice) -> None:
    ended(office)
    entry = office.known().edition.library.entries["tam-tru"]
    begun = office.proposals.begin("tam-tru", dump_entry(entry), entry, "an")
    assert begun.ends_on == TODAY


def test_an_end_can_be_given_up(office: TrialOffice) -> None:
    proposal = ended(office)
    lan = office.person("lan", Role.REVIEWER)
    assert "không còn ngày" in post(lan, f"/quan-tri/an-ban/o-lai/{proposal.id}")
    office.press.keep_the_calendar(TODAY)
    assert "tam-tru" in office.known().edition.library.entries


def test_nothing_ends_before_it_begins(office: TrialOffice) -> None:
    proposal = approved(office, cheaper(office))
    lan = office.person("lan", Role.REVIEWER)
    given = {"revision": proposal.revision, "lam": "hen", "day": "2026-12-02", "ends": "2026-12-01"}
    assert "phải sau ngày xuất bản" in post(lan, f"/quan-tri/duyet/{proposal.id}", **given)


# Looking back.


def test_any_two_editions_are_compared_in_words(office: TrialOffice) -> None:
    address, _ = check(office, approved(office, cheaper(office)))
    lan = office.person("lan", Role.REVIEWER)
    post(lan, address, lam="xuat-ban")
    page = unescape(lan.get("/quan-tri/an-ban/so-sanh?truoc=1&sau=2").text)
    assert "Đăng ký khai sinh" in page
    assert "<del>8.000</del><ins>7.000</ins>" in page
    same = unescape(lan.get("/quan-tri/an-ban/so-sanh?truoc=2&sau=2").text)
    assert "giống hệt nhau" in same
    assert lan.get("/quan-tri/an-ban/so-sanh?truoc=1&sau=9").status_code == 404


def told(office: TrialOffice, number: int, text: str) -> str:
    """The id of what a citizen was answered."""
    question = Question(id=f"web:{number}", channel=Channel.WEB, conversation="c", text=text)
    return office.rehearsals.assistant.reply(question).id


def test_a_past_answer_is_asked_again_in_its_edition_and_in_todays(office: TrialOffice) -> None:
    first = told(office, 1, "lệ phí khai sinh, CCCD 001203004567")
    address, _ = check(office, approved(office, cheaper(office)))
    lan = office.person("lan", Role.REVIEWER)
    post(lan, address, lam="xuat-ban")
    replay = f"/quan-tri/xem-lai/{first}"
    page = unescape(lan.get(replay).text)
    assert "8.000 đồng" in page
    assert "theo ấn bản 1" in page
    assert "001203004567" not in page
    post(lan, replay)
    page = finished(lan, replay)
    assert "Giống hệt câu đã hiện" in page, "by its own Edition"
    assert "<del>8.000</del><ins>7.000</ins>" in page, "by today's"


def test_a_follow_up_is_asked_again_after_what_came_before_it(office: TrialOffice) -> None:
    told(office, 1, "đăng ký khai sinh")
    second = told(office, 2, "thế lệ phí bao nhiêu")
    told(office, 3, "thời tiết hôm nay thế nào")
    lan = office.person("lan", Role.REVIEWER)
    post(lan, f"/quan-tri/xem-lai/{second}")
    page = finished(lan, f"/quan-tri/xem-lai/{second}")
    assert page.count("Giống hệt câu đã hiện") == 2


def test_past_questions_are_found_by_their_words_and_by_the_answers_id(office: TrialOffice) -> None:
    first = told(office, 1, "lệ phí khai sinh")
    told(office, 2, "đăng ký kết hôn")
    lan = office.person("lan", Role.REVIEWER)
    page = unescape(lan.get("/quan-tri/xem-lai?q=khai sinh").text)
    assert "lệ phí khai sinh" in page
    assert "đăng ký kết hôn" not in page
    assert str(lan.get(f"/quan-tri/xem-lai?ma={first}").url).endswith(first)
    assert lan.get("/quan-tri/xem-lai/abc").status_code == 404
    assert office.person("xem", Role.VIEWER).get("/quan-tri/xem-lai").status_code == 403
