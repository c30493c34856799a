"""The web chat: pages and forms that work without JavaScript, fragments for when there is some.

What was said before is not kept here. Without JavaScript the form carries the last turns in a
sealed hidden field: any process can continue the page, nothing is left behind when the tab closes,
and what the Journal deletes does not live on in a second place.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qsl

import anyio
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from bot.compose import Composer
from bot.handoff.lines import END, LOOK
from bot.handoff.telling import News
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Channel, Choice, Question, Status
from bot.smalltalk import suggestions
from knowledge.clock import today
from knowledge.load import Library
from knowledge.model import Facet, Record
from webhook.metrics import Replies
from webhook.settings import Settings
from webhook.site import Published, render, static_router
from webhook.visitors import Buckets, Visitors, address

log = logging.getLogger(__name__)

LONGEST_TEXT = 2000
"""Letters of a question."""
LARGEST_FORM = 96 * 1024
"""Bytes: the longest text percent-encoded (9 bytes a letter), and the sealed turns."""
TURNS = 10
"""Turns a page without JavaScript shows."""
STATE = "x-handoff"
"""The header that says whether a person is waited for, or there."""
SEALED_TURNS = 16 * 1024
"""Bytes of them that a form may carry: they go up the line with every question."""

PERSON_BURST, PERSON_PER_SECOND = 10, 1 / 3
ADDRESS_BURST, ADDRESS_PER_SECOND = 120, 4.0
"""Generous: behind one address of a mobile network stand thousands of people."""

_ACTION = re.compile(r"[\x21-\x7e]{1,64}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Turn(Record):
    """What somebody said, as the page shows it, and the Answer."""

    said: str
    answer: Answer


class Form(Record):
    """A form as it came: one of `text` and `action`, and what the page carried for us."""

    text: str = ""
    action: str = ""
    nonce: str = ""
    """Made with the page: the same form sent twice is the same Question."""
    turns: str = ""
    quay: str = ""

    @property
    def kiosk(self) -> bool:
        return self.quay == "1"


class FormError(Exception):
    """A form that gets no Answer; `status` is HTTP's, the message is for the person."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.retry_after = status, retry_after


class Handed(Protocol):
    """What a page shows of a handoff (`bot.handoff.telling.Telling` is one)."""

    def state(self, question: Question) -> str:
        """What is on in the conversation of a Question, as `News` says it."""

    def news(self, question: Question, after: int) -> News:
        """That, and what was said since a turn."""


class NoHandoffs:
    """Of a server on which nobody answers but the bot."""

    def state(self, question: Question) -> str:
        """Nothing, ever."""
        return ""

    def news(self, question: Question, after: int) -> News:
        """Nothing, ever."""
        return News("")


def chat_router(
    replies: Replies,
    settings: Settings,
    current: Callable[[], Published],
    handed: Handed | None = None,
) -> APIRouter:
    """The chat page at /, its form at /chat, what a person has said there since at /chat/moi, and
    the static files of all pages."""
    chat = _Chat(replies, settings, current, handed or NoHandoffs())
    router = APIRouter()
    router.include_router(static_router())
    router.add_api_route("/", chat.open, methods=["GET"], response_class=HTMLResponse)
    router.add_api_route("/chat", chat.ask, methods=["POST"], response_class=HTMLResponse)
    router.add_api_route("/chat", _to_start, methods=["GET"])
    router.add_api_route("/chat/moi", chat.news, methods=["GET"], response_class=HTMLResponse)
    return router


async def _to_start() -> Response:
    """Somebody reloaded the address of the form."""
    return RedirectResponse("/", status_code=303)


