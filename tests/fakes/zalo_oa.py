"""A Zalo Official Account on loopback: its API, its token server, and the people who write to it.

Events go to the webhook as Zalo sends them: signed, within two seconds, again on its schedule.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes import serve, wait_until
from tests.fakes.clock import Clock
from tests.fakes.zalo_oa_api import OaApi, Person, Quotas, RefusedError
from tests.fakes.zalo_oa_post import PostOffice
from tests.fakes.zalo_oa_tokens import GrantRefusedError, TokenServer

OA_ID = "3674338702778449434"
APP_ID = "2334789304983807556"
APP_SECRET = "the-app-secret-of-the-fake"
WEBHOOK_KEY = "test-oa-secret"
HOST = "https://f20-zpc.zdn.vn"
ATTACHED: dict[str, dict[str, Any]] = {
    "image": {"thumbnail": f"{HOST}/thumb.jpg", "url": f"{HOST}/photo.jpg"},
    "gif": {"thumbnail": f"{HOST}/thumb.jpg", "url": f"{HOST}/moving.gif"},
    "audio": {"url": f"{HOST}/voice.amr"},
    "video": {"url": f"{HOST}/film.mp4", "thumbnail": f"{HOST}/thumb.jpg", "description": ""},
    "file": {"url": f"{HOST}/don.pdf", "size": "54321", "name": "don.pdf", "type": "pdf"},
    "sticker": {"url": f"{HOST}/sticker.png", "id": "21922"},
    "location": {"coordinates": {"latitude": "10.77", "longitude": "106.69"}},
    "link": {"url": "https://example.com/", "thumbnail": f"{HOST}/t.jpg", "description": "Trang"},
    "business_card": {
        "thumbnail": f"{HOST}/t.jpg",
        "description": '{"phone":"84912345678","caption":"Lan"}',
        "url": "https://zalo.me/1",
    },
}
KINDS = {"photo": "image", "voice": "audio", "document": "file"}
"""Other fakes' words for the same."""


@dataclass
class Fault:
    """What goes wrong with the next calls: an error code, 429, 403, 400, 500, timeout, badjson,
    slow, reset (before the call is carried out) or lost (after it)."""

    kind: str
    times: int = 1
    seconds: float = 1.0


