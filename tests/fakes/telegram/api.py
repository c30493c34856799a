"""The methods of the Bot API that our bot calls, with Telegram's checks and its words."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

from tests.fakes.telegram.delivery import Delivery
from tests.fakes.telegram.wire import RefusedError, Uploaded, markup, shown_text
from tests.fakes.telegram.world import Chat, Json

LARGEST_DOWNLOAD, LARGEST_UPLOAD = 20 << 20, 50 << 20
CALLBACK_AGE_S = 15.0
OURS = ("sent_at", "quoted")
"""What the fake notes of a message and the API does not show."""


class BotApi(Delivery):
    """One method `_do_<name in lower case>` for each of the API's."""

    def __init__(self, retry_s: float, username: str) -> None:
        super().__init__(retry_s, username)
        self.commands: dict[str, list[Json]] = {}
        """By the scope they are shown in."""
        self.answered_callbacks: list[str] = []
        self._open_callbacks: dict[str, float] = {}

    def _do_getme(self, _: Json) -> Json:
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    def _do_setwebhook(self, given: Json) -> bool:
        self.webhook = {"url": given["url"], "secret_token": given.get("secret_token", "")}
        if kinds := json.loads(given.get("allowed_updates", "[]")):
            self.webhook["allowed_updates"] = kinds
        return True

    def _do_deletewebhook(self, _: Json) -> bool:
        self.webhook = {}
        return True

    def _do_getwebhookinfo(self, _: Json) -> Json:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": self._undelivered,
            **self._last_error,
        }

    async def _do_getupdates(self, given: Json) -> list[Json]:
        if self.webhook:
            raise RefusedError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        offset = int(given.get("offset", 0))
        for _ in range(int(given.get("timeout", 0)) * 20):
            if self._still_pending(offset):
                break
            await asyncio.sleep(0.05)
        return self._still_pending(offset)

    def _do_setmycommands(self, given: Json) -> bool:
        commands = json.loads(given["commands"])
        for one in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]):
                raise RefusedError(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(one["description"]) <= 256:
                raise RefusedError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        scope = json.loads(given.get("scope", '{"type": "default"}'))
        self.commands[scope["type"]] = commands
        return True

    def _do_sendchataction(self, given: Json) -> bool:
        self._chat(given)
        return True

    def _do_sendmessage(self, given: Json) -> Json:
        chat = self._chat(given)
        text = shown_text(given)
        if not text.strip():
            raise RefusedError(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise RefusedError(400, "Bad Request: message is too long")
        return self._sent(chat, given, text=text)

    def _do_senddocument(self, given: Json) -> Json:
        chat = self._chat(given)
        file = given.get("document")
        if not isinstance(file, Uploaded) or not file.content:
            raise RefusedError(400, "Bad Request: there is no document in the request")
        if len(file.content) > LARGEST_UPLOAD:
            raise RefusedError(413, "Request Entity Too Large")
        caption = shown_text(given, "caption")
        if len(caption) > 1024:
            raise RefusedError(400, "Bad Request: message caption is too long")
        name = f"BQAC{len(self.files)}"
        self.files[name] = file.content
        document = {
            "file_id": name,
            "file_unique_id": f"u{name}",
            "file_name": file.name,
            "mime_type": file.type,
            "file_size": len(file.content),
        }
        return self._sent(chat, given, document=document, caption=caption)

    def _do_sendpoll(self, given: Json) -> Json:
        chat = self._chat(given)
        options = [o if isinstance(o, str) else o["text"] for o in json.loads(given["options"])]
        correct = json.loads(given.get("correct_option_ids", "[]"))
        _check_poll(given, options, correct)
        shown = [
            {"persistent_id": f"a{number}", "text": text, "voter_count": 0}
            for number, text in enumerate(options)
        ]
        poll = {
            "id": f"5{self._next_message:03}",
            "question": given["question"],
            "options": shown,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": given.get("is_anonymous") == "true",
            "type": given.get("type", "regular"),
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
            "correct_option_ids": correct,
            "explanation": given.get("explanation", ""),
        }
        return self._sent(chat, given, poll=poll)

    def _do_editmessagereplymarkup(self, given: Json) -> Json:
        chat = self._chat(given)
        wanted = int(given["message_id"])
        message = next((m for m in chat.messages if m["message_id"] == wanted), None)
        if message is None:
            raise RefusedError(400, "Bad Request: message to edit not found")
        if message.get("reply_markup") == (buttons := markup(given)):
            raise RefusedError(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        message["reply_markup"] = buttons
        return {k: v for k, v in message.items() if k not in OURS}

    def _do_answercallbackquery(self, given: Json) -> bool:
        callback = given["callback_query_id"]
        asked_at = self._open_callbacks.pop(callback, None)
        if asked_at is None or self.now() - asked_at > CALLBACK_AGE_S:
            raise RefusedError(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        self.answered_callbacks.append(callback)
        return True

    def _do_getfile(self, given: Json) -> Json:
        file_id = given["file_id"]
        if file_id not in self.files:
            raise RefusedError(
                400, "Bad Request: wrong file_id or the file is temporarily unavailable"
            )
        size = len(self.files[file_id])
        if size > LARGEST_DOWNLOAD:
            raise RefusedError(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": size,
            "file_path": f"documents/{file_id}",
        }

    def _chat(self, given: Json) -> Chat:
        chat = self._chats.get(int(given.get("chat_id", 0)))
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        if chat.moved_to is not None:
            raise RefusedError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        if chat.blocked and chat.type == "private":
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        if chat.blocked:
            raise RefusedError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
        thread = given.get("message_thread_id")
        if thread is not None and int(thread) not in chat.topics:
            raise RefusedError(400, "Bad Request: message thread not found")
        return chat

    def _sent(self, chat: Chat, given: Json, **content: Any) -> Json:
        message = self._message(chat.id, sender=self.bot, **content, sent_at=time.time())
        if buttons := markup(given):
            message["reply_markup"] = buttons
        if thread := given.get("message_thread_id"):
            message |= {"message_thread_id": int(thread), "is_topic_message": True}
        if quoted := given.get("reply_parameters"):
            message["quoted"] = json.loads(quoted)["message_id"]
        with self._lock:
            chat.messages.append(message)
        return {k: v for k, v in message.items() if k not in OURS}


def _check_poll(given: Json, options: list[str], correct: list[int]) -> None:
    if not 1 <= len(given.get("question", "")) <= 300:
        raise RefusedError(400, "Bad Request: poll question length must not exceed 300")
    if not 2 <= len(options) <= 12:
        raise RefusedError(400, "Bad Request: poll must have at least 2 option")
    if any(not 1 <= len(option) <= 100 for option in options):
        raise RefusedError(400, "Bad Request: poll options length must not exceed 100")
    if given.get("type") == "quiz" and not all(0 <= n < len(options) for n in correct or [-1]):
        raise RefusedError(400, "Bad Request: wrong correct option ID specified")
    if len(given.get("explanation", "")) > 200:
        raise RefusedError(400, "Bad Request: message is too long")
