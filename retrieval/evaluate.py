"""Does search find the right Entry? Over a file of questions labelled with Entry ids.

The file is YAML: `questions:`, a list of {id, text, about: [entry ids], authenticity}. A question
counts if at least one of the Entries it is about is published; the rest are reported apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from knowledge.wording import fold
from retrieval.outside import subject_of
from retrieval.search import Searcher, entry_ids

REAL = frozenset({"real_citizen", "reader_question", "user_complaint"})
"""Kinds of authenticity that mean: written by a person who needed the answer."""


class Labelled(BaseModel):
    """A question and the Entries that answer it; none for a question out of the field."""

    model_config = ConfigDict(extra="ignore")

    id: str
    text: str
    about: tuple[str, ...] = ()
    authenticity: str = "ours"
    voice: str = ""
    """How the asker writes, where the file says so."""
    vague: bool = False
    """Whether it fits all it is about, so that none of them alone answers it."""

    def answered_by(self, entry_id: str) -> bool:
        """Whether the Entry alone answers the question."""
        return entry_id in self.about and not self.vague

    def offered_by(self, entry_ids: Collection[str]) -> bool:
        """Whether the asker finds what was meant among the Entries: of a vague question's, two."""
        return len({*entry_ids} & {*self.about}) >= (2 if self.vague else 1)


class QuestionFileError(Exception):
    """The file of questions cannot be read; the message says where and why."""


@dataclass(frozen=True)
class Outcome:
    """One question's result: the Entries found, best first, and the place of a right one."""

    question: Labelled
    found: tuple[str, ...]
    rank: int | None


@dataclass(frozen=True)
class Tally:
    """Shares of questions over a group."""

    group: str
    count: int
    first: float
    among_three: float
    mrr: float


def read_questions(path: Path) -> tuple[Labelled, ...]:
    """The questions of a file. Raises QuestionFileError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(tuple[Labelled, ...]).validate_python(data["questions"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise QuestionFileError(f"{path}: {error}") from None
    except (KeyError, TypeError):
        raise QuestionFileError(f"{path}: expected a mapping with `questions:`, a list") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("questions", *first["loc"])))
        raise QuestionFileError(f"{path}: {where}: {first['msg']}") from None


def evaluate(
    searcher: Searcher,
    published: Collection[str],
    questions: Iterable[Labelled],
    bare: bool = False,
) -> list[Outcome]:
    """Search each question that a published Entry answers; `bare` strips its diacritics first."""
    outcomes = []
    for question in questions:
        right = set(question.about) & set(published)
        if not right:
            continue
        text = fold(question.text) if bare else question.text
        hits = searcher.search(searcher.read(text), limit=50)  # some are outside subjects
        found = tuple(i for i in entry_ids(hits) if subject_of(i) is None)[:10]
        rank = next((n for n, entry_id in enumerate(found, 1) if entry_id in right), None)
        outcomes.append(Outcome(question, found, rank))
    return outcomes


def tallies(outcomes: Iterable[Outcome]) -> list[Tally]:
    """Shares by authenticity, real people's questions together first, and over all."""
    outcomes = list(outcomes)
    kinds = sorted({o.question.authenticity for o in outcomes})
    groups = [("real people", [o for o in outcomes if o.question.authenticity in REAL])]
    groups += [(kind, [o for o in outcomes if o.question.authenticity == kind]) for kind in kinds]
    groups.append(("all", outcomes))
    return [_tally(name, group) for name, group in groups if group]


def _tally(name: str, outcomes: list[Outcome]) -> Tally:
    count = len(outcomes)
    ranks = [outcome.rank for outcome in outcomes if outcome.rank]
    return Tally(
        group=name,
        count=count,
        first=sum(rank == 1 for rank in ranks) / count,
        among_three=sum(rank <= 3 for rank in ranks) / count,
        mrr=sum(1 / rank for rank in ranks) / count,
    )
