"""Zalo's token server: codes and refresh tokens that count once, PKCE, 25 hours of access."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field

from tests.fakes.clock import Clock

ACCESS_S = 90_000
REFRESH_S = 90 * 86_400
CODE_S = 600


class GrantRefusedError(Exception):
    """The error body of the token server."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(name)
        self.code, self.name = code, name


@dataclass
class TokenServer:
    """The tokens of one app and one Official Account. Times are those of the fake clock."""

    clock: Clock
    app_id: str
    app_secret: str
    oa_id: str
    refreshes: int = 0
    """Refresh tokens that were exchanged for a pair."""
    access: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Access token → (account, until); a token that was replaced is gone."""
    refresh: dict[str, float] = field(default_factory=dict)
    """Refresh token → until."""
    used: set[str] = field(default_factory=set)
    codes: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    """Code → (challenge, account, until)."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first_refresh_token(self) -> str:
        """As Zalo's API Explorer hands one to an administrator."""
        return self._issue(self.oa_id)["refresh_token"]

    def permit(self, challenge: str, oa_id: str | None = None) -> str:
        """An administrator agrees; the code that our callback gets."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = (challenge, oa_id or self.oa_id, self.clock.now() + CODE_S)
        return code

    def revoke(self) -> None:
        """Somebody changed the app's permissions in the console: every token is void."""
        self.access.clear()
        self.refresh.clear()

    def end_access(self) -> None:
        """The access tokens end early; refresh tokens stay good."""
        self.access.clear()

    def account_of(self, token: str) -> tuple[int, str]:
        """(error code, account): 0 if the access token is good."""
        account, until = self.access.get(token, ("", 0.0))
        if not account:
            return -216, ""
        return (0, account) if self.clock.now() < until else (-220, "")

    def exchange(self, secret: str | None, given: dict[str, str]) -> dict[str, str]:
        """`POST /v4/oa/access_token`."""
        with self.lock:
            if given.get("app_id") != self.app_id:
                raise GrantRefusedError(-14002, "Invalid appId")
            if secret != self.app_secret:
                raise GrantRefusedError(-14004, "Invalid secret key")
            match given.get("grant_type"):
                case "authorization_code":
                    return self._for_code(given)
                case "refresh_token":
                    return self._for_refresh(given.get("refresh_token", ""))
        raise GrantRefusedError(-14005, "Invalid grant type")

    def _for_code(self, given: dict[str, str]) -> dict[str, str]:
        challenge, oa_id, until = self.codes.pop(given.get("code", ""), ("", "", 0.0))
        verifier = given.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if self.clock.now() >= until:
            raise GrantRefusedError(-14006, "Invalid code")
        if len(verifier) != 43 or shown != challenge:
            raise GrantRefusedError(-14010, "Invalid code verifier")
        return self._issue(oa_id)

    def _for_refresh(self, token: str) -> dict[str, str]:
        until = self.refresh.pop(token, 0.0)
        if self.clock.now() >= until:
            raise GrantRefusedError(-14014, "Invalid refresh token")
        self.used.add(token)
        self.refreshes += 1
        return self._issue(self.oa_id)

    def _issue(self, oa_id: str) -> dict[str, str]:
        # A new pair is the end of the account's former one.
        self.access = {t: kept for t, kept in self.access.items() if kept[0] != oa_id}
        access, refresh = f"access-{secrets.token_hex(20)}", f"refresh-{secrets.token_hex(20)}"
        self.access[access] = (oa_id, self.clock.now() + ACCESS_S)
        self.refresh[refresh] = self.clock.now() + REFRESH_S
        return {"access_token": access, "refresh_token": refresh, "expires_in": str(ACCESS_S)}
