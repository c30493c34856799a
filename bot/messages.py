"""Every sentence of ours, from messages.yaml, by dotted key."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("messages.yaml")


@cache
def _tree() -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tree


def say(key: str, /, **values: object) -> str:
    """The sentence under a dotted key, its {placeholders} filled. KeyError if there is none."""
    text = node(key)
    if not isinstance(text, str):
        raise KeyError(f"{key} is not one sentence")
    return text.format(**values) if values else text


def node(key: str) -> Any:
    """Whatever stands under a dotted key: a sentence, a list or a mapping."""
    found: Any = _tree()
    for part in key.split("."):
        found = found[part]
    return found


@cache
def all_words() -> str:
    """Every sentence of ours, as one text: what may be said beside the record."""
    return str(_tree())