class _Chat:
    """The two routes, with what they need."""

    def __init__(
        self,
        replies: Replies,
        settings: Settings,
        current: Callable[[], Published],
        handed: Handed,
    ) -> None:
        self._replies, self._current, self._handed = replies, current, handed
        self._url = settings.public_url
        self._site_verification = settings.zalo_site_verification
        self._visitors = Visitors(settings)
        self._people = Buckets(PERSON_BURST, PERSON_PER_SECOND)
        self._addresses = Buckets(ADDRESS_BURST, ADDRESS_PER_SECOND)
        # Threads of its own: the server's pool also serves the other pages.
        self._threads = anyio.CapacityLimiter(settings.reply_threads)

    async def open(
        self, request: Request, quay: str = "", hoi: str = "", muc: str = ""
    ) -> Response:
        """The page before anything is said: `hoi` a question to begin with, `muc` an Entry.

        On a counter (`quay=1`) it always begins a new conversation: that is how the next person
        gets one. Nothing is asked by a GET; a link must not speak in somebody's name.
        """
        form = Form(text=hoi[:LONGEST_TEXT], quay=quay[:1])
        known = None if form.kiosk else self._visitors.conversation(request)
        conversation = known or self._visitors.begin()
        state = await self._state(conversation) if known else ""
        html = self._page(conversation, form, muc=muc, state=state)
        return self._response(html, conversation, form)

    async def news(self, request: Request, sau: Annotated[int, Query(ge=0)] = 0) -> Response:
        """What a person has said since the turn `sau`, for our script: turns as HTML, and in a
        header whether there is more to come. It sets no cookie."""
        conversation, found = self._visitors.conversation(request), News("")
        if conversation:
            asks = _news_of(conversation)
            found = await anyio.to_thread.run_sync(self._handed.news, asks, sau)
        turns = [render("turn.html", answer=answer, turn=turn) for turn, answer in found.turns]
        headers = {"cache-control": "no-store", "x-binhdan": "chat", STATE: found.state}
        return HTMLResponse("".join(turns), headers=headers)

    async def ask(self, request: Request) -> Response:
        """One question or pressed button → the whole page, or the new turn alone for our script."""
        conversation = self._visitors.conversation(request) or self._visitors.begin()
        alone = request.headers.get("x-requested-with") == "fetch"
        form = Form()
        try:
            form = await _read(request)
            self._admit(request, conversation)
            answer = await self._answer(conversation, _valid(form))
        except FormError as error:
            return self._refusal(conversation, form, error, alone)
        state = await self._state(conversation)
        if alone:
            html = render("turn.html", answer=answer, kiosk=form.kiosk, turn=0)
            response = self._response(html, conversation, form)
            response.headers[STATE] = state
            return response
        # Answered: the text is done with, unless a button was pressed while it was being written.
        turns = self._with(answer, self._earlier(conversation, form), form)
        left = form.model_copy(update={"text": form.text if form.action else ""})
        page = self._page(conversation, left, turns, state=state)
        return self._response(page, conversation, form)

    def _admit(self, request: Request, conversation: str) -> None:
        """FormError if the form comes from a stranger's page, or too often."""
        if not self._visitors.is_our_page(request):
            raise FormError(403, say("web.foreign"))
        wait = self._addresses.take(address(request)) or self._people.take(conversation)
        if wait:
            raise FormError(429, say("web.too_fast", seconds=wait), retry_after=wait)

    async def _answer(self, conversation: str, form: Form) -> Answer:
        question = Question(
            id=_question_id(conversation, form),
            channel=Channel.WEB,
            conversation=conversation,
            text="" if form.action else form.text,
            action=form.action or None,
        )
        try:
            return await anyio.to_thread.run_sync(
                self._replies.reply, question, limiter=self._threads
            )
        # Whatever a reply fails with, the person is told so; nobody meets an exception.
        except Exception as error:
            log.error("reply to %s failed: %s", question.id, type(error).__name__)
            log.debug("the failure of %s", question.id, exc_info=error)
            raise FormError(503, say("channel.failed")) from None

    async def _state(self, conversation: str) -> str:
        """Whether a person is waited for, or there: as `News` says it; "" if it can't be known."""
        try:
            return await anyio.to_thread.run_sync(self._handed.state, _news_of(conversation))
        except Exception as error:  # what was answered is shown all the same
            log.warning("handoffs can't be looked up: %s", type(error).__name__)
            return ""

    def _refusal(self, conversation: str, form: Form, error: FormError, alone: bool) -> Response:
        if alone:
            html = render("notice.html", notice=str(error))
        else:
            turns = self._earlier(conversation, form)
            html = self._page(conversation, form, turns, notice=str(error))
        response = self._response(html, conversation, form, error.status)
        if error.retry_after:
            response.headers["retry-after"] = str(error.retry_after)
        return response

    def _page(
        self,
        conversation: str,
        form: Form,
        turns: Sequence[Turn] = (),
        *,
        muc: str = "",
        notice: str = "",
        state: str = "",
    ) -> str:
        return render(
            "chat.html",
            kiosk=form.kiosk,
            text=form.text,
            greeting=self._greeting(muc),
            pressed=bool(muc),
            turns=turns,
            sealed=self._sealed(conversation, turns) if turns else "",
            # The failed form's own, so that sending it again is still the same Question.
            nonce=form.nonce if notice and form.nonce else secrets.token_urlsafe(16),
            notice=notice,
            state=state,
            limit=LONGEST_TEXT,
            canonical=f"{self._url}/",
            site_verification=self._site_verification,
        )

    def _response(self, html: str, conversation: str, form: Form, status: int = 200) -> Response:
        response = HTMLResponse(html, status_code=status)
        response.headers["cache-control"] = "no-store"
        response.headers["x-binhdan"] = "chat"  # tells our script from a proxy's error page
        self._visitors.remember(response, conversation, kiosk=form.kiosk)
        return response

    def _greeting(self, muc: str) -> Answer:
        """The first words, with an Entry's next steps if one is to be opened."""
        edition = self._current().edition
        lines = [say(f"smalltalk.{key}") for key in ("greeting", "never_asks", "delete_hint")]
        choices = suggestions({entry.id: entry.title for entry in edition.library})
        entry = edition.library.entries.get(muc)
        if entry:
            composer = Composer(edition.library, edition.number, today())
            first = Choice(
                label=say("web.all_about", title=entry.title), action=f"entry:{entry.id}"
            )
            lines = [lines[1], say("web.muc", title=entry.title)]
            choices = (first, *composer.choices(entry))
        elif muc:
            lines.append(say("web.muc_gone"))
        blocks = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
        return Answer(status=Status.SMALLTALK_GREETING, blocks=blocks, choices=choices)

    def _earlier(self, conversation: str, form: Form) -> list[Turn]:
        """The turns the form carried, if they are of this conversation."""
        match self._visitors.unseal(form.turns):
            case {"of": str(of), "turns": list(turns)} if of == conversation:
                return _turns(turns)
            case _:
                return []

    def _sealed(self, conversation: str, turns: Sequence[Turn]) -> str:
        """The last turns as a form field, as many as may travel."""
        plain = [turn.model_dump(mode="json", exclude_defaults=True) for turn in turns]
        while True:
            field = self._visitors.seal({"of": conversation, "turns": plain})
            if len(field) <= SEALED_TURNS or not plain:
                return field
            plain = plain[1:]

    def _with(self, answer: Answer, earlier: Sequence[Turn], form: Form) -> list[Turn]:
        if answer.status is Status.ANSWERED_DATA_DELETED:
            earlier = ()  # deleted means gone from the page too
        said = self._label(form.action, earlier) if form.action else form.text
        return [*earlier, Turn(said=said, answer=answer)][-TURNS:]

    def _label(self, action: str, earlier: Sequence[Turn]) -> str:
        """What stood on the button that was pressed."""
        if action.startswith(("fb+:", "fb-:")):
            return say("channel.helpful" if action[2] == "+" else "channel.not_helpful")
        if action == LOOK:
            return say("web.handoff.look")
        if action == END:
            return say("web.handoff.end")
        offered = [choice for turn in reversed(earlier) for choice in turn.answer.choices]
        found = next((choice.label for choice in offered if choice.action == action), None)
        return found or _named(action, self._current().edition.library) or say("web.pressed")


