"""Channels apart from the core: a gateway's own queue, and answers over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from bot.model import Answer, Channel, Question
from tests.fakes import EchoReplies, free_port, serve, wait_until
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.channels.settings import MissingSettingError
from webhook.channels.telegram.adapter import PATH
from webhook.gateway import LARGEST_QUESTION, READY, REPLY, build_gateway, core_router
from webhook.settings import Settings

KEY = "a-key-of-at-least-thirty-two-letters"
BEARER = {"authorization": f"Bearer {KEY}"}
QUESTION = Question(id="telegram:1:7", channel=Channel.TELEGRAM, conversation="7", text="lệ phí")


class MoodyReplies(EchoReplies):
    """Replies that fail with what they were told to, so many times."""

    def __init__(self, *failures: Exception, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.failures = list(failures)

    def reply(self, question: Question) -> Answer:
        if self.failures:
            raise self.failures.pop(0)
        return super().reply(question)


def core_of(replies: EchoReplies, ready: dict[str, Any] | bool = True, **others: Any) -> FastAPI:
    app = FastAPI(openapi_url=None)
    settings = Settings(_env_file=None, core_key=KEY, **others)
    app.include_router(core_router(replies, lambda: ready, settings))
    return app


@contextmanager
def gateway(folder: Path, core_url: str, key: str = KEY) -> Iterator[tuple[FakeTelegram, str]]:
    """A Telegram whose updates a gateway receives, and the gateway's address."""
    with FakeTelegram() as telegram:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
            core_url=core_url,
            core_key=key,
        )
        with serve(build_gateway(settings)) as url:
            telegram.webhook = {"url": url + PATH, "secret_token": SECRET}
            telegram.user(7)
            yield telegram, url


def answered(telegram: FakeTelegram, count: int = 1) -> list[str]:
    return telegram.wait_for(7, count, 60)


def ask(core: str, question: Question = QUESTION) -> httpx.Response:
    return httpx.post(core + REPLY, content=question.model_dump_json(), headers=BEARER, timeout=60)


def test_a_message_to_a_gateway_is_answered_by_the_core(tmp_path: Path) -> None:
    replies = EchoReplies()
    with serve(core_of(replies)) as core, gateway(tmp_path, core) as (telegram, url):
        telegram.say(7, "lệ phí khai sinh")
        assert "lệ phí khai sinh" in answered(telegram)[0]
        assert replies.asked[0].channel is Channel.TELEGRAM
        assert httpx.get(url + "/readyz").json() == {"ready": True, "core": "ready"}


def test_personal_numbers_do_not_leave_the_gateway(tmp_path: Path) -> None:
    replies = EchoReplies()
    with serve(core_of(replies)) as core, gateway(tmp_path, core) as (telegram, _):
        telegram.say(7, "cccd của tôi là 001099123456, điện thoại 0912345678")
        answered(telegram)
    assert "001099123456" not in replies.asked[0].text
    assert "0912345678" not in replies.asked[0].text


def test_while_the_core_is_away_messages_wait_and_nobody_is_told_of_a_failure(
    tmp_path: Path,
) -> None:
    port = free_port()
    with gateway(tmp_path, f"http://127.0.0.1:{port}") as (telegram, url):
        telegram.say(7, "lệ phí khai sinh")
        telegram.settle()
        failed = 'binhdan_core_failures_total{kind="unreachable"}'
        wait_until(lambda: failed in httpx.get(url + "/metrics").text, 60)
        ready = httpx.get(url + "/readyz")
        assert (ready.status_code, ready.json()["core"]) == (200, "unreachable")
        assert telegram.transcript(7) == []
        with serve(core_of(EchoReplies()), port):
            assert "lệ phí khai sinh" in answered(telegram)[0]


def test_a_core_without_its_database_is_asked_again(tmp_path: Path) -> None:
    replies = MoodyReplies(*(OperationalError("", {}, Exception()) for _ in range(4)))
    with serve(core_of(replies)) as core, gateway(tmp_path, core) as (telegram, _):
        telegram.say(7, "lệ phí khai sinh")
        assert "lệ phí khai sinh" in answered(telegram)[0]


