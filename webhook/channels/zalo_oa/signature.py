"""Whether Zalo posted a body: a SHA-256 over its bytes, its timestamp and a shared key."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping

from webhook.channels.zalo_oa.account import Account

log = logging.getLogger(__name__)

HEADER = "x-zevent-signature"


def mac(app_id: str, body: bytes, timestamp: str, key: str) -> str:
    """Zalo's signature, 64 hexadecimal digits. `timestamp` is the body's, as written there."""
    signed = app_id.encode() + body + timestamp.encode() + key.encode()
    return hashlib.sha256(signed).hexdigest()


def genuine(headers: Mapping[str, str], body: bytes, account: Account) -> bool:
    """Whether the signature in the headers (names in lower case) is that of the body."""
    given = headers.get(HEADER, "").removeprefix("mac=").encode("utf-8", "replace")
    timestamp = _timestamp(body)
    if not (given and timestamp and account.webhook_key):
        return False
    key = account.webhook_key.get_secret_value()
    if hmac.compare_digest(given, mac(account.app_id, body, timestamp, key).encode()):
        return True
    _say_what_would_match(given, body, timestamp, account, key)
    return False


def _timestamp(body: bytes) -> str:
    """The body's timestamp as written there, whether quoted or not; "" if there is none."""
    try:
        found = json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    timestamp = found.get("timestamp") if isinstance(found, dict) else None
    return timestamp if isinstance(timestamp, str) else ""


def _say_what_would_match(
    given: bytes, body: bytes, timestamp: str, account: Account, key: str
) -> None:
    """Accounts of the signature differ on which id and which key it is made with. Only Zalo can
    make one of these, so strangers can't fill the log."""
    secret = account.app_secret.get_secret_value()
    variants = {
        "the OA's id in place of the app's": (account.oa_id, key),
        "the app's secret in place of the OA's key": (account.app_id, secret),
        "the OA's id and the app's secret": (account.oa_id, secret),
    }
    for name, (signer, signing_key) in variants.items():
        if hmac.compare_digest(given, mac(signer, body, timestamp, signing_key).encode()):
            log.error("Zalo's signature is refused, but would fit with %s", name)
