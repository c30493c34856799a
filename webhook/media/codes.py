"""QR codes in pictures: found, and known as ours or not. A code is never followed.

The only file that knows Pillow and zxing-cpp (extra `media`).
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from urllib.parse import parse_qs, urlsplit

from knowledge.pages import PATHS

FORMATS = ("JPEG", "PNG", "WEBP")
"""What chats send. Every other decoder of Pillow's stays out of a stranger's reach."""
MOST_PIXELS = 25_000_000
"""A hundred megabytes once unpacked. Chats send pictures of a few million."""
SIDE = 1600
"""Pixels of the longer side that is searched; a code that fills a twentieth of it is still read."""

_PAGE = re.compile(rf"({'|'.join(PATHS.values())})/([a-z0-9]+(?:-[a-z0-9]+)*)")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_START = re.compile(r"e_([a-z0-9]+(?:-[a-z0-9]+)*)")
_TELEGRAM = ("t.me", "telegram.me")

_one_at_a_time = threading.Lock()
"""Pictures are large once unpacked, and many may come at the same time."""


class UnreadablePictureError(Exception):
    """Not a picture of a kind and size that we read."""


@cache
def can_read() -> bool:
    """Whether the extra `media` is installed."""
    return bool(find_spec("PIL") and find_spec("zxingcpp"))


def read_codes(picture: bytes) -> list[str]:
    """The texts of all QR codes in a picture. UnreadablePictureError if it is none."""
    import zxingcpp
    from PIL import Image

    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
                width, height = image.size  # of the header: nothing is unpacked yet
                if width * height > MOST_PIXELS:
                    raise UnreadablePictureError("too many pixels")
                image.draft("L", (SIDE, SIDE))
                grey = image.convert("L")
                grey.thumbnail((SIDE, SIDE))
        except UnreadablePictureError:
            raise
        # Pillow's decoders raise whatever they meet in a broken or hostile file.
        except Exception as error:
            raise UnreadablePictureError(type(error).__name__) from None
        kinds = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        found = zxingcpp.read_barcodes(grey, formats=kinds)
        return [code.text for code in found if code.valid]


def entry_in(codes: Sequence[str], public_url: str) -> str | None:
    """The id of the Entry that the first code of ours leads to."""
    return next((entry for code in codes if (entry := entry_of(code, public_url))), None)


def entry_of(address: str, public_url: str) -> str | None:
    """The id of the Entry that an address of ours leads to: its page, the chat opened at it, or a
    Telegram bot's deep link. None for any other address.

    Which bot a deep link names does not matter: all that is taken from it is the id of an Entry.
    """
    try:
        given, ours = urlsplit(address.strip()), urlsplit(public_url)
    except ValueError:
        return None
    if given.scheme.lower() not in ("http", "https"):
        return None
    host = given.netloc.lower()
    if host in _TELEGRAM:
        return _first(_START.fullmatch(_parameter(given.query, "start")), 1)
    # A poster may have been printed before the page moved to https.
    if host != ours.netloc.lower() or not given.path.startswith(ours.path):
        return None
    path = given.path.removeprefix(ours.path)
    if path in ("", "/"):
        return _first(_ID.fullmatch(_parameter(given.query, "muc")), 0)
    return _first(_PAGE.fullmatch(path.rstrip("/")), 2)


def _parameter(query: str, name: str) -> str:
    try:
        return parse_qs(query, max_num_fields=20).get(name, [""])[0]
    except ValueError:
        return ""


def _first(found: re.Match[str] | None, group: int) -> str | None:
    return found[group] if found else None