def _news_of(conversation: str) -> Question:
    """A page's look at what was said: nothing that is answered or kept."""
    return Question(id="web:news", channel=Channel.WEB, conversation=conversation)


def _named(action: str, library: Library) -> str | None:
    """The title of the Entry that an action opens, with the facet it goes to."""
    kind, _, rest = action.partition(":")
    entry_id, _, facet = rest.partition(":")
    entry = library.entries.get(entry_id) if kind == "entry" else None
    if entry and facet in set(Facet):
        return say("answer.title", facet=say(f"facets.{facet}"), title=entry.title)
    return entry.title if entry else None


def _turns(plain: Sequence[Any]) -> list[Turn]:
    """Turns from their sealed form; none if a former release sealed them in another one."""
    try:
        return [Turn.model_validate(turn) for turn in plain]
    except ValidationError:
        return []


async def _read(request: Request) -> Form:
    """The form in a request's body. FormError if it is larger than any of ours, or no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise FormError(413, say("web.too_long", limit=_limit()))
    try:
        given = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise FormError(400, say("web.unreadable")) from None
    fields = {name: given[name] for name in Form.model_fields if name in given}
    fields["text"] = unicodedata.normalize("NFC", fields.get("text", "")).replace("\r\n", "\n")
    return Form(**fields)


def _valid(form: Form) -> Form:
    """The form itself. FormError, with a kind word, if it asks nothing or too much."""
    if form.action and not _ACTION.fullmatch(form.action):
        raise FormError(400, say("web.unreadable"))
    if not form.action and not form.text.strip():
        raise FormError(422, say("web.empty"))
    if not form.action and len(form.text) > LONGEST_TEXT:
        raise FormError(422, say("web.too_long", limit=_limit()))
    return form


def _question_id(conversation: str, form: Form) -> str:
    """The same form sent twice gives the same id; another text, or another person, another.

    The nonce alone would not do: a page that the browser kept and showed again asks a new question
    with an old nonce, and would get the old Answer.
    """
    nonce = form.nonce if _NONCE.fullmatch(form.nonce) else secrets.token_urlsafe(16)
    said = "\0".join((conversation, nonce, form.action or form.text))
    return "web:" + hashlib.sha256(said.encode()).hexdigest()[:32]


def _limit() -> str:
    return f"{LONGEST_TEXT:,}".replace(",", ".")
