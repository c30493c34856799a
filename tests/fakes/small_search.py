"""A real assistant over a few shipped Entries, searched with a stand-in for the encoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from bot.assistant import Assistant
from bot.draft import Known
from bot.journal import Journal
from bot.model import Answer, Channel, Question
from bot.notices import Notices
from bot.pipeline import Pipeline
from knowledge.passages import passages
from retrieval.index import open_index
from retrieval.search import Searcher
from retrieval.slips import Slips
from tests.fakes.desk import TODAY, published
from tests.fakes.encoder import BagOfSyllables

_numbers = count(1)


def small_known(names: Sequence[str], folder: Path) -> Known:
    """An Edition of some shipped Entries ("procedures/khai-sinh") and the search over them."""
    edition = published(names).edition
    encoder = BagOfSyllables()
    index = open_index(folder, [*passages(edition.library)], encoder)
    return Known(edition, Searcher(index, encoder, Slips.load(), edition.library))


def assistant_over(known: Known, journal: Journal, notices: Notices | None = None) -> Assistant:
    """The assistant, on the day the tests are of."""
    return Assistant(lambda: known, journal, Pipeline(), lambda: TODAY, notices=notices)


class Chat:
    """One person's conversation."""

    def __init__(
        self, assistant: Assistant, name: str, channel: Channel = Channel.ZALO_BOT
    ) -> None:
        self._assistant, self._name, self._channel = assistant, name, channel

    def say(self, text: str = "", action: str | None = None, id: str = "") -> Answer:
        """Send a message, or press what has this action."""
        question = Question(
            id=id or f"{self._channel}:{next(_numbers):06}",
            channel=self._channel,
            conversation=self._name,
            text=text,
            action=action,
        )
        return self._assistant.reply(question)

    def press(self, answer: Answer, label: str) -> Answer:
        """Press the Choice of a label."""
        return self.say(action=next(c.action for c in answer.choices if c.label == label))


def words(answer: Answer) -> str:
    """All that an Answer says."""
    return "\n".join(line for block in answer.blocks for line in block.lines)
