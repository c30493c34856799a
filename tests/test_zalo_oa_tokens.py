"""Tokens of an Official Account: always a good one, renewed once, none lost (decision 13)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from knowledge.store import connect
from tests.conftest import Command
from tests.fakes import free_port, serve, wait_until
from tests.fakes.zalo_oa import OA_ID, FakeZaloOa
from tests.fakes.zalo_oa_serving import send, settings_for, started
from webhook.channels.adapter import Failure, TransportError
from webhook.channels.zalo_oa.access import Access
from webhook.channels.zalo_oa.adapter import ZaloOa
from webhook.channels.zalo_oa.authorize import CALLBACK
from webhook.channels.zalo_oa.routes import callback_router
from webhook.channels.zalo_oa.token_rows import Pair, TokenRow
from webhook.channels.zalo_oa.vault import Vault, code_challenge
from webhook.database import migrate
from webhook.settings import Settings

ROOT = Path(__file__).parents[1]
HOUR_S = 3600
SENDER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from webhook.settings import Settings
from tests.fakes.zalo_oa_serving import send, started
with started(Settings(_env_file=None)) as adapter:
    send(adapter, "1")
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda user: send(adapter, user), sys.argv[1:]))
"""
"""A process that sends to one person, waits, and then sends to all that it was given."""


@pytest.fixture
def fake() -> Iterator[FakeZaloOa]:
    with FakeZaloOa() as fake:
        for number in range(20):
            fake.user(number)
        yield fake


def failed(adapter: ZaloOa, user_id: int = 7) -> TransportError:
    with pytest.raises(TransportError) as error:
        send(adapter, user_id)
    return error.value


@contextmanager
def row_of(settings: Settings) -> Iterator[tuple[TokenRow, Engine]]:
    """The kept pair, as whoever has the secret key may write it."""
    settings.make_data_dir()
    migrate(settings.database_url)
    engine = connect(settings.database_url)
    try:
        yield TokenRow(engine, Vault(settings.cookie_key()), OA_ID), engine
    finally:
        engine.dispose()


def keep_pair_of_age(fake: FakeZaloOa, settings: Settings, hours: float) -> Pair:
    """A good pair that Zalo gave so many hours ago."""
    given = fake.tokens.exchange(
        "the-app-secret-of-the-fake",
        {
            "app_id": fake.tokens.app_id,
            "grant_type": "refresh_token",
            "refresh_token": fake.tokens.first_refresh_token(),
        },
    )
    obtained = int(time.time() - hours * HOUR_S)
    pair = Pair(1, given["access_token"], given["refresh_token"], obtained, obtained + 90_000)
    with row_of(settings) as (row, _):
        row.write(pair, None)
    fake.tokens.refreshes = 0
    return pair


# One renewal, however many ask for it.


def test_a_token_that_ends_in_mid_run_is_renewed_once_for_ten_sends(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    with started(settings_for(fake, tmp_path)) as adapter:
        send(adapter, 0)
        fake.tokens.end_access()
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda user: send(adapter, user), range(10, 20)))
    assert [len(fake.sent(user)) for user in range(10, 20)] == [1] * 10
    assert fake.tokens.refreshes == 2


@contextmanager
def processes(fake: FakeZaloOa, settings: Settings, people: list[range]) -> Iterator[list[object]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BINHDAN_DATA_DIR": str(settings.data_dir),
        "BINHDAN_DATABASE_URL": settings.database_url,
        **{f"BINHDAN_{name.upper()}": value for name, value in fake.settings().items()},
    }
    assert settings.zalo_oa_refresh_token
    first = settings.zalo_oa_refresh_token.get_secret_value()
    environment["BINHDAN_ZALO_OA_REFRESH_TOKEN"] = first
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, *map(str, users)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for users in people
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def test_processes_share_a_pair_and_renew_it_once(
    fake: FakeZaloOa, tmp_path: Path, database_url: str
) -> None:
    settings = settings_for(fake, tmp_path, database_url=database_url)
    with processes(fake, settings, [range(5, 10), range(10, 15)]) as running:
        for process in running:
            assert process.stdout.readline() == "ready\n"
        assert fake.tokens.refreshes == 1
        fake.tokens.end_access()
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in running] == [0, 0]
    assert [len(fake.sent(user)) for user in range(5, 15)] == [1] * 10
    assert fake.tokens.refreshes == 2


def test_a_process_that_dies_while_it_renews_leaves_that_to_the_next(
    fake: FakeZaloOa, tmp_path: Path, database_url: str
) -> None:
    settings = settings_for(fake, tmp_path, database_url=database_url)
    with processes(fake, settings, [range(5, 6)]) as running:
        assert running[0].stdout.readline() == "ready\n"
        fake.tokens.end_access()
        fake.fault("access_token", "timeout", seconds=15)
        running[0].stdin.write("go\n")
        running[0].stdin.flush()
        wait_until(lambda: not any(fault.times for fault in fake._faults["access_token"]), 30)
        running[0].kill()
        running[0].wait()
    with started(settings) as adapter:
        send(adapter, 7)
    assert len(fake.sent(7)) == 1
    assert fake.tokens.refreshes == 2


