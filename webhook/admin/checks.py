"""What publishing would change: the golden questions, asked of what people are answered from and of
what is about to be.

What came of it is kept for exactly this content beside exactly that Edition and these questions, so
that publishing itself has nothing to wait for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.draft import Known
from bot.model import Answer, Status
from knowledge.golden import Golden, GoldenQuestions, Wanted, golden_hash
from knowledge.load import Library
from knowledge.store import Edition, content_hash, library_hash
from webhook.admin.jobs import CHECK, Job, Jobs, JobState, Progress
from webhook.admin.rehearsals import Rehearsals, as_text

PAUSE_S = 0.01
"""Between two questions: whoever waits for the encoder comes first."""


@dataclass(frozen=True)
class Candidate:
    """What might be published."""

    base: Edition
    """The newest Edition, which it would follow."""
    library: Library
    what: dict[str, Any]
    """How it is made, as JSON: {"proposals": [id, …]} or {"edition": number}."""
    title: str


class Checks:
    """Makes such checks, and finds them again."""

    def __init__(self, rehearsals: Rehearsals, golden: GoldenQuestions, jobs: Jobs) -> None:
        self._rehearsals, self._golden, self.jobs = rehearsals, golden, jobs

    def start(self, candidate: Candidate, by: str) -> Job:
        """Check it behind the pages, unless that is done or under way."""
        return self.jobs.start(CHECK, *self._work(candidate, by))

    def run(self, candidate: Candidate) -> Job:
        """Check it here and now, unless that is done or under way."""
        return self.jobs.run(CHECK, *self._work(candidate, ""))

    def holds_for(self, job: Job, candidate: Candidate) -> bool:
        """Whether a check was made of this, and nothing has moved since."""
        return job.state is JobState.DONE and job.key == self._key(candidate, self._golden.all())

    def _work(self, candidate: Candidate, by: str) -> tuple[str, str, dict[str, Any], Any]:
        questions = self._golden.all()
        given = {"what": candidate.what, "title": candidate.title, "base": candidate.base.number}

        def work(progress: Progress) -> dict[str, Any]:
            return self._compare(candidate, questions, progress)

        return self._key(candidate, questions), by, given, work

    def _key(self, candidate: Candidate, questions: Sequence[Wanted]) -> str:
        digest = library_hash(candidate.library)
        return content_hash([digest, candidate.base.hash, golden_hash(questions), candidate.what])

    def _compare(
        self, candidate: Candidate, questions: Sequence[Golden], progress: Progress
    ) -> dict[str, Any]:
        digest = library_hash(candidate.library)
        rows: list[dict[str, Any]] = []
        if digest != candidate.base.hash:
            before = self._known(candidate.base)
            number = candidate.base.number + 1
            edition = Edition(number, digest, datetime.now(UTC), candidate.library)
            after = self._rehearsals.build(edition)
            for done, wanted in enumerate(questions):
                if done % 5 == 0:
                    progress(done, len(questions))
                rows.append(self._asked(wanted, before, after))
                time.sleep(PAUSE_S)
        return {
            "asked": len(rows),
            "changed": [row for row in rows if row["kind"] in ("changed", "mended")],
            "broken": [row for row in rows if row["kind"] == "broken"],
            "wrong": [row for row in rows if row["kind"] == "wrong"],
        }

    def _known(self, edition: Edition) -> Known:
        """What people are answered from, unless this process has not followed there yet."""
        serving = self._rehearsals.known()
        return serving if serving.edition.hash == edition.hash else self._rehearsals.build(edition)

    def _asked(self, wanted: Golden, before: Known, after: Known) -> dict[str, Any]:
        old = self._rehearsals.ask(wanted.question, before).answer
        new = self._rehearsals.ask(wanted.question, after).answer
        return {
            "id": wanted.id,
            "question": wanted.question,
            "entry": wanted.entry_id,
            "facet": wanted.facet,
            "kind": _kind(wanted, old, new),
            "before": as_text(old),
            "after": as_text(new),
        }


def passes(wanted: Wanted, answer: Answer) -> bool:
    """Whether what had to come of a golden question came of it."""
    if wanted.entry_id is None:
        return answer.entry_id is None and answer.status is not Status.ANSWERED_SEVERAL
    told = answer.status.family == "answered" and answer.entry_id == wanted.entry_id
    if wanted.facet is None:
        return told
    known = answer.status is not Status.ANSWERED_FACET_UNKNOWN
    return told and known and answer.facet is wanted.facet


def _kind(wanted: Wanted, before: Answer, after: Answer) -> str:
    """ "broken", "mended", "wrong" (before and after), "changed" (right in other words), "same"."""
    match passes(wanted, before), passes(wanted, after):
        case True, False:
            return "broken"
        case False, True:
            return "mended"
        case False, False:
            return "wrong"
        case _:
            return "same" if as_text(before) == as_text(after) else "changed"
