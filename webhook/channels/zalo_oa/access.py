"""Speaking for the account: its tokens, and calls that are made with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from knowledge.store import connect
from webhook.channels.adapter import Failure, TransportError
from webhook.channels.zalo_oa import errors
from webhook.channels.zalo_oa.account import account_of
from webhook.channels.zalo_oa.client import ApiError, OpenApi
from webhook.channels.zalo_oa.oauth import OAuth
from webhook.channels.zalo_oa.token_rows import TokenRow
from webhook.channels.zalo_oa.tokens import Tokens
from webhook.channels.zalo_oa.vault import Vault
from webhook.settings import Settings

T = TypeVar("T")


class Access:
    """What the settings let us do in the account's name. The tables must have been made."""

    def __init__(self, settings: Settings) -> None:
        """MissingSettingError if the account is configured by half."""
        self.account = account_of(settings)
        self.engine = connect(settings.database_url)
        self.vault = Vault(settings.cookie_key())
        self.api = OpenApi(settings.zalo_oa_api)
        self.oauth = OAuth(settings.zalo_oa_oauth, self.account)
        first = settings.zalo_oa_refresh_token
        self.tokens = Tokens(
            TokenRow(self.engine, self.vault, self.account.oa_id),
            self.oauth,
            first.get_secret_value() if first else None,
        )

    def call(self, make: Callable[[str], T]) -> T:
        """What a call with an access token returns; with a newer one if Zalo refuses the first.
        ApiError, or TransportError."""
        pair = self.tokens.current()
        try:
            return make(pair.access)
        except ApiError as error:
            if error.code not in errors.TOKEN:
                raise
        try:
            return make(self.tokens.renew(pair).access)
        except ApiError as error:
            if error.code not in errors.TOKEN:
                raise
            raise TransportError(f"a new token too: {error}", Failure.BLOCKED) from None

    def close(self) -> None:
        """Close connections, once nothing is lost by it."""
        self.tokens.stop()
        self.api.close()
        self.oauth.close()
        self.engine.dispose()
