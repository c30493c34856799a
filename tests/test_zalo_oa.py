"""Zalo Official Account: events in, messages out, through the real server and Zalo on loopback."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator

import httpx
import pytest

from bot.model import Answer, Choice, Question
from tests.fakes import EchoReplies
from tests.fakes.zalo_oa import APP_ID, APP_SECRET, OA_ID, WEBHOOK_KEY, FakeZaloOa
from tests.fakes.zalo_oa_serving import CAPTURED, running, settings_for, text_event
from webhook.channels.adapter import Incoming
from webhook.channels.zalo_oa.adapter import PATH
from webhook.channels.zalo_oa.parse import AgentSpoke, parse
from webhook.channels.zalo_oa.signature import mac

CAPTURED_MAC = "a2b7fa1d965fde997ce65e407849e0f8951c4a46d6753167f602c784b9e1a17a"
SIGNED = {"x-zevent-signature": f"mac={CAPTURED_MAC}"}


class ManyChoices(EchoReplies):
    """Offers as many choices as the question says, under labels of so many letters."""

    def reply(self, question: Question) -> Answer:
        answer = super().reply(question)
        found = question.text.split()
        if len(found) != 3 or found[0] != "chọn":
            return answer
        count, letters = int(found[1]), int(found[2])
        labels = [f"Việc {n} ".ljust(letters, "x") for n in range(1, count + 1)]
        choices = tuple(Choice(label=text, action=f"entry:viec-{text[5]}") for text in labels)
        return answer.model_copy(update={"choices": choices})


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeZaloOa]:
    with FakeZaloOa() as fake:
        yield fake


@pytest.fixture(scope="module")
def replies() -> EchoReplies:
    return ManyChoices()


@pytest.fixture(scope="module")
def server(
    fake: FakeZaloOa, replies: EchoReplies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    settings = settings_for(fake, tmp_path_factory.mktemp("zalo_oa"))
    with running(fake, settings, replies) as url:
        yield url


@pytest.fixture
def user(fake: FakeZaloOa, server: str, request: pytest.FixtureRequest) -> str:
    """A person of this test's own."""
    return fake.user(10**17 + sum(request.node.name.encode()) * 1009).id


# What is believed.


def test_the_signature_is_the_captured_one() -> None:
    assert len(CAPTURED) == 225
    assert mac(APP_ID, CAPTURED, "1787209817225", WEBHOOK_KEY) == CAPTURED_MAC


def test_a_captured_delivery_is_taken_and_understood(server: str) -> None:
    assert httpx.post(server + PATH, content=CAPTURED, headers=SIGNED).status_code == 200
    incoming = parse(text_event(), OA_ID)
    assert isinstance(incoming, Incoming)
    asked = incoming.question
    assert asked.text == "Alo"
    assert asked.id == f"zalo_oa:{OA_ID}:01787209817225:b2db3895fe26797f2030"
    assert asked.conversation == "675059164343092785"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-zevent-signature": "mac="},
        {"x-zevent-signature": "mac=" + "0" * 64},
        {"x-zevent-signature": "mac=é".encode()},
        {"x-zevent-signature": "mac=" + mac(APP_ID, CAPTURED, "1787209817225", "other-key")},
    ],
)
def test_a_stranger_is_turned_away_and_nothing_is_stored(
    server: str, replies: EchoReplies, headers: dict[str, str]
) -> None:
    body = CAPTURED.replace(b"Alo", "lạ mặt".encode())
    assert httpx.post(server + PATH, content=body, headers=headers).status_code == 403
    assert not [q for q in replies.asked if q.text == "lạ mặt"]


def test_a_changed_body_or_time_is_turned_away(server: str) -> None:
    for body in (CAPTURED.replace(b"Alo", b"Ala"), CAPTURED.replace(b"225", b"226"), b"[]", b"{"):
        assert httpx.post(server + PATH, content=body, headers=SIGNED).status_code == 403


