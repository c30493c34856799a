"""YAML files read so that what is wrong in them can be named by file, line and field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Loc = tuple[int | str, ...]
"""The way to a field from the top of its file: ("facts", "fee", 0, "text")."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the content, and where."""

    file: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class ContentError(Exception):
    """The content cannot be published as it is. Carries every Problem found, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_yaml(path: Path) -> tuple[yaml.Node, dict[str, Any]]:
    """The file's tree, which knows its lines, and its fields, NFC; dates stay text.

    Raises ContentError for what is no UTF-8, no YAML or no mapping.
    """
    try:
        text = unicodedata.normalize("NFC", path.read_bytes().decode("utf-8"))
        loader = _Loader(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except OSError as error:
        raise ContentError([Problem(path, 1, "file", f"cannot be read: {error}")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(
            [Problem(path, line, "file", "is not UTF-8; save it as UTF-8")]
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        problem = Problem(path, mark.line + 1 if mark else 1, "yaml", message)
        raise ContentError([problem]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError([Problem(path, 1, "yaml", str(error))]) from None
    if node is None or not isinstance(data, dict):
        raise ContentError([Problem(path, 1, "file", "expected a mapping of fields")])
    return node, data


def line_of(node: yaml.Node, loc: Loc) -> int:
    """The line of the deepest part of `loc` that the file has."""
    line = node.start_mark.line + 1
    for part in loc:
        child = _child(node, part)
        if child is None:
            break
        node, line = child
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


def line_naming(path: Path, word: str) -> int:
    """The first line that has the word."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-])")
    lines = path.read_text(encoding="utf-8").split("\n")
    return next((number for number, line in enumerate(lines, 1) if pattern.search(line)), 1)


class _Loader(yaml.SafeLoader):
    """YAML with fewer surprises: dates stay text for the records to judge, a key stands once."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        first: [(tag, rule) for tag, rule in rules if not tag.endswith(":timestamp")]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} stands here a second time", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
