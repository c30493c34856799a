"""Entries that are due for checking, and laws that have changed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from knowledge.clock import today
from knowledge.load import Library
from knowledge.model import Fact, Procedure, Source
from knowledge.proposals import State
from knowledge.review import replaced
from knowledge.store import Editions, connect
from tests.fakes.knowing import small_library
from tests.fakes.office import Office, get, mark, post
from webhook.admin.audit import AuditLog
from webhook.admin.roles import Role
from webhook.admin.router import admin_router
from webhook.database import migrate
from webhook.settings import Settings

NAMES = ("procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao")
PAGE = "/quan-tri/den-han"
OLD = today() - timedelta(days=400)


def aged(library: Library) -> Library:
    """Everything was checked today, but for the Facts on permanent residence."""
    entries = {}
    for entry in library:
        day = OLD if entry.id == "thuong-tru" else today()
        text = entry.model_dump(mode="json", exclude_defaults=True)
        entries[entry.id] = type(entry).model_validate(_dated(text, day.isoformat()))
    return Library(entries, library.sources)


def _dated(value: object, day: str) -> object:
    if isinstance(value, dict):
        new = {key: _dated(child, day) for key, child in value.items()}
        return {**new, "checked_on": day} if "checked_on" in new else new
    return [_dated(child, day) for child in value] if isinstance(value, list) else value


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = Settings(_env_file=None, data_dir=tmp_path, public_url="http://testserver")
    migrate(settings.database_url)
    engine = connect(settings.database_url)
    Editions(engine).publish(aged(small_library(NAMES)), "")
    office = Office(FastAPI(), engine, settings, tmp_path)
    office.app.include_router(admin_router(settings, engine, office.known))
    yield office
    engine.dispose()


def title(office: Office, entry_id: str) -> str:
    return office.known().edition.library.entries[entry_id].title


def test_what_was_checked_long_ago_is_listed_with_its_sources(office: Office) -> None:
    page = get(office.person("anh", Role.EDITOR), PAGE + "?ly_do=old")
    assert title(office, "thuong-tru") in page
    assert title(office, "khai-sinh") not in page
    assert "Lâu chưa kiểm tra nguồn" in page
    library = office.known().edition.library
    first = library.sources[library.entries["thuong-tru"].source_ids[0]]
    assert first.title in page


def test_checked_again_today_goes_to_review_and_off_the_list(office: Office) -> None:
    an, lan = office.person("anh", Role.EDITOR), office.person("lan", Role.REVIEWER)
    page = post(an, f"{PAGE}/thuong-tru")
    assert "Đã so lại với nguồn" in page
    proposal = office.proposals.of("thuong-tru")
    assert proposal
    assert proposal.state is State.IN_REVIEW
    at = f"/quan-tri/duyet/{proposal.id}"
    post(lan, at, lam="duyet", revision=str(proposal.revision))
    post(lan, at, lam="xuat-ban", revision=str(proposal.revision + 1))
    entry = office.known().edition.library.entries["thuong-tru"]
    assert entry.checked_on == today()
    assert title(office, "thuong-tru") not in get(an, PAGE + "?ly_do=old")
    actions = [deed.action for deed in AuditLog(office.engine).read(subject="thuong-tru")]
    assert actions == ["published", "approved", "sent_to_review", "checked_again"]


def test_what_somebody_is_writing_is_not_sent_to_review_for_them(office: Office) -> None:
    binh, an = office.person("binh", Role.EDITOR), office.person("anh", Role.EDITOR)
    post(binh, "/quan-tri/muc/thuong-tru/soan")
    post(an, f"{PAGE}/thuong-tru")
    proposal = office.proposals.of("thuong-tru")
    assert proposal
    assert proposal.state is State.WRITING
    assert OLD.isoformat() not in str(proposal.body)


def test_viewers_look_and_people_with_limits_see_what_they_may_write(office: Office) -> None:
    viewer = office.person("xem", Role.VIEWER)
    assert title(office, "thuong-tru") in get(viewer, PAGE)
    assert viewer.post(f"{PAGE}/thuong-tru", data=mark(viewer)).status_code == 403
    hanoi = office.person("hanoi", Role.EDITOR, provinces=("ha-noi",))
    assert "Không có mục nào đến hạn" in get(hanoi, PAGE)
    assert hanoi.post(f"{PAGE}/thuong-tru", data=mark(hanoi)).status_code == 403


@pytest.mark.parametrize("address", ["?ly_do=x&loai=y", "?tu=-3", "?tu=99999"])
def test_a_made_up_filter_does_no_harm(office: Office, address: str) -> None:
    assert office.person("xem", Role.VIEWER).get(PAGE + address).status_code == 200


# Laws that change.


def library_citing(*sources: Source, cited: tuple[str, ...], checked_on: str) -> Library:
    fact = Fact(text="Nộp tại xã.", sources=cited, checked_on=date.fromisoformat(checked_on))
    entry = Procedure(
        id="viec-nay",
        title="Việc này",
        summary="Làm việc này ở xã.",
        field="Hộ tịch",
        facts={"where": (fact,)},  # type: ignore[dict-item]
    )
    return Library({entry.id: entry}, {source.id: source for source in sources})


def law(key: str, title: str, **more: str) -> Source:
    return Source(id=key, title=title, kind="law", **more)  # type: ignore[arg-type]


DECREE = law("nd123", "Nghị định 123/2015/NĐ-CP về hộ tịch")
CHANGING = law(
    "nd9", "Nghị định 9/2026/NĐ-CP sửa đổi Nghị định 123/2015/NĐ-CP", published="2026-03-01"
)


@pytest.mark.parametrize(
    ("sources", "cited", "checked_on", "found"),
    [
        ((DECREE, CHANGING), ("nd123",), "2026-02-01", 1),
        ((DECREE, CHANGING), ("nd123",), "2026-03-02", 0),
        ((DECREE, CHANGING), ("nd123", "nd9"), "2026-02-01", 0),
        ((DECREE, CHANGING), ("nd9",), "2026-02-01", 0),
        ((DECREE,), ("nd123",), "2026-02-01", 0),
        (
            (DECREE.model_copy(update={"replaced_by": "Nghị định 5/2027"}),),
            ("nd123",),
            "2026-02-01",
            1,
        ),
        (
            (DECREE, law("nd8", "Nghị định 8/2026/NĐ-CP, sửa bởi Nghị định 123/2015/NĐ-CP")),
            ("nd123",),
            "2026-02-01",
            0,
        ),
    ],
)
def test_a_fact_that_knows_nothing_of_the_change_of_its_law_is_found(
    sources: tuple[Source, ...], cited: tuple[str, ...], checked_on: str, found: int
) -> None:
    library = library_citing(*sources, cited=cited, checked_on=checked_on)
    assert len(list(replaced.review(library, date(2026, 11, 22)))) == found


def test_a_changed_law_stands_on_the_page_with_what_changes_it(office: Office) -> None:
    library = library_citing(DECREE, CHANGING, cited=("nd123",), checked_on="2026-02-01")
    Editions(office.engine).publish(library, "")
    page = get(office.person("anh", Role.EDITOR), PAGE + "?ly_do=changed")
    assert "Việc này" in page
    assert f"“{DECREE.title}” đã được sửa đổi, thay thế: {CHANGING.title}" in page
