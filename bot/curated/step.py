"""A curated answer as a step of the pipeline, and as people are told it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from bot.compose import Composer, day
from bot.curated.shelf import Shelf
from bot.curated.store import Wording
from bot.draft import Draft
from bot.messages import say
from bot.model import Answer, Block, BlockKind, ShownSource, Status
from bot.understand import stands_alone
from knowledge.freshness import OLD_AFTER
from knowledge.pages import page_of
from knowledge.store import Edition

_ITEM = "- "


def curated_step(shelf: Shelf) -> Callable[[Draft], Draft | Answer]:
    """What a person has answered, before search decides."""

    def answer_as_curated(draft: Draft) -> Draft | Answer:
        reading = draft.reading
        if draft.entry is not None or reading is None:
            return draft
        if not stands_alone(reading.text, reading.original):
            return draft  # it goes on with what was spoken of
        found = shelf.match(draft, reading)
        if found is None:
            return draft
        told = curated_answer(found.wording, draft.known.edition, draft.today)
        return told.model_copy(update={"curated": found.id})

    return answer_as_curated


def curated_answer(wording: Wording, edition: Edition, today: date) -> Answer:
    """What people are told: with its source and date as any Answer, and with the next steps of the
    Entry it belongs to."""
    library = edition.library
    entry = library.entries.get(wording.entry_id or "")
    composer = Composer(library, edition.number, today)
    return Answer(
        status=Status.ANSWERED_CURATED,
        blocks=(
            Block(kind=BlockKind.TITLE, lines=(wording.title,)),
            *_blocks(wording.text),
            *_warnings(wording, today),
        ),
        choices=composer.choices(entry) if entry else (),
        sources=(ShownSource(title=wording.source_title, url=wording.source_url),),
        checked_on=wording.checked_on,
        edition=edition.number,
        entry_id=entry.id if entry else None,
        page=page_of(entry) if entry else None,
    )


def _blocks(text: str) -> Iterator[Block]:
    items: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith(_ITEM):
            items.append(line.removeprefix(_ITEM))
            continue
        yield from _items(items)
        items = []
        yield Block(kind=BlockKind.TEXT, lines=(line,))
    yield from _items(items)


def _items(items: list[str]) -> Iterator[Block]:
    if items:
        yield Block(kind=BlockKind.ITEMS, lines=tuple(items))


def _warnings(wording: Wording, today: date) -> Iterator[Block]:
    if wording.valid_until:
        until = say("answer.until", date=day(wording.valid_until))
        yield Block(kind=BlockKind.WARNING, lines=(until,))
    if today - wording.checked_on > OLD_AFTER:
        old = say("answer.old_record", date=day(wording.checked_on))
        yield Block(kind=BlockKind.WARNING, lines=(old,))
