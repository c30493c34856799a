"""Writing, reviewing and publishing Entries, as a browser without JavaScript does it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from knowledge.clock import today
from knowledge.load import dump_entry, load, parse_entry
from knowledge.model import Facet, Procedure
from knowledge.proposals import Proposals, State, applied, check
from knowledge.store import Edition, Editions, connect
from knowledge.wording import fold
from tests.fakes.form import sent_by
from webhook.admin.access import Gate
from webhook.admin.audit import AuditLog
from webhook.admin.desk import Desk
from webhook.admin.difference import differences
from webhook.admin.people import People, Scope
from webhook.admin.press import Press
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.admin.sessions import Sessions
from webhook.admin.uploads import Uploads
from webhook.database import migrate, open_database
from webhook.settings import Settings
from webhook.switches import Switches
from webhook.visitors import Buckets, Visitors

SITE = "http://testserver"
PASSWORD = "mot hai ba bon nam"
LIBRARY = load()


@dataclass(frozen=True)
class Served:
    """A published state, as pages see it."""

    edition: Edition


@dataclass
class Office:
    """The server, and the people in front of it."""

    app: FastAPI
    engine: Engine
    people: People
    settings: Settings
    browsers: dict[str, TestClient] = field(default_factory=dict)
    read: dict[int, Served] = field(default_factory=dict)

    def served(self) -> Served:
        """What pages see: the newest Edition, read once."""
        editions = Editions(self.engine)
        number = editions.newest_number() or 0
        if number not in self.read:
            self.read[number] = Served(editions.get(number))
        return self.read[number]

    @property
    def edition(self) -> Edition:
        return self.served().edition

    def procedure(self, entry_id: str) -> Procedure:
        found = self.edition.library.entries[entry_id]
        assert isinstance(found, Procedure)
        return found

    @property
    def press(self) -> Press:
        gate = Gate(
            self.people,
            Sessions(self.engine, self.people),
            AuditLog(self.engine),
            Visitors(self.settings),
            secure=False,
            tries=Buckets(10, 1.0),
            switches=Switches(self.engine, b"key"),
        )
        desk = Desk(gate, self.served, Proposals(self.engine), Uploads(self.engine), SITE)
        return Press(desk, Editions(self.engine))

    def person(self, login: str, role: Role, **limits: Any) -> TestClient:
        """Somebody at work, in a browser of their own."""
        if login not in self.browsers:
            _, token = self.people.invite(login, login.title(), Scope(role, **limits))
            browser = TestClient(self.app, base_url=SITE, headers={"origin": SITE})
            given = {"name": login, "password": PASSWORD, "again": PASSWORD}
            browser.post(f"/quan-tri/loi-moi/{token}", data=given)
            self.browsers[login] = browser
        return self.browsers[login]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the shipped content as Edition 1."""
    path = tmp_path_factory.mktemp("published") / "binhdan.db"
    engine = open_database(Settings(_env_file=None, data_dir=path.parent))
    Editions(engine).publish(LIBRARY, "đầu tiên")
    engine.dispose()
    return path


@pytest.fixture
def office(published: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copy(published, tmp_path / published.name)
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url=SITE)
    engine = connect(settings.database_url)
    office = Office(FastAPI(), engine, People(engine, settings.cookie_key()), settings)
    office.app.include_router(admin_router(settings, engine, office.served))
    yield office
    engine.dispose()


def mark(browser: TestClient) -> dict[str, str]:
    found = re.search(r'name="dau" value="([^"]+)"', browser.get("/quan-tri/tai-khoan").text)
    assert found
    return {"dau": found[1]}


def begin(browser: TestClient, entry_id: str) -> str:
    """Starts writing; returns the address of the form."""
    got = browser.post(f"/quan-tri/muc/{entry_id}/soan", data=mark(browser))
    assert got.status_code == 200, got.text
    return str(got.url.path)


def form_of(browser: TestClient, address: str) -> dict[str, list[str]]:
    return sent_by(browser.get(address).text, "soan")


def press(browser: TestClient, address: str, sent: dict[str, list[str]], button: str) -> str:
    return unescape(browser.post(address, data={**sent, "lam": button}).text)


def review(browser: TestClient, address: str, button: str, **others: str) -> str:
    page = browser.get(address).text
    revision = re.search(r'name="revision" value="(\d+)"', page)
    given = {**mark(browser), "revision": revision[1] if revision else "0", "lam": button}
    return unescape(browser.post(address, data={**given, **others}).text)