@pytest.mark.parametrize(
    ("signer", "key", "said"),
    [
        (OA_ID, WEBHOOK_KEY, "the OA's id in place of the app's"),
        (APP_ID, APP_SECRET, "the app's secret in place of the OA's key"),
        (OA_ID, APP_SECRET, "the OA's id and the app's secret"),
    ],
)
def test_a_signature_of_another_making_is_refused_and_named(
    server: str, caplog: pytest.LogCaptureFixture, signer: str, key: str, said: str
) -> None:
    headers = {"x-zevent-signature": "mac=" + mac(signer, CAPTURED, "1787209817225", key)}
    assert httpx.post(server + PATH, content=CAPTURED, headers=headers).status_code == 403
    assert said in caplog.text
    assert key not in caplog.text


def test_a_time_that_is_a_number_is_signed_as_it_is_written(server: str) -> None:
    body = json.dumps(text_event(event_name="unfollow", timestamp=1787209817225)).encode()
    headers = {"x-zevent-signature": "mac=" + mac(APP_ID, body, "1787209817225", WEBHOOK_KEY)}
    assert httpx.post(server + PATH, content=body, headers=headers).status_code == 200


# A message in, an answer out.


def test_a_question_is_answered_with_buttons(fake: FakeZaloOa, user: str) -> None:
    fake.say(user, "Khai sinh cần gì?")
    assert fake.wait_for(user, 1) == ["Bạn hỏi\n\nKhai sinh cần gì?"]
    buttons = fake.sent(user)[0]["buttons"]
    assert [(b["type"], b["payload"]) for b in buttons] == [
        ("oa.query.hide", "binhdan:facet:khai-sinh:fee"),
        ("oa.query.hide", "binhdan:fb+:a1"),
        ("oa.query.hide", "binhdan:fb-:a1"),
    ]


def test_a_pressed_button_comes_back_as_its_action(fake: FakeZaloOa, user: str) -> None:
    fake.say(user, "Khai sinh")
    fake.wait_for(user, 1)
    fake.press(user, "Lệ phí")
    fake.press(user, "👍")
    assert fake.wait_for(user, 3)[1:] == [
        "Bạn hỏi\n\nfacet:khai-sinh:fee",
        "Bạn hỏi\n\nfb+:a1",
    ]


def test_an_opinion_is_typed_where_there_is_no_room_for_its_buttons(
    fake: FakeZaloOa, user: str
) -> None:
    fake.say(user, "chọn 3 20")
    fake.say(user, "chọn 4 20")
    texts = fake.wait_for(user, 2)
    assert [len(m["buttons"]) for m in fake.sent(user)] == [5, 4]
    assert ["hữu ích" in text for text in texts] == [False, True]


@pytest.mark.parametrize("asked", ["chọn 6 20", "chọn 2 101"])
def test_choices_that_buttons_cannot_hold_are_all_numbered_lines(
    fake: FakeZaloOa, user: str, asked: str
) -> None:
    fake.say(user, asked)
    text = fake.wait_for(user, 1)[0]
    count = int(asked.split()[1])
    assert [f"\n{n}. Việc {n} " in text for n in range(1, count + 1)] == [True] * count
    assert fake.sent(user)[0]["buttons"] == []


def test_answers_keep_the_order_of_a_person(fake: FakeZaloOa, user: str) -> None:
    for number in range(4):
        fake.say(user, f"câu {number}")
    assert fake.wait_for(user, 4) == [f"Bạn hỏi\n\ncâu {n}" for n in range(4)]


def test_the_same_event_twice_gets_one_answer(fake: FakeZaloOa, user: str) -> None:
    message = {"text": "Alo", "msg_id": "b2db3895fe26797f2031"}
    now = str(int(time.time() * 1000))
    event = text_event(sender={"id": user}, message=message, timestamp=now)
    for _ in range(2):
        fake.deliver(event)
    fake.say(user, "sau đó")
    assert fake.wait_for(user, 2) == ["Bạn hỏi\n\nAlo", "Bạn hỏi\n\nsau đó"]


