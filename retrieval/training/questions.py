"""The files of training questions → Questions, validated. A writer has one voice and one file.

A file: `writer`, `voice` (what sets it apart), `test: true` if it is kept for testing, and
`questions`: Entry id → texts. A text may be a mapping with `not`, the near twins that do not answer
it, and `why`. Splitting by writer keeps a voice that is tested out of the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from retrieval.evaluate import QuestionFileError

FOLDER = Path(__file__).parent / "questions"


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=4, max_length=2000)]
    twins: Annotated[tuple[str, ...], Field(alias="not")] = ()
    why: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    writer: str
    voice: str
    test: bool = False
    questions: dict[
        str,
        list[Annotated[_Text, BeforeValidator(lambda v: {"text": v} if isinstance(v, str) else v)]],
    ]


@dataclass(frozen=True)
class Written:
    """A question of ours, and the Entry that answers it."""

    entry_id: str
    text: str
    writer: str
    test: bool
    """Whether its writer is kept for testing."""
    twins: tuple[str, ...] = ()
    """Entries that look as if they answered it, and do not."""
    why: str = ""
    """The circumstance that decides between them."""


def read_written(folder: Path = FOLDER) -> list[Written]:
    """Every question of every writer. QuestionFileError names the file and what is wrong in it."""
    return [question for path in sorted(folder.glob("*.yaml")) for question in _read(path)]


def _read(path: Path) -> Iterator[Written]:
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise QuestionFileError(f"{path}: {error}") from error
    if file.writer != path.stem:
        raise QuestionFileError(f"{path}: the writer is {file.writer!r}; they must agree")
    for entry_id, texts in file.questions.items():
        for item in texts:
            yield Written(entry_id, item.text, file.writer, file.test, item.twins, item.why)
