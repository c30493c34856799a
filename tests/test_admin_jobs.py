"""Long work of administrators: done once, looked at by all, begun again if it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import wait_until
from webhook.admin.jobs import BATCH, CHECK, LOST_AFTER, Jobs, JobState, Progress, UnknownJob
from webhook.database import open_database
from webhook.settings import Settings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Watch:
    """A clock that is set by hand."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


class Counted:
    """Work that counts how often it was done."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.times, self.breaks = 0, breaks

    def __call__(self, progress: Progress) -> dict[str, Any]:
        self.times += 1
        progress(1, 2)
        if self.breaks:
            raise ValueError("broken")
        return {"times": self.times}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def jobs(tmp_path: Path, watch: Watch) -> Iterator[Jobs]:
    engine = open_database(Settings(_env_file=None, data_dir=tmp_path))
    yield Jobs(engine, watch)
    engine.dispose()


def test_what_is_done_under_a_key_is_not_done_again(jobs: Jobs) -> None:
    work = Counted()
    first = jobs.run(CHECK, "k", "lan", {"a": 1}, work)
    assert jobs.run(CHECK, "k", "binh", {"a": 2}, work) == first
    assert (first.state, first.result, first.given) == (JobState.DONE, {"times": 1}, {"a": 1})
    assert jobs.find(CHECK, "k") == first
    assert jobs.find(BATCH, "k") is None


def test_a_page_does_not_wait_for_the_work_it_begins(jobs: Jobs) -> None:
    number = jobs.start(CHECK, "k", "lan", {}, Counted()).id
    wait_until(lambda: jobs.get(number).state is JobState.DONE, 60)


def test_work_that_failed_is_done_again_when_asked_for(jobs: Jobs) -> None:
    work = Counted(breaks=True)
    failed = jobs.run(CHECK, "k", "lan", {}, work)
    assert failed.state is JobState.FAILED
    assert jobs.is_lost(failed)
    work.breaks = False
    again = jobs.run(CHECK, "k", "lan", {}, work)
    assert (again.id, again.state, work.times) == (failed.id, JobState.DONE, 2)


def test_work_whose_process_ended_is_taken_over_after_a_while(jobs: Jobs, watch: Watch) -> None:
    other = Counted()

    def asked_for_meanwhile(_: Progress) -> dict[str, Any]:
        assert jobs.run(CHECK, "k", "binh", {}, other).state is JobState.RUNNING
        assert other.times == 0, "somebody is at it"
        watch.now += LOST_AFTER + timedelta(seconds=1)
        assert jobs.run(CHECK, "k", "binh", {}, other).state is JobState.DONE
        return {}

    jobs.run(CHECK, "k", "lan", {}, asked_for_meanwhile)
    assert other.times == 1


def test_lists_are_kept_a_week_and_checks_for_good(jobs: Jobs, watch: Watch) -> None:
    batch, check = (jobs.run(kind, "k", "lan", {}, Counted()).id for kind in (BATCH, CHECK))
    watch.now += timedelta(days=8)
    jobs.run(CHECK, "other", "lan", {}, Counted())
    assert jobs.get(check).state is JobState.DONE
    with pytest.raises(UnknownJob):
        jobs.get(batch)