def test_events_out_of_order_and_late_are_all_answered(fake: FakeZaloOa, user: str) -> None:
    with fake.reordered():
        for number in range(3):
            fake.say(user, f"câu {number}")
    fake.say(user, "chậm", delay_s=0.3)
    texts = fake.wait_for(user, 4)
    assert sorted(texts) == sorted(f"Bạn hỏi\n\n{t}" for t in ("câu 0", "câu 1", "câu 2", "chậm"))


@pytest.mark.parametrize("letters", [1900, 1999, 2001, 6100])
def test_a_long_answer_is_split_within_the_limit(fake: FakeZaloOa, user: str, letters: int) -> None:
    fake.say(user, ("Câu hỏi dài. " * 500)[:letters])
    expected = -(-(letters + 9) // 1980)
    texts = fake.wait_for(user, expected)
    assert all(len(text) <= 2000 for text in texts)
    assert "".join("".join(texts).split()).endswith(("Câu hỏi dài. " * 500)[:letters].split()[-1])
    assert [bool(m["buttons"]) for m in fake.sent(user)] == [False] * (len(texts) - 1) + [True]


def test_text_that_is_not_normalised_is_sent_composed(fake: FakeZaloOa, user: str) -> None:
    fake.say(user, "Tho\u031b\u0300i")
    assert fake.wait_for(user, 1) == ["Bạn hỏi\n\nThời"]


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("image", "image"),
        ("gif", "image"),
        ("audio", "voice"),
        ("video", "file"),
        ("file", "file"),
        ("sticker", "sticker"),
        ("location", "location"),
        ("link", "other"),
        ("business_card", "other"),
    ],
)
def test_media_say_what_they_are(fake: FakeZaloOa, user: str, kind: str, media: str) -> None:
    fake.show(user, kind)
    assert fake.wait_for(user, 1) == [f"Bạn hỏi\n\n{media}"]


def test_a_caption_is_the_question(fake: FakeZaloOa, user: str, replies: EchoReplies) -> None:
    fake.show(user, "image", caption="giấy này là gì")
    fake.wait_for(user, 1)
    asked = next(q for q in replies.asked if q.conversation == user)
    assert (asked.text, asked.media) == ("giấy này là gì", "image")


def test_following_and_opening_the_chat_are_greeted_once(fake: FakeZaloOa, user: str) -> None:
    fake.follow(user)
    fake.click_chatnow(user)
    fake.say(user, "chào")
    assert fake.wait_for(user, 2) == ["Bạn hỏi\n\n/start", "Bạn hỏi\n\nchào"]


def test_a_visitor_of_a_web_page_is_answered_without_buttons(fake: FakeZaloOa, server: str) -> None:
    fake.visitor_says("v1001", "Khai sinh")
    assert fake.wait_for("v1001", 1) == [
        "Bạn hỏi\n\nKhai sinh\n\nTrả lời bằng số để chọn:\n1. Lệ phí"
    ]
    assert fake.called("anonymous")[-1]["recipient"] == {
        "anonymous_id": "v1001",
        "conversation_id": "c-v1001",
    }


def test_who_withdraws_is_forgotten_without_a_word(
    fake: FakeZaloOa, user: str, replies: EchoReplies
) -> None:
    fake.withdraw(user)
    fake.say(user, "sau")
    assert fake.wait_for(user, 1) == ["Bạn hỏi\n\nsau"]
    mine = [q for q in replies.asked if q.conversation == user]
    assert [q.action for q in mine] == ["delete", None]


