"""What the bot could not answer reaches people, grouped by meaning, and comes back as knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.inbox.intake import Intake
from bot.inbox.items import SETTLED
from bot.inbox.store import Inbox, Sight, State, Wanted
from bot.inbox.tables import answers, groups, items
from bot.journal import Journal
from bot.model import Answer, Block, BlockKind, Channel, Question, Status
from knowledge.places import Place
from knowledge.proposals import State as ProposalState
from knowledge.store import Editions, connect
from tests.fakes.encoder import BagOfSyllables
from tests.fakes.knowing import knowing, small_library
from tests.fakes.office import Office, get, mark, post
from webhook.admin.audit import AuditLog
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "procedures/ket-hon", "guides/lua-dao")
TIGER = "xin giấy phép nuôi hổ trong vườn"
FLYING = "muốn bay flycam quay đám cưới phải báo ai"
EVERYBODY = Sight()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url="http://testserver")
    migrate(settings.database_url)
    engine = connect(settings.database_url)
    Editions(engine).publish(small_library(NAMES), "")
    office = Office(FastAPI(), engine, settings, tmp_path)
    office.app.include_router(admin_router(settings, engine, office.known))
    yield office
    engine.dispose()


def listed(office: Office, state: State = State.OPEN, sight: Sight = EVERYBODY) -> list[str]:
    found, _ = Inbox(office.engine).page(Wanted(state), sight)
    return [group.text for group in found]


def first_group(office: Office, state: State = State.OPEN) -> str:
    """The address of the first group of the list."""
    found, _ = Inbox(office.engine).page(Wanted(state), EVERYBODY)
    return f"/quan-tri/hop-thu/{found[0].id}"


# What comes in.


def test_unanswered_questions_of_one_meaning_are_one_group(office: Office) -> None:
    for who, text in enumerate((TIGER, "nuôi hổ trong vườn xin giấy phép", TIGER, FLYING)):
        assert office.ask(text, f"c{who % 3}").status.family in ("unanswerable", "refused")
    assert office.fill_inbox() == 4
    found, total = Inbox(office.engine).page(Wanted(), EVERYBODY)
    assert total == 2
    assert [(group.count, group.people) for group in found] == [(3, 3), (1, 1)]
    assert office.fill_inbox() == 0, "nothing is taken in twice"


def test_a_question_that_was_answered_stays_out(office: Office) -> None:
    assert office.ask("lệ phí đăng ký khai sinh").status.family == "answered"
    assert office.fill_inbox() == 0


def test_somebody_who_was_asked_back_and_chose_nothing_is_in_after_a_while(
    office: Office,
) -> None:
    journal = Journal(office.engine, b"key")
    for number, who in enumerate(("chose", "left")):
        journal.record(asking(number, who), offering())
    office.ask("", "chose", action="entry:khai-sinh:fee")
    assert office.fill_inbox() == 0, "they may still choose"
    office.later = SETTLED + timedelta(minutes=1)
    assert office.fill_inbox() == 1
    assert listed(office) == ["giấy của cháu 1"]


def asking(number: int, who: str) -> Question:
    return Question(
        id=f"zalo:{number}",
        channel=Channel.WEB,
        conversation=who,
        text=f"giấy của cháu {number}",
    )


def offering() -> Answer:
    answer = Answer(
        status=Status.CLARIFICATION_ENTRY,
        blocks=(Block(kind=BlockKind.TEXT, lines=("Bạn hỏi việc nào?",)),),
        choices=({"label": "Khai sinh", "action": "entry:khai-sinh:fee"},),  # type: ignore[arg-type]
    )
    return answer


def test_an_answer_given_only_just_is_doubtful(office: Office) -> None:
    journal = Journal(office.engine, b"key")
    told = Answer(status=Status.ANSWERED_OVERVIEW, blocks=(), entry_id="khai-sinh")
    for number, right in enumerate((0.72, 0.95)):
        scores = [{"entry": "khai-sinh", "right": right, "sure_from": 0.7}]
        journal.record(asking(number, "c"), told, scores=scores)
    assert office.fill_inbox() == 1
    assert listed(office) == ["giấy của cháu 0"]


def test_the_journal_notes_how_sure_an_answer_was(office: Office) -> None:
    office.ask("lệ phí đăng ký khai sinh")
    with office.engine.connect() as db:
        scores = db.scalar(select(answers.c.scores))
    assert scores
    assert 0 <= scores[0]["right"] <= 1
    assert scores[0]["sure_from"] in (0.55, 0.7)


def test_a_bad_opinion_comes_in_with_its_reason_and_what_was_told(office: Office) -> None:
    told = office.ask("lệ phí đăng ký khai sinh")
    office.ask("", action=f"fb-:{told.id}")
    office.ask("", action=f"fbr:{told.id}:wrong")
    office.fill_inbox()
    page = get(office.person("anh", Role.EDITOR), first_group(office))
    assert "Bị chê" in page
    assert "Sai hoặc đã cũ" in page
    assert "Lệ phí" in page


def test_a_bad_opinion_on_a_pressed_button_is_named_by_what_it_led_to(office: Office) -> None:
    told = office.ask("", action="entry:khai-sinh:fee")
    office.ask("", action=f"fb-:{told.id}")
    office.fill_inbox()
    assert listed(office) == [told.blocks[0].lines[0]]


def test_what_people_delete_is_gone_from_the_inbox(office: Office) -> None:
    office.ask(TIGER, "c1")
    office.ask(FLYING, "c2")
    office.fill_inbox()
    office.ask("xóa dữ liệu của tôi", "c1")
    assert listed(office) == [FLYING]
    office.fill_inbox()
    with office.engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(groups)) == 1


def test_the_inbox_holds_no_text_of_its_own(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    with office.engine.connect() as db:
        kept = [str(row) for table in (groups, items) for row in db.execute(select(table))]
    assert kept
    assert not any("hổ" in row for row in kept)


def test_another_encoder_gives_old_groups_their_meaning_anew(
    office: Office, tmp_path: Path
) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    other = knowing(office.known().edition, tmp_path / "other", BagOfSyllables("another"))
    office.ask("nuôi hổ trong vườn xin giấy phép")
    intake = Intake(office.engine)
    while intake.take_in(other):
        pass
    found, _ = Inbox(office.engine).page(Wanted(), EVERYBODY)
    assert [group.count for group in found] == [2]


def test_the_inbox_works_on_both_databases(database_url: str, tmp_path: Path) -> None:
    migrate(database_url)
    engine = connect(database_url)
    Editions(engine).publish(small_library(NAMES), "")
    known = knowing(Editions(engine).get(1), tmp_path)
    journal, inbox = Journal(engine, b"key"), Inbox(engine)
    nothing = Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=())
    just = [{"entry": "khai-sinh", "right": 0.71, "sure_from": 0.7}]
    told = Answer(status=Status.ANSWERED_OVERVIEW, blocks=(), entry_id="khai-sinh")
    journal.record(asking(1, "a"), nothing, Place("ha-noi"))
    journal.record(asking(2, "b"), offering())
    journal.record(asking(3, "c").model_copy(update={"text": TIGER}), told, scores=just)
    bad = journal.record(asking(4, "d").model_copy(update={"text": FLYING}), told)
    journal.feedback(bad.id, False)
    later = Intake(engine, lambda: datetime.now(UTC) + SETTLED + timedelta(minutes=1))
    assert later.take_in(known) == 4
    found, total = inbox.page(Wanted(newest_first=True), EVERYBODY)
    assert total == len(found)
    assert inbox.page(Wanted(province="ha-noi"), EVERYBODY)[1] == 1
    inbox.close(found[0].id, "an")
    assert inbox.counts(EVERYBODY)[State.CLOSED] == 1
    assert journal.purge(timedelta(0)) == 4
    assert inbox.page(Wanted(), EVERYBODY) == ([], 0)
    assert later.take_in(known) == 0
    engine.dispose()


# What people do with it.


def test_a_question_becomes_a_way_of_asking_and_the_group_is_done_when_published(
    office: Office,
) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an, lan = office.person("anh", Role.EDITOR), office.person("lan", Role.REVIEWER)
    address = first_group(office)
    page = get(an, address)
    assert TIGER in page
    assert page.count('name="lam" value="them:') == 3
    page = post(an, address, lam="them:khai-sinh", cau=TIGER)
    assert "Đã thêm vào bản soạn" in page
    proposal = office.proposals.of("khai-sinh")
    assert proposal
    assert TIGER in proposal.body["questions"]
    assert listed(office) == []
    assert listed(office, State.DRAFTED) == [TIGER]
    publish(office, an, lan, proposal.id)
    get(an, "/quan-tri/hop-thu")
    assert listed(office, State.DONE) == [TIGER]
    assert TIGER in office.known().edition.library.entries["khai-sinh"].questions
    assert AuditLog(office.engine).read(person="anh")[0].action == "inbox_added"


def publish(office: Office, writer: object, reviewer: object, proposal_id: int) -> None:
    found = office.proposals.get(proposal_id)
    submitted = office.proposals.submit(found.id, found.revision, "")
    at = f"/quan-tri/duyet/{proposal_id}"
    post(reviewer, at, lam="duyet", revision=str(submitted.revision))
    post(reviewer, at, lam="xuat-ban", revision=str(submitted.revision + 1))
    assert office.proposals.get(proposal_id).state is ProposalState.PUBLISHED


def test_asked_in_vain_after_publication_opens_the_group_again(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an, lan = office.person("anh", Role.EDITOR), office.person("lan", Role.REVIEWER)
    post(an, first_group(office), lam="them:khai-sinh", cau=TIGER)
    proposal = office.proposals.of("khai-sinh")
    assert proposal
    publish(office, an, lan, proposal.id)
    get(an, "/quan-tri/hop-thu")
    told = office.ask(TIGER)
    office.ask("", action=f"fb-:{told.id}")
    office.fill_inbox()
    assert listed(office) == [TIGER]


def test_undoing_takes_the_question_out_of_the_proposal_again(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    address = first_group(office)
    post(an, address, lam="them:khai-sinh", cau=TIGER)
    page = post(an, address, lam="mo-lai")
    assert "Đã đưa về" in page
    assert office.proposals.of("khai-sinh") is None, "nothing else was written in it"
    assert listed(office) == [TIGER]


def test_undoing_leaves_what_others_wrote(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    post(an, first_group(office), lam="them:khai-sinh", cau=TIGER)
    found = office.proposals.of("khai-sinh")
    assert found
    office.proposals.save(found.id, found.revision, "binh", {**found.body, "title": "Khai sinh"})
    post(an, first_group(office, State.DRAFTED), lam="mo-lai")
    left = office.proposals.of("khai-sinh")
    assert left
    assert left.title == "Khai sinh"
    assert TIGER not in left.body["questions"]


def test_a_new_draft_begins_with_the_questions_of_the_group(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR, provinces=("ha-noi",))
    assert an.get(first_group(office)).status_code == 404, "it was not asked in Hà Nội"
    lan = office.person("lan", Role.EDITOR)
    address = first_group(office)
    page = post(lan, address, lam="nhap", title="", kind="procedure", cau=TIGER)
    assert "Cần đặt tên" in page
    post(lan, address, lam="nhap", title="Nuôi hổ", kind="procedure", cau=TIGER)
    new = office.proposals.of("nuoi-ho")
    assert new
    assert new.body["questions"] == [TIGER]
    assert get(lan, f"/quan-tri/soan/{new.id}")


def test_what_is_not_for_us_is_counted_later_and_not_shown_as_new(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    address = first_group(office)
    page = post(an, address, lam="dong")
    assert "Đã đóng nhóm này" in page
    assert "anh làm lúc" in page
    office.ask("nuôi hổ trong vườn xin giấy phép", "c9")
    office.fill_inbox()
    assert listed(office) == []
    found, _ = Inbox(office.engine).page(Wanted(State.CLOSED), EVERYBODY)
    assert found[0].count == 2
    post(an, address, lam="mo-lai")
    assert len(listed(office)) == 1


def test_masked_numbers_do_not_become_ways_of_asking(office: Office) -> None:
    office.ask("cccd 001203004567 xin giấy phép nuôi hổ trong vườn")
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    page = get(an, first_group(office))
    assert "001203004567" not in page
    text = re.search(r'name="cau" value="([^"]+)"', page)
    assert text
    post(an, first_group(office), lam="them:khai-sinh", cau=text[1])
    proposal = office.proposals.of("khai-sinh")
    assert proposal
    assert "[" not in proposal.body["questions"][-1]


# Who sees what.


def test_somebody_limited_to_a_province_sees_its_questions_and_closes_only_what_is_theirs(
    office: Office,
) -> None:
    office.ask("tôi ở Hà Nội", "a")
    office.ask(TIGER, "a")
    office.ask(TIGER, "b")
    office.ask(FLYING, "b")
    office.fill_inbox()
    hanoi = office.person("hanoi", Role.EDITOR, provinces=("ha-noi",))
    page = get(hanoi, "/quan-tri/hop-thu")
    assert TIGER in page
    assert FLYING not in page
    assert "1 lần, 1 người" in page
    address = first_group(office)
    assert "của tỉnh hoặc lĩnh vực khác" in get(hanoi, address)
    assert hanoi.post(address, data={**mark(hanoi), "lam": "dong"}).status_code == 403
    given = {**mark(hanoi), "lam": "them:khai-sinh", "cau": TIGER}
    assert hanoi.post(address, data=given).status_code == 403, "a national Entry is not theirs"


def test_the_list_is_filtered_by_kind_channel_and_order(office: Office) -> None:
    office.ask(TIGER, "a", Channel.TELEGRAM)
    office.ask(TIGER, "b", Channel.TELEGRAM)
    office.ask(FLYING, "c", Channel.WEB)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    assert get(an, "/quan-tri/hop-thu").index(TIGER) < get(an, "/quan-tri/hop-thu").index(FLYING)
    newest = get(an, "/quan-tri/hop-thu?xep=moi")
    assert newest.index(FLYING) < newest.index(TIGER)
    assert TIGER not in get(an, "/quan-tri/hop-thu?kenh=web")
    assert "Không còn câu nào" in get(an, "/quan-tri/hop-thu?loai=unhelpful")
    assert get(an, "/quan-tri/hop-thu?loai=x&kenh=y&tinh=z&tu=-4&buoc=q")


def test_another_entry_is_found_by_search(office: Office) -> None:
    office.ask(TIGER)
    office.fill_inbox()
    an = office.person("anh", Role.EDITOR)
    page = get(an, first_group(office) + "?tim=đăng ký kết hôn")
    assert 'value="them:ket-hon"' in page


def test_viewers_do_not_read_what_people_asked(office: Office) -> None:
    assert office.person("xem", Role.VIEWER).get("/quan-tri/hop-thu").status_code == 403
