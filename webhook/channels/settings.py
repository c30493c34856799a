"""The settings of the messaging platforms; a part of `webhook.settings.Settings`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import SecretStr, StringConstraints, field_validator
from pydantic_settings import BaseSettings

from bot.model import Channel

PREFIX = "BINHDAN_"

HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


_SENT_ON = "(zalo_oa|zalo_bot|telegram)"


class MissingSettingError(RuntimeError):
    """A part was asked to start without a setting that it needs; the message names the key."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{PREFIX}{field.upper()} is missing: {why}")


class ChannelSettings(BaseSettings):
    """A channel is served if its token (for the OA: its id) is set."""

    telegram_token: SecretStr | None = None
    telegram_secret: SecretStr | None = None
    """Telegram sends it back in a header of every webhook call."""
    telegram_username: Annotated[str, StringConstraints(pattern=r"^(\w{5,32})?$")] = ""
    """The bot's name without "@". With it, pages offer to open their Entry in Telegram."""
    telegram_api: HttpUrl = "https://api.telegram.org"
    telegram_proxy: str | None = None
    """An http(s) proxy for calls to Telegram, which many Vietnamese networks block."""

    zalo_bot_token: SecretStr | None = None
    zalo_bot_secret: SecretStr | None = None
    """Zalo's Bot Platform sends it back in a header of every webhook call; 8 to 256 characters."""
    zalo_bot_api: HttpUrl = "https://bot-api.zaloplatforms.com"

    zalo_oa_id: str = ""
    zalo_oa_app_id: str = ""
    zalo_oa_app_secret: SecretStr | None = None
    """Exchanges and refreshes tokens."""
    zalo_oa_webhook_key: SecretStr | None = None
    """The "OA secret key" of the console's webhook page: signs what Zalo posts to us."""
    zalo_oa_refresh_token: SecretStr | None = None
    """The first one, from Zalo's API Explorer or our callback; later ones are kept, encrypted, in
    the database."""
    zalo_oa_code_verifier: SecretStr | None = None
    """The 43 characters whose challenge is in Zalo's console, if that has a fixed one."""
    zalo_oa_api: HttpUrl = "https://openapi.zalo.me"
    zalo_oa_oauth: HttpUrl = "https://oauth.zaloapp.com"
    zalo_site_verification: str = ""
    """The content of Zalo's meta tag that proves that the domain is ours."""

    gateway_channels: Annotated[
        str, StringConstraints(pattern=rf"^({_SENT_ON}( {_SENT_ON})*)?$")
    ] = ""
    """Of a core: the channels that its gateways serve, with blanks between: "zalo_oa telegram". On
    them people can be reminded, and written to by those who took their conversation over."""

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels served here."""
        tokens = {
            Channel.TELEGRAM: self.telegram_token,
            Channel.ZALO_BOT: self.zalo_bot_token,
            Channel.ZALO_OA: self.zalo_oa_id,
        }
        return frozenset(channel for channel, token in tokens.items() if token)

    @property
    def written_to(self) -> frozenset[Channel]:
        """The channels on which people can be written to of our own accord."""
        return self.channels | frozenset(map(Channel, self.gateway_channels.split()))

    @field_validator("telegram_api", "zalo_bot_api", "zalo_oa_api", "zalo_oa_oauth")
    @classmethod
    def _api_has_no_slash_at_the_end(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("telegram_token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token and not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", token.get_secret_value()):
            raise ValueError("a bot token looks like 123456:ABC…")
        return token

    @field_validator("telegram_secret")
    @classmethod
    def _telegram_allows_it(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError("Telegram allows 1 to 256 of A-Z, a-z, 0-9, _ and -")
        return secret

    @field_validator("zalo_bot_token")
    @classmethod
    def _looks_like_a_zalo_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token and not re.fullmatch(r"\d+:[A-Za-z0-9_.~-]+", token.get_secret_value()):
            raise ValueError("a Zalo bot's token looks like 1459232241454765289:ABC…")
        return token

    @field_validator("zalo_bot_secret")
    @classmethod
    def _zalo_allows_it(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and not re.fullmatch(r"[!-~]{8,256}", secret.get_secret_value()):
            raise ValueError("Zalo allows 8 to 256 characters, here of ASCII and without spaces")
        return secret

    def require_zalo_bot_token(self) -> str:
        """The bot token. MissingSettingError if it isn't set."""
        if not self.zalo_bot_token:
            raise MissingSettingError("zalo_bot_token", "Zalo can't be called without it")
        return self.zalo_bot_token.get_secret_value()

    def require_zalo_bot_secret(self) -> str:
        """The webhook secret. MissingSettingError if it isn't set."""
        if not self.zalo_bot_secret:
            raise MissingSettingError(
                "zalo_bot_secret", "without it anybody could post messages to the webhook"
            )
        return self.zalo_bot_secret.get_secret_value()

    @field_validator("zalo_oa_code_verifier")
    @classmethod
    def _zalo_takes_it(cls, verifier: SecretStr | None) -> SecretStr | None:
        if verifier and not re.fullmatch(r"[A-Za-z0-9._~-]{43}", verifier.get_secret_value()):
            raise ValueError("Zalo takes exactly 43 of A-Z, a-z, 0-9, -, ., _ and ~")
        return verifier

    def require_telegram_token(self) -> str:
        """The bot token. MissingSettingError if it isn't set."""
        if not self.telegram_token:
            raise MissingSettingError("telegram_token", "Telegram can't be called without it")
        return self.telegram_token.get_secret_value()

    def require_telegram_secret(self) -> str:
        """The webhook secret. MissingSettingError if it isn't set."""
        if not self.telegram_secret:
            raise MissingSettingError(
                "telegram_secret", "without it anybody could post messages to the webhook"
            )
        return self.telegram_secret.get_secret_value()
