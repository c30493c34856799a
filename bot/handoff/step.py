"""The steps of the pipeline that hear a wish for a person and say where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.draft import Draft
from bot.handoff.office import where_to_go
from bot.handoff.words import ASKED, wants_person
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Status
from bot.place import replies
from bot.place.reading import Named, names_a_kind, read_place
from knowledge.places import Place

Offer = Callable[[Draft, Place], Answer | None]
"""What a desk for the place says, if there is one."""


def no_desk(draft: Draft, place: Place) -> Answer | None:
    """Where nobody has enrolled."""
    return None


def is_wish(text: str, action: str | None) -> bool:
    """Whether a message asks for a person; it may yet turn out to name somebody else."""
    return action == ASKED or (not action and wants_person(text) is not None)


def hear_person(draft: Draft) -> Draft:
    """A person is asked for, or it is said where: after our question, that is a part of it."""
    text, action, context = draft.question.text, draft.question.action or "", draft.context
    if action == ASKED:
        return replace(draft, person=True, place=context.place)
    if context.asked_person and action.startswith("place:"):
        return replace(draft, person=True, place=Place.parse(action.partition(":")[2]))
    if action:
        return draft
    rest = wants_person(text)
    if rest == "":
        return replace(draft, person=True, place=context.place)
    if rest is None and not context.asked_person:
        return draft
    said = rest or text
    named = read_place(draft.known.searcher.read(said), context.place, asked=True)
    if named.alone:
        return replace(draft, person=True, place=named.place, named=named)
    if context.asked_person and names_a_kind(said):
        return replace(draft, person=True, named=Named())
    return draft


def meet_person(draft: Draft, offer: Offer) -> Draft | Answer:
    """A desk of the person's place, if it is open; else the office and the numbers. First of all,
    where they are."""
    if not draft.person:
        return draft
    named, place = draft.named, draft.place
    if place is None:
        if named and named.options:
            return _asked(replies.ask_which(named))
        if named:
            return _asked(replies.unknown_place())
        return _ask(say("handoff.where"))
    if answer := offer(draft, place):
        return answer
    told = draft.context.asked_person and draft.context.place == place
    if not place.commune and not told:
        if named and (named.options or named.old):
            return _asked(replies.ask_which(named))
        return _ask(say("handoff.where_commune", province=place.province.short_name))
    entry = draft.known.edition.library.entries.get(draft.context.entry_id or "")
    before = (named and replies.became(named)) or "", say("handoff.no_desk")
    return where_to_go(draft.known.edition, draft.today, place, entry, *before)


def _ask(line: str) -> Answer:
    block = Block(kind=BlockKind.TEXT, lines=(line,))
    return Answer(status=Status.CLARIFICATION_HANDOFF, blocks=(block,))


def _asked(answer: Answer) -> Answer:
    return answer.model_copy(update={"status": Status.CLARIFICATION_HANDOFF})