def test_a_pair_is_renewed_at_twenty_hours(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path)
    former = keep_pair_of_age(fake, settings, 19.9)
    with started(settings) as adapter:
        send(adapter, 7)
    assert fake.tokens.refreshes == 0
    keep_pair_of_age(fake, settings, 20.1)
    with started(settings) as adapter:
        send(adapter, 7)
    assert fake.tokens.refreshes == 1
    with row_of(settings) as (row, _):
        kept = row.read()
    assert kept
    assert (kept.version, kept.access != former.access) == (2, True)


def test_nobody_has_to_write_for_the_tokens_to_be_kept_fresh(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    settings = settings_for(fake, tmp_path)
    keep_pair_of_age(fake, settings, 21)
    with started(settings):
        wait_until(lambda: fake.tokens.refreshes == 1)


@pytest.mark.parametrize("kind", ["500", "badjson", "reset"])
def test_while_a_token_can_be_used_a_renewal_that_fails_stops_nothing(
    fake: FakeZaloOa, tmp_path: Path, kind: str
) -> None:
    settings = settings_for(fake, tmp_path)
    keep_pair_of_age(fake, settings, 21)
    fake.fault("access_token", kind, times=1000)
    with started(settings) as adapter:
        for _ in range(3):
            send(adapter, 7)
    assert len(fake.sent(7)) == 3


# Nothing more can be sent.


def test_a_refused_renewal_stops_the_channel_with_one_line_for_the_operator(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(fake, tmp_path)
    with started(settings) as adapter, serve_callback(settings) as url:
        send(adapter, 7)
        fake.tokens.revoke()
        for _ in range(3):
            assert failed(adapter).failure is Failure.BLOCKED
        errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert len(errors) == 1
        assert "binhdan zalo-oa authorize" in errors[0]
        # The operator acts, in another process; the channel goes on by itself.
        assert httpx.get(authorized(fake, settings, url)).status_code == 200
        send(adapter, 7)
    assert len(fake.sent(7)) == 2


def test_without_any_token_the_channel_waits(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with started(settings_for(fake, tmp_path, zalo_oa_refresh_token=None)) as adapter:
        assert failed(adapter).failure is Failure.BLOCKED
    assert "there is no refresh token yet" in caplog.text


def test_a_new_first_token_in_the_settings_takes_the_place_of_a_refused_one(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    with started(settings_for(fake, tmp_path)) as adapter:
        send(adapter, 7)
    fake.tokens.revoke()
    with started(settings_for(fake, tmp_path)) as adapter:
        send(adapter, 7)
    assert len(fake.sent(7)) == 2


def test_a_pair_that_was_lost_on_its_way_is_known_to_be(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(fake, tmp_path, zalo_oa_refresh_token=None)
    keep_pair_of_age(fake, settings, 26)
    fake.fault("access_token", "lost")
    with started(settings) as adapter:
        assert failed(adapter).failure is Failure.RETRY
        wait_until(lambda: failed(adapter).failure is Failure.BLOCKED, 20)
    assert "Zalo refused the refresh token" in caplog.text


def test_a_pair_that_could_not_be_written_is_written_before_it_is_used(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    settings = settings_for(fake, tmp_path)
    with row_of(settings) as (row, engine), started(settings) as adapter:
        send(adapter, 7)
        with engine.begin() as db:
            db.execute(
                text(
                    "CREATE TRIGGER full BEFORE INSERT ON zalo_oa_tokens "
                    "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )
            )
        fake.tokens.end_access()
        assert failed(adapter).failure is Failure.RETRY
        sent_meanwhile = len(fake.sent(7))
        with engine.begin() as db:
            db.execute(text("DROP TRIGGER full"))
        wait_until(lambda: _sends(adapter, 7), 30)
        kept = row.read()
    assert sent_meanwhile == 1
    assert fake.tokens.refreshes == 2
    assert kept
    assert list(fake.tokens.access) == [kept.access]


def _sends(adapter: ZaloOa, user_id: int) -> bool:
    try:
        send(adapter, user_id)
    except TransportError:
        return False
    return True


def test_stopping_waits_for_a_renewal_under_way(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path)
    keep_pair_of_age(fake, settings, 26)
    fake.fault("access_token", "slow", seconds=1.5)
    with started(settings):
        wait_until(lambda: not any(fault.times for fault in fake._faults["access_token"]))
    with row_of(settings) as (row, _):
        kept = row.read()
    assert kept
    assert list(fake.tokens.access) == [kept.access]


def test_tokens_are_kept_encrypted_also_the_former_ones(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_for(fake, tmp_path)
    with started(settings) as adapter:
        send(adapter, 7)
        fake.tokens.end_access()
        send(adapter, 7)
    secrets = [*fake.tokens.access, *fake.tokens.refresh, *fake.tokens.used]
    assert len(secrets) >= 4
    written = b"".join(path.read_bytes() for path in tmp_path.glob("binhdan.db*"))
    assert b"zalo_oa_tokens" in written
    assert not [token for token in secrets if token.encode() in written or token in caplog.text]


def test_another_secret_key_cannot_read_them_and_says_so(
    fake: FakeZaloOa, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with started(settings_for(fake, tmp_path, secret_key="one")) as adapter:
        send(adapter, 7)
    settings = settings_for(fake, tmp_path, secret_key="two", zalo_oa_refresh_token=None)
    with started(settings) as adapter:
        assert failed(adapter).failure is Failure.BLOCKED
    assert "BINHDAN_SECRET_KEY is not the one" in caplog.text


# An administrator authorizes our app.


@contextmanager
def serve_callback(settings: Settings) -> Iterator[str]:
    app = FastAPI()
    app.include_router(callback_router(settings))
    with serve(app) as url:
        yield url


def authorized(fake: FakeZaloOa, settings: Settings, url: str, **changes: str) -> str:
    """The address that Zalo sends an administrator's browser back to, on our server at `url`."""
    access = Access(settings)
    state = access.vault.new_state()
    fixed = settings.zalo_oa_code_verifier
    verifier = fixed.get_secret_value() if fixed else access.vault.code_verifier(state)
    access.close()
    code = fake.tokens.permit(code_challenge(verifier), changes.pop("oa_id", None))
    query = {"code": code, "oa_id": OA_ID, "state": state, **changes}
    return f"{url}{CALLBACK}?{httpx.QueryParams({k: v for k, v in query.items() if v})}"


def test_the_link_of_the_command_ends_in_tokens(
    fake: FakeZaloOa, tmp_path: Path, typed: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BINHDAN_PUBLIC_URL", f"http://127.0.0.1:{port}")
    for name, value in fake.settings().items():
        monkeypatch.setenv(f"BINHDAN_{name.upper()}", value)
    ran = typed("zalo-oa", "authorize")
    assert ran.code == 0, ran.errors
    query = parse_qs(urlsplit(ran.out.strip()).query)
    assert query["redirect_uri"] == [f"http://127.0.0.1:{port}/zalo-oa/callback"]
    assert len(query["code_challenge"][0]) == 43
    settings = Settings(_env_file=None)
    app = FastAPI()
    app.include_router(callback_router(settings))
    with serve(app, port):
        got = httpx.get(ran.out.strip(), follow_redirects=True)
        assert (got.status_code, "Đã kết nối" in got.text) == (200, True)
        # Somebody who finds the address later can do nothing with it.
        assert httpx.get(str(got.url)).status_code == 403
    with started(settings) as adapter:
        send(adapter, 7)
    assert len(fake.sent(7)) == 1


def test_a_callback_that_we_did_not_begin_is_turned_away(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path)
    with row_of(settings) as (row, _), serve_callback(settings) as url:
        for changes in ({"state": "made-up"}, {"state": ""}, {"code": "made-up"}):
            assert httpx.get(authorized(fake, settings, url, **changes)).status_code == 403
        assert httpx.get(url + CALLBACK).status_code == 400
        assert httpx.get(f"{url}{CALLBACK}?code={'x' * 3000}").status_code == 400
        assert row.read() is None


def test_the_tokens_of_another_account_are_not_taken(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path)
    with row_of(settings) as (row, _), serve_callback(settings) as url:
        address = authorized(fake, settings, url, oa_id="111222333")
        assert httpx.get(address).status_code == 403
        assert row.read() is None


def test_a_fixed_challenge_in_the_console_needs_no_state(fake: FakeZaloOa, tmp_path: Path) -> None:
    settings = settings_for(fake, tmp_path, zalo_oa_code_verifier="v" * 43)
    with row_of(settings) as (row, _), serve_callback(settings) as url:
        assert httpx.get(authorized(fake, settings, url, state="")).status_code == 200
        assert row.read()


def test_a_verifier_of_another_length_is_an_error_in_the_settings() -> None:
    with pytest.raises(ValueError, match="exactly 43"):
        Settings(_env_file=None, zalo_oa_code_verifier="short")


def test_renewals_in_one_process_do_not_wait_for_a_lock_they_hold(
    fake: FakeZaloOa, tmp_path: Path
) -> None:
    settings = settings_for(fake, tmp_path)
    with started(settings) as one, started(settings) as two:
        send(one, 7)
        fake.tokens.end_access()
        threads = [threading.Thread(target=send, args=(a, 7)) for a in (one, two) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(fake.sent(7)) == 7
    assert fake.tokens.refreshes == 2
