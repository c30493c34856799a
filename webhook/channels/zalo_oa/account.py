"""The Official Account that this installation speaks for."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from webhook.channels.settings import MissingSettingError
from webhook.settings import Settings


@dataclass(frozen=True)
class Account:
    """Its id, the app that it authorised, and what the two share with Zalo."""

    oa_id: str
    app_id: str
    app_secret: SecretStr
    webhook_key: SecretStr | None
    """Signs what Zalo posts to us; without it nothing is believed."""
    code_verifier: SecretStr | None
    """The fixed one, if its challenge is in Zalo's console."""


def account_of(settings: Settings) -> Account:
    """The account in the settings. MissingSettingError if it can't be spoken for with them."""
    if not settings.zalo_oa_id:
        raise MissingSettingError("zalo_oa_id", "it names the Official Account")
    if not settings.zalo_oa_app_id:
        raise MissingSettingError("zalo_oa_app_id", "tokens and signatures are made for an app")
    if not settings.zalo_oa_app_secret:
        raise MissingSettingError("zalo_oa_app_secret", "tokens can't be renewed without it")
    return Account(
        settings.zalo_oa_id,
        settings.zalo_oa_app_id,
        settings.zalo_oa_app_secret,
        settings.zalo_oa_webhook_key,
        settings.zalo_oa_code_verifier,
    )


def require_webhook_key(settings: Settings) -> None:
    """MissingSettingError if posts to the webhook could not be told from a stranger's."""
    if not settings.zalo_oa_webhook_key:
        raise MissingSettingError(
            "zalo_oa_webhook_key", "without it anybody could post messages to the webhook"
        )