def with_fee(browser: TestClient, address: str, text: str, amount: str) -> dict[str, list[str]]:
    sent = form_of(browser, address)
    at = next(name for name, values in sent.items() if values == ["8.000"] and "amount" in name)
    row = at.removesuffix(".amount")
    return {**sent, f"{row}.text": [text], at: [amount]}


# The form.


@pytest.mark.parametrize("entry_id", list(LIBRARY.entries)[::7])
def test_a_form_that_nobody_touched_changes_nothing(office: Office, entry_id: str) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, entry_id)
    press(browser, address, form_of(browser, address), "luu")
    saved = Proposals(office.engine).of(entry_id)
    assert saved
    assert differences(dump_entry(LIBRARY.entries[entry_id]), saved.body) == []
    assert not check(saved, LIBRARY)
    new = applied(LIBRARY, [saved])
    assert new.sources == LIBRARY.sources


def test_rows_are_added_moved_and_taken_out_without_javascript(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    before = LIBRARY.entries["khai-sinh"]
    assert isinstance(before, Procedure)
    page = press(browser, address, form_of(browser, address), "them:facts.penalty")
    sent = sent_by(page, "soan")
    count = len(before.facts.get(Facet.PENALTY, ()))
    sent[f"facts.penalty.{count}.text"] = ["Câu mới thêm."]
    sent[f"facts.penalty.{count}.sources"] = [before.source_ids[0]]
    press(browser, address, sent, "luu")
    press(browser, address, form_of(browser, address), "len:facts.documents.1")
    press(browser, address, form_of(browser, address), "bo:facts.documents.0")
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    after = parse_entry(saved.body)
    assert isinstance(after, Procedure)
    assert after.facts[Facet.PENALTY][-1].text == "Câu mới thêm."
    assert after.facts[Facet.PENALTY][-1].checked_on == today()
    papers = before.facts[Facet.DOCUMENTS]
    assert after.facts[Facet.DOCUMENTS] == (papers[0], *papers[2:])


@pytest.mark.parametrize(
    "button",
    ["bo:title.0", "len:facts.fee.x", "bo:facts.0.0", "them:", "them:../x", "bo:sources.99", "xyz"],
)
def test_a_made_up_button_does_no_harm(office: Office, button: str) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    sent = form_of(browser, address)
    assert browser.post(address, data={**sent, "lam": button}).status_code == 200
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    assert differences(dump_entry(LIBRARY.entries["khai-sinh"]), saved.body) == []


def test_what_is_wrong_is_said_beside_the_field_and_is_not_sent_to_review(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    sent = with_fee(browser, address, "9.000 đồng một bản sao.", "8.000")
    page = press(browser, address, sent, "gui")
    assert "Còn 1 chỗ cần sửa" in page
    assert "Câu trả lời không nêu số tiền này" in page
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    assert saved.state is State.WRITING
    assert "9.000 đồng một bản sao." in str(saved.body), "what was typed is kept"


def test_a_new_source_gets_an_id_and_a_known_one_is_picked(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    known = next(s for s in LIBRARY.sources if s not in LIBRARY.entries["khai-sinh"].source_ids)
    words = fold(LIBRARY.sources[known].title)
    page = press(browser, address, {**form_of(browser, address), "nguon": [words]}, "tim-nguon")
    assert f'value="nguon:{known}"' in page, "it is found by its title, without diacritics too"
    press(browser, address, sent_by(page, "soan"), f"nguon:{known}")
    page = press(browser, address, form_of(browser, address), "them:sources")
    sent = sent_by(page, "soan")
    row = max((n for n in sent if n.startswith("sources.")), key=lambda n: int(n.split(".")[1]))
    number = row.split(".")[1]
    sent[f"sources.{number}.title"] = ["Quyết định số 12 của tỉnh Thái Nguyên"]
    sent[f"sources.{number}.kind"] = ["local_rule"]
    press(browser, address, sent, "luu")
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    ids = [source["id"] for source in saved.sources]
    assert known in ids
    assert ids[-1] == "quyet_dinh_so_12_cua_tinh_thai_nguyen"


def test_a_province_is_typed_as_people_write_it_and_an_unknown_one_is_named(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    row = "facts.documents.0.regions"
    sent = form_of(browser, address)
    press(browser, address, {**sent, row: ["tinh lam dong, Hà Nội"]}, "luu")
    page = press(browser, address, form_of(browser, address), "gui")
    assert "Chờ duyệt" in page or "Duyệt:" in page, "both were understood"
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    assert saved.body["facts"]["documents"][0]["regions"] == ["lam-dong", "ha-noi"]
    sent = form_of(browser, address)
    page = press(browser, address, {**sent, row: [*sent[row], "Hà Tây"]}, "gui")
    assert "Không có tỉnh, thành phố nào tên như vậy" in page


# The list.


def test_the_list_is_searched_without_diacritics_and_paged(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    page = unescape(browser.get("/quan-tri/muc?q=dang ky KHAI sinh").text)
    assert "Sửa Đăng ký khai sinh" in page
    assert "Sửa Đăng ký kết hôn" not in page
    first = unescape(browser.get("/quan-tri/muc").text)
    assert f"1–60 trong {len(LIBRARY.entries)} mục" in first
    following = re.search(r'href="([^"]+)">Trang sau', first)
    assert following
    second = unescape(browser.get(following[1]).text)
    assert f"61–120 trong {len(LIBRARY.entries)} mục" in second
    titles = [set(re.findall(r'<th scope="row">(.+?)</th>', text)) for text in (first, second)]
    assert len(titles[0] | titles[1]) == 120
    begin(browser, "khai-sinh")
    assert "Soạn tiếp" in browser.get("/quan-tri/muc?q=khai-sinh").text


# Two at once, previews, new Entries.


def test_two_who_write_at_the_same_time_lose_nothing(office: Office) -> None:
    an, binh = office.person("anh", Role.EDITOR), office.person("binh", Role.EDITOR)
    address = begin(an, "khai-sinh")
    assert begin(binh, "khai-sinh") == address, "one proposal for an Entry"
    theirs = with_fee(binh, address, "7.000 đồng một bản sao.", "7.000")
    mine = with_fee(an, address, "6.000 đồng một bản sao.", "6.000")
    press(binh, address, theirs, "luu")
    page = press(an, address, mine, "luu")
    assert "binh vừa lưu bản khác" in page
    assert "6.000 đồng một bản sao." in page, "what An typed is still there"
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    assert "7.000 đồng một bản sao." in str(saved.body)
    press(an, address, sent_by(page, "soan"), "luu")
    saved = Proposals(office.engine).of("khai-sinh")
    assert saved
    assert "6.000 đồng một bản sao." in str(saved.body), "saving again is a decision"


def test_the_autosave_answers_in_json(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    sent = with_fee(browser, address, "7.000 đồng một bản sao.", "7.000")
    got = browser.post(address, data={**sent, "lam": "tu-luu"})
    assert got.json()["revision"] == 2
    assert got.json()["troubles"] == {}
    stale = browser.post(address, data={**sent, "lam": "tu-luu", "title": ["Khác"]})
    assert stale.status_code == 409
    assert "người khác" in stale.json()["problem"]


def test_the_preview_says_what_people_will_read(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    sent = with_fee(browser, address, "7.000 đồng một bản sao.", "7.000")
    press(browser, address, sent, "luu")
    page = unescape(browser.get(f"{address}/xem?phan=fee").text)
    assert "7.000 đồng một bản sao." in page
    for channel in ("Zalo", "Telegram", "trang web"):
        shown = page.split(f"Trên {channel}")[1].split("<h3>Trên")[0]
        assert "7.000 đồng một bản sao." in shown


def test_the_preview_is_for_any_place_and_day(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    sent = with_fee(browser, address, "7.000 đồng một bản sao.", "7.000")
    row = next(n for n, v in sent.items() if v == ["7.000"]).removesuffix(".amount")
    sent[f"{row}.regions"] = ["Lâm Đồng"]
    sent[f"{row}.valid_from"] = ["2027-01-01"]
    press(browser, address, sent, "luu")

    def told(place: str, day: str) -> str:
        asked = {"phan": "fee", "noi": place, "ngay": day}
        return unescape(browser.get(f"{address}/xem", params=asked).text)

    there = told("tỉnh Lâm Đồng", "2027-02-01")
    assert "Hiểu là: Lâm Đồng." in there
    assert "7.000 đồng" in there
    assert "7.000 đồng" not in told("Hà Nội", "2027-02-01"), "another province"
    assert "Hà Nội" in told("phường Hoàn Kiếm, Hà Nội", "2027-02-01")
    assert "Không hiểu nơi này" in told("sao Hỏa", "")
    whole = unescape(browser.get(address, params={"phan": "fee", "noi": "Lâm Đồng"}).text)
    assert "Hiểu là: Lâm Đồng." in whole, "the button works without JavaScript"


def test_a_way_of_asking_that_another_entry_has_is_shown_beside_the_field(office: Office) -> None:
    browser = office.person("anh", Role.EDITOR)
    address = begin(browser, "khai-sinh")
    taken = next(q for q in LIBRARY.entries["ket-hon"].questions)
    sent = form_of(browser, address)
    sent["questions"] = [f"{sent['questions'][0]}\n\n{fold(taken).upper()}?"]
    saved = browser.post(address, data={**sent, "lam": "tu-luu"}).json()
    assert LIBRARY.entries["ket-hon"].title in saved["alike"]["questions"]
    assert not saved["alike"]["aliases"].strip()
    page = unescape(browser.get(address).text)
    assert f"trùng câu “{taken}”" in page
    assert "Chờ duyệt" not in page
    assert "/quan-tri/duyet/" in str(
        browser.post(address, data={**form_of(browser, address), "lam": "gui"}).url
    ), "it keeps nobody from going on"


def test_a_new_entry_is_written_from_nothing(office: Office) -> None:
    an, lan = office.person("anh", Role.EDITOR), office.person("lan", Role.REVIEWER)
    got = an.post(
        "/quan-tri/muc", data={**mark(an), "title": "Cấp giấy phép chợ đêm", "kind": "procedure"}
    )
    address = str(got.url.path)
    sent = form_of(an, address)
    assert "Cần điền chỗ này" in press(an, address, sent, "gui")
    page = press(an, address, form_of(an, address), "them:facts.where")
    sent = sent_by(page, "soan")
    key = LIBRARY.entries["khai-sinh"].source_ids[0]
    sent["summary"] = ["Xin phép mở gian hàng ở chợ đêm."]
    sent["field"] = ["Thương mại"]
    sent["facts.where.0.text"] = ["Nộp tại Trung tâm Phục vụ hành chính công."]
    sent["facts.where.0.sources"] = [key]
    press(an, address, sent, "gui")
    review_address = address.replace("soan", "duyet")
    review(lan, review_address, "duyet")
    review(lan, review_address, "xuat-ban")
    entry = office.procedure("cap-giay-phep-cho-dem")
    assert entry.facts[Facet.WHERE][0].text == "Nộp tại Trung tâm Phục vụ hành chính công."


# Who may.


def test_somebody_limited_to_a_field_writes_in_that_field_alone(office: Office) -> None:
    entry = LIBRARY.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    browser = office.person("anh", Role.EDITOR, fields=(entry.field,))
    assert begin(browser, "khai-sinh")
    other = next(e for e in LIBRARY if isinstance(e, Procedure) and e.field != entry.field)
    got = browser.post(f"/quan-tri/muc/{other.id}/soan", data=mark(browser))
    assert got.status_code == 403


def test_viewers_read_and_do_not_write(office: Office) -> None:
    browser = office.person("xem", Role.VIEWER)
    assert browser.get("/quan-tri/muc?q=khai sinh").status_code == 200
    assert browser.post("/quan-tri/muc/khai-sinh/soan", data=mark(browser)).status_code == 403


# Review and publication.


def sent_to_review(office: Office, text: str = "7.000 đồng một bản sao.") -> str:
    """An changes a fee and asks for a review; the address of the review."""
    an = office.person("anh", Role.EDITOR)
    address = begin(an, "khai-sinh")
    press(an, address, with_fee(an, address, text, text.split()[0]), "gui")
    return address.replace("soan", "duyet")


def test_a_second_person_approves_and_it_is_published(office: Office) -> None:
    address = sent_to_review(office)
    lan = office.person("lan", Role.REVIEWER)
    page = unescape(lan.get(address + "?phan=fee").text)
    assert "<del>8.000</del>" in page
    assert "<ins>7.000</ins>" in page
    assert "Đã duyệt" in review(lan, address, "duyet")
    assert office.edition.number == 1
    assert "Đã xuất bản" in review(lan, address, "xuat-ban")
    assert office.edition.number == 2
    fees = office.procedure("khai-sinh").facts[Facet.FEE]
    assert any(fact.text == "7.000 đồng một bản sao." for fact in fees)
    deeds = AuditLog(office.engine).read(subject="khai-sinh")
    assert [(deed.action, deed.person) for deed in deeds] == [
        ("published", "lan"),
        ("approved", "lan"),
        ("sent_to_review", "anh"),
        ("writing_begun", "anh"),
    ]


def test_nobody_approves_their_own_words(office: Office) -> None:
    lan = office.person("lan", Role.REVIEWER)
    form = begin(lan, "khai-sinh")
    press(lan, form, with_fee(lan, form, "7.000 đồng một bản sao.", "7.000"), "gui")
    assert "không tự duyệt được" in review(lan, form.replace("soan", "duyet"), "duyet")
    assert office.edition.number == 1


def test_editors_do_not_approve(office: Office) -> None:
    address = sent_to_review(office)
    binh = office.person("binh", Role.EDITOR)
    given = {**mark(binh), "revision": "3", "lam": "duyet"}
    assert binh.post(address, data=given).status_code == 403


def test_what_is_sent_back_says_why(office: Office) -> None:
    address = sent_to_review(office)
    lan, an = office.person("lan", Role.REVIEWER), office.person("anh", Role.EDITOR)
    assert "cần ghi rõ" in review(lan, address, "tra")
    review(lan, address, "tra", comment="Thiếu nghị quyết của tỉnh")
    page = unescape(an.get(address.replace("duyet", "soan")).text)
    assert "lan trả lại: Thiếu nghị quyết của tỉnh" in page


def test_what_is_changed_after_approval_needs_a_new_one(office: Office) -> None:
    address = sent_to_review(office)
    lan, an = office.person("lan", Role.REVIEWER), office.person("anh", Role.EDITOR)
    review(lan, address, "duyet")
    form = address.replace("duyet", "soan")
    press(an, form, {**form_of(an, form), "title": ["Đăng ký khai sinh cho trẻ"]}, "luu")
    review(lan, address, "xuat-ban")
    assert office.edition.number == 1


def test_what_is_scheduled_goes_out_on_its_day(office: Office) -> None:
    address = sent_to_review(office)
    lan = office.person("lan", Role.REVIEWER)
    review(lan, address, "duyet")
    assert "Sẽ tự xuất bản ngày 01/12/2026" in review(lan, address, "hen", day="2026-12-01")
    office.press.keep_the_calendar(date(2026, 11, 30))
    assert office.edition.number == 1
    office.press.keep_the_calendar(date(2026, 12, 1))
    office.press.keep_the_calendar(date(2026, 12, 1))
    assert office.edition.number == 2
    assert AuditLog(office.engine).read(subject="khai-sinh")[0].person == ""


def test_an_earlier_edition_comes_back_and_the_change_with_it_goes(office: Office) -> None:
    address = sent_to_review(office)
    lan = office.person("lan", Role.REVIEWER)
    review(lan, address, "duyet")
    review(lan, address, "xuat-ban")
    lan.post("/quan-tri/an-ban/1", data=mark(lan))
    assert office.edition.number == 3
    assert office.edition.library.entries == LIBRARY.entries
    assert Proposals(office.engine).wording() == []


def test_a_later_publication_of_the_files_keeps_the_administrators_words(office: Office) -> None:
    address = sent_to_review(office)
    lan = office.person("lan", Role.REVIEWER)
    review(lan, address, "duyet")
    review(lan, address, "xuat-ban")
    wording = Proposals(office.engine).wording()
    assert [proposal.entry_id for proposal in wording] == ["khai-sinh"]
    entry = applied(LIBRARY, wording).entries["khai-sinh"]
    assert dump_entry(entry) == dump_entry(office.procedure("khai-sinh"))


def test_proposals_are_kept_on_both_databases(database_url: str) -> None:
    migrate(database_url)
    engine = connect(database_url)
    proposals = Proposals(engine)
    entry = LIBRARY.entries["khai-sinh"]
    one = proposals.begin("khai-sinh", dump_entry(entry), entry, "an")
    assert proposals.begin("khai-sinh", {}, entry, "binh") == one
    two = proposals.save(one.id, one.revision, "binh", {**one.body, "title": "Khác"})
    assert two.writers == ("an", "binh")
    assert proposals.published([one], 5) == [], "it has changed since"
    assert proposals.published([two], 5) == [two]
    assert proposals.of("khai-sinh") is None
    engine.dispose()
