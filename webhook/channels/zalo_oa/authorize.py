"""How an administrator lets our app speak for the account: a link, and what comes back of it."""

from __future__ import annotations

import hmac

from webhook.channels.zalo_oa.access import Access
from webhook.channels.zalo_oa.oauth import GrantRefused
from webhook.settings import Settings

CALLBACK = "/zalo-oa/callback"


class NotAuthorized(Exception):
    """Nothing was taken over. The text says why, without a secret."""


def link(access: Access, settings: Settings) -> str:
    """Where to send the administrator; good for an hour."""
    state = access.vault.new_state()
    verifier = _verifier(access, state)
    return access.oauth.link(settings.public_url + CALLBACK, verifier, state)


def take_over(access: Access, code: str, state: str) -> None:
    """Exchange the code that Zalo came back with, and keep the pair. NotAuthorized, ApiError or
    TransportError.

    A link that Zalo's console makes has no state, and its code challenge is the fixed one: without
    state only that verifier is tried. Whichever way it came, a pair is kept only if it is our
    account's, so that nobody can slip in another's.
    """
    if state and not access.vault.knows_state(state):
        raise NotAuthorized("the link is not ours, or is older than an hour")
    if not state and not access.account.code_verifier:
        raise NotAuthorized("the state is missing")
    try:
        grant = access.oauth.exchange(code, _verifier(access, state))
    except GrantRefused as error:
        raise NotAuthorized(f"Zalo refused the code: {error}") from None
    found = str(access.api.account(grant.access).get("oaid", ""))
    if not hmac.compare_digest(found.encode(), access.account.oa_id.encode()):
        raise NotAuthorized("it is another account's")
    access.tokens.keep(grant)


def _verifier(access: Access, state: str) -> str:
    fixed = access.account.code_verifier
    return fixed.get_secret_value() if fixed else access.vault.code_verifier(state)
