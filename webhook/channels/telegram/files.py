"""An Answer with a leaflet: what it says stands under the file, in place of a link."""

from __future__ import annotations

import html

from bot.messages import say
from bot.model import Answer
from webhook.render import Message, button_messages

CAPTION_LETTERS = 1024


def captioned(answer: Answer, public_url: str) -> list[Message]:
    """The Answer in messages of a caption's length, the last under the file. Its text has the link
    beside: that is sent where Telegram refuses the file."""
    told = answer.model_copy(update={"page": None})
    *others, last = button_messages(told, CAPTION_LETTERS, public_url)
    link = say("channel.page", url=f"{public_url}{answer.page}")
    with_file = last.model_copy(
        update={
            "text": f"{last.text}\n\n{link}",
            "html": f"{last.html}\n\n{html.escape(link, quote=False)}",
            "leaflet": answer.leaflet,
            "caption": last.html,
        }
    )
    return [*others, with_file]
