"""An Answer as messages: plain text for any channel, and the HTML that Telegram understands."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Leaflet, ShownSource
from knowledge.model import QuizQuestion, Record

SOURCES_NAMED = 3
TITLE_LETTERS = 90
BUTTON_ROW_LETTERS = 34
"""Two buttons share a row if their labels together are no longer: more is cut off on a phone."""


class Message(Record):
    """One message as a channel sends it."""

    text: str
    html: str
    """The same text with Telegram's tags."""
    buttons: tuple[tuple[Choice, ...], ...] = ()
    """Rows of buttons."""
    quiz: QuizQuestion | None = None
    """What to send as a quiz where the channel has those; the text says the same."""
    votes: tuple[Choice, ...] = ()
    """What a vote for each option of the quiz stands for: buttons, where it is sent as text."""
    leaflet: Leaflet | None = None
    """What to send as a file; where that can't be done, the text is sent, if there is one."""
    caption: str = ""
    """The HTML under the file, where it has one."""


@dataclass(frozen=True)
class Line:
    """A line in both forms. Its length counts as plain text, as Telegram counts it."""

    plain: str
    html: str
    opens: bool = False
    """Whether an empty line stands before it."""


def plain(answer: Answer, public_url: str = "") -> str:
    """The Answer as one plain text, its choices as numbered lines."""
    lines = [*_lines(answer, public_url), *_numbered(answer)]
    return _join([line.plain for line in lines], lines)


def plain_messages(answer: Answer, limit: int, public_url: str = "") -> list[Message]:
    """The Answer for a channel without buttons: messages of at most `limit` letters."""
    lines = [*_lines(answer, public_url), *_numbered(answer)]
    parts, asking = _pack(lines, limit), _pack([*lines, *_opinion(answer)], limit)
    # An opinion is not worth a message of its own.
    return [_message(part) for part in (asking if len(asking) == len(parts) else parts)]


