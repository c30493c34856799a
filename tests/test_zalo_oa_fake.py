"""The fake of Zalo's Official Accounts refuses what Zalo refuses, and can be used by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.zalo_oa import APP_ID, APP_SECRET, FakeZaloOa
from tests.fakes.zalo_oa_api import Quotas

DAY_S = 86_400


@pytest.fixture
def fake() -> Iterator[FakeZaloOa]:
    with FakeZaloOa(quotas=Quotas(free=3, package=1, per_minute=30)) as fake:
        fake.user(7)
        yield fake


@pytest.fixture
def api(fake: FakeZaloOa) -> Iterator[httpx.Client]:
    """Calls with a good access token."""
    with httpx.Client(base_url=fake.url) as client:
        client.headers["access_token"] = renew(fake, fake.tokens.first_refresh_token())[
            "access_token"
        ]
        yield client


def renew(fake: FakeZaloOa, token: str, secret: str = APP_SECRET) -> dict[str, Any]:
    data = {"app_id": APP_ID, "grant_type": "refresh_token", "refresh_token": token}
    got = httpx.post(fake.url + "/v4/oa/access_token", data=data, headers={"secret_key": secret})
    return dict(got.json())


def send(api: httpx.Client, message: Any, user: object = "7") -> dict[str, Any]:
    body = {"recipient": {"user_id": user}, "message": message}
    return dict(api.post("/v3.0/oa/message/cs", json=body).json())


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": "Chọn",
        "attachment": {"type": "template", "payload": {"buttons": list(given)}},
    }


BUTTON = {"title": "Lệ phí", "type": "oa.query.hide", "payload": "x"}


@pytest.mark.parametrize(
    ("message", "user", "code"),
    [
        ({"text": "chào"}, "7", 0),
        ({"text": "a" * 2000}, "7", 0),
        (buttons(*[BUTTON] * 5), "7", 0),
        ({}, "7", -201),
        ("chào", "7", -201),
        ({"text": "chào"}, 7, -201),
        ({"text": ""}, "7", -210),
        ({"text": "a" * 2001}, "7", -210),
        (buttons(*[BUTTON] * 6), "7", -210),
        (buttons(BUTTON | {"title": "a" * 101}), "7", -210),
        (buttons(BUTTON | {"payload": "a" * 1001}), "7", -201),
        (buttons(BUTTON | {"type": "oa.open.url"}), "7", -201),
        ({"text": "chào"}, "8", -213),
    ],
)
def test_a_message_is_checked(api: httpx.Client, message: Any, user: object, code: int) -> None:
    assert send(api, message, user)["error"] == code


def test_windows_and_quotas_end(fake: FakeZaloOa, api: httpx.Client) -> None:
    kinds = [send(api, {"text": "a"})["data"]["quota"]["quota_type"] for _ in range(4)]
    assert kinds == ["reply", "reply", "reply", "sub_quota"]
    assert send(api, {"text": "a"})["error"] == -211
    fake.block(7)
    assert send(api, {"text": "a"})["error"] == -217
    fake.block(7, False)
    fake.clock.advance(8 * DAY_S)
    assert send(api, {"text": "a"})["error"] == -220
    token = renew(fake, next(iter(fake.tokens.refresh)))["access_token"]
    api.headers["access_token"] = token
    assert send(api, {"text": "a"})["error"] == -230


def test_too_many_calls_a_minute_are_refused(api: httpx.Client) -> None:
    codes = [api.get("/v2.0/oa/getoa").json()["error"] for _ in range(40)]
    assert {0, -32} == set(codes)


def test_a_refresh_token_counts_once_and_ends_the_former_access(
    fake: FakeZaloOa, api: httpx.Client
) -> None:
    first = fake.tokens.first_refresh_token()
    assert renew(fake, first, "wrong")["error"]
    assert renew(fake, first)["expires_in"] == "90000"
    assert renew(fake, first)["error"] == -14014
    assert api.get("/v2.0/oa/getoa").json()["error"] == -216


def test_files_are_checked_and_expire(fake: FakeZaloOa, api: httpx.Client) -> None:
    def upload(kind: str, content: bytes, content_type: str) -> dict[str, Any]:
        files = {"file": ("name", content, content_type)}
        return dict(api.post(f"/v2.0/oa/upload/{kind}", files=files).json())

    assert upload("image", b"x", "text/html")["error"] == -201
    assert upload("image", b"x" * ((1 << 20) + 1), "image/png")["error"] == -210
    assert upload("file", b"%PDF", "application/pdf")["data"]["token"]
    name = upload("image", b"x", "image/png")["data"]["attachment_id"]
    element = {"media_type": "image", "attachment_id": name}
    payload = {"template_type": "media", "elements": [element]}
    message = {"text": "Ảnh", "attachment": {"type": "template", "payload": payload}}
    assert send(api, message)["error"] == 0
    fake.api.uploads[name] = ("image", fake.clock.now())
    assert send(api, message)["error"] == -100


def test_the_shut_message_api_says_so(api: httpx.Client) -> None:
    body = {"recipient": {"user_id": "7"}, "message": {"text": "a"}}
    assert api.post("/v2.0/oa/message", json=body).json()["error"] == -240


def test_it_can_be_used_by_hand(fake: FakeZaloOa, api: httpx.Client) -> None:
    control = fake.url + "/_ctl"
    assert httpx.post(control + "/event", json={"do": "say", "with": [9, "chào"]}).json()["id"]
    assert httpx.post(control + "/event", json={"do": "__exit__"}).status_code == 404
    assert send(api, {"text": "chào bạn"}, "9")["error"] == 0
    sent = httpx.get(control + "/sent?user=9").json()
    assert [message["text"] for message in sent] == ["chào bạn"]
    httpx.post(control + "/fault", json={"method": "message", "kind": "-204"})
    assert send(api, {"text": "a"}, "9")["error"] == -204
    before = fake.clock.now()
    httpx.post(control + "/clock", json={"advance": 3600})
    assert fake.clock.now() - before >= 3600
