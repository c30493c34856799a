"""Commands that people type or pick from a menu: "/hoc", "/thutuc khai sinh".

"/start", "/giup" and "/noio" alone are understood as the sentences they stand for, by
`bot.smalltalk` and `bot.place.replies`; "/xoa" by `bot.assistant`, "/hoc" by `bot.course`,
"/hoso" by `bot.checklist`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.decide import ask_topic
from bot.draft import Draft
from bot.model import Answer
from bot.smalltalk import suggestions

_COMMAND = re.compile(r"/(hoc|thutuc|noio|giup|help)\b(?:@\w+)?(.*)", re.IGNORECASE | re.DOTALL)


def obey_command(draft: Draft) -> Draft | Answer:
    """What stands behind a command is the question; alone, it asks what to look up."""
    command = _COMMAND.fullmatch(draft.question.text.strip())
    if draft.question.action or command is None:
        return draft
    name, rest = command[1].lower(), command[2].strip()
    if rest:
        question = draft.question.model_copy(update={"text": rest})
        return replace(draft, question=question)
    if name == "thutuc":
        titles = {entry.id: entry.title for entry in draft.known.edition.library}
        return ask_topic().model_copy(update={"choices": suggestions(titles)})
    return draft
