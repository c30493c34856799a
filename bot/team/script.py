"""The guide script: an Entry in steps, for somebody who sits beside a person and helps.

Each step is made of the record alone. What usually goes wrong is told only where the record says
so, in its cautions and coming changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.checklist.lines import Lines, unmarked
from bot.compose import Composer, remarks
from bot.draft import Draft
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Leaflet, Status
from bot.team.wish import Kind, Wish, action_of
from knowledge.model import AnyEntry, Facet, Procedure
from knowledge.pages import leaflet_of, page_of
from knowledge.places import Place

STEPS = {
    "ask": (Facet.WHO, Facet.CONDITIONS, Facet.DEADLINE),
    "papers": (Facet.DOCUMENTS, Facet.FORM),
    "online": (Facet.ONLINE,),
    "in_person": (Facet.WHERE, Facet.IN_PERSON),
    "money": (Facet.FEE, Facet.TIME, Facet.RESULT),
}
"""The steps in order, with the facets told in each; a step of which nothing is known is left out.
After them comes what goes wrong."""
TROUBLE = "trouble"


@dataclass(frozen=True)
class Script:
    """The steps of one Entry."""

    entry: AnyEntry
    steps: tuple[str, ...]


def script(entry: AnyEntry) -> Script:
    """The steps that the record has something for. Guides and Lessons are one step."""
    if not isinstance(entry, Procedure):
        return Script(entry, ("whole",))
    told = [name for name, facets in STEPS.items() if any(entry.facts.get(f) for f in facets)]
    troubled = entry.cautions or entry.changes or any(f.caution for f in entry.all_facts())
    return Script(entry, (*told, TROUBLE) if troubled else tuple(told))


def fulfilled(draft: Draft, composer: Composer) -> Answer:
    """What was wished for, of the Entry that was found."""
    if draft.wish is None or draft.entry is None:
        raise RuntimeError("there is nothing to fulfil")
    if draft.wish.kind is Kind.CHECKLIST:
        return unmarked(draft.entry, Lines(composer, draft.place, draft.today))
    if draft.wish.kind is Kind.LEAFLET:
        return _leaflet(draft.entry, draft.wish, draft.place, draft.known.edition.number)
    return _step(draft, draft.entry, draft.wish.step, composer)


def step_words(draft: Draft) -> str:
    """The numbers that are ours and not the record's: of steps, or of papers."""
    if draft.wish is None or draft.entry is None:
        return ""
    count = len(script(draft.entry).steps)
    if draft.wish.kind is Kind.CHECKLIST and isinstance(draft.entry, Procedure):
        facets = (Facet.DOCUMENTS, Facet.FORM)
        count = sum(len(draft.entry.facts.get(facet, ())) for facet in facets)
    return " ".join(map(str, range(1, count + 1)))


def _leaflet(entry: AnyEntry, wish: Wish, place: Place | None, edition: int) -> Answer:
    other = "a6" if wish.size == "a4" else "a4"
    lines = [say("team.leaflet")]
    if place is None:
        lines.append(say("team.leaflet_place"))
    return Answer(
        status=Status.ANSWERED_LEAFLET,
        blocks=(
            Block(kind=BlockKind.TITLE, lines=(say("team.leaflet_title", title=entry.title),)),
            *(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines),
        ),
        choices=(
            Choice(
                label=say(f"team.leaflet_{other}"),
                action=action_of(Wish(Kind.LEAFLET, size=other), entry.id),
            ),
            Choice(label=say("team.guide"), action=action_of(Wish(Kind.GUIDE), entry.id)),
        ),
        edition=edition,
        entry_id=entry.id,
        page=leaflet_of(entry, wish.size, place),
        leaflet=Leaflet(entry_id=entry.id, size=wish.size, place=str(place or "")),
    )


