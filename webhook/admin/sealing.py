"""Secrets that must be kept and read again, encrypted under the installation's key."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealError(RuntimeError):
    """The text was sealed under another key, or is no sealed text."""


class Seal:
    """Seals texts for one purpose: what one purpose sealed, another can't open."""

    def __init__(self, key: str, purpose: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, text: str) -> str:
        """The text, sealed (ASCII)."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text that was sealed. SealError if it was not sealed by this key and purpose."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealError("sealed under another key: was BINHDAN_SECRET_KEY changed?") from None
