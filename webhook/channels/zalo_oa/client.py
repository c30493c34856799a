"""The Open API of Official Accounts, as far as a chatbot calls it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from webhook.channels.adapter import TransportError
from webhook.channels.zalo_oa.errors import words

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
"""Long: a message that is given up on may still have been sent, and is then sent twice."""
CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=16)

# They would log addresses and headers that are nobody's business.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class ApiError(Exception):
    """Zalo said no, by a code of `errors`."""

    def __init__(self, code: int) -> None:
        super().__init__(words(code))
        self.code = code


class OpenApi:
    """The calls, each with an access token. Thread-safe.

    They raise ApiError where Zalo says no, and TransportError (RETRY) where it says nothing that
    can be read.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT, limits=CONNECTIONS)

    def send(self, token: str, person: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Send a consultation message. Returns its `quota`, {} if Zalo told none."""
        body = {"recipient": {"user_id": person}, "message": content}
        quota = self._call("POST", "/v3.0/oa/message/cs", token, body=body).get("quota")
        return quota if isinstance(quota, dict) else {}

    def send_to_visitor(self, token: str, visitor: str, conversation: str, text: str) -> None:
        """Answer somebody who writes from a web page without a Zalo account."""
        recipient = {"anonymous_id": visitor, "conversation_id": conversation}
        body = {"recipient": recipient, "message": {"text": text}}
        self._call("POST", "/v2.0/oa/message", token, body=body)

    def upload(self, token: str, name: str, content: bytes) -> str:
        """Upload a PDF of at most 5 MB. Returns the token to send it by, good for seven days."""
        files = {"file": (name, content, "application/pdf")}
        uploaded = self._call("POST", "/v2.0/oa/upload/file", token, files=files).get("token")
        if not isinstance(uploaded, str):
            raise TransportError("/v2.0/oa/upload/file: no token")
        return uploaded

    def quota(self, token: str, person: str) -> dict[str, Any]:
        """What may still be sent to a person: `last_interaction`, `cs_reply`."""
        return self._call("POST", "/v3.0/oa/quota/message", token, body={"user_id": person})

    def account(self, token: str) -> dict[str, Any]:
        """Whose token it is: `oaid`, `name`, `package_name`, …"""
        return self._call("GET", "/v2.0/oa/getoa", token)

    def close(self) -> None:
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> dict[str, Any]:
        """The `data` of an answer. Zalo's errors come with status 200."""
        headers = {"access_token": token}
        try:
            got = self._http.request(method, path, json=body, files=files, headers=headers)
            found = got.json()
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise TransportError(f"{path}: {type(error).__name__}") from None
        code = found.get("error") if isinstance(found, dict) else None
        if not isinstance(code, int):
            raise TransportError(f"{path}: status {got.status_code}")
        if code:
            raise ApiError(code)
        data = found.get("data")
        return data if isinstance(data, dict) else {}
