"""Every sentence of ours that citizens read, from messages.yaml, by dotted key."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import yaml


class Messages:
    """The sentences of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, key: str, /, **values: object) -> str:
        """The sentence under a dotted key, its {placeholders} filled. KeyError if there is none."""
        text = self.node(key)
        if not isinstance(text, str):
            raise KeyError(f"{key} is not one sentence")
        return text.format(**values) if values else text

    def node(self, key: str, /) -> Any:
        """Whatever stands under a dotted key: a sentence, a list or a mapping."""
        found: Any = self._tree
        for part in key.split("."):
            found = found[part]
        return found

    def all_words(self) -> str:
        """Every sentence, as one text: what may be said beside the record."""
        return str(self._tree)

    @cached_property
    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = yaml.safe_load(self._path.read_text(encoding="utf-8"))
        return tree


_citizens = Messages(Path(__file__).with_name("messages.yaml"))
say, node, all_words = _citizens.say, _citizens.node, _citizens.all_words
