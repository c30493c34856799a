"""The Journal on SQLite and PostgreSQL: what is kept, of whom, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from bot import journal as tables
from bot.journal import FRESH, Journal
from bot.model import Answer, Block, BlockKind, Channel, Choice, Question, ShownSource, Status
from bot.protect import mask
from knowledge.model import Facet
from knowledge.places import Place
from knowledge.store import connect
from webhook.database import migrate

ANSWER = Answer(
    status=Status.ANSWERED_FACET,
    blocks=(Block(kind=BlockKind.ITEMS, lines=("Miễn lệ phí.", "8.000 đồng một bản sao.")),),
    choices=(Choice(label="Giấy tờ", action="entry:khai-sinh:documents"),),
    sources=(ShownSource(title="Cổng", url="https://dichvucong.gov.vn"),),
    edition=4,
    entry_id="khai-sinh",
    facet=Facet.FEE,
)
THANKS = Answer(
    status=Status.SMALLTALK_THANKS, blocks=(Block(kind=BlockKind.TEXT, lines=("Cảm ơn",)),)
)


def question(number: int, conversation: str = "c1", ago: timedelta = timedelta(0)) -> Question:
    return Question(
        id=f"web:{number}",
        channel=Channel.WEB,
        conversation=conversation,
        text="lệ phí khai sinh",
        asked_at=datetime.now(UTC) - ago,
    )


@pytest.fixture
def journal(database_url: str) -> Iterator[Journal]:
    migrate(database_url)
    engine = connect(database_url)
    yield Journal(engine, b"a key")
    engine.dispose()


def test_an_answer_is_kept_as_it_was_shown(journal: Journal) -> None:
    kept = journal.record(question(1), ANSWER)
    assert kept.id
    assert journal.answer_to("web:1") == kept
    assert kept.model_copy(update={"id": ""}) == ANSWER
    assert journal.answer_to("web:2") is None


def test_no_opinion_on_an_answer_looks_like_somebodys_number(journal: Journal) -> None:
    ids = {journal.record(question(n), ANSWER).id for n in range(200)}
    assert len(ids) == 200
    assert [mask(f"fb-:{name}") for name in ids] == [f"fb-:{name}" for name in ids]


def test_the_first_answer_to_a_question_stays(journal: Journal) -> None:
    first = journal.record(question(1), ANSWER)
    assert journal.record(question(1), THANKS) == first


def test_what_the_talk_was_about_is_found(journal: Journal) -> None:
    assert journal.context(question(0)).entry_id is None
    journal.record(question(1), ANSWER, place=Place("ha-noi", "00070"))
    journal.record(question(2), THANKS)
    context = journal.context(question(3))
    assert (context.entry_id, context.facet, context.place) == (
        "khai-sinh",
        "fee",
        Place("ha-noi", "00070"),
    )
    assert context.choices == ANSWER.choices
    assert journal.context(question(3, "c2")).entry_id is None


def test_another_key_finds_nobody(journal: Journal, database_url: str) -> None:
    journal.record(question(1), ANSWER)
    engine = connect(database_url)
    stranger = Journal(engine, b"another key")
    assert stranger.context(question(2)).entry_id is None
    assert stranger.forget(question(2)) == 0
    engine.dispose()


def test_a_stale_talk_is_no_context(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.record(question(1), ANSWER)

    class Later(datetime):
        @classmethod
        def now(cls, tz: timezone | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + FRESH + timedelta(seconds=1)

    monkeypatch.setattr(tables, "datetime", Later)
    assert journal.context(question(2)).entry_id is None


def test_feedback_is_kept_once_an_answer(journal: Journal, database_url: str) -> None:
    answer = journal.record(question(1), ANSWER)
    assert journal.feedback(answer.id, True)
    assert journal.feedback(answer.id, False)
    assert journal.feedback(answer.id, False, "wrong")
    assert not journal.feedback("nothing", True)
    engine = connect(database_url)
    with engine.connect() as db:
        found = db.execute(select(tables._feedback.c.helpful, tables._feedback.c.reason)).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("no", "wrong")]


def test_forgetting_takes_one_conversation_with_its_feedback(journal: Journal) -> None:
    mine = journal.record(question(1), ANSWER)
    journal.record(question(2), THANKS)
    others = journal.record(question(3, "c2"), ANSWER)
    journal.feedback(mine.id, True)
    journal.feedback(others.id, True)
    assert journal.forget(question(9)) == 2
    assert journal.answer_to("web:1") is None
    assert journal.answer_to("web:3") == others
    assert not journal.feedback(mine.id, True)
    assert journal.feedback(others.id, True)
    assert journal.forget(question(9)) == 0


def test_what_is_older_than_the_retention_time_goes(journal: Journal) -> None:
    old = journal.record(question(1, ago=timedelta(days=91)), ANSWER)
    new = journal.record(question(2, ago=timedelta(days=89)), ANSWER)
    journal.feedback(old.id, False, "wrong")
    assert journal.purge(timedelta(days=90)) == 1
    assert journal.answer_to("web:1") is None
    assert journal.answer_to("web:2") == new
    assert journal.purge(timedelta(days=90)) == 0