def test_a_question_that_the_core_fails_at_is_apologised_for(tmp_path: Path) -> None:
    replies = MoodyReplies(*(KeyError() for _ in range(3)))
    with serve(core_of(replies)) as core, gateway(tmp_path, core) as (telegram, _):
        telegram.say(7, "câu hỏi gây lỗi")
        telegram.say(7, "lệ phí khai sinh")
        failed, good = answered(telegram, 2)
    assert "câu hỏi gây lỗi" not in failed
    assert "lệ phí khai sinh" in good


def test_a_gateway_reads_the_answers_of_a_newer_core(tmp_path: Path) -> None:
    app = FastAPI(openapi_url=None)

    @app.post(REPLY)
    def reply() -> dict[str, Any]:
        block = {"kind": "text", "lines": ["Miễn phí."], "colour": "red"}
        return {"status": "answered_facet", "blocks": [block], "mood": "kind"}

    with serve(app) as core, gateway(tmp_path, core) as (telegram, _):
        telegram.say(7, "lệ phí khai sinh")
        assert "Miễn phí." in answered(telegram)[0]


def test_a_wrong_key_is_told_in_the_readiness_and_nothing_is_lost(tmp_path: Path) -> None:
    with serve(core_of(EchoReplies())) as core:
        with gateway(tmp_path, core, "another-key-of-thirty-two-letters") as (telegram, url):
            telegram.say(7, "lệ phí khai sinh")
            telegram.settle()
            assert httpx.get(url + "/readyz").json()["core"] == "refuses our key"
        with gateway(tmp_path, core) as (telegram, _):
            assert "lệ phí khai sinh" in answered(telegram)[0]


def test_the_core_answers_nobody_without_the_key() -> None:
    replies = EchoReplies()
    with serve(core_of(replies)) as core:
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": KEY}):
            content = QUESTION.model_dump_json()
            assert httpx.post(core + REPLY, content=content, headers=headers).status_code == 403
            assert httpx.get(core + READY, headers=headers).status_code == 403
    assert replies.asked == []


def test_the_core_reads_only_questions_of_a_sensible_size() -> None:
    with serve(core_of(EchoReplies())) as core:
        for content, status in (
            (b"x" * (LARGEST_QUESTION + 1), 413),
            (b"{}", 422),
            (b"\xff", 422),
            (b"[" * 10_000, 422),
        ):
            assert httpx.post(core + REPLY, content=content, headers=BEARER).status_code == status


def test_the_core_answers_a_newer_gateway() -> None:
    body = {**QUESTION.model_dump(mode="json"), "mood": "kind"}
    with serve(core_of(EchoReplies())) as core:
        got = httpx.post(core + REPLY, json=body, headers=BEARER)
    assert "lệ phí" in Answer.model_validate_json(got.content).blocks[1].lines


def test_a_long_line_at_the_core_is_sent_back_to_wait_in_the_gateways() -> None:
    with serve(core_of(EchoReplies(1.0), reply_threads=1)) as core:
        ids = (QUESTION.model_copy(update={"id": f"telegram:1:{n}"}) for n in range(24))
        with ThreadPoolExecutor(24) as callers:
            statuses = [got.status_code for got in callers.map(lambda q: ask(core, q), ids)]
    assert set(statuses) == {200, 503}


def test_a_core_that_is_not_ready_says_so_to_its_gateways() -> None:
    with serve(core_of(EchoReplies(), {"ready": False, "database": "unreachable"})) as core:
        assert httpx.get(core + READY, headers=BEARER).status_code == 503


def test_a_gateway_needs_a_channel_and_a_key(tmp_path: Path) -> None:
    settings = {"_env_file": None, "data_dir": tmp_path, "core_url": "http://core"}
    with pytest.raises(MissingSettingError, match="TELEGRAM_TOKEN"):
        build_gateway(Settings(**settings, core_key=KEY))
    telegram = {"telegram_token": TOKEN, "telegram_secret": SECRET}
    with pytest.raises(MissingSettingError, match="CORE_KEY"):
        build_gateway(Settings(**settings, **telegram))
    with pytest.raises(ValidationError, match="at least 32"):
        Settings(**settings, core_key="short")


def test_a_gateway_loads_neither_model_nor_index() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "faiss", "bm25s", "langchain")
    code = f"import sys, webhook.__main__, webhook.gateway; print(set({heavy}) & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code]).decode().strip() == "set()"