def _step(draft: Draft, entry: AnyEntry, number: int, composer: Composer) -> Answer:
    """One step; a number beyond the last is the last."""
    steps = script(entry).steps
    number = max(1, min(number, len(steps)))
    name = steps[number - 1]
    heading = say(f"team.steps.{name}")
    title = say("team.step", number=number, count=len(steps), heading=heading, title=entry.title)
    answers = _told(entry, name, draft.place, composer)
    blocks = [Block(kind=BlockKind.TITLE, lines=(title,))]
    if hint := _hint(entry, name):
        blocks.append(Block(kind=BlockKind.TEXT, lines=(hint,)))
    for answer in answers:
        blocks += _blocks(answer)
    if name == TROUBLE:
        blocks += _troubles(draft, entry)
    sources = dict.fromkeys(source for answer in answers for source in answer.sources)
    checked = [answer.checked_on for answer in answers if answer.checked_on]
    return Answer(
        status=Status.ANSWERED_STEP,
        blocks=tuple(blocks),
        choices=_onward(entry.id, number, len(steps)),
        sources=tuple(sources),
        checked_on=min(checked, default=entry.checked_on),
        edition=draft.known.edition.number,
        entry_id=entry.id,
        page=page_of(entry) if number == len(steps) else None,
    )


def _told(entry: AnyEntry, name: str, place: Place | None, composer: Composer) -> list[Answer]:
    if not isinstance(entry, Procedure):
        return [composer.answer(entry, (), place)]
    return [
        composer.answer(entry, (facet,), place)
        for facet in STEPS.get(name, ())
        if entry.facts.get(facet)
    ]


def _blocks(answer: Answer) -> list[Block]:
    """An Answer's blocks under the name of its facet instead of a title. Warnings come at the end
    of the script, but not those on how sure the lines above them are."""
    shown = [b for b in answer.blocks if b.kind not in (BlockKind.TITLE, BlockKind.WARNING)]
    unsure = (say("answer.unsure"), say("answer.quoted_note"))
    shown += [b for b in answer.blocks if b.kind is BlockKind.WARNING and b.lines[0] in unsure]
    if answer.facet is None:
        return shown
    name = Block(kind=BlockKind.TEXT, lines=(f"{say(f'facets.{answer.facet}')}:",))
    return [name, *shown]


def _hint(entry: AnyEntry, name: str) -> str:
    """What to do in a step: which cases to ask for, where to tap."""
    if not isinstance(entry, Procedure):
        return ""
    hints: dict[str, Callable[[Procedure], str]] = {"ask": _cases, "online": _address}
    return hints[name](entry) if name in hints else say(f"team.hints.{name}")


def _cases(entry: Procedure) -> str:
    """The cases in which the record tells something else: they are what to ask first."""
    cases = dict.fromkeys(fact.condition for fact in entry.all_facts() if fact.condition)
    return say("team.hints.cases", cases="; ".join(cases)) if cases else say("team.hints.ask")


def _address(entry: Procedure) -> str:
    if not entry.portal_url:
        return say("team.hints.online")
    site = urlsplit(entry.portal_url).netloc
    code = say(
        "leaflet.online_code" if entry.code else "leaflet.online", site=site, code=entry.code
    )
    return f"{code} {say('team.hints.online')}"


def _troubles(draft: Draft, entry: AnyEntry) -> list[Block]:
    """The record's cautions and changes, once each."""
    lines = [caution.text for caution in entry.cautions]
    lines += [
        remark
        for fact in entry.all_facts()
        if fact.caution
        for remark in remarks(fact, draft.today)
    ]
    for change in entry.changes:
        key = "change_past" if change.effective_on <= draft.today else "change_coming"
        date = change.effective_on.strftime("%d/%m/%Y")
        lines.append(say(f"answer.{key}", date=date, text=change.text))
    return [Block(kind=BlockKind.ITEMS, lines=tuple(dict.fromkeys(lines)))]


def _onward(entry_id: str, number: int, count: int) -> tuple[Choice, ...]:
    """Forward, back, and at the end the leaflet."""
    steps: Sequence[tuple[str, int]] = (("team.next", number + 1), ("team.back", number - 1))
    choices = [
        Choice(label=say(key), action=action_of(Wish(Kind.GUIDE, step=to), entry_id))
        for key, to in steps
        if 1 <= to <= count
    ]
    if number == count:
        leaflet = action_of(Wish(Kind.LEAFLET), entry_id)
        choices.append(Choice(label=say("team.leaflet_wish"), action=leaflet))
    return tuple(choices)