def test_contact_data_are_neither_kept_nor_logged(
    fake: FakeZaloOa, user: str, replies: EchoReplies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.submit_info(user, name="Lan", phone="84912345678")
    fake.show(user, "business_card", caption="84912345678")
    fake.say(user, "xong")
    assert fake.wait_for(user, 2) == ["Bạn hỏi\n\nother", "Bạn hỏi\n\nxong"]
    assert not [q for q in replies.asked if "84912345678" in q.text]
    assert "84912345678" not in caplog.text


@pytest.mark.parametrize(
    "event",
    [
        {"event_name": "unfollow", "oa_id": OA_ID, "follower": {"id": "5"}},
        {"event_name": "user_received_message", "message": {"msg_id": "1"}},
        {"event_name": "user_seen_message", "message": {"msg_ids": ["1"]}},
        {"event_name": "user_reacted_message", "message": {"msg_id": "1", "react_icon": ":>"}},
        {"event_name": "oa_send_text", "sender": {"id": OA_ID}, "recipient": {"id": "5"}},
        {"event_name": "user_send_group_text", "group_id": "1", "message": {"text": "a"}},
        {"event_name": "change_template_status"},
        {"event_name": ["user_send_text"]},
        {"event_name": "user_send_text"},
        {"event_name": "user_send_text", "message": "x", "recipient": {"id": OA_ID}},
        {"event_name": "follow", "oa_id": "another", "follower": {"id": "5"}},
        {"event_name": "user_send_text", "timestamp": "1e999"},
        {},
    ],
)
def test_other_events_are_taken_and_change_nothing(
    fake: FakeZaloOa, server: str, replies: EchoReplies, event: dict[str, object]
) -> None:
    fake.settle()
    asked, before = len(replies.asked), len(fake.statuses)
    fake.inject(event)
    fake.settle()
    assert fake.statuses[before:] == [200]
    assert len(replies.asked) == asked


def test_a_message_to_another_account_of_the_app_is_not_ours() -> None:
    assert parse(text_event(), OA_ID)
    assert parse(text_event(recipient={"id": "1"}), OA_ID) is None


def test_half_an_emoji_does_not_lose_the_message() -> None:
    message = {"text": "lệ phí \ud83d khai sinh", "msg_id": "1"}
    incoming = parse(text_event(message=message), OA_ID)
    assert isinstance(incoming, Incoming)
    assert incoming.question.text == "lệ phí ? khai sinh"


def test_a_message_without_an_id_is_named_after_time_kind_and_person() -> None:
    incoming = parse(text_event(message={"text": "chào"}), OA_ID)
    assert isinstance(incoming, Incoming)
    assert incoming.question.id == f"zalo_oa:{OA_ID}:01787209817225:text-675059164343092785"


def test_ids_sort_as_messages_came() -> None:
    times = ("999", 1787209817225, "1787209817226")
    found = [parse(text_event(timestamp=at), OA_ID) for at in times]
    ids = [incoming.question.id for incoming in found if isinstance(incoming, Incoming)]
    assert len(ids) == 3
    assert ids == sorted(ids)


def test_an_agent_is_known_by_its_id() -> None:
    event = text_event(
        event_name="oa_send_text",
        sender={"id": OA_ID, "admin_id": "84"},
        recipient={"id": "675059164343092785"},
    )
    found = parse(event, OA_ID)
    assert isinstance(found, AgentSpoke)
    assert found.person == "675059164343092785"


# When Zalo refuses.


@pytest.mark.parametrize("kind", ["429", "500", "badjson", "timeout", "reset", "-200", "-9999"])
def test_it_tries_again_after_an_outage(fake: FakeZaloOa, user: str, kind: str) -> None:
    fake.fault("message", kind, times=2, seconds=0.1)
    fake.say(user, kind)
    assert fake.wait_for(user, 1) == [f"Bạn hỏi\n\n{kind}"]


@pytest.mark.parametrize(("kind", "calls"), [("-217", 1), ("-201", 1), ("-200", 3), ("-9999", 3)])
def test_it_ends_a_message_that_will_not_be_taken(
    fake: FakeZaloOa, user: str, kind: str, calls: int
) -> None:
    fake.fault("message", kind, times=calls)
    fake.say(user, "không tới")
    fake.say(user, "sau đó")
    assert fake.wait_for(user, 1) == ["Bạn hỏi\n\nsau đó"]
