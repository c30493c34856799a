"""What is counted of questions, for how long, and what administrators see of it."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bot.assistant import Assistant
from bot.draft import Known
from bot.figures import STEPS_MS, Counted, Figures, Part, Period, note
from bot.journal import Journal
from bot.llm import ModelSettings, Rewriter, connect
from bot.model import Answer, Block, BlockKind, Channel, Question, Status
from bot.pipeline import Pipeline
from bot.summary import TOO_FEW, summarise
from knowledge.clock import today
from knowledge.model import Procedure
from knowledge.places import Place
from knowledge.store import connect as open_engine
from tests.fakes import serve, wait_until
from tests.fakes.chat_model import openai_server
from tests.fakes.desk import published
from webhook.admin.people import People, Scope
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
PAGE = "/quan-tri/bang-so-lieu"
SHOWN = published(["procedures/khai-sinh"])
LAM_DONG = Place("lam-dong", None)
TEXT = (Block(kind=BlockKind.TEXT, lines=("Miễn lệ phí.",)),)
ANSWER = Answer(status=Status.ANSWERED_FACET, blocks=TEXT, entry_id="khai-sinh")
NOTHING = Answer(status=Status.UNANSWERABLE_NOTHING_FOUND, blocks=TEXT)
HELLO = Answer(status=Status.SMALLTALK_GREETING, blocks=TEXT)
TODAY = today()
RECENT = Period(TODAY - timedelta(days=6), TODAY)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    migrate(database_url)
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@dataclass
class Office:
    """The administrators' pages over a Journal."""

    app: FastAPI
    engine: Engine
    settings: Settings
    asked: int = 0

    @property
    def journal(self) -> Journal:
        return Journal(self.engine, self.settings.cookie_key().encode())

    @property
    def figures(self) -> Figures:
        return Figures(self.engine)

    def ask(
        self,
        answer: Answer = ANSWER,
        *,
        text: str = "lệ phí khai sinh",
        channel: Channel = Channel.TELEGRAM,
        person: str = "p",
        place: Place | None = None,
        ms: int = 100,
        field: str = "Hộ tịch",
    ) -> Answer:
        """A question that was answered, as the assistant records it."""
        self.asked += 1
        question = Question(
            id=f"{channel}:{self.asked}", channel=channel, conversation=person, text=text
        )
        known = field if answer.entry_id else ""
        return self.journal.record(question, answer, place, field=known, ms=ms)

    def browser(self, role: Role = Role.VIEWER, **limits: tuple[str, ...]) -> TestClient:
        people = People(self.engine, self.settings.cookie_key())
        login = f"nguoi{len(people.all())}"
        _, token = people.invite(login, login, Scope(role, **limits))
        browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
        given = {"name": login, "password": PASSWORD, "again": PASSWORD}
        browser.post(f"/quan-tri/loi-moi/{token}", data=given)
        return browser


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        public_url=SITE,
        model_price_in=1000,
        model_price_out=2000,
    )
    app = FastAPI()
    app.include_router(admin_router(settings, engine, lambda: SHOWN))
    return Office(app, engine, settings)


def told(browser: TestClient, address: str = PAGE) -> str:
    """A page as text, its rows one a line."""
    got = browser.get(address)
    assert got.status_code == 200
    page = re.sub(r"</tr>|</div>|</p>", "¶", re.sub(r"<(?!/tr|/div|/p)[^>]+>", " ", got.text))
    return re.sub(r"\s+", " ", unescape(page)).replace("¶", "\n")


def row(page: str, name: str) -> str:
    return next(line.strip() for line in page.splitlines() if line.strip().startswith(name))


def sums(figures: Figures, part: Part, provinces: tuple[str, ...] = ()) -> dict[str, int]:
    figures.roll_up()
    found = figures.by_part(RECENT, provinces)[part]
    return {figure.name: figure.questions for figure in found}


# What is counted.


def test_questions_are_counted_by_channel_place_field_and_status(office: Office) -> None:
    office.ask(place=LAM_DONG)
    office.ask(channel=Channel.WEB, place=Place("lam-dong", None), field="Cư trú")
    office.ask(NOTHING, channel=Channel.WEB)
    figures = office.figures
    assert sums(figures, Part.CHANNEL) == {"web": 2, "telegram": 1}
    assert sums(figures, Part.PROVINCE) == {"lam-dong": 2, "": 1}
    assert sums(figures, Part.FIELD) == {"": 1, "Cư trú": 1, "Hộ tịch": 1}
    assert sums(figures, Part.STATUS)[NOTHING.status] == 1
    assert sums(figures, Part.CHANNEL, ("lam-dong",)) == {"web": 1, "telegram": 1}


