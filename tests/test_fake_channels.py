"""`binhdan fake-channels`: a developer writes to the bot as a person on each platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from tests.fakes import EchoReplies, serve, wait_until
from tests.fakes.page import Page, Platform, platforms
from webhook.app import create_app
from webhook.channels.settings import PREFIX
from webhook.faking import find_page
from webhook.settings import Settings


@pytest.fixture(scope="module")
def running() -> Iterator[list[Platform]]:
    with ExitStack() as stack:
        yield platforms(stack)


@pytest.fixture(scope="module")
def page(running: list[Platform], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page, with a server started by the settings that it prints."""
    given: dict[str, Any] = {}
    for platform in running:
        given |= {k.removeprefix(PREFIX).lower(): v for k, v in platform.environment.items()}
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("fakes"), **given)
    app = create_app(settings, EchoReplies(), readiness=lambda: True)
    with serve(app) as server, serve(Page(running).app()) as url:
        for platform in running:
            platform.start(server)
        yield url


def act(page: str, channel: str, person: int, what: str, text: str = "") -> httpx.Response:
    given = {"channel": channel, "person": person, "what": what, "text": text}
    return httpx.post(f"{page}/act", json=given, timeout=60)


def talk(page: str, channel: str, person: int, length: int) -> list[dict[str, Any]]:
    """The bubbles of a talk, once there are so many."""

    def bubbles() -> list[dict[str, Any]]:
        asked = {"channel": channel, "person": person}
        got = httpx.get(f"{page}/talk", params=asked, timeout=60)
        found: list[dict[str, Any]] = got.json()["bubbles"]
        return found

    wait_until(lambda: len(bubbles()) >= length, 30)
    return bubbles()


@pytest.mark.parametrize("channel", ["zalo_bot", "telegram"])
def test_somebody_writes_presses_and_sends_a_picture(page: str, channel: str) -> None:
    assert act(page, channel, 0, "say", "khai sinh").status_code == 200
    talk(page, channel, 0, 2)
    act(page, channel, 0, "press", "Lệ phí")
    talk(page, channel, 0, 4)
    act(page, channel, 0, "show", "photo")
    bubbles = talk(page, channel, 0, 6)
    assert [bubble["mine"] for bubble in bubbles] == [True, False] * 3
    assert bubbles[0]["text"] == "khai sinh"
    assert "khai sinh" in bubbles[1]["text"]
    assert "image" in bubbles[5]["text"]
    assert talk(page, channel, 1, 0) == [], "each person has a talk of their own"


def test_what_cannot_be_done_is_said(page: str) -> None:
    refused = act(page, "zalo_bot", 2, "press", "không có")
    assert (refused.status_code, refused.json()) == (400, {"error": "no numbered line 'không có'"})
    assert talk(page, "zalo_bot", 2, 0) == []


def test_the_page_and_its_parts_are_served(page: str) -> None:
    for part in ("/", "/page.js", "/page.css", "/channels"):
        assert httpx.get(page + part).status_code == 200


def test_outside_a_checkout_it_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        find_page(tmp_path)
    assert ended.value.exit_code == 1
    assert "tests/fakes is missing" in " ".join(capsys.readouterr().err.split())
