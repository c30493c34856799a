"""Every route meets what nobody would send: it answers, never with a failure of ours.

Short and the same each time. By hand, longer and different each time:
FUZZ_EXAMPLES=2000 python -m pytest tests/test_fuzz.py
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import serve
from tests.fakes.desk import DeskReplies, published
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from tests.test_telegram import update
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.pages import pages_router
from webhook.settings import Settings
from webhook.web import chat_router

# Threads of the server use `random` while Hypothesis draws, which it takes for a strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
bounded = settings(
    max_examples=EXAMPLES or 30,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FORM = "application/x-www-form-urlencoded"
PATHS = (
    "/", "/chat", "/danh-muc", "/thu-tuc/khai-sinh", "/cam-nang/x", "/bai-hoc/x",
    "/static/chat.css", "/qr/hoi/khai-sinh.png", "/qr/thu-tuc/khai-sinh.svg",
    "/healthz", "/readyz", "/metrics", PATH,
)  # fmt: skip
HEADERS = (
    "accept", "accept-encoding", "content-type", "cookie", "if-none-match", "origin", "referer",
    "range", "transfer-encoding", "x-forwarded-for", "x-forwarded-proto", "x-requested-with",
    "x-telegram-bot-api-secret-token",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    """The whole server with a channel, and where it listens."""
    shown = published(["procedures/khai-sinh", "guides/lua-dao"])
    with FakeTelegram() as fake:
        given = Settings(
            _env_file=None,
            data_dir=tmp_path_factory.mktemp("fuzz"),
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=fake.url,
        )
        replies = DeskReplies(shown)
        routers = (
            chat_router(replies, given, lambda: shown),
            pages_router(lambda: shown, given),
        )
        app = create_app(given, replies, readiness=lambda: True, routers=routers)
        with serve(app) as url:
            yield app, url


def operations(app: FastAPI) -> Iterator[st.SearchStrategy[schemathesis.Case]]:
    """Calls of each route: what its description allows, then what it does not. To the description
    are added the bodies that routes read by themselves."""
    schema = app.openapi()
    text = {"type": "string"}
    form = dict.fromkeys(("text", "action", "nonce", "turns", "quay"), text)
    schema["paths"]["/chat"]["post"] |= _body(FORM, {"type": "object", "properties": form})
    schema["paths"][PATH]["post"] |= _body("application/json", _update())
    for found in schemathesis.openapi.from_dict(schema).get_all_operations():
        for mode in schemathesis.GenerationMode:
            yield found.ok().as_strategy(generation_mode=mode)


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def _update() -> dict[str, Any]:
    """Telegram's Update, as far as we look into it."""
    whole = {"type": "integer"}
    text = {"type": "string"}
    chat = {"type": "object", "properties": {"id": whole, "type": text}}
    message = {
        "type": "object",
        "properties": {"chat": chat, "date": whole, "message_id": whole, "text": text},
    }
    query = {"type": "object", "properties": {"id": text, "data": text, "message": message}}
    return {
        "type": "object",
        "properties": {"update_id": whole, "message": message, "callback_query": query},
    }


def test_what_the_schema_allows_and_what_it_does_not_is_answered(
    app: tuple[FastAPI, str], caplog: pytest.LogCaptureFixture
) -> None:
    served, url = app
    found = list(operations(served))

    @settings(bounded, max_examples=EXAMPLES or 2 * len(found))
    @given(st.one_of(found))
    def ask(case: schemathesis.Case) -> None:
        headers = {
            "x-forwarded-for": _somewhere(case),
            "x-telegram-bot-api-secret-token": SECRET,
            "origin": "http://127.0.0.1:8000",
        }
        response = case.call(base_url=url, headers=headers)
        _well_answered(response.status_code, response.content, caplog)

    ask()


def _somewhere(case: schemathesis.Case) -> str:
    """An address for each request: they are not to be counted as one person's."""
    digest = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode())
    return str(ipaddress.ip_address(digest))


addresses = st.ip_addresses(v=4).map(str) | st.text(max_size=20)
header_values = st.binary(max_size=60).map(
    lambda raw: bytes(byte for byte in raw if byte not in b"\r\n\0")
)
bodies = st.one_of(
    st.binary(max_size=300),
    st.dictionaries(
        st.sampled_from(["text", "action", "nonce", "turns", "quay", "x"]), st.text(), max_size=6
    ).map(lambda form: "&".join(f"{k}={quote(v)}" for k, v in form.items()).encode()),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["update_id", "message", "chat", "id", "text", "from", "photo", "data"]
                ),
                inner,
                max_size=4,
            )
        ),
    ).map(lambda found: json.dumps(found).encode()),
)


@bounded
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]),
    path=st.sampled_from(PATHS),
    query=st.text(max_size=40),
    headers=st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=5),
    body=bodies,
    address=addresses,
    genuine=st.booleans(),
)
def test_odd_headers_methods_and_bodies_are_answered(
    app: tuple[FastAPI, str],
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    query: str,
    headers: dict[str, bytes],
    body: bytes,
    address: str,
    genuine: bool,
) -> None:
    ours = {
        "x-forwarded-for": address.encode("utf-8", "replace").translate(None, b"\r\n\0"),
        "x-telegram-bot-api-secret-token": SECRET.encode(),
        "origin": b"http://127.0.0.1:8000",
    }
    sent = {**headers, **(ours if genuine else {})}
    asked = f"{path}?{quote(query, errors='replace')}"
    status, content = _ask(app[1], method, asked, sent, body)
    _well_answered(status, content, caplog)


@bounded
@given(
    field=st.sampled_from(
        ["text", "from", "chat", "date", "photo", "reply_to_message", "entities"]
    ),
    value=st.none() | st.integers() | st.text(max_size=30) | st.lists(st.integers(), max_size=3),
)
def test_an_update_with_a_part_of_another_kind_is_answered(
    app: tuple[FastAPI, str], caplog: pytest.LogCaptureFixture, field: str, value: object
) -> None:
    odd = update("khai sinh", zlib.crc32(repr((field, value)).encode()))
    odd["message"] = {**dict(odd["message"]), field: value}  # type: ignore[call-overload]
    headers = {"x-telegram-bot-api-secret-token": SECRET.encode()}
    status, content = _ask(app[1], "POST", PATH, headers, json.dumps(odd).encode())
    assert status == 200
    _well_answered(status, content, caplog)


def _ask(
    url: str, method: str, path: str, headers: dict[str, bytes], body: bytes
) -> tuple[int, bytes]:
    """One request with headers that a client's library would not let through."""
    address = urlsplit(url)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    try:
        line.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            line.putheader(name, value)
        if "transfer-encoding" not in headers:
            line.putheader("content-length", str(len(body)))
        line.endheaders(body)
        response = line.getresponse()
        return response.status, response.read()
    except (ConnectionError, http.client.RemoteDisconnected):
        return 400, b""  # the server's HTTP parser hung up on what is no HTTP
    finally:
        line.close()


def _well_answered(status: int, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert status < 500
    assert b"Traceback" not in content
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
