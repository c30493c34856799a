"""What this channel derives from the installation's secret key: encrypted tokens, pseudonyms, and
the state of a log-in."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from webhook.sealing import Seal, SealError, derived

STATE_LASTS_S = 3600
"""How long the link that an administrator got may be used."""


class Vault:
    """Keys derived from the installation's secret key, one for each use."""

    def __init__(self, secret_key: str) -> None:
        self._persons = derived(secret_key, "zalo-oa: persons")
        self._verifiers = derived(secret_key, "zalo-oa: verifiers")
        self._states = Seal(secret_key, "zalo-oa: log-in states")
        self.tokens = Seal(secret_key, "zalo-oa: kept tokens")

    def pseudonym(self, person: str) -> str:
        """32 letters that stand for a person and tell nobody who it is."""
        return hmac.new(self._persons, person.encode(), hashlib.sha256).hexdigest()[:32]

    def new_state(self) -> str:
        """A word that Zalo gives back to us, so that we know a log-in that began here."""
        return self._states.close("")

    def knows_state(self, state: str) -> bool:
        """Whether we made it, within the last hour."""
        try:
            self._states.open(state, STATE_LASTS_S)
        except SealError:
            return False
        return True

    def code_verifier(self, state: str) -> str:
        """The 43 characters that belong to a state: they need not be kept between the command that
        makes the link and the server that Zalo comes back to."""
        return _unpadded(hmac.new(self._verifiers, state.encode(), "sha256").digest())


def code_challenge(verifier: str) -> str:
    """What Zalo is shown of a code verifier beforehand (PKCE, S256)."""
    return _unpadded(hashlib.sha256(verifier.encode()).digest())


def _unpadded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