def test_opinions_and_the_operators_own_questions_are_no_questions(office: Office) -> None:
    office.ask(channel=Channel.TERMINAL)
    office.ask(Answer(status=Status.CLARIFICATION_FEEDBACK, blocks=TEXT))
    assert sums(office.figures, Part.CHANNEL) == {}


def test_a_question_recorded_twice_counts_once(office: Office) -> None:
    office.ask()
    office.asked = 0
    office.ask()
    assert sums(office.figures, Part.CHANNEL) == {"telegram": 1}


def test_an_opinion_that_is_changed_moves(office: Office) -> None:
    answer = office.ask(place=LAM_DONG)
    for helpful in (True, True, False):
        office.journal.feedback(answer.id, helpful)
    office.figures.roll_up()
    for provinces in ((), ("lam-dong",)):
        (figure,) = office.figures.by_part(RECENT, provinces)[Part.FIELD]
        assert (figure.questions, figure.helpful, figure.unhelpful) == (1, 0, 1)


def test_a_day_begins_at_midnight_in_vietnam(engine: Engine) -> None:
    with engine.begin() as db:
        for at in (datetime(2026, 11, 21, 16, 59, tzinfo=UTC), datetime(2026, 11, 21, 17, 0)):
            note(db, Counted("web", ANSWER.status, at), questions=1)
    figures = Figures(engine)
    figures.roll_up()
    days = figures.by_day(Period(date(2026, 11, 20), date(2026, 11, 23)))
    assert sorted(days) == [
        (date(2026, 11, 21), ANSWER.status, 1),
        (date(2026, 11, 22), ANSWER.status, 1),
    ]


def test_figures_outlive_what_was_said(office: Office) -> None:
    office.ask(person="p")
    office.journal.forget(Question(id="x", channel=Channel.TELEGRAM, conversation="p"))
    office.ask(person="q")
    office.journal.purge(timedelta(0))
    assert sums(office.figures, Part.CHANNEL) == {"telegram": 2}


def test_processes_that_add_up_at_once_count_each_question_once(engine: Engine) -> None:
    with engine.begin() as db:
        for number in range(600):
            counted = Counted("web", ANSWER.status, datetime.now(UTC), ms=number)
            note(db, counted, questions=1)
    failures: list[Exception] = []

    def roll_up() -> None:
        try:
            Figures(engine).roll_up()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=roll_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sums(Figures(engine), Part.CHANNEL) == {"web": 600}


def test_percentiles_are_right_within_a_step(office: Office) -> None:
    for ms in range(5, 1005, 10):
        office.ask(ms=ms)
    summary = summarise(office.figures, RECENT)
    for share in (0.5, 0.95):
        found = summary.within_ms(share)
        assert found is not None
        above = min(step for step in STEPS_MS if step >= 1000 * share)
        below = max(step for step in STEPS_MS if step < 1000 * share)
        assert below <= found <= above


def test_the_assistant_tells_the_field_and_the_time(shipped: Known, engine: Engine) -> None:
    assistant = Assistant(lambda: shipped, Journal(engine, b"key"), Pipeline(None))
    question = Question(
        id="web:1", channel=Channel.WEB, conversation="p", action="entry:khai-sinh:fee"
    )
    assistant.reply(question)
    figures = Figures(engine)
    entry = shipped.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    assert sums(figures, Part.FIELD) == {entry.field: 1}
    assert sum(sums(figures, Part.TIME).values()) == 1


# What administrators see.


def test_the_page_shows_what_was_asked_and_how_it_went(office: Office) -> None:
    for number in range(TOO_FEW):
        answer = office.ask(place=LAM_DONG, person=f"p{number}")
        office.journal.feedback(answer.id, helpful=number > 4)
    office.ask(NOTHING, channel=Channel.WEB)
    office.ask(HELLO, channel=Channel.WEB)
    page = told(office.browser())
    assert row(page, "Telegram") == f"Telegram {TOO_FEW} 91% 15 5"
    assert row(page, "Lâm Đồng 20")
    assert row(page, "Hộ tịch 20 91%")
    assert row(page, "Chưa tìm thấy câu trả lời 1 5%")
    assert re.search(r"Trả lời được\s+95%", page), "greetings are no questions"
    assert re.search(r"Hài lòng\s+75%", page)
    assert re.search(r"Một nửa số câu trả lời trong\s+0,\d\d s", page)


def test_a_share_of_few_opinions_is_not_told(office: Office) -> None:
    office.journal.feedback(office.ask().id, helpful=True)
    assert re.search(r"Hài lòng\s+Chưa đủ\s+👍 1 · 👎 0", told(office.browser()))


def test_the_first_page_shows_the_last_week(office: Office) -> None:
    office.ask()
    page = told(office.browser(), "/quan-tri")
    assert "7 ngày qua" in page
    assert re.search(r"Câu hỏi\s+1\b", page)


