"""Zalo Official Account: what happens to an account over time, each test with one of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Command
from tests.fakes import EchoReplies, wait_until
from tests.fakes.zalo_oa import APP_SECRET, WEBHOOK_KEY, FakeZaloOa
from tests.fakes.zalo_oa_api import Quotas
from tests.fakes.zalo_oa_serving import running, send, settings_for, started
from webhook.app import create_app
from webhook.channels.adapter import Attachment, Failure, TransportError
from webhook.channels.zalo_oa.adapter import ZaloOa
from webhook.settings import Settings


@pytest.fixture
def fake() -> Iterator[FakeZaloOa]:
    with FakeZaloOa() as fake:
        yield fake


def test_without_the_key_nothing_is_believed_and_nothing_starts(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    settings = settings_for(fake, tmp_path, zalo_oa_webhook_key=None)
    with pytest.raises(RuntimeError, match="BINHDAN_ZALO_OA_WEBHOOK_KEY"):
        create_app(settings, EchoReplies(), readiness=lambda: True)


@pytest.mark.parametrize("missing", ["zalo_oa_app_id", "zalo_oa_app_secret"])
def test_an_account_configured_by_half_does_not_start(
    fake: FakeZaloOa, tmp_path: Path, missing: str
) -> None:
    settings = settings_for(fake, tmp_path, **{missing: ""})
    with pytest.raises(RuntimeError, match=f"BINHDAN_{missing.upper()}"):
        create_app(settings, EchoReplies(), readiness=lambda: True)


# A human agent takes over.


def test_the_bot_is_quiet_where_an_agent_talks_also_after_a_restart(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    replies = EchoReplies()
    settings = settings_for(fake, tmp_path)
    with running(fake, settings, replies):
        fake.agent_replies(7, "Chào chị, em là cán bộ một cửa")
        fake.settle()
    with running(fake, settings, replies):
        fake.say(7, "cảm ơn cán bộ")
        fake.say(8, "tôi hỏi máy")
        assert fake.wait_for(8, 1) == ["Bạn hỏi\n\ntôi hỏi máy"]
        wait_until(lambda: [q for q in replies.asked if q.conversation == "7"])
        time.sleep(0.5)
        assert fake.transcript(7) == []


def test_an_agent_is_heard_for_half_an_hour(fake: FakeZaloOa, tmp_path: Path) -> None:
    fake.clock.advance(-31 * 60)
    with running(fake, settings_for(fake, tmp_path), EchoReplies()):
        fake.agent_replies(7, "Chào chị")
        fake.settle()
        fake.clock.advance(31 * 60)
        fake.say(7, "còn ai không")
        assert fake.wait_for(7, 1) == ["Bạn hỏi\n\ncòn ai không"]


# What an error means.


@pytest.fixture
def adapter(fake: FakeZaloOa, tmp_path: Path) -> Iterator[ZaloOa]:
    """A started adapter by itself: what it tells the queue."""
    with started(settings_for(fake, tmp_path)) as adapter:
        yield adapter


def failure(adapter: ZaloOa, user_id: object) -> Failure:
    with pytest.raises(TransportError) as error:
        send(adapter, user_id)
    return error.value.failure


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-32, Failure.RETRY),
        (-201, Failure.REFUSED),
        (-210, Failure.REFUSED),
        (-217, Failure.REFUSED),
        (-230, Failure.WINDOW),
        (-213, Failure.WINDOW),
        (-244, Failure.WINDOW),
        (-204, Failure.BLOCKED),
        (-224, Failure.BLOCKED),
        (-321, Failure.BLOCKED),
    ],
)
def test_an_error_is_of_its_class(
    fake: FakeZaloOa, adapter: ZaloOa, code: int, expected: Failure
) -> None:
    fake.user(7)
    fake.fault("message", str(code))
    assert failure(adapter, 7) is expected


def test_after_a_week_a_person_must_write_first(fake: FakeZaloOa, adapter: ZaloOa) -> None:
    fake.user(7)
    send(adapter, 7)
    fake.clock.advance(8 * 86_400)
    fake.tokens.access = {
        token: (account, fake.clock.now() + 90_000)
        for token, (account, _) in fake.tokens.access.items()
    }
    assert failure(adapter, 7) is Failure.WINDOW
    fake.user(7)
    send(adapter, 7)


def test_a_person_without_quota_does_not_stop_the_others(tmp_path: Path) -> None:
    with (
        FakeZaloOa(quotas=Quotas(free=2, package=0)) as fake,
        started(settings_for(fake, tmp_path)) as adapter,
    ):
        fake.user(7)
        fake.user(8)
        send(adapter, 7)
        send(adapter, 7)
        assert failure(adapter, 7) is Failure.WINDOW
        send(adapter, 8)


def test_an_account_without_quota_waits_for_an_operator(tmp_path: Path) -> None:
    with (
        FakeZaloOa(quotas=Quotas(package=0)) as fake,
        started(settings_for(fake, tmp_path)) as adapter,
    ):
        fake.user(7)
        send(adapter, 7)
        fake.clock.advance(3 * 86_400)
        fake.tokens.end_access()
        assert failure(adapter, 7) is Failure.BLOCKED


def test_what_is_left_of_the_quota_is_shown_and_told_when_low(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeZaloOa(quotas=Quotas(package=10)) as fake:
        fake.clock.advance(-3 * 86_400)
        settings = settings_for(fake, tmp_path)
        fake.user(7)
        fake.clock.advance(3 * 86_400)
        with running(fake, settings, EchoReplies()) as url:
            fake.api.interacted = lambda person: None  # type: ignore[method-assign]
            for number in range(10):
                fake.say(7, f"câu {number}")
            fake.wait_for(7, 10)
            wait_until(lambda: 'quota{kind="sub_quota"} 0.0' in httpx.get(url + "/metrics").text)
    lows = [r for r in caplog.records if "more messages of 10" in r.getMessage()]
    assert [r.getMessage() for r in lows] == [
        "Zalo lets the account send 1 more messages of 10 (sub_quota)"
    ]


# Media are fetched from Zalo alone.


def test_a_picture_is_fetched_if_it_is_small_enough(fake: FakeZaloOa, adapter: ZaloOa) -> None:
    attachment = Attachment(reference=fake.keep_file("a.jpg", b"x" * 1000))
    assert adapter.fetch(attachment, 1000) == b"x" * 1000
    for wrong, limit in ((attachment, 999), (Attachment(reference=fake.url + "/files/b"), 1000)):
        with pytest.raises(TransportError):
            adapter.fetch(wrong, limit)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://zdn.vn.example.com/a.jpg",
        "https://example.com/zdn.vn",
        "https://user@f20.zdn.vn/a.jpg",
        "ftp://f20.zdn.vn/a.jpg",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
def test_nothing_is_fetched_from_elsewhere(adapter: ZaloOa, url: str) -> None:
    with pytest.raises(TransportError) as error:
        adapter.fetch(Attachment(reference=url), 1000)
    assert error.value.failure is Failure.REFUSED


# Zalo's patience.


def test_an_event_that_was_not_taken_comes_again(fake: FakeZaloOa, tmp_path: Path) -> None:
    fake.webhook = {"url": "http://127.0.0.1:9/nobody"}
    fake.say(7, "chờ")
    wait_until(lambda: fake.statuses == [0])
    with running(fake, settings_for(fake, tmp_path), EchoReplies()):
        fake.clock.advance(30)
        assert fake.wait_for(7, 1) == ["Bạn hỏi\n\nchờ"]
    assert fake.post.retries == [1]


def test_an_app_that_never_answers_is_unsubscribed(fake: FakeZaloOa) -> None:
    fake.webhook = {"url": "http://127.0.0.1:9/nobody"}
    fake.say(7, "chờ")
    for tries, seconds in enumerate((30, 300, 900, 1800, 3600), 1):
        wait_until(lambda tries=tries: len(fake.statuses) == tries)
        fake.clock.advance(seconds)
    fake.settle()
    assert fake.post.retries == [1, 2, 3, 4, 5]
    assert fake.post.unsubscribed


def test_a_slow_answer_does_not_make_zalo_wait(fake: FakeZaloOa, tmp_path: Path) -> None:
    with running(fake, settings_for(fake, tmp_path), EchoReplies(5.0)):
        fake.say(7, "lâu")
        fake.settle()
        assert fake.statuses[:1] == [200]
        assert fake.wait_for(7, 1) == ["Bạn hỏi\n\nlâu"]
    assert fake.post.retries == []


# What Zalo finds on our server, and what an operator types.


def test_the_domain_is_proven_by_a_file(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path, zalo_site_verification="abc_DEF-1")
    with running(fake, settings, EchoReplies()) as url:
        found = httpx.get(url + "/zalo_verifierabc_DEF-1.html")
        assert 'name="zalo-platform-site-verification" content="abc_DEF-1"' in found.text
        assert httpx.get(url + "/zalo_verifierabc.html").status_code == 404


def test_no_line_of_the_log_holds_a_token_or_a_text(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_for(fake, tmp_path)
    with running(fake, settings, EchoReplies()):
        for kind in ("500", "429", "-216"):
            fake.fault("message", kind)
        fake.say(7, "điều riêng tư")
        fake.wait_for(7, 1)
    assert caplog.records
    assert "riêng tư" not in caplog.text
    secrets = [*fake.tokens.access, *fake.tokens.refresh, *fake.tokens.used, APP_SECRET]
    assert not [secret for secret in (*secrets, WEBHOOK_KEY) if secret in caplog.text]


def test_info_tells_who_we_are_and_no_token(
    fake: FakeZaloOa, tmp_path: Path, typed: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(fake, tmp_path)
    command_environment(monkeypatch, fake, tmp_path, settings)
    fake.user(7)
    ran = typed("zalo-oa", "info", "--user", "7")
    assert ran.code == 0, ran.errors
    assert "name: Xã Thử Nghiệm" in ran.out
    assert "tokens: version 1, 0.0 hours old" in ran.out
    assert "cs_reply" in ran.out
    assert not [t for t in (*fake.tokens.access, *fake.tokens.refresh) if t in ran.out]


def command_environment(
    monkeypatch: pytest.MonkeyPatch, fake: FakeZaloOa, folder: Path, settings: Settings
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(folder))
    monkeypatch.setenv("BINHDAN_PUBLIC_URL", settings.public_url)
    for name, value in fake.settings().items():
        monkeypatch.setenv(f"BINHDAN_{name.upper()}", value)
    if settings.zalo_oa_refresh_token:
        token = settings.zalo_oa_refresh_token.get_secret_value()
        monkeypatch.setenv("BINHDAN_ZALO_OA_REFRESH_TOKEN", token)
