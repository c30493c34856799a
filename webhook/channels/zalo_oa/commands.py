"""`binhdan zalo-oa`: let the app speak for the account, and see whether it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from webhook.channels.adapter import TransportError
from webhook.channels.zalo_oa.access import Access
from webhook.channels.zalo_oa.authorize import link
from webhook.channels.zalo_oa.client import ApiError
from webhook.settings import Settings
from webhook.terminal import console, errors, read_settings

zalo_oa = typer.Typer(help="Zalo Official Account: authorize our app.", no_args_is_help=True)


@zalo_oa.command()
def authorize() -> None:
    """Print the link that an administrator of the account opens, with the server running."""
    settings = read_settings()
    with _access(settings) as access:
        print(link(access, settings))


@zalo_oa.command()
def info(
    user: Annotated[str, typer.Option(help="Also show what may be sent to this user id.")] = "",
) -> None:
    """Show the account, how old its tokens are, and what Zalo lets us send."""
    with _access(read_settings()) as access:
        account = access.call(access.api.account)
        for name in ("oaid", "name", "is_verified", "package_name", "num_follower"):
            _row(name, account.get(name, "?"))
        pair = access.tokens.current()
        hours = (datetime.now(UTC).timestamp() - pair.obtained_at) / 3600
        _row("tokens", f"version {pair.version}, {hours:.1f} hours old")
        _row("access until", f"{datetime.fromtimestamp(pair.expires_at, UTC):%d/%m/%Y %H:%M} UTC")
        if user:
            for name, found in access.call(lambda token: access.api.quota(token, user)).items():
                _row(name, found)


@contextmanager
def _access(settings: Settings) -> Iterator[Access]:
    from webhook.database import open_database  # takes seconds, for all commands

    access = Access(settings)
    open_database(settings).dispose()  # makes the tables
    try:
        yield access
    except (ApiError, TransportError) as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    finally:
        access.close()


def _row(name: str, value: object) -> None:
    console.print(f"{name}: {value}", markup=False, highlight=False)