def test_who_is_limited_to_provinces_sees_theirs(office: Office) -> None:
    office.ask(place=LAM_DONG)
    office.ask(place=Place("ha-noi", None), field="Đất đai")
    office.ask()
    browser = office.browser(provinces=("lam-dong", "hue"))
    page = told(browser)
    assert re.search(r"Câu hỏi\s+1\b", page)
    assert "Đất đai" not in page
    assert "Hà Nội" not in page
    assert "mô hình" not in page, "the cost is the country's"
    assert re.search(r"Câu hỏi\s+1\b", told(browser, "/quan-tri"))
    assert "Hà Nội" not in browser.get(f"{PAGE}.csv").text
    for address in (PAGE, f"{PAGE}.csv"):
        assert browser.get(f"{address}?tinh=ha-noi").status_code == 403
    assert re.search(r"Câu hỏi\s+0\b", told(browser, f"{PAGE}?tinh=hue"))


def test_a_period_is_chosen_by_days_or_by_dates(office: Office) -> None:
    with office.engine.begin() as db:
        for days in (0, 10, 40, 300):
            at = datetime.now(UTC) - timedelta(days=days)
            note(db, Counted("web", ANSWER.status, at), questions=1)
    browser = office.browser()
    first = TODAY - timedelta(days=310)
    for query, count in (
        ("ngay=7", 1),
        ("ngay=30", 2),
        ("ngay=90", 3),
        (f"tu={first}&den={TODAY - timedelta(days=40)}", 2),
        (f"tu={first}", 4),
        ("", 2),
    ):
        assert re.search(rf"Câu hỏi\s+{count}\b", told(browser, f"{PAGE}?{query}")), query
    assert "Theo tháng" in told(browser, f"{PAGE}?tu={first}")


@pytest.mark.parametrize("query", ["tu=hom-qua", "tu=2026-11-20&den=2026-11-01", "tu=1900-01-01"])
def test_a_period_that_is_none_is_said_to_be(office: Office, query: str) -> None:
    got = office.browser().get(f"{PAGE}?{query}")
    assert got.status_code == 400
    assert "Đang hiện 30 ngày qua" in got.text


def test_what_several_people_asked_in_vain_is_listed(office: Office) -> None:
    for person in ("p", "q", "r"):
        office.ask(NOTHING, text="Xin giấy phép  nuôi cá sấu", person=person, place=LAM_DONG)
    for _ in range(5):
        office.ask(NOTHING, text="chuyện riêng của một người", person="s")
    page = told(office.browser())
    assert row(page, "xin giấy phép nuôi cá sấu") == "xin giấy phép nuôi cá sấu 3"
    assert "chuyện riêng" not in page
    assert 'href="/quan-tri/hop-thu"' in office.browser().get(PAGE).text
    assert "cá sấu" in told(office.browser(provinces=("lam-dong",)))
    assert "cá sấu" not in told(office.browser(provinces=("hue",)))


def test_the_file_opens_in_excel_and_holds_no_formula(office: Office) -> None:
    office.ask(field="=cmd|calc", place=LAM_DONG, text="bí mật của tôi")
    got = office.browser().get(f"{PAGE}.csv?ngay=7")
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in got.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(got.content.decode("utf-8-sig")))
    assert header == ["Ngày", "Nơi", "Chia theo", "Tên", "Câu hỏi", "Hữu ích", "Chưa đúng"]
    assert [str(TODAY), "Cả nước", "Lĩnh vực", "'=cmd|calc", "1", "0", "0"] in rows
    assert [str(TODAY), "Cả nước", "Nơi ở", "Lâm Đồng", "1", "0", "0"] in rows
    assert "bí mật" not in got.text


# What a model costs.


def test_without_a_model_the_cost_is_told_to_be_nothing(office: Office) -> None:
    assert "chi phí 0 đồng" in told(office.browser())


def test_the_tokens_of_a_model_are_counted_and_priced(office: Office) -> None:
    entry = SHOWN.edition.library.entries["khai-sinh"]
    with serve(openai_server()) as url:
        model = connect(ModelSettings(provider="openai", name="small", url=f"{url}/v1"))
        rewriter = Rewriter(model, 60.0, office.figures.note_model)
        titled = (Block(kind=BlockKind.TITLE, lines=("Lệ phí: Khai sinh",)), *TEXT)
        rewriter.rewrite("lệ phí", entry, ANSWER.model_copy(update={"blocks": titled}))
    wait_until(lambda: office.figures.model_use(RECENT), 60)
    (use,) = office.figures.model_use(RECENT)
    assert (use.model, use.calls, use.tokens_in, use.tokens_out) == ("small", 1, 1, 1)
    for _ in range(2):
        office.figures.note_model("large", 1_000_000, 500_000)
    page = told(office.browser())
    assert "Khoảng 4.000 đồng" in page
    assert row(page, "large") == "large 2 2.000.000 1.000.000"
