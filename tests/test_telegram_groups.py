"""Groups on Telegram: when the bot speaks, to whom, where, and what it remembers of whom."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from bot.model import Question
from tests.fakes import EchoReplies
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.served import served
from webhook.channels.telegram.me import Me
from webhook.channels.telegram.pace import PAUSE_IN_A_CHAT_S, PAUSE_IN_A_GROUP_S, ChatPace
from webhook.channels.telegram.parse import parse

LAN, MINH = 777, 778
_numbers = count(1)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture(scope="module")
def replies() -> EchoReplies:
    return EchoReplies()


@pytest.fixture(scope="module", autouse=True)
def server(
    fake: FakeTelegram, replies: EchoReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(fake, replies, tmp_path_factory.mktemp("groups")) as url:
        yield url


@pytest.fixture
def group(fake: FakeTelegram) -> int:
    """A group of this test's own."""
    return fake.group(-1001000 - next(_numbers)).id


def asked(replies: EchoReplies, text: str) -> Question:
    return next(q for q in replies.asked if q.text == text)


def test_called_by_its_name_it_answers_with_a_quote(fake: FakeTelegram, group: int) -> None:
    fake.say(group, "@fake_bot khai sinh", person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\nkhai sinh"]
    assert fake.sent(group)[0]["quoted"] == fake._said[group]["message_id"]


def test_with_privacy_mode_off_it_still_keeps_out_of_others_talk(
    fake: FakeTelegram, group: int
) -> None:
    fake.privacy = False
    fake.say(group, "mai họp tổ dân phố", person=MINH)
    fake.privacy = True
    fake.say(group, "/thutuc@fake_bot khai sinh", person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\n/thutuc khai sinh"]


def test_an_answer_to_its_message_is_meant_for_it(fake: FakeTelegram, group: int) -> None:
    fake.say(group, "@fake_bot khai sinh", person=LAN)
    fake.wait_for(group, 1)
    fake.say(group, "thế phí bao nhiêu?", fake.sent(group)[0], person=LAN)
    assert fake.wait_for(group, 2)[-1] == "Bạn hỏi\n\nthế phí bao nhiêu?"


def test_its_name_alone_points_at_the_message_replied_to(fake: FakeTelegram, group: int) -> None:
    theirs = fake._message(group, fake.person(MINH), text="Làm hộ chiếu mất bao lâu?")
    fake.say(group, "@fake_bot", theirs, person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\nLàm hộ chiếu mất bao lâu?"]


def test_it_does_not_ask_itself(fake: FakeTelegram, replies: EchoReplies, group: int) -> None:
    ours = fake._message(group, fake.bot, text="một câu trả lời")
    fake.say(group, "@fake_bot", ours, person=LAN)
    fake.wait_for(group, 1)
    assert not [q for q in replies.asked if q.text == "một câu trả lời"]


def test_people_of_a_group_do_not_share_a_conversation(
    fake: FakeTelegram, replies: EchoReplies, group: int
) -> None:
    fake.say(group, "@fake_bot của Lan", person=LAN)
    fake.say(group, "@fake_bot của Minh", person=MINH)
    fake.wait_for(group, 2)
    fake.press(group, "Lệ phí", person=MINH)
    fake.wait_for(group, 3)
    lan, minh = (asked(replies, f"của {name}").conversation for name in ("Lan", "Minh"))
    pressed = replies.asked[-1].conversation
    assert (lan, minh, pressed) == (f"{group}/{LAN}", f"{group}/{MINH}", f"{group}/{MINH}")


def test_what_a_person_says_privately_is_another_conversation(
    fake: FakeTelegram, replies: EchoReplies, group: int
) -> None:
    fake.user(LAN)
    fake.say(LAN, "nói riêng")
    fake.say(group, "@fake_bot nói chung", person=LAN)
    fake.wait_for(LAN, 1)
    fake.wait_for(group, 1)
    assert asked(replies, "nói riêng").conversation == str(LAN)
    assert asked(replies, "nói chung").conversation == f"{group}/{LAN}"


def test_a_pressed_button_is_answered_where_it_was_pressed(fake: FakeTelegram, group: int) -> None:
    fake.say(group, "@fake_bot khai sinh", person=LAN)
    fake.wait_for(group, 1)
    fake.press(group, "Lệ phí", person=MINH)
    assert fake.wait_for(group, 2)[-1] == "Bạn hỏi\n\nfacet:khai-sinh:fee"
    first, second = fake.sent(group)
    assert second["quoted"] == first["message_id"]


def test_a_topic_is_answered_in_that_topic(fake: FakeTelegram) -> None:
    forum = fake.group(-1009001, topics={42}).id
    fake.say(forum, "@fake_bot khai sinh", person=LAN, topic=42)
    fake.wait_for(forum, 1)
    fake.press(forum, "Lệ phí", person=LAN)
    fake.wait_for(forum, 2)
    assert [m.get("message_thread_id") for m in fake.sent(forum)] == [42, 42]


def test_a_chain_of_replies_is_no_topic(fake: FakeTelegram, group: int) -> None:
    """Outside of forums, replies carry a thread's number too, which nothing can be sent to."""
    message = fake._message(group, fake.person(LAN), text="@fake_bot khai sinh")
    fake.inject({"message": {**message, "message_thread_id": 9}})
    fake.wait_for(group, 1)
    assert "message_thread_id" not in fake.sent(group)[0]


def test_an_administrator_who_writes_as_the_group_is_answered(
    fake: FakeTelegram, group: int
) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    chat = fake.group(group).as_json()
    message = fake._message(group, anonymous, text="@fake_bot khai sinh", sender_chat=chat)
    fake.inject({"message": message})
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\nkhai sinh"]


def test_posts_of_channels_and_of_other_bots_are_left_alone(fake: FakeTelegram, group: int) -> None:
    channel = {"id": -1005, "type": "channel", "title": "Tin"}
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    post = fake._message(
        group, telegram, text="@fake_bot tin", sender_chat=channel, is_automatic_forward=True
    )
    other = {"id": 5, "is_bot": True, "first_name": "Other"}
    fake.inject({"message": post})
    fake.inject({"channel_post": {**post, "chat": channel}})
    fake.inject({"message": fake._message(group, other, text="@fake_bot ơi")})
    fake.say(group, "@fake_bot sau cùng", person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\nsau cùng"]


# Coming, going, moving.


def test_let_into_a_group_it_greets_once(fake: FakeTelegram, group: int) -> None:
    fake.invite(group, person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\njoined"]
    promoted = {"user": fake.bot, "status": "administrator"}
    member = {"user": fake.bot, "status": "member"}
    fake.inject(
        {
            "my_chat_member": {
                "chat": fake.group(group).as_json(),
                "from": fake.person(LAN),
                "date": 1795000000,
                "old_chat_member": member,
                "new_chat_member": promoted,
            }
        }
    )
    fake.say(group, "@fake_bot khai sinh", person=LAN)
    assert fake.wait_for(group, 2)[-1] == "Bạn hỏi\n\nkhai sinh"


def test_thrown_out_it_says_nothing(fake: FakeTelegram, group: int) -> None:
    before = len(fake.called("sendMessage"))
    fake.remove(group, person=LAN)
    fake.user(LAN)
    seen = len(fake.sent(LAN))
    fake.say(LAN, "vẫn còn đây")
    fake.wait_for(LAN, seen + 1)
    assert len(fake.called("sendMessage")) == before + 1


def test_a_link_that_adds_it_to_a_group_opens_its_entry_there(
    fake: FakeTelegram, group: int
) -> None:
    fake.say(group, "/start@fake_bot e_khai-sinh", person=LAN)
    assert fake.wait_for(group, 1) == ["Bạn hỏi\n\nentry:khai-sinh"]


def test_the_answer_to_a_group_that_has_moved_goes_to_the_new_one(
    fake: FakeTelegram, group: int
) -> None:
    question = fake._message(group, fake.person(LAN), text="@fake_bot khai sinh")
    moved = fake.migrate(group)
    fake.inject({"message": question})
    assert fake.wait_for(moved, 1) == ["Bạn hỏi\n\nkhai sinh"]
    assert "quoted" not in fake.sent(moved)[0]
    assert fake.sent(group) == []


def test_a_group_has_one_pace_whoever_asks_in_it() -> None:
    moments = [100.0]
    pace = ChatPace(clock=lambda: moments[-1])
    pace.reserve(f"-1001/{LAN}")
    assert pace.pause_left(f"-1001/{MINH}") == PAUSE_IN_A_GROUP_S
    assert pace.pause_left(str(LAN)) == 0.0
    moments.append(101.0)
    pace.reserve(str(LAN))
    assert pace.pause_left(str(LAN)) == PAUSE_IN_A_CHAT_S


@pytest.mark.parametrize(
    ("text", "heard"), [("/giup", "/giup"), ("/giup@fake_bot", None), ("@fake_bot ơi", None)]
)
def test_before_it_knows_its_name_it_obeys_plain_commands(text: str, heard: str | None) -> None:
    """Telegram may be out of reach at the start."""
    person, chat = {"id": LAN, "is_bot": False}, {"id": -5, "type": "group"}
    message = {"message_id": 1, "from": person, "chat": chat, "date": 1795000000, "text": text}
    incoming = parse({"update_id": 1, "message": message}, Me(123456))
    assert (incoming and incoming.question.text) == heard
