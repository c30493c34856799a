"""What the commands share: settings with quiet logs, the newest Edition, a bar while embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as Bar

from knowledge.store import Editions
from webhook.logs import set_up
from webhook.settings import Settings

if TYPE_CHECKING:  # importing the encoder takes seconds; commands that need it do so themselves
    from retrieval.index import Progress
    from webhook.parts import Follower
    from webhook.switches import SwitchedReplies

console = Console()
errors = Console(stderr=True)


def read_settings() -> Settings:
    """The settings; from here on the log is as loud as they say, libraries aside."""
    settings = Settings()
    set_up(settings.log_level)
    return settings


def open_follower(settings: Settings) -> Follower:
    """The newest Edition and its search; says how far it is if passages must be embedded."""
    from webhook.database import open_database
    from webhook.parts import Follower

    editions = Editions(open_database(settings))
    return Follower(editions, settings, progress("Embedding passages"))


def progress(label: str) -> Progress:
    """A bar on the error output, shown only if there is something to do."""
    bar: Bar | None = None
    task = None

    def report(done: int, total: int) -> None:
        nonlocal bar, task
        if total and bar is None:
            bar = Bar(console=errors)
            bar.start()
            task = bar.add_task(label, total=total)
        if bar is not None and task is not None:
            bar.update(task, completed=done)
            if done >= total:
                bar.stop()
                bar = None

    return report


def open_replies(settings: Settings) -> SwitchedReplies:
    """Whatever answers here: the core if this is a gateway, else the assistant."""
    if settings.core_url:
        from webhook.gateway import RemoteReplies

        return RemoteReplies(settings)
    from webhook.database import open_database
    from webhook.parts import build_assistant
    from webhook.switches import Switched, Switches

    follower, engine = open_follower(settings), open_database(settings)
    assistant = build_assistant(settings, engine, follower.current)
    return Switched(assistant, Switches(engine, settings.cookie_key().encode()))
