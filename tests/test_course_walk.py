"""A lesson with right answers and one with wrong ones, on every channel over its platform's fake.

`python -m bench.course_walk` walks through all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.course_walk import walk
from tests.fakes.classroom import CHANNELS, Classroom, classroom
from tests.fakes.learning import lesson

LONGEST = {"web": 10_000, "telegram": 4096, "zalo_bot": 2000, "zalo_oa": 2000}
FEW = {"zalo_bot": 8, "zalo_oa": 8}
"""Messages that a lesson of four questions may take where they are counted."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    with classroom(tmp_path_factory.mktemp("classroom")) as room:
        yield room


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_lesson_can_be_learned_on_every_channel(room: Classroom, channel: str) -> None:
    found = walk(room, channel, [lesson(3), lesson(4)])
    assert [walked.failure for walked in found] == ["", ""]
    assert [(walked.right, walked.wrong) for walked in found] == [(4, 0), (2, 2)]
    assert all(walked.longest <= LONGEST[channel] for walked in found)
    assert all(walked.messages <= FEW.get(channel, 99) for walked in found)