def button_messages(answer: Answer, limit: int, public_url: str = "") -> list[Message]:
    """The Answer for a channel with buttons, which hang under its last message."""
    messages = [_message(part) for part in _pack(_lines(answer, public_url), limit)]
    buttons = (*choice_rows(answer.choices), *_feedback_row(answer))
    return [*messages[:-1], messages[-1].model_copy(update={"buttons": buttons})]


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` letters, cut where a reader would pause: at an empty line, a line,
    a sentence, a word; inside a word only if nothing else is left."""
    pieces = []
    while len(text) > limit:
        cut = _cut(text, limit)
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text] if text else pieces


def _cut(text: str, limit: int) -> int:
    for mark in ("\n\n", "\n", ". ", "; ", ", ", " "):
        # A piece under half the limit would leave a ragged crumb: look for a smaller pause.
        found = text.rfind(mark, limit // 2, limit + 1 - len(mark.rstrip()))
        if found > 0:
            return found + len(mark.rstrip())
    return limit


def _lines(answer: Answer, public_url: str) -> list[Line]:
    lines = [line for block in answer.blocks for line in _block(block)]
    return [*lines, *_footer(answer, public_url)]


def _block(block: Block) -> Iterator[Line]:
    for number, text in enumerate(block.lines):
        yield _block_line(block.kind, number, unicodedata.normalize("NFC", text))


def _block_line(kind: BlockKind, number: int, text: str) -> Line:
    first = number == 0
    match kind:
        case BlockKind.TITLE:
            return Line(text, f"<b>{_escape(text)}</b>", opens=first)
        case BlockKind.WARNING:
            return _simple(f"⚠️ {text}" if first else text, opens=first)
        case BlockKind.ITEMS:
            return _simple(f"• {text}", opens=first)
        case BlockKind.STEPS:
            return _simple(f"{number + 1}. {text}", opens=first)
        case BlockKind.TEXT:
            return _simple(text, opens=first)


def _footer(answer: Answer, public_url: str) -> Iterator[Line]:
    notes = []
    if answer.sources:
        links = _named([_link(source) for source in answer.sources])
        titles = _named([_short(source) for source in answer.sources])
        notes.append(
            (say("channel.sources", sources=titles), say("channel.sources", sources=links))
        )
    if answer.checked_on:
        notes.append(_same(say("channel.checked_on", date=f"{answer.checked_on:%d/%m/%Y}")))
    if answer.edition is not None and answer.sources:
        notes.append(_same(say("channel.edition", edition=answer.edition)))
    if notes:
        texts, marked = zip(*notes, strict=True)
        yield Line(" · ".join(texts), " · ".join(marked), opens=True)
    if answer.page and public_url:
        yield _simple(say("channel.page", url=public_url + answer.page), opens=not notes)


def _numbered(answer: Answer) -> Iterator[Line]:
    choices = list(enumerate(answer.choices, 1))[answer.numbered :]
    if choices:
        yield _simple(say("channel.choose"), opens=True)
    for number, choice in choices:
        yield _simple(f"{number}. {_nfc(choice.label)}")


def _opinion(answer: Answer) -> Iterator[Line]:
    if answer.asks_opinion:
        yield _simple(say("channel.opinion"), opens=True)


def choice_rows(choices: Sequence[Choice]) -> Iterator[tuple[Choice, ...]]:
    """Choices as rows of buttons: two share one if both can be read."""
    row: tuple[Choice, ...] = ()
    for choice in choices:
        if row and (len(row) == 2 or len(row[0].label) + len(choice.label) > BUTTON_ROW_LETTERS):
            yield row
            row = ()
        row = (*row, choice)
    if row:
        yield row


def _feedback_row(answer: Answer) -> Iterator[tuple[Choice, ...]]:
    # An id that makes the action longer than a button may carry gets no row: the answer matters.
    if answer.asks_opinion and len(answer.id.encode()) <= 60:
        yield (
            Choice(label=say("channel.helpful"), action=f"fb+:{answer.id}"),
            Choice(label=say("channel.not_helpful"), action=f"fb-:{answer.id}"),
        )


def _pack(lines: Sequence[Line], limit: int) -> list[list[Line]]:
    """Lines in as few messages as they fit in; a block moves whole to the next if it can."""
    parts: list[list[Line]] = [[]]
    for whole in lines:
        for line in _fit(whole, limit, room=limit - _length(parts[-1]) - 2):
            if parts[-1] and _length([*parts[-1], line]) > limit:
                parts.append(_take_open_block(parts[-1], line, limit))
            parts[-1].append(line)
    return [part for part in parts if part] or [[_simple("…")]]


def _take_open_block(part: list[Line], line: Line, limit: int) -> list[Line]:
    """Remove and return the lines of the block that `line` goes on with, if they can move."""
    if line.opens:
        return []
    start = max((i for i, earlier in enumerate(part) if earlier.opens), default=0)
    block = part[start:]
    if start == 0 or _length([*block, line]) > limit // 2:
        return []
    del part[start:]
    return block


def _fit(line: Line, limit: int, room: int) -> list[Line]:
    """The line, in pieces if no message can hold it; the first uses the room there still is."""
    if len(line.plain) <= limit:
        return [line]
    head = _cut(line.plain, room) if room > limit // 2 else 0
    pieces = [line.plain[:head].rstrip(), *split(line.plain[head:].lstrip(), limit)]
    first, *others = [piece for piece in pieces if piece]
    return [_simple(first, opens=line.opens), *map(_simple, others)]


def _message(lines: Sequence[Line]) -> Message:
    return Message(
        text=_join([line.plain for line in lines], lines),
        html=_join([line.html for line in lines], lines),
    )


def _join(texts: Sequence[str], lines: Sequence[Line]) -> str:
    spaced = [
        f"\n{text}" if line.opens and number else text
        for number, (text, line) in enumerate(zip(texts, lines, strict=True))
    ]
    return "\n".join(spaced)


def _length(lines: Sequence[Line]) -> int:
    return len(_join([line.plain for line in lines], lines))


def _named(sources: Sequence[str]) -> str:
    """The first sources; the rest stand on the Entry's page."""
    rest = [say("channel.more_sources")] if len(sources) > SOURCES_NAMED else []
    return "; ".join([*sources[:SOURCES_NAMED], *rest])


def _short(source: ShownSource) -> str:
    """A title of a length that a chat can bear: some procedures' names run over five lines."""
    title = _nfc(source.title)
    return title if len(title) <= TITLE_LETTERS else title[:TITLE_LETTERS].rsplit(" ", 1)[0] + "…"


def _link(source: ShownSource) -> str:
    title = _escape(_short(source))
    return f'<a href="{html.escape(source.url)}">{title}</a>' if source.url else title


def _simple(text: str, opens: bool = False) -> Line:
    return Line(text, _escape(text), opens)


def _same(text: str) -> tuple[str, str]:
    return text, _escape(text)


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