class FakeZaloOa:
    """The servers and the people. Use as a context manager; its methods are thread-safe."""

    def __init__(
        self,
        *,
        speed: float = 1.0,
        patience_s: float = 2.0,
        quotas: Quotas | None = None,
        receipts: bool = True,
    ) -> None:
        """`speed`: how fast the fake clock runs; `receipts`: whether what we send comes back as the
        events oa_send_text and user_received_message."""
        self.clock = Clock(speed)
        self.api = OaApi(self.clock, OA_ID, quotas or Quotas())
        self.tokens = TokenServer(self.clock, APP_ID, APP_SECRET, OA_ID)
        self.post = PostOffice(self.clock, APP_ID, WEBHOOK_KEY, patience_s)
        self.files: dict[str, bytes] = {}
        """Name → content of what `keep_file` was given."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        if receipts:
            self.api.on_sent = self._give_receipts
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._stack = ExitStack()

    def __enter__(self) -> FakeZaloOa:
        self.post.open()
        self._stack.callback(self.post.close)
        self.url = self._stack.enter_context(serve(Starlette(routes=self._routes())))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def webhook(self) -> dict[str, Any]:
        """{"url": where events go}."""
        return self.post.webhook

    @webhook.setter
    def webhook(self, webhook: dict[str, Any]) -> None:
        self.post.webhook = webhook

    @property
    def statuses(self) -> list[int]:
        return self.post.statuses

    def settings(self) -> dict[str, str]:
        """With which a server of ours speaks for this account, but for the tokens."""
        return {
            "zalo_oa_id": OA_ID,
            "zalo_oa_app_id": APP_ID,
            "zalo_oa_app_secret": APP_SECRET,
            "zalo_oa_webhook_key": WEBHOOK_KEY,
            "zalo_oa_api": self.url,
            "zalo_oa_oauth": self.url,
        }

    # The people.

    def user(self, user_id: object) -> Person:
        """Somebody who has written to the account or opened its chat before."""
        person = self.api.person(str(user_id))
        self.api.interacted(person)
        return person

    def block(self, user_id: object, blocked: bool = True) -> None:
        self.api.person(str(user_id)).blocked = blocked

    def say(self, user_id: object, text: str, **options: Any) -> str:
        """Somebody writes; returns the message's id. Options are those of `deliver`."""
        return self._message(str(user_id), "user_send_text", {"text": text}, **options)

    def show(
        self, user_id: object, kind: str, caption: str | None = None, url: str | None = None
    ) -> str:
        """Somebody sends media of a kind in ATTACHED."""
        kind = KINDS.get(kind, kind)
        payload = ATTACHED[kind] | ({"url": url} if url else {})
        attachments = [{"type": kind, "payload": payload}]
        if kind == "business_card":
            attachments[0]["type"] = "link"
        text = {"text": caption} if caption else {"text": ""} if kind == "location" else {}
        message = {**text, "attachments": attachments}
        return self._message(str(user_id), f"user_send_{kind}", message)

    def keep_file(self, name: str, content: bytes) -> str:
        """The address of a file that somebody can `show`; Zalo's own are on zdn.vn."""
        self.files[name] = content
        return f"{self.url}/files/{name}"

    def press(self, user_id: object, label: str) -> str:
        """Somebody presses the newest button whose title holds `label`: a text like any other."""
        return self.say(user_id, self._button(str(user_id), label)["payload"])

    def follow(self, user_id: object) -> None:
        self.user(user_id).follows = True
        self._about("follow", str(user_id), follower={"id": str(user_id)}, source="oa_profile")

    def unfollow(self, user_id: object) -> None:
        self.api.person(str(user_id)).follows = False
        self._about("unfollow", str(user_id), follower={"id": str(user_id)}, source="oa_profile")

    def click_chatnow(self, user_id: object) -> None:
        self.user(user_id)
        self._about("user_click_chatnow", str(user_id), user_id=str(user_id))

    def withdraw(self, user_id: object) -> None:
        self._about("user_withdraw", str(user_id), user_id=str(user_id))

    def submit_info(self, user_id: object, **info: str) -> None:
        self._about(
            "user_submit_info",
            str(user_id),
            sender={"id": str(user_id)},
            recipient={"id": OA_ID},
            info=info,
        )

    def visitor_says(self, visitor_id: str, text: str) -> str:
        """Somebody without a Zalo account writes on a web page."""
        self.api.visitor(visitor_id)
        message = {"text": text, "conversation_id": f"c-{visitor_id}"}
        return self._message(visitor_id, "anonymous_send_text", message)

    def agent_replies(self, user_id: object, text: str) -> None:
        """A human agent writes in the account's console."""
        person = self.api.person(str(user_id))
        message = {"message_id": secrets.token_hex(10), "from": "agent", "text": text}
        person.messages.append(message)
        self._echo(person, message, admin_id="8423567198234567")

    def inject(self, event: dict[str, Any]) -> None:
        """An event with any content beside what all have."""
        self.deliver({"app_id": APP_ID, "timestamp": self._timestamp(), **event})

    def deliver(self, event: dict[str, Any], **options: Any) -> None:
        """Post an event; the same one twice is a resend. Options: bad_mac, delay_s."""
        about = event.get("sender") or event.get("follower") or {}
        line = str(about.get("id") or event.get("user_id"))
        self.post.post(event, line, **options)

    def reordered(self) -> AbstractContextManager[None]:
        """Events of this block arrive after it, the last one first."""
        return self.post.reordered()

    def fault(self, method: str, kind: str, times: int = 1, **details: Any) -> None:
        """Methods: message, anonymous, quota, getoa, detail, upload, access_token."""
        self._faults[method].append(Fault(kind, times, **details))

    # What came of it.

    def transcript(self, user_id: object) -> list[str]:
        """The texts that the bot sent to somebody, in order."""
        return [message["text"] for message in self.sent(user_id)]

    def sent(self, user_id: object) -> list[dict[str, Any]]:
        """The bot's messages to a person or a visitor: text, buttons, sent_at, message_id."""
        name = str(user_id)
        person = self.api.visitors.get(name) or self.api.person(name)
        return [message for message in list(person.messages) if message["from"] == "oa"]

    def wait_for(self, user_id: object, count: int, timeout_s: float = 20.0) -> list[str]:
        """The texts the bot sent to somebody, once there are `count`."""
        wait_until(lambda: len(self.sent(user_id)) >= count, timeout_s)
        return self.transcript(user_id)

    def settle(self, timeout_s: float = 20.0) -> None:
        """Waits until the webhook has taken everything, or Zalo has given it up."""
        self.post.settle(timeout_s)

    def called(self, method: str) -> list[dict[str, Any]]:
        return [given for name, given in list(self.calls) if name == method]

    # Events.

    def _message(self, user_id: str, event: str, message: dict[str, Any], **options: Any) -> str:
        if not event.startswith("anonymous"):
            self.user(user_id)
        message_id = secrets.token_hex(10)
        self.deliver(
            {
                "app_id": APP_ID,
                "user_id_by_app": f"9{user_id}",
                "sender": {"id": user_id},
                "recipient": {"id": OA_ID},
                "event_name": event,
                "message": {**message, "msg_id": message_id},
                "timestamp": self._timestamp(),
            },
            **options,
        )
        return message_id

    def _about(self, event: str, about: str, **parts: Any) -> None:
        common = {"oa_id": OA_ID, "user_id_by_app": f"9{about}", "event_name": event}
        # Some events write the time as a number.
        self.inject({**common, **parts, "timestamp": int(self._timestamp())})

    def _give_receipts(self, person: Person, message: dict[str, Any]) -> None:
        self._echo(person, message)
        self.inject(
            {
                "sender": {"id": person.id},
                "recipient": {"id": OA_ID},
                "event_name": "user_received_message",
                "message": {"msg_id": message["message_id"]},
            }
        )

    def _echo(self, person: Person, message: dict[str, Any], **sender: str) -> None:
        self.inject(
            {
                "sender": {"id": OA_ID, **sender},
                "recipient": {"id": person.id},
                "event_name": "oa_send_file" if "file" in message else "oa_send_text",
                "message": {"text": message["text"], "msg_id": message["message_id"]},
            }
        )

    def _timestamp(self) -> str:
        return str(int(self.clock.now() * 1000))

    def _button(self, user_id: str, label: str) -> dict[str, Any]:
        for message in reversed(self.sent(user_id)):
            for button in message["buttons"]:
                if label in button["title"] and button["type"].startswith("oa.query."):
                    return dict(button)
        raise AssertionError(f"no button {label!r}")

    # The API.

    def _routes(self) -> list[Route]:
        posts = {
            "/v3.0/oa/message/cs": ("message", lambda given, _: self.api.send(given)),
            "/v2.0/oa/message": ("anonymous", lambda given, _: self.api.send_v2(given)),
            "/v3.0/oa/quota/message": ("quota", lambda given, _: self.api.quota(given)),
        }
        gets = {
            "/v2.0/oa/getoa": ("getoa", lambda _, oa_id: self.api.account(oa_id)),
            "/v3.0/oa/user/detail": ("detail", lambda given, _: self.api.detail(given)),
        }
        return [
            *(Route(path, self._serve(*call), methods=["POST"]) for path, call in posts.items()),
            *(Route(path, self._serve(*call)) for path, call in gets.items()),
            Route("/v2.0/oa/upload/{kind}", self._upload, methods=["POST"]),
            Route("/v4/oa/access_token", self._grant, methods=["POST"]),
            Route("/v4/oa/permission", self._permission),
            Route("/files/{name}", self._file),
            Route("/_ctl/{control}", self._control, methods=["GET", "POST"]),
        ]

    def _serve(self, name: str, call: Any) -> Any:
        async def handle(request: Request) -> Any:
            async def answer() -> Response:
                oa_id = self._admitted(request)
                given = await _given(request)
                self.calls.append((name, given))
                # Receipts wait for the webhook: not on the loop that serves.
                return _success(await asyncio.to_thread(call, given, oa_id))

            return await self._with_faults(name, answer)

        return handle

    async def _upload(self, request: Request) -> Any:
        async def answer() -> Response:
            self._admitted(request)
            async with request.form() as form:
                file: Any = form.get("file")
                if file is None or isinstance(file, str):
                    raise RefusedError(-201, "file is invalid!")
                content, kind = await file.read(), request.path_params["kind"]
                name = str(file.filename)
                self.calls.append(("upload", {"kind": kind, "name": name, "size": len(content)}))
                return _success(self.api.upload(kind, content, str(file.content_type), name))

        return await self._with_faults("upload", answer)

    async def _grant(self, request: Request) -> Any:
        async def answer() -> Response:
            async with request.form() as form:
                given = {name: str(value) for name, value in form.items()}
            self.calls.append(("access_token", {"grant_type": given.get("grant_type")}))
            try:
                return JSONResponse(self.tokens.exchange(request.headers.get("secret_key"), given))
            except GrantRefusedError as error:
                body = {"error": error.code, "error_name": error.name, "error_description": "…"}
                return JSONResponse(body)

        return await self._with_faults("access_token", answer)

    async def _permission(self, request: Request) -> Response:
        """The page on which an administrator agrees; here they always do."""
        query = request.query_params
        code = self.tokens.permit(query.get("code_challenge", ""))
        state = f"&state={query['state']}" if "state" in query else ""
        return RedirectResponse(f"{query['redirect_uri']}?code={code}&oa_id={OA_ID}{state}")

    async def _file(self, request: Request) -> Response:
        """What somebody sent, for whoever knows its address."""
        content = self.files.get(request.path_params["name"])
        return Response(content, status_code=200 if content is not None else 404)

    def _admitted(self, request: Request) -> str:
        """The account whose access token came with a call."""
        code, oa_id = self.tokens.account_of(request.headers.get("access_token", ""))
        if code:
            raise RefusedError(code)
        self.api.count_call()
        return oa_id

    async def _with_faults(self, name: str, answer: Any) -> Any:
        fault = next((f for f in self._faults[name] if f.times > 0), None)
        if fault:
            fault.times -= 1
        try:
            match fault and fault.kind:
                case None:
                    return await answer()
                case "500":
                    return Response("Internal Server Error", status_code=500)
                case "timeout":
                    await asyncio.sleep(fault.seconds if fault else 0)
                    return Response(status_code=504)
                case "badjson":
                    return Response("<html>", media_type="text/html")
                case "reset":
                    return _cut_off
                case "slow":
                    await asyncio.sleep(fault.seconds if fault else 0)
                    return await answer()
                case "lost":
                    await answer()
                    return _cut_off
                case kind:
                    codes = {"429": -32, "403": -217, "400": -201}
                    raise RefusedError(codes.get(str(kind)) or int(str(kind)))
        except RefusedError as error:
            return JSONResponse({"error": error.code, "message": str(error)})

    # By hand: curl, or a small page.

    async def _control(self, request: Request) -> Response:
        """POST event {"do": "say", "with": [7, "chào"]}, clock {"advance": 60}, fault {"method",
        "kind", "times"}; GET sent?user=7."""
        given = await _given(request)
        match request.path_params["control"]:
            case "event" if given.get("do") in CONTROLLED:
                call = getattr(self, given["do"])
                return JSONResponse({"id": await asyncio.to_thread(call, *given.get("with", ()))})
            case "clock":
                self.clock.advance(float(given.get("advance", 0)))
                return JSONResponse({"now": self.clock.now()})
            case "fault":
                self.fault(**given)
                return JSONResponse({})
            case "sent":
                return JSONResponse(self.sent(request.query_params.get("user", "")))
        return Response(status_code=404)


CONTROLLED = (
    *("say", "show", "press", "follow", "unfollow", "click_chatnow", "withdraw"),
    *("visitor_says", "agent_replies", "inject"),
)


async def _given(request: Request) -> dict[str, Any]:
    """A call's JSON body, or the JSON in its `data` parameter."""
    text = await request.body() or request.query_params.get("data") or "{}"
    try:
        found = json.loads(text)
    except ValueError:
        raise RefusedError(-201, "body is invalid!") from None
    return found if isinstance(found, dict) else {}


def _success(data: dict[str, Any]) -> Response:
    headers = {"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": "3999"}
    return JSONResponse({"data": data, "error": 0, "message": "Success"}, headers=headers)


async def _cut_off(scope: Scope, receive: Receive, send: Send) -> None:
    """A connection that ends in the middle of an answer."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"99")]}
    )
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    raise ConnectionError("cut off, as the test wanted it")
