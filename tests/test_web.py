"""The chat page as a browser without JavaScript, our script, and a stranger use it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.messages import say
from tests.fakes.desk import DeskReplies, Shown, published
from webhook import site
from webhook.settings import Settings
from webhook.visitors import COOKIE, Buckets
from webhook.web import LONGEST_TEXT, PERSON_BURST, SEALED_TURNS, TURNS, chat_router

SITE = "http://testserver"
OURS = {"origin": SITE}
FETCH = {**OURS, "x-requested-with": "fetch"}


@pytest.fixture(scope="module")
def shown() -> Shown:
    return published(["procedures/khai-sinh", "procedures/thuong-tru", "guides/lua-dao"])


@pytest.fixture
def replies(shown: Shown) -> DeskReplies:
    return DeskReplies(shown)


@pytest.fixture
def browser(shown: Shown, replies: DeskReplies, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(server(shown, replies, tmp_path), base_url=SITE) as client:
        yield client


def server(
    shown: Shown, replies: DeskReplies, folder: Path, url: str = SITE, **others: str
) -> FastAPI:
    settings = Settings(_env_file=None, data_dir=folder, public_url=url, **others)
    app = FastAPI()
    app.include_router(chat_router(replies, settings, lambda: shown))
    return app


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def said(page: str) -> list[str]:
    """What the page shows as asked, in order."""
    return [
        unescape(text)
        for text in re.findall(r'"turn person">\s*<h2[^>]*>[^<]*</h2>\s*<p>([^<]+)</p>', page)
    ]


# The first page.


def test_the_home_page_proves_the_domain_to_zalo_if_asked_to(
    shown: Shown, replies: DeskReplies, tmp_path: Path
) -> None:
    tag = '<meta name="zalo-platform-site-verification" content="abc_1">'
    for given, expected in (("abc_1", True), ("", False)):
        app = server(shown, replies, tmp_path, zalo_site_verification=given)
        with TestClient(app, base_url=SITE) as client:
            assert (tag in client.get("/").text) is expected


def test_it_opens_with_who_it_is_what_it_never_asks_and_how_to_delete(browser: TestClient) -> None:
    page = unescape(browser.get("/").text)
    for sentence in ("greeting", "never_asks", "delete_hint"):
        assert say(f"smalltalk.{sentence}") in page
    assert '<button form="hoi" name="action" value="entry:khai-sinh">Đăng ký khai sinh' in page


def test_a_link_can_carry_a_question_but_does_not_ask_it(
    browser: TestClient, replies: DeskReplies
) -> None:
    page = browser.get("/", params={"hoi": 'phí <b>"bao nhiêu"</b>'}).text
    assert "phí &lt;b&gt;&#34;bao nhiêu&#34;&lt;/b&gt;</textarea>" in page
    assert not replies.asked


def test_a_code_opens_an_entry_and_offers_its_parts(
    browser: TestClient, replies: DeskReplies
) -> None:
    page = browser.get("/?muc=khai-sinh").text
    assert 'value="entry:khai-sinh" data-press>' in page
    assert 'value="entry:khai-sinh:fee"' in page
    assert not replies.asked


def test_a_code_of_an_entry_that_is_gone_says_so(browser: TestClient) -> None:
    assert say("web.muc_gone") in browser.get("/?muc=khong-con").text


# Without JavaScript.


def test_a_question_comes_back_as_a_page_with_question_and_answer(browser: TestClient) -> None:
    form = hidden(browser.get("/").text)
    got = browser.post("/chat", data={**form, "text": "làm giấy khai sinh"}, headers=OURS)
    assert got.status_code == 200
    assert said(got.text) == ["làm giấy khai sinh"]
    assert "<h3>Đăng ký khai sinh</h3>" in got.text
    assert 'href="/thu-tuc/khai-sinh"' in got.text
    assert 'rel="noopener nofollow"' in got.text
    assert "Kiểm tra ngày 10/06/2026 · Ấn bản 3" in got.text
    assert 'class="warning" role="note"' in got.text
    assert '<textarea id="text"' in got.text
    assert "làm giấy khai sinh</textarea>" not in got.text


def test_the_conversation_goes_on_from_page_to_page(
    browser: TestClient, replies: DeskReplies
) -> None:
    form = hidden(browser.get("/").text)
    first = browser.post("/chat", data={**form, "text": "khai sinh cho con"}, headers=OURS)
    form = hidden(first.text)
    second = browser.post("/chat", data={**form, "action": "entry:khai-sinh:fee"}, headers=OURS)
    assert said(second.text) == ["khai sinh cho con", "Lệ phí"]
    assert "Lệ phí: Đăng ký khai sinh" in second.text
    asked = replies.asked
    assert len({q.conversation for q in asked}) == 1
    assert (asked[1].action, asked[1].text) == ("entry:khai-sinh:fee", "")


def test_a_text_being_typed_survives_a_pressed_button(browser: TestClient) -> None:
    form = hidden(browser.get("/").text)
    got = browser.post(
        "/chat", data={**form, "text": "còn", "action": "entry:khai-sinh"}, headers=OURS
    )
    assert said(got.text) == ["Đăng ký khai sinh"]
    assert "còn</textarea>" in got.text


def test_a_button_of_a_page_that_is_not_known_any_more_is_still_named(browser: TestClient) -> None:
    got = browser.post("/chat", data={"action": "entry:khai-sinh:fee"}, headers=OURS)
    assert said(got.text) == ["Lệ phí: Đăng ký khai sinh"]


def test_the_same_form_sent_twice_is_answered_once(
    browser: TestClient, replies: DeskReplies
) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    first, second = (browser.post("/chat", data=form, headers=OURS) for _ in range(2))
    assert len(replies.asked) == 1
    assert said(first.text) == said(second.text)


def test_a_kept_page_with_another_question_gets_another_answer(
    browser: TestClient, replies: DeskReplies
) -> None:
    form = hidden(browser.get("/").text)
    for text in ("khai sinh cho con", "đăng ký thường trú"):
        browser.post("/chat", data={**form, "text": text}, headers=OURS)
    assert len({q.id for q in replies.asked}) == 2


def test_a_page_shows_the_last_turns_and_its_form_stays_small(
    shown: Shown, replies: DeskReplies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.web.PERSON_BURST", 100)
    with TestClient(server(shown, replies, tmp_path), base_url=SITE) as browser:
        page = browser.get("/").text
        for number in range(TURNS + 2):
            data = {**hidden(page), "text": f"nhận biết lừa đảo {number}"}
            page = browser.post("/chat", data=data, headers=OURS).text
            assert len(hidden(page)["turns"]) <= SEALED_TURNS
    assert 3 <= len(said(page)) <= TURNS
    assert said(page)[-1] == f"nhận biết lừa đảo {TURNS + 1}"


def test_turns_that_we_did_not_seal_are_not_shown(browser: TestClient) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    page = browser.post("/chat", data=form, headers=OURS).text
    turns = hidden(page)["turns"]
    changed = turns[:-3] + ("AAA" if turns[-3:] != "AAA" else "BBB")
    got = browser.post("/chat", data={**form, "turns": changed, "text": "hai"}, headers=OURS)
    assert said(got.text) == ["hai"]


def test_another_conversations_turns_are_not_shown(browser: TestClient) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    turns = hidden(browser.post("/chat", data=form, headers=OURS).text)["turns"]
    browser.cookies.clear()
    got = browser.post("/chat", data={"turns": turns, "text": "người sau"}, headers=OURS)
    assert said(got.text) == ["người sau"]


def test_deleting_clears_the_page_too(browser: TestClient) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    form = hidden(browser.post("/chat", data=form, headers=OURS).text)
    got = browser.post("/chat", data={**form, "text": "xóa dữ liệu của tôi"}, headers=OURS)
    assert said(got.text) == ["xóa dữ liệu của tôi"]


def test_feedback_is_a_button_of_its_answer(browser: TestClient, replies: DeskReplies) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    page = browser.post("/chat", data=form, headers=OURS).text
    assert 'value="fb-:a1"' in page
    page = browser.post("/chat", data={**hidden(page), "action": "fb+:a1"}, headers=OURS).text
    assert replies.asked[-1].action == "fb+:a1"
    assert said(page)[-1] == say("channel.helpful")


# With our script.


def test_our_script_gets_the_new_turn_alone(browser: TestClient) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    got = browser.post("/chat", data=form, headers=FETCH)
    assert got.text.strip().startswith('<article class="turn bot"')
    assert "<html" not in got.text
    assert got.headers["x-binhdan"] == "chat"
    assert got.headers["cache-control"] == "no-store"


def test_our_script_gets_an_error_as_a_sentence(browser: TestClient) -> None:
    got = browser.post("/chat", data={"text": " "}, headers=FETCH)
    assert got.status_code == 422
    assert say("web.empty") in got.text
    assert "<html" not in got.text


# Strangers, mistakes and failures.

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.mark.parametrize("headers", [OURS, FETCH])
def test_hostile_text_is_shown_as_text(browser: TestClient, headers: dict[str, str]) -> None:
    form = {**hidden(browser.get("/").text), "text": HOSTILE}
    page = browser.post("/chat", data=form, headers=headers).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"origin": SITE}, True),
        ({"referer": SITE + "/"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://evil.example", "referer": SITE + "/"}, False),
        ({"origin": "null"}, False),
        ({"referer": "https://evil.example/?testserver"}, False),
        ({"origin": "http://["}, False),
        ({}, False),
    ],
)
def test_only_our_own_page_may_ask(
    browser: TestClient, replies: DeskReplies, headers: dict[str, str], welcome: bool
) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    got = browser.post("/chat", data=form, headers=headers)
    assert got.status_code == (200 if welcome else 403)
    assert bool(replies.asked) == welcome


def test_a_text_too_long_comes_back_to_be_shortened(
    browser: TestClient, replies: DeskReplies
) -> None:
    text = "ă" * (LONGEST_TEXT + 1)
    got = browser.post("/chat", data={"text": text}, headers=OURS)
    assert got.status_code == 422
    assert say("web.too_long", limit="2.000") in got.text
    assert f"{text}</textarea>" in got.text
    assert not replies.asked


def test_the_longest_text_allowed_is_answered(browser: TestClient) -> None:
    # Typed with combining marks, as some phones do: it is the letters that count.
    text = "a\u0306" * LONGEST_TEXT
    assert browser.post("/chat", data={"text": text}, headers=OURS).status_code == 200


def test_a_body_larger_than_any_form_is_not_read_to_its_end(browser: TestClient) -> None:
    got = browser.post("/chat", data={"text": "a" * 200_000}, headers=OURS)
    assert got.status_code == 413
    assert "2.000" in got.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"text=" + b"&a=1" * 50, b"action=%00%0a"])
def test_a_body_that_is_no_form_of_ours_gets_a_kind_word(browser: TestClient, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    got = browser.post("/chat", content=body, headers={**OURS, **kind})
    assert got.status_code == 400
    assert say("web.unreadable") in got.text


def test_whoever_asks_too_fast_is_asked_to_wait_and_keeps_the_text(browser: TestClient) -> None:
    browser.get("/")
    for number in range(PERSON_BURST):
        got = browser.post("/chat", data={"text": f"câu {number}"}, headers=OURS)
        assert got.status_code == 200
    got = browser.post("/chat", data={"text": "câu nữa"}, headers=OURS)
    assert got.status_code == 429
    assert 1 <= int(got.headers["retry-after"]) <= 3
    assert "câu nữa</textarea>" in got.text
    browser.cookies.clear()  # another person behind the same address
    assert browser.post("/chat", data={"text": "người khác"}, headers=OURS).status_code == 200


def test_a_bucket_fills_again_with_time() -> None:
    now = 0.0
    bucket = Buckets(2, 0.5, clock=lambda: now)
    assert [bucket.take("a") for _ in range(3)] == [0, 0, 2]
    assert bucket.take("b") == 0
    now = 2.0
    assert [bucket.take("a") for _ in range(2)] == [0, 2]


def test_a_failing_conversation_apologises_and_the_same_form_works_later(
    browser: TestClient, replies: DeskReplies
) -> None:
    form = {**hidden(browser.get("/").text), "text": "khai sinh cho con"}
    replies.broken = True
    got = browser.post("/chat", data=form, headers=OURS)
    assert got.status_code == 503
    assert say("channel.failed") in got.text
    assert hidden(got.text)["nonce"] == form["nonce"]
    replies.broken = False
    assert browser.post("/chat", data=form, headers=OURS).status_code == 200


# The cookie.


@pytest.mark.parametrize(("url", "secure"), [(SITE, False), ("https://hoi.example.vn", True)])
def test_the_cookie_is_for_us_alone(
    shown: Shown, replies: DeskReplies, tmp_path: Path, url: str, secure: bool
) -> None:
    with TestClient(server(shown, replies, tmp_path, url)) as client:
        flags = client.get("/").headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert ("secure" in flags) == secure
    assert "max-age=7776000" in flags


def test_a_forged_cookie_begins_a_new_conversation(
    browser: TestClient, replies: DeskReplies
) -> None:
    forged = "AAAAAAAAAAAAAAAAAAAAAA.c2lnbmVk"
    browser.cookies.set(COOKIE, forged)
    browser.post("/chat", data={"text": "khai sinh cho con"}, headers=OURS)
    assert replies.asked[0].conversation != forged.partition(".")[0]


# On a counter.


def test_on_a_counter_each_start_is_a_new_person(browser: TestClient, replies: DeskReplies) -> None:
    for _ in range(2):
        page = browser.get("/?quay=1")
        assert "max-age" not in page.headers["set-cookie"].lower()
        assert say("web.restart") in page.text
        form = {**hidden(page.text), "text": "khai sinh cho con"}
        answer = browser.post("/chat", data=form, headers=OURS).text
    assert len({q.conversation for q in replies.asked}) == 2
    assert 'class="kiosk"' in answer
    assert 'http-equiv="refresh" content="180;url=/?quay=1"' in answer
    outside = re.findall(r'href="(https?://[^"]+)"', answer)
    assert {urlsplit(link).netloc for link in outside} <= {"testserver"}


# Static files.


def test_static_files_are_zipped_tagged_and_kept(browser: TestClient) -> None:
    page = browser.get("/").text
    for path in re.findall(r'"(/static/[^"]+)"', page):
        got = browser.get(path, headers={"accept-encoding": "gzip"})
        assert got.status_code == 200
        assert "immutable" in got.headers["cache-control"]
        again = browser.get(path, headers={"if-none-match": got.headers["etag"]})
        assert again.status_code == 304
    assert browser.get("/static/../web.py").status_code == 404
    assert browser.get("/static/khong-co.css").status_code == 404


def test_the_whole_page_is_small_enough_for_2g(browser: TestClient) -> None:
    page = browser.get("/").text
    parts = [browser.get(path).content for path in re.findall(r'"(/static/[^"]+)"', page)]
    assert len(page.encode()) + sum(map(len, parts)) < 60_000
    assert sum(len(gzip.compress(part)) for part in parts) < 10_000


def test_pages_ask_nobody_else_for_anything(browser: TestClient) -> None:
    page = browser.get("/").text
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith(("/", SITE)) for address in loaded)
    assert "<style" not in page
    assert ' style="' not in page
    assert " onclick" not in page


def test_addresses_and_free_numbers_in_texts_can_be_pressed() -> None:
    html = str(site.linked("gọi 1800 1096, xem https://a.vn/x?y=1&z=2."))
    assert '<a href="tel:18001096">1800 1096</a>' in html
    assert 'href="https://a.vn/x?y=1&amp;z=2" target="_blank" rel="noopener nofollow"' in html
    assert "<a" not in site.linked("gọi 1800 1096", kiosk=True)
