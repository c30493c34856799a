"""The same list on every channel, over its platform's fake: by numbers, and by what can be
pressed there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.messages import say
from tests.fakes.classroom import CHANNELS, Classroom, classroom, wait_for
from tests.fakes.small_search import small_known


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    known = small_known(["procedures/khai-sinh"], tmp_path_factory.mktemp("index"))
    with classroom(tmp_path_factory.mktemp("classroom"), known) as room:
        yield room


@pytest.mark.parametrize("channel", CHANNELS)
def test_papers_are_ticked_on_every_channel(room: Classroom, channel: str) -> None:
    lan = room.pupil(channel, 1)

    def after(since: int, *expected: str) -> int:
        wait_for(lan, since, expected)
        return len(lan.heard())

    lan.say("chuẩn bị hồ sơ khai sinh")
    heard = after(0, "☐ 5. Số định danh", say("checklist.missing", count=3, numbers="1, 2, 5"))
    lan.say("1, 5")
    heard = after(heard, "✔ 1. ", "☐ 2. ", "✔ 5. ", say("checklist.missing", count=1, numbers="2"))
    lan.say(say("checklist.buttons.cases"))
    heard = after(heard, say("checklist.which_cases"))
    lan.say(say("checklist.buttons.none"))
    heard = after(heard, "– 3. ", "– 4. ")
    lan.say("xong 2")
    after(heard, say("checklist.complete"))


def test_on_telegram_each_paper_has_a_button(room: Classroom) -> None:
    lan = room.pupil("telegram", 2)
    lan.say("chuẩn bị hồ sơ khai sinh")
    wait_for(lan, 0, ["☐ 5. Số định danh"])
    heard = len(lan.heard())
    lan.press(say("checklist.buttons.have", n=2))
    wait_for(lan, heard, ["✔ 2. Tờ khai", "☐ 1. "])
