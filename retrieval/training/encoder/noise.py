"""A question → the same question as hurried people type it. Seeded, so that training repeats."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "g": "fh", "h": "gj", "i": "uo",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "x": "zc", "y": "tu",
}  # fmt: skip
"""Keys beside each other on a phone's keyboard."""

_SOUNDS: Mapping[str, str] = {
    "ch": "tr", "tr": "ch", "x": "s", "s": "x", "gi": "d", "d": "gi", "r": "g", "l": "n", "n": "l",
    "kh": "k", "ph": "f", "ngh": "ng", "gh": "g", "qu": "q", "c": "k",
}  # fmt: skip
"""Beginnings that are mixed up by ear, or shortened in chats."""


def noisy(text: str, share: float, rng: random.Random) -> str:
    """The text with about `share` of its words misspelt."""
    words = text.split()
    return " ".join(_misspelt(w, rng) if rng.random() < share else w for w in words)


def _misspelt(word: str, rng: random.Random) -> str:
    if not word.isalpha() or len(word) < 2:
        return word
    ways: list[Callable[[str, random.Random], str]] = [_near_key, _dropped, _swapped, _by_ear]
    return rng.choice(ways)(word, rng)


def _near_key(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + rng.choice(_NEAR.get(word[at], word[at])) + word[at + 1 :]


def _dropped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _swapped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _by_ear(word: str, rng: random.Random) -> str:
    for sound in sorted(_SOUNDS, key=len, reverse=True):
        if word.startswith(sound):
            return _SOUNDS[sound] + word.removeprefix(sound)
    return word
