"""Zalo's OAuth server: a code or a refresh token in, a pair of tokens out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from webhook.channels.adapter import TransportError
from webhook.channels.zalo_oa.account import Account
from webhook.channels.zalo_oa.vault import code_challenge

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
"""Long: a refresh that is given up on may have been carried out, and its pair is lost then."""


@dataclass(frozen=True)
class Grant:
    """What Zalo gave: both tokens are worth nothing once the next pair is."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lasts_s: int
    """Seconds that the access token may be used."""


class GrantRefused(Exception):
    """Zalo gave no tokens, and will not for the same question. The text holds no secret."""


class OAuth:
    """The calls of one account's app. Thread-safe."""

    def __init__(self, url: str, account: Account) -> None:
        self._url, self._account = url, account
        self._http = httpx.Client(timeout=TIMEOUT)

    def link(self, callback: str, verifier: str, state: str) -> str:
        """Where an administrator of the account lets our app speak for it."""
        query = {
            "app_id": self._account.app_id,
            "redirect_uri": callback,
            "code_challenge": code_challenge(verifier),
            "state": state,
        }
        return f"{self._url}/v4/oa/permission?{urlencode(query)}"

    def exchange(self, code: str, verifier: str) -> Grant:
        """The pair for a code, which counts once. GrantRefused, or TransportError."""
        return self._ask("authorization_code", code=code, code_verifier=verifier)

    def refresh(self, token: str) -> Grant:
        """The next pair for a refresh token, which counts once. GrantRefused, or TransportError
        (after which the token may be used up all the same)."""
        return self._ask("refresh_token", refresh_token=token)

    def close(self) -> None:
        self._http.close()

    def _ask(self, kind: str, **fields: str) -> Grant:
        try:
            got = self._http.post(
                f"{self._url}/v4/oa/access_token",
                data={"app_id": self._account.app_id, "grant_type": kind, **fields},
                headers={"secret_key": self._account.app_secret.get_secret_value()},
            )
            found = got.json()
        except (httpx.HTTPError, ValueError) as error:
            raise TransportError(f"Zalo's token server: {type(error).__name__}") from None
        if not isinstance(found, dict) or got.status_code >= 500:
            raise TransportError(f"Zalo's token server: status {got.status_code}")
        return _grant(found)


def _grant(found: dict[str, Any]) -> Grant:
    access, refresh = found.get("access_token"), found.get("refresh_token")
    if isinstance(access, str) and isinstance(refresh, str) and access and refresh:
        lasts = str(found.get("expires_in", ""))
        # Without a time it is taken to last an hour: refreshed too often, never too late.
        return Grant(access, refresh, int(lasts) if lasts.isdecimal() else 3600)
    name = re.sub(r"[^\w .-]", "", str(found.get("error_name", "")))[:60]
    raise GrantRefused(f"{found.get('error', 'no tokens')} {name}".strip())
