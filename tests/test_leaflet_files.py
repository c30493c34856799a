"""Leaflets in channels: a file where the platform takes files, a link where it does not.

One server on all channels over the fakes of their platforms.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import count

import pytest
from pypdf import PdfReader

from bot.messages import say
from tests.fakes.classroom import Classroom, classroom
from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_oa import FakeZaloOa

WAIT_S = 120.0
TITLE = "Tờ rơi: Đăng ký khai sinh"
LINK = "/thu-tuc/khai-sinh/to-roi.pdf?co=a4"
LARGEST = 300_000
"""Bytes: a leaflet of two pages with its fonts is a third of that."""

_people = count(7700)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    with classroom(tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture
def telegram(room: Classroom) -> FakeTelegram:
    fake = room.fakes["telegram"]
    assert isinstance(fake, FakeTelegram)
    return fake


@pytest.fixture
def account(room: Classroom) -> FakeZaloOa:
    fake = room.fakes["zalo_oa"]
    assert isinstance(fake, FakeZaloOa)
    return fake


@pytest.fixture
def lan(telegram: FakeTelegram) -> int:
    """Somebody new on Telegram."""
    return telegram.user(next(_people)).id


@pytest.fixture
def minh(account: FakeZaloOa) -> str:
    """Somebody new on Zalo."""
    return account.user(f"67505916434309{next(_people)}").id


def width_mm(pdf: bytes) -> int:
    return round(float(PdfReader(BytesIO(pdf)).pages[0].mediabox.width) / 72 * 25.4)


def test_on_telegram_the_leaflet_is_a_file_with_its_words_under_it(
    telegram: FakeTelegram, lan: int
) -> None:
    telegram.say(lan, "tờ rơi khai sinh")
    [caption] = telegram.wait_for(lan, 1, WAIT_S)
    assert TITLE in caption
    assert "to-roi.pdf" not in caption
    telegram.press(lan, say("team.leaflet_a6"))
    telegram.wait_for(lan, 2, WAIT_S)
    files = [message["document"] for message in telegram.sent(lan)]
    assert [file["file_name"] for file in files] == [
        "to-roi-khai-sinh-a4.pdf",
        "to-roi-khai-sinh-a6.pdf",
    ]
    assert {file["mime_type"] for file in files} == {"application/pdf"}
    assert all(0 < file["file_size"] < LARGEST for file in files)
    assert [width_mm(telegram.files[file["file_id"]]) for file in files] == [210, 105]


def test_the_file_is_of_the_place_somebody_named(telegram: FakeTelegram, lan: int) -> None:
    telegram.say(lan, "tôi ở Hà Nội")
    telegram.wait_for(lan, 1, WAIT_S)
    telegram.say(lan, "tờ rơi khai sinh")
    telegram.wait_for(lan, 2, WAIT_S)
    content = telegram.files[telegram.sent(lan)[1]["document"]["file_id"]]
    words = " ".join(PdfReader(BytesIO(content)).pages[0].extract_text().split())
    assert say("leaflet.place", place="Hà Nội") in words


def test_where_telegram_refuses_files_the_link_is_sent_once(
    telegram: FakeTelegram, lan: int
) -> None:
    refusal = "Bad Request: not enough rights to send documents to the chat"
    telegram.fault("sendDocument", "400", description=refusal)
    telegram.say(lan, "tờ rơi khai sinh")
    telegram.wait_for(lan, 1, WAIT_S)
    telegram.say(lan, "chào")  # whatever came twice would be here before its answer
    first, second = telegram.wait_for(lan, 2, WAIT_S)
    assert TITLE in first
    assert LINK in first
    assert TITLE not in second


def test_a_file_that_telegram_is_too_busy_for_comes_once_and_later(
    telegram: FakeTelegram, lan: int
) -> None:
    telegram.fault("sendDocument", "429", retry_after=1)
    telegram.say(lan, "tờ rơi khai sinh")
    telegram.wait_for(lan, 1, WAIT_S)
    telegram.say(lan, "chào")
    first, second = telegram.wait_for(lan, 2, WAIT_S)
    assert "document" in telegram.sent(lan)[0]
    assert TITLE in first
    assert TITLE not in second


def test_on_an_official_account_the_file_follows_its_words(account: FakeZaloOa, minh: str) -> None:
    account.say(minh, "tờ rơi khai sinh")
    account.wait_for(minh, 2, WAIT_S)
    told, sent = account.sent(minh)
    assert TITLE in told["text"]
    assert LINK in told["text"]
    assert say("team.leaflet_a6") in [button["title"] for button in told["buttons"]]
    file = sent["file"]
    assert (file["name"], file["type"]) == ("to-roi-khai-sinh-a4.pdf", "application/pdf")
    assert len(file["content"]) < LARGEST
    assert width_mm(file["content"]) == 210


def test_a_leaflet_is_uploaded_once_for_all_and_again_when_zalo_has_forgotten_it(
    account: FakeZaloOa, minh: str
) -> None:
    def ask(number: int) -> int:
        """How many uploads there were after so many leaflets."""
        account.say(minh, "tờ rơi kết hôn")
        account.wait_for(minh, 2 * number, WAIT_S)
        names = [given["name"] for given in account.called("upload")]
        return names.count("to-roi-ket-hon-a4.pdf")

    assert ask(1) == 1
    assert ask(2) == 1
    for name in account.api.uploads:
        account.api.uploads[name] = ("file", account.clock.now())
    assert ask(3) == 2


@pytest.mark.parametrize("code", ["-212", "-210"])
def test_where_zalo_takes_no_files_the_link_is_there_and_answers_go_on(
    account: FakeZaloOa, minh: str, code: str
) -> None:
    account.fault("upload", code)
    account.say(minh, "tờ rơi tạm trú")
    account.say(minh, "chào")
    told, greeting = account.wait_for(minh, 2, WAIT_S)
    assert "/thu-tuc/tam-tru/to-roi.pdf" in told
    assert "to-roi.pdf" not in greeting
    assert not any("file" in message for message in account.sent(minh))


def test_an_upload_that_fails_for_a_moment_is_tried_again_and_the_file_sent_once(
    account: FakeZaloOa, minh: str
) -> None:
    account.say(minh, "tờ rơi kết hôn")
    account.wait_for(minh, 2, WAIT_S)
    account.fault("upload", "500")
    account.press(minh, say("team.leaflet_a6"))
    account.wait_for(minh, 4, WAIT_S)
    account.say(minh, "chào")
    account.wait_for(minh, 5, WAIT_S)
    files = [message.get("file", {}).get("name") for message in account.sent(minh)]
    assert files[2:] == [None, "to-roi-ket-hon-a6.pdf", None]


def test_a_visitor_of_the_accounts_web_page_gets_the_link_alone(account: FakeZaloOa) -> None:
    account.visitor_says("v7001", "tờ rơi khai sinh")
    account.wait_for("v7001", 1, WAIT_S)
    account.visitor_says("v7001", "chào")
    told, greeting = account.wait_for("v7001", 2, WAIT_S)
    assert LINK in told
    assert "to-roi.pdf" not in greeting


def test_on_the_bot_platform_which_takes_no_files_the_link_is_sent(room: Classroom) -> None:
    fake = room.fakes["zalo_bot"]
    assert isinstance(fake, FakeZaloBot)
    chat = fake.user(f"6ede9afa66b88f{next(_people)}").id
    fake.say(chat, "tờ rơi khai sinh")
    [told] = fake.wait_for(chat, 1, WAIT_S)
    assert TITLE in told
    assert LINK in told
