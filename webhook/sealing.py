"""What only this installation can read or make: texts sealed under its secret key, and keys derived
from it.

The only file that knows cryptography.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealError(ValueError):
    """The text was sealed under another key, too long ago, or is no sealed text."""


class Seal:
    """Seals texts for one purpose: what one purpose sealed, another can't open."""

    def __init__(self, key: str, purpose: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derived(key, purpose)))

    def close(self, text: str) -> str:
        """The text, sealed (ASCII)."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str, lasts_s: int | None = None) -> str:
        """The text that was sealed. SealError if it was not sealed by this key and purpose, or more
        than `lasts_s` seconds ago."""
        try:
            return self._fernet.decrypt(sealed.encode(), ttl=lasts_s).decode()
        except (InvalidToken, ValueError):
            raise SealError("BINHDAN_SECRET_KEY is not the one it was sealed with") from None


def derived(key: str, purpose: str) -> bytes:
    """32 bytes that nobody without the key can guess, others for each purpose."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
