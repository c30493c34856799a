"""What only this installation can read or make: encrypted tokens, and the state of a log-in.

The only file that knows cryptography.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken

STATE_LASTS_S = 3600
"""How long the link that an administrator got may be used."""


class Unreadable(Exception):
    """Something was encrypted with another secret key."""


class Vault:
    """Keys derived from the installation's secret key, one for each use."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._kept = Fernet(urlsafe_b64encode(self._derived("kept tokens")))
        self._states = Fernet(urlsafe_b64encode(self._derived("log-in states")))

    def encrypt(self, text: str) -> str:
        """A text as it may be written down."""
        return self._kept.encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """What was encrypted. Unreadable if that was done with another key."""
        try:
            return self._kept.decrypt(text).decode()
        except InvalidToken:
            raise Unreadable("BINHDAN_SECRET_KEY is not the one it was encrypted with") from None

    def pseudonym(self, person: str) -> str:
        """32 letters that stand for a person and tell nobody who it is."""
        return hmac.new(self._derived("persons"), person.encode(), hashlib.sha256).hexdigest()[:32]

    def new_state(self) -> str:
        """A word that Zalo gives back to us, so that we know a log-in that began here."""
        return self._states.encrypt(b"").decode()

    def knows_state(self, state: str) -> bool:
        """Whether we made it, within the last hour."""
        try:
            self._states.decrypt(state, ttl=STATE_LASTS_S)
        except (InvalidToken, ValueError):
            return False
        return True

    def code_verifier(self, state: str) -> str:
        """The 43 characters that belong to a state: they need not be kept between the command that
        makes the link and the server that Zalo comes back to."""
        return _unpadded(hmac.new(self._derived("verifiers"), state.encode(), "sha256").digest())

    def _derived(self, use: str) -> bytes:
        return hmac.new(self._secret, f"zalo-oa: {use}".encode(), hashlib.sha256).digest()


def code_challenge(verifier: str) -> str:
    """What Zalo is shown of a code verifier beforehand (PKCE, S256)."""
    return _unpadded(hashlib.sha256(verifier.encode()).digest())


def _unpadded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
