"""Leaflets and guides in steps, asked for in the chat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.check import record_text, unsupported
from bot.draft import Known
from bot.journal import Journal
from bot.messages import all_words, say
from bot.model import Status
from bot.team.script import script
from bot.team.wish import worded
from knowledge.model import Facet, Procedure
from knowledge.store import connect
from tests.fakes.small_search import Chat, assistant_over, small_known, words
from webhook.database import migrate

NAMES = [
    "procedures/khai-sinh",
    "procedures/tam-tru",
    "guides/lua-dao",
    "guides/gioi-han-cua-tro-ly",
    "guides/dung-tro-ly-khi-di-giup-ba-con",
]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return small_known(NAMES, tmp_path_factory.mktemp("index"))


@pytest.fixture
def lan(known: Known, tmp_path: Path) -> Iterator[Chat]:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    migrate(url)
    engine = connect(url)
    yield Chat(assistant_over(known, Journal(engine, b"key")), "lan")
    engine.dispose()


@pytest.mark.parametrize(
    "typed",
    [
        "tờ rơi khai sinh",
        "to roi khai sinh",
        "gửi tờ rơi khai sinh",
        "in giúp em tờ rơi khai sinh",
        "cho tôi xin một tờ rơi về khai sinh",
        "tờ rơi khai sinh để phát cho bà con",
        "/toroi khai sinh",
    ],
)
def test_one_message_gives_the_leaflet(lan: Chat, typed: str) -> None:
    got = lan.say(typed)
    assert got.status is Status.ANSWERED_LEAFLET
    assert got.page == "/thu-tuc/khai-sinh/to-roi.pdf?co=a4"
    assert lan.press(got, say("team.leaflet_a6")).page == "/thu-tuc/khai-sinh/to-roi.pdf?co=a6"


@pytest.mark.parametrize(
    "typed",
    [
        "tờ rơi A6 khai sinh",
        "tờ rơi khổ nhỏ: khai sinh",
        "to roi khai sinh kho a6",
        "tờ rơi khai sinh khổ giấy A6.",
    ],
)
def test_the_paper_can_be_named_too(lan: Chat, typed: str) -> None:
    assert lan.say(typed).page == "/thu-tuc/khai-sinh/to-roi.pdf?co=a6"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("tờ rơi vết thương tái phát", "vết thương tái phát"),
        ("tờ rơi vệ sinh nước", "vệ sinh nước"),
        ("tờ rơi về vệ sinh nước", "vệ sinh nước"),
        ("tờ rơi làm thay", "làm thay"),
        ("in tờ rơi cho bà con", ""),
    ],
)
def test_a_name_is_read_from_its_first_letter_to_its_last(typed: str, name: str) -> None:
    found = worded(typed)
    assert found
    assert found[1] == name


def test_the_leaflet_is_of_the_place_somebody_named(lan: Chat) -> None:
    lan.say("tôi ở Hà Nội")
    assert lan.say("tờ rơi khai sinh").page == "/thu-tuc/khai-sinh/to-roi.pdf?co=a4&noi=ha-noi"


def test_without_a_name_the_leaflet_is_of_what_was_spoken_of(lan: Chat) -> None:
    assert lan.say("tờ rơi").status is Status.CLARIFICATION_TOPIC
    lan.say("tạm trú cần giấy tờ gì?")
    assert (lan.say("tờ rơi").page or "").startswith("/thu-tuc/tam-tru/")


def test_the_guide_goes_through_the_record_step_by_step_and_back(lan: Chat, known: Known) -> None:
    entry = known.edition.library.entries["khai-sinh"]
    assert isinstance(entry, Procedure)
    steps = script(entry).steps
    assert len(steps) == 6
    told = [lan.say("hướng dẫn từng bước khai sinh")]
    for _ in steps[1:]:
        told.append(lan.say("tiếp"))
    for number, answer in enumerate(told, 1):
        assert answer.status is Status.ANSWERED_STEP
        assert answer.blocks[0].lines[0].startswith(f"Bước {number}/6 – ")
    assert "trẻ bị bỏ rơi; sinh con nhờ mang thai hộ" in words(told[0])
    assert all(fact.text in words(told[1]) for fact in entry.facts[Facet.DOCUMENTS])
    assert "1.001193" in words(told[2])
    assert entry.cautions[0].text in words(told[5])
    assert "Sắp thay đổi từ 01/03/2027" in words(told[5])
    assert words(lan.say("lùi")) == words(told[4])


def test_the_last_step_offers_the_leaflet(lan: Chat) -> None:
    last = lan.say(action="guide:khai-sinh:99")
    assert last.blocks[0].lines[0].startswith("Bước 6/6")
    got = lan.press(last, say("team.leaflet_wish"))
    assert got.status is Status.ANSWERED_LEAFLET


def test_every_step_says_only_what_the_record_says(lan: Chat, known: Known) -> None:
    for entry in known.edition.library:
        allowed = f"{record_text(entry)} {all_words()} 1 2 3 4 5 6 7"
        for number in range(1, len(script(entry).steps) + 1):
            answer = lan.say(action=f"guide:{entry.id}:{number}")
            assert answer.status is Status.ANSWERED_STEP
            assert not unsupported(words(answer), allowed), (entry.id, number)


def test_asked_back_people_still_get_the_leaflet_they_wanted(lan: Chat) -> None:
    asked = lan.say("tờ rơi đăng ký")
    entries = [choice.action for choice in asked.choices]
    assert all(not action.startswith("entry:") for action in entries), entries
    if entries:
        assert lan.say(action=entries[0]).status is Status.ANSWERED_LEAFLET


def test_the_name_of_a_leaflet_is_no_small_talk(lan: Chat) -> None:
    got = lan.say("tờ rơi hướng dẫn sử dụng trợ lý")
    assert got.status is Status.ANSWERED_LEAFLET
    assert got.entry_id == "gioi-han-cua-tro-ly"
    urgent = lan.say("tờ rơi cháy nhà cứu tôi với")
    assert urgent.status is Status.ANSWERED_EMERGENCY


def test_how_a_team_uses_the_bot_is_more_than_help(lan: Chat) -> None:
    got = lan.say("cách dùng bot cho tổ công nghệ số")
    assert got.entry_id == "dung-tro-ly-khi-di-giup-ba-con"
    assert lan.say("cách dùng bot").status is Status.SMALLTALK_HELP


def test_of_two_wishes_in_one_message_the_second_is_offered_as_a_leaflet(lan: Chat) -> None:
    got = lan.say("tờ rơi làm giấy khai sinh và đăng ký tạm trú")
    assert got.status is Status.ANSWERED_LEAFLET
    offered = {choice.action.split(":")[0] for choice in got.choices}
    assert "entry" not in offered
