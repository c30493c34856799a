"""The fake platforms by hand: a local page on which a developer is a person who writes to the bot.

`binhdan fake-channels` runs it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tests.fakes import serve, telegram, zalo_bot

FILES = Path(__file__).with_name("static")
PEOPLE = ("Lan", "Minh", "Bà Tư")
KINDS = ("photo", "sticker", "voice", "document")


@dataclass
class Platform:
    """A fake that runs, and how the page speaks of it."""

    name: str
    title: str
    fake: Any
    path: str
    """Of the webhook of ours that it posts to."""
    secret: str
    environment: dict[str, str]
    person: Callable[[int], Any]
    """The platform's id of one of PEOPLE, by position."""

    def start(self, server: str) -> None:
        """Open a chat for everybody, and post to the server from now on."""
        for number in range(len(PEOPLE)):
            self.fake.user(self.person(number))
        self.fake.webhook = {"url": server + self.path, "secret_token": self.secret}


class Page:
    """What the page shows and does: each person's talk with the bot on each platform."""

    def __init__(self, platforms: Sequence[Platform]) -> None:
        self._platforms = {platform.name: platform for platform in platforms}
        self._acts: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
        """By platform and person: after how many of the bot's messages, and what was done."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda _: FileResponse(FILES / "page.html")),
                Route("/page.js", lambda _: FileResponse(FILES / "page.js")),
                Route("/page.css", lambda _: FileResponse(FILES / "page.css")),
                Route("/channels", self._channels),
                Route("/talk", self._talk),
                Route("/act", self._act, methods=["POST"]),
            ]
        )

    def _channels(self, _: Request) -> Response:
        channels = [
            {"name": p.name, "title": p.title, "follows": hasattr(p.fake, "follow")}
            for p in self._platforms.values()
        ]
        return JSONResponse({"channels": channels, "people": PEOPLE, "kinds": KINDS})

    def _talk(self, request: Request) -> Response:
        platform, person = self._who(request.query_params)
        acts = list(self._acts[platform.name, person])
        bubbles = []
        for number, message in enumerate(platform.fake.sent(platform.person(person))):
            while acts and acts[0][0] <= number:
                bubbles.append({"mine": True, "text": acts.pop(0)[1]})
            bubbles.append(_bubble(message))
        bubbles.extend({"mine": True, "text": text} for _, text in acts)
        return JSONResponse({"bubbles": bubbles, "status": platform.fake.statuses[-1:]})

    async def _act(self, request: Request) -> Response:
        given = await request.json()
        platform, person = self._who(given)
        what, text = str(given["what"]), str(given.get("text", ""))
        chat = platform.person(person)
        sent = len(platform.fake.sent(chat))
        try:
            # Fakes wait for their postman: not on the loop that serves the page.
            await asyncio.to_thread(_do, platform.fake, chat, what, text)
        except (AssertionError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 400)
        self._acts[platform.name, person].append((sent, _shown(what, text)))
        return JSONResponse({})

    def _who(self, given: Any) -> tuple[Platform, int]:
        return self._platforms[str(given["channel"])], int(given["person"])


def _do(fake: Any, chat: Any, what: str, text: str) -> None:
    match what:
        case "say" | "press":
            getattr(fake, what)(chat, text)
        case "show":
            fake.show(chat, text)
        case "follow" | "unfollow":
            getattr(fake, what)(chat)
        case "block" | "unblock":
            fake.block(chat, what == "block")
        case _:
            raise KeyError(what)


def _shown(what: str, text: str) -> str:
    return {"say": text, "press": f"▸ {text}", "show": f"[{text}]"}.get(what, f"({what})")


def _bubble(message: dict[str, Any]) -> dict[str, Any]:
    """A message of any of the platforms."""
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = message.get("buttons", [])
    rows = [[button["text"] for button in row] for row in keyboard]
    rows += [[button["title"]] for button in buttons]
    poll = message.get("poll") or {}
    options = [f"○ {option['text']}" for option in poll.get("options", [])]
    file = message.get("document") or message.get("file") or {}
    attached = [f"📎 {file.get('file_name') or file.get('name')}"] if file else []
    return {
        "mine": False,
        "text": message.get("text")
        or "\n".join([*attached, message.get("caption", poll.get("question", "")), *options]),
        "styles": message.get("text_styles", []),
        "rows": rows,
    }


def platforms(stack: ExitStack) -> list[Platform]:
    """All fakes there are, running until the stack is closed."""
    tg = stack.enter_context(telegram.FakeTelegram())
    bot = stack.enter_context(zalo_bot.FakeZaloBot())
    found = [
        Platform(
            "zalo_bot",
            "Zalo Bot",
            bot,
            "/zalo-bot/webhook",
            zalo_bot.SECRET,
            {
                "BINHDAN_ZALO_BOT_TOKEN": zalo_bot.TOKEN,
                "BINHDAN_ZALO_BOT_SECRET": zalo_bot.SECRET,
                "BINHDAN_ZALO_BOT_API": bot.url,
            },
            lambda number: f"6ede9afa66b88fe6d6a{number}",
        ),
        Platform(
            "telegram",
            "Telegram",
            tg,
            "/telegram/webhook",
            telegram.SECRET,
            {
                "BINHDAN_TELEGRAM_TOKEN": telegram.TOKEN,
                "BINHDAN_TELEGRAM_SECRET": telegram.SECRET,
                "BINHDAN_TELEGRAM_API": tg.url,
            },
            lambda number: 7000 + number,
        ),
    ]
    return [*found, *_official_account(stack)]


def _official_account(stack: ExitStack) -> list[Platform]:
    try:
        zalo_oa = importlib.import_module("tests.fakes.zalo_oa")
    except ModuleNotFoundError:
        return []
    oa = stack.enter_context(zalo_oa.FakeZaloOa())
    settings = {f"BINHDAN_{name.upper()}": value for name, value in oa.settings().items()}
    settings["BINHDAN_ZALO_OA_REFRESH_TOKEN"] = oa.tokens.first_refresh_token()
    return [
        Platform(
            "zalo_oa",
            "Zalo OA",
            oa,
            "/zalo-oa/webhook",
            "",
            settings,
            lambda number: f"67505916434309278{number}",
        )
    ]


def run(port: int, server_port: int, serving: bool) -> None:
    """Run the fakes and the page until Ctrl+C; with `serving`, the bot's server beside them."""
    server = f"http://127.0.0.1:{server_port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl+C: nothing is left behind
    with ExitStack() as stack:
        running = platforms(stack)
        environment = {"BINHDAN_PORT": str(server_port), "BINHDAN_PUBLIC_URL": server}
        for platform in running:
            environment |= platform.environment
            platform.start(server)
        address = stack.enter_context(serve(Page(running).app(), port))
        print(f"The people who write to the bot: {address}", flush=True)
        with suppress(KeyboardInterrupt):
            if serving:
                _serve(environment)
            else:
                exports = "\n".join(
                    f"export {name}='{value}'" for name, value in environment.items()
                )
                print(f"\nIn another terminal:\n\n{exports}\nbinhdan serve\n", flush=True)
                threading.Event().wait()


def _serve(environment: dict[str, str]) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "webhook", "serve"], env={**os.environ, **environment}
    )
    try:
        server.wait()
    finally:
        server.terminate()
        server.wait(30)
