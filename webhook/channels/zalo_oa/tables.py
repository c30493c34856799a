"""The tables of the Official Account, and the key that what is in them is kept under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text
from sqlalchemy.exc import SQLAlchemyError

from webhook.channels.adapter import TransportError

metadata = MetaData()

tokens = Table(
    "zalo_oa_tokens",
    metadata,
    Column("oa_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("access", Text, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("previous", Text),
    Column("obtained_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""One row an account. Tokens are encrypted, times are seconds since 1970."""

agents = Table(
    "zalo_oa_agents",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("until", BigInteger, nullable=False),
)
"""Whom human agents are talking to, under keyed hashes, and until when (seconds since 1970)."""


@contextmanager
def reached() -> Iterator[None]:
    """A database out of reach is a reason to try again, as a platform out of reach is."""
    try:
        yield
    except SQLAlchemyError as error:
        raise TransportError(f"the database is out of reach: {type(error).__name__}") from None
