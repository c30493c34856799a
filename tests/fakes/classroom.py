"""A server with the course on every channel, its platforms faked, and people who learn on them."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from bot.assistant import Assistant
from bot.draft import Known
from bot.pipeline import Pipeline
from tests.fakes import free_port, serve, telegram, wait_until, zalo_bot
from tests.fakes.learning import TODAY, journal_in, known
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.voting import vote
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_oa import FakeZaloOa
from webhook.app import create_app
from webhook.channels.configured import adapters
from webhook.channels.telegram.adapter import PATH as TELEGRAM_PATH
from webhook.channels.zalo_bot.adapter import PATH as ZALO_BOT_PATH
from webhook.channels.zalo_oa.adapter import PATH as ZALO_OA_PATH
from webhook.leaflets import Printer
from webhook.limits import Pace
from webhook.metrics import Metrics
from webhook.queue import Timing
from webhook.settings import Settings
from webhook.web import chat_router

CHANNELS = ("web", "telegram", "zalo_bot", "zalo_oa")
PATIENCE_S = 180.0
"""Of pupils, and of platforms, which should not come again where a busy machine is slow."""
LOOK_EVERY_S = 0.05
"""How often a pupil looks for messages: many look at once, beside the server they wait for."""
PER_SECOND = 1000.0
"""Messages a second, and no pause within a chat: what is said is tried here, not how fast platforms
may be sent to, which would make a lesson of fifteen messages take fifteen seconds."""
_BUTTON = re.compile(r'<button form="hoi" name="action" value="([^"]+)"[^>]*>(.*?)</button>', re.S)


class Pupil(Protocol):
    """Somebody who learns on a channel; what they do returns at once."""

    def say(self, text: str) -> None: ...
    def press(self, label: str) -> None: ...
    def pick(self, number: int, label: str) -> None:
        """Answer the question asked last, as people do there."""

    def heard(self) -> list[str]:
        """All messages so far."""


class Chatter:
    """Somebody on a platform; without native quizzes every other answer is typed as a number."""

    def __init__(self, fake: Any, name: Any) -> None:
        self._fake, self._name = fake, name
        self._picked = 0
        fake.user(name)

    def say(self, text: str) -> None:
        self._fake.say(self._name, text)

    def press(self, label: str) -> None:
        self._fake.press(self._name, label)

    def pick(self, number: int, label: str) -> None:
        self._picked += 1
        if self._picked % 2:
            self.press(label)
        else:
            self.say(str(number))

    def heard(self) -> list[str]:
        return list(self._fake.transcript(self._name))


class Voter(Chatter):
    """Somebody on Telegram, who votes in its quizzes."""

    def __init__(self, fake: FakeTelegram, name: int, folder: Path) -> None:
        super().__init__(fake, name)
        self._folder = folder

    def pick(self, number: int, label: str) -> None:
        vote(self._fake, self._folder, self._name, number - 1)


class Visitor:
    """Somebody on the web page, whose script asks for one turn at a time."""

    def __init__(self, url: str) -> None:
        self.browser = httpx.Client(base_url=url, timeout=PATIENCE_S, headers={"origin": url})
        self._turns: list[str] = []
        self._picked = 0
        self._page = ""

    def say(self, text: str) -> None:
        self._post({"text": text})

    def press(self, label: str) -> None:
        buttons = {html.unescape(said).strip(): value for value, said in self._buttons()}
        self._post({"action": next(v for said, v in buttons.items() if label in said)})

    def pick(self, number: int, label: str) -> None:
        self._picked += 1
        if self._picked % 2:
            self.press(label)
        else:
            self.say(str(number))

    def heard(self) -> list[str]:
        return list(self._turns)

    def _buttons(self) -> list[tuple[str, str]]:
        return _BUTTON.findall(self._page)

    def _post(self, form: dict[str, str]) -> None:
        headers = {"x-requested-with": "fetch"}
        while True:
            got = self.browser.post("/chat", data=form, headers=headers)
            if got.status_code != 429:
                break
            time.sleep(float(got.headers["retry-after"]))
        got.raise_for_status()
        self._page = got.text
        self._turns.append(html.unescape(re.sub(r"<[^>]+>", "\n", got.text)))


class Classroom:
    """The server and its platforms."""

    def __init__(self, url: str, folder: Path, fakes: dict[str, Any]) -> None:
        self._url, self._folder, self.fakes = url, folder, fakes
        self.visitors: list[Visitor] = []

    def pupil(self, channel: str, number: int) -> Pupil:
        """A new person on a channel."""
        match channel:
            case "web":
                self.visitors.append(Visitor(self._url))
                return self.visitors[-1]
            case "telegram":
                return Voter(self.fakes[channel], 9000 + number, self._folder)
        return Chatter(self.fakes[channel], f"675059164343{number:06}")


@contextmanager
def classroom(folder: Path, shown: Known | None = None) -> Iterator[Classroom]:
    """Serves the course on CHANNELS; over all Lessons, unless another Edition is given."""
    edition = shown or known()
    journal = journal_in(folder)
    assistant = Assistant(lambda: edition, journal, Pipeline(), lambda: TODAY)
    with ExitStack() as stack:
        tg = stack.enter_context(FakeTelegram())
        bot = stack.enter_context(FakeZaloBot())
        oa = stack.enter_context(FakeZaloOa(patience_s=PATIENCE_S))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            public_url=url,
            reply_threads=2,
            telegram_token=telegram.TOKEN,
            telegram_secret=telegram.SECRET,
            telegram_api=tg.url,
            zalo_bot_token=zalo_bot.TOKEN,
            zalo_bot_secret=zalo_bot.SECRET,
            zalo_bot_api=bot.url,
            zalo_oa_refresh_token=oa.tokens.first_refresh_token(),
            **oa.settings(),
        )
        web = chat_router(assistant, settings, lambda: edition)
        printer = Printer(lambda: edition, settings, lambda: TODAY)
        channels = adapters(settings, Metrics(), printer.file)
        for channel in channels:
            channel.pace = Pace(PER_SECOND, 0.0)
        app = create_app(
            settings,
            assistant,
            readiness=lambda: True,
            routers=[web],
            channels=channels,
            timing=Timing(record_s=PATIENCE_S),
        )
        stack.enter_context(serve(app, port))
        tg.webhook = {"url": url + TELEGRAM_PATH, "secret_token": telegram.SECRET}
        bot.webhook = {"url": url + ZALO_BOT_PATH, "secret_token": zalo_bot.SECRET}
        oa.webhook = {"url": url + ZALO_OA_PATH}
        room = Classroom(url, folder, {"telegram": tg, "zalo_bot": bot, "zalo_oa": oa})
        yield room
        for visitor in room.visitors:
            visitor.browser.close()
        oa.settle(PATIENCE_S)
        oa.webhook = {}


def wait_for(pupil: Pupil, since: int, expected: Sequence[str]) -> str:
    """What was heard since so many messages, once it holds all that is expected. AssertionError,
    with what was heard, if it never does."""
    try:
        wait_until(lambda: _holds(_since(pupil, since), expected), PATIENCE_S, LOOK_EVERY_S)
    except AssertionError:
        missing = [e for e in expected if e not in _since(pupil, since)]
        raise AssertionError(
            f"never heard {missing}, but {_since(pupil, since)[-500:]!r}"
        ) from None
    return _since(pupil, since)


def _holds(heard: str, expected: Sequence[str]) -> bool:
    return all(text in heard for text in expected)


def _since(pupil: Pupil, since: int) -> str:
    return "\n".join(pupil.heard()[since:])
