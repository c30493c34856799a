"""Telling an edit of a message's text from one of anything else, which Telegram also reports."""

from __future__ import annotations

from collections import OrderedDict

from webhook.channels.adapter import Incoming, Update

KEPT = 10_000
"""Messages remembered: at the pace of one bot, more than the time in which edits count."""


class RecentTexts:
    """What recent messages said, as hashes. Used on one event loop.

    Each process knows those that it has taken itself: an edit of another's, or of one before the
    start, counts as a change of its text.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        """(conversation, message) → (update, hash of the text)"""

    def has_news(self, update: Update, incoming: Incoming) -> bool:
        """Whether a message, as `parse` read it, asks something that it has not asked before."""
        message = update.get("message") or update.get("edited_message")
        if update.get("callback_query") or not message:
            return True
        question = incoming.question
        key = question.conversation, str(message["message_id"])
        now = int(update["update_id"]), hash((question.text, question.action))
        before = self._seen.pop(key, None)
        self._seen[key] = now
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        if update.get("message") or before is None:
            return True
        # The same update comes again if the first could not be recorded; the queue knows if not.
        return before[0] == now[0] or before[1] != now[1]
