"""The way from a Question to an Answer: a list of steps.

A step takes a Draft and returns a Draft (go on) or an Answer (stop).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import decide
from bot.check import record_text, text_of, unsupported
from bot.checklist.lines import Lines
from bot.commands import obey_command
from bot.compose import Composer
from bot.curated.shelf import Shelf
from bot.curated.step import curated_step
from bot.draft import Draft
from bot.follow_up import LOOKED_AT, follow, leans, turn_back, upright
from bot.handoff.step import Offer, hear_person, meet_person, no_desk
from bot.messages import all_words, node, say
from bot.model import Answer, Block, BlockKind, Status
from bot.place import replies
from bot.place.reading import names_a_kind, without_place
from bot.practice.talk import practise, with_offer, with_reminder
from bot.protect import without_masks
from bot.requests import find_requests, with_others
from bot.scam.answer import AGAIN as SCAM_AGAIN
from bot.scam.answer import ask_for_message, beside_entry, tell
from bot.scam.asking import Way, alarm
from bot.scam.model import Level
from bot.smalltalk import first_words_in_a_group, small_talk, suggestions, without_courtesy
from bot.team.script import fulfilled, step_words
from bot.team.wish import chosen, kept_in_choices, worded
from bot.typed import is_number, picked
from bot.understand import facets_asked, stands_alone, subjects, without_facets
from knowledge.model import Facet
from knowledge.places import Place
from retrieval.confidence import confidence
from retrieval.search import Reading, Searcher

if TYPE_CHECKING:  # LangChain takes a second and 60 MB, which few installations need
    from bot.llm import Rewriter

log = logging.getLogger(__name__)

Step = Callable[[Draft], Draft | Answer]
Watch = Callable[[str, Draft, Draft | Answer], None]
"""Called after each step with its name, the Draft it was given and what it made of it."""

_SAYS_ENOUGH = 8
"""Words from which a question is searched although none of them names a subject."""


class Pipeline:
    """The steps, with what they need. Safe to share between threads."""

    def __init__(
        self,
        rewriter: Rewriter | None = None,
        shelf: Shelf | None = None,
        offer: Offer = no_desk,
    ) -> None:
        """`shelf` has the curated answers, if there may be any; `offer` says which desk there is
        for whoever wants a person."""
        self._rewriter, self._offer = rewriter, offer
        self.steps: Sequence[Step] = (
            need_text,
            obey_command,
            recall_choice,
            hear_person,
            self.meet_person,
            hear_wish,
            check_scam,
            self.practise,
            obey_action,
            remember_place,
            talk,
            change_place,
            turn_back,
            understand,
            settle_place,
            *([curated_step(shelf)] if shelf else []),
            retrieve,
            take_apart,
            decide_entry,
            compose,
            self.rewrite,
            check,
        )

    def run(
        self, draft: Draft, watch: Watch | None = None, *, by_model: bool = True
    ) -> tuple[Answer, Draft]:
        """Follow the steps to the first Answer; with it, the last Draft before it."""
        for step in self.steps:
            if step == self.rewrite and not by_model:
                continue
            result = step(draft)
            if watch:
                watch(getattr(step, "__name__", type(step).__name__), draft, result)
            if isinstance(result, Answer):
                if draft.wish:
                    return kept_in_choices(result, draft.wish), draft
                return with_reminder(_with_judgement(result, draft), draft), draft
            draft = result
        raise RuntimeError("the last step returned no Answer")

    def meet_person(self, draft: Draft) -> Draft | Answer:
        """Lead whoever wants a person to a desk, an office, a number."""
        return meet_person(draft, self._offer)

    def practise(self, draft: Draft) -> Draft | Answer:
        """Let a learner practise to ask an AI; a model, if there is one, words the end of it."""
        return practise(draft, self._rewriter.improve if self._rewriter else None)

    def rewrite(self, draft: Draft) -> Draft:
        """Let the model put the composed Answer into words, if there is a model."""
        if self._rewriter is None or draft.entry is None or draft.answer is None or draft.wish:
            return draft
        text = draft.question.text
        return replace(draft, answer=self._rewriter.rewrite(text, draft.entry, draft.answer))


def need_text(draft: Draft) -> Draft | Answer:
    """Pictures, voice and empty messages get a kind word; the rest goes on."""
    question = draft.question
    if question.action or question.text.strip():
        return draft
    if question.media:
        replies = node("unanswerable.media")
        text = replies.get(question.media, replies["other"])
        return _reply(Status.UNANSWERABLE_MEDIA, text)
    return _reply(Status.UNANSWERABLE_EMPTY, say("unanswerable.empty"))


def recall_choice(draft: Draft) -> Draft | Answer:
    """A typed "2", or a Choice's label, is that Choice of the last Answer."""
    if draft.question.action:
        return draft
    text, choices = draft.question.text, draft.context.choices
    if choice := picked(text, choices):
        return _with_action(draft, choice.action)
    if choices and is_number(text):
        again = _reply(Status.CLARIFICATION_CHOICE, say("clarify.choice", count=len(choices)))
        return again.model_copy(update={"choices": choices})
    return draft


def check_scam(draft: Draft) -> Draft | Answer:
    """A message, address or number that was given to be checked is judged, and goes no further."""
    if draft.question.action == SCAM_AGAIN:
        return ask_for_message()
    given = draft.scam is not None and draft.scam.way is not Way.TOLD
    if draft.question.action or draft.scam is None or not given or _in_danger(draft):
        return draft
    return tell(draft.scam, draft.known.edition.library, draft.known.edition.number)


def _in_danger(draft: Draft) -> bool:
    answer = small_talk(draft.question.text)
    return answer is not None and answer.status is Status.ANSWERED_EMERGENCY


def _with_judgement(answer: Answer, draft: Draft) -> Answer:
    """To somebody who tells what happened, and asks whether it is a scam, also what was found."""
    told = draft.scam is not None and draft.scam.way is Way.TOLD and not draft.question.action
    if draft.scam is None or not told or answer.status is Status.ANSWERED_EMERGENCY:
        return answer
    edition = draft.known.edition
    return beside_entry(answer, draft.scam, edition.library, edition.number)


def hear_wish(draft: Draft) -> Draft | Answer:
    """A leaflet, a guide in steps or a list to tick, of the Entry that is named, or spoken of."""
    if picked_wish := chosen(draft.question.action or ""):
        wish, entry_id = picked_wish
        opened = obey_action(_with_action(draft, f"entry:{entry_id}"))
        return replace(opened, wish=wish) if isinstance(opened, Draft) else opened
    typed = None if draft.question.action else worded(draft.question.text)
    if typed is None:
        return draft
    wish, rest = typed
    if rest:
        question = draft.question.model_copy(update={"text": rest})
        return replace(draft, question=question, wish=wish)
    continued = _continued(draft)
    if continued.entry is None:
        return decide.ask_topic()
    return replace(continued, wish=wish, place=draft.context.place)


def obey_action(draft: Draft) -> Draft | Answer:
    """A Choice names its Entry and facet: "entry:khai-sinh:fee"."""
    kind, _, rest = (draft.question.action or "").partition(":")
    if kind == "place":
        return replace(_continued(draft), place=Place.parse(rest) or draft.context.place)
    if kind != "entry":
        return draft
    entry_id, _, facet = rest.partition(":")
    entry = draft.known.edition.library.entries.get(entry_id)
    if entry is None:  # an old button, and the Entry is gone since
        return _reply(Status.UNANSWERABLE_NOTHING_FOUND, say("unanswerable.gone"))
    facets = (Facet(facet),) if facet in set(Facet) else ()
    return replace(draft, entry=entry, facets=facets, place=draft.context.place)


def remember_place(draft: Draft) -> Draft | Answer:
    """A commune was chosen, and nothing was asked before it."""
    chosen = (draft.question.action or "").startswith("place:")
    if not chosen or draft.entry is not None:
        return draft
    return replies.noted(draft.place) if draft.place else replies.ask_where()


def talk(draft: Draft) -> Draft | Answer:
    """Greetings, thanks, emergencies, abuse and manipulation have fixed words."""
    if draft.entry is not None:
        return draft
    joined = draft.question.action == "joined"
    answer = first_words_in_a_group() if joined else small_talk(draft.question.text)
    # "tờ rơi hướng dẫn sử dụng trợ lý" names what is wanted, and asks for no help.
    if answer is None or (draft.wish and answer.status.family == "smalltalk"):
        return draft
    if answer.status in (Status.SMALLTALK_GREETING, Status.SMALLTALK_HELP):
        titles = {entry.id: entry.title for entry in draft.known.edition.library}
        return answer.model_copy(update={"choices": suggestions(titles)})
    return answer


def change_place(draft: Draft) -> Draft | Answer:
    """Somebody is elsewhere now: ask where. This Draft has no place, so the old one is given up."""
    return replies.ask_where() if replies.moves(draft.question.text) else draft


def understand(draft: Draft) -> Draft | Answer:
    """Read the text: restored diacritics, place, facets."""
    if draft.entry is not None:
        return draft
    text = without_courtesy(without_masks(draft.question.text))
    if not re.search(r"\w", text):
        numbers_only = re.search(r"\w", draft.question.text)
        key = "unanswerable.numbers_only" if numbers_only else "unanswerable.empty"
        return _reply(Status.UNANSWERABLE_EMPTY, say(key))
    context = draft.context
    reading, named = without_place(draft.known.searcher, text, context.place, context.asked_place)
    return replace(
        draft,
        reading=reading,
        facets=() if named.alone else facets_asked(reading.text),
        place=named.place or draft.context.place,
        named=named,
    )


def settle_place(draft: Draft) -> Draft | Answer:
    """A message that only says where the person is: ask which commune, or go on from there."""
    named, context = draft.named, draft.context
    if draft.entry is not None or named is None or draft.reading is None:
        return draft
    if not named.alone:
        lost = context.asked_place and names_a_kind(draft.reading.original) and not draft.facets
        return replies.unknown_place() if lost else draft
    if named.options:
        return replies.ask_which(named)
    continued = _continued(draft)
    if continued.entry is None and draft.place:
        return replies.noted(draft.place, named)
    return continued


def retrieve(draft: Draft) -> Draft | Answer:
    """Find Entries, unless the question only continues the talk."""
    reading = draft.reading
    if draft.entry is not None or reading is None:
        return draft
    continued = _continued(draft).entry
    alone = stands_alone(reading.text, reading.original)
    search = draft.known.searcher.search
    named = draft.named and draft.named.place
    if continued and not draft.facets and not named and leans(reading.text, alone):
        reading = replace(reading, text=upright(reading.text))
        return follow(draft, reading, continued, search(reading, LOOKED_AT))
    if not alone and continued:
        if not draft.facets and draft.context.facet and named:
            draft = replace(draft, facets=(draft.context.facet,))  # "còn ở Hải Phòng thì sao?"
        return replace(draft, entry=continued)
    # "VNeID là gì" is a name, of words that others use.
    says_enough = alone or len(reading.text.split()) >= _SAYS_ENOUGH
    if not says_enough and _name_in(reading.text, draft.known.searcher) is None:
        return _ask_again(draft)
    return _found(draft, reading)


def _ask_again(draft: Draft) -> Answer:
    """Ask what a facet is asked of: of the Entries that were just offered, if there are any."""
    library = draft.known.edition.library
    ids = [choice.action.split(":")[1] for choice in draft.context.choices if ":" in choice.action]
    offered = [library.entries[i] for i in dict.fromkeys(ids) if i in library.entries]
    if not offered or not draft.facets:
        return decide.ask_topic()
    return decide.ask_which(offered, draft.facets, draft.known.edition.number, True)


def _name_in(text: str, searcher: Searcher) -> str | None:
    """The name of an Entry that a text is, or is but for the words that ask; None if it says
    anything else."""
    return next(
        (name for name in (text, *subjects(text)) if searcher.named(name) is not None), None
    )


def _found(draft: Draft, reading: Reading) -> Draft:
    """The Draft with its Hits. Of "lệ phí khai sinh" the first two words find fees of all kinds:
    if the rest is a name, it counts, and also if the whole is unsure, and the rest alone is sure
    and leads clearly."""
    search = draft.known.searcher.search
    reading = replace(reading, text=_name_in(reading.text, draft.known.searcher) or reading.text)
    hits = search(reading)
    subject = replace(reading, text=without_facets(reading.text))
    unsure = not decide.is_sure(confidence(hits, reading), reading)
    if unsure and subject != reading and stands_alone(subject.text, subject.text):
        others = search(subject)
        if decide.leads(others) and decide.is_sure(confidence(others, subject), subject):
            return replace(draft, reading=subject, hits=tuple(others))
    return replace(draft, reading=reading, hits=tuple(hits))


def take_apart(draft: Draft) -> Draft | Answer:
    """Of several requests in one message the first is answered, and the others are offered."""
    if draft.entry is not None or draft.reading is None:
        return draft
    known = draft.known
    found = find_requests(draft.reading, draft.hits, known.searcher, known.edition.library)
    if not found:
        return draft
    first, *others = found
    return replace(draft, entry=first.entry, facets=first.facets, others=tuple(others))


def decide_entry(draft: Draft) -> Draft | Answer:
    """Answer one Entry, ask which of several, decline, or say that nothing was found."""
    if draft.entry is not None or draft.reading is None:
        return draft
    edition, hits = draft.known.edition, draft.hits
    if subject := decide.is_outside(hits):
        return decide.out_of_scope(subject)
    found, confident = decide.inside(hits), confidence(hits, draft.reading)
    sure = decide.is_sure(confident, draft.reading)
    candidates = decide.candidates(found, confident, sure)
    warned = None if sure else alarm(draft.question.text)
    if warned and (not candidates or warned.judgement.level is Level.LIKELY):
        return tell(warned, edition.library, edition.number)
    if not candidates:
        return decide.nothing_found(edition.library, hits, edition.number)
    entries = [edition.library.entries[hit.entry_id] for hit in candidates]
    if draft.place:
        entries = decide.for_province(entries, draft.place.province_id)
    if sure:
        return replace(draft, entry=entries[0])
    one_is_meant = confident.offered >= decide.SURE
    return decide.ask_which(entries, draft.facets, edition.number, one_is_meant)


def compose(draft: Draft) -> Draft | Answer:
    """Lay the Answer out from the record."""
    if draft.entry is None:
        raise RuntimeError("compose needs an entry")
    edition = draft.known.edition
    composer = Composer(edition.library, edition.number, draft.today)
    if draft.wish:
        return replace(draft, answer=with_others(fulfilled(draft, composer), draft.others))
    answer = composer.answer(draft.entry, draft.facets, draft.place)
    lines = Lines(composer, draft.place, draft.today)
    answer = lines.with_offer(answer, draft.entry, draft.facets)
    answer = with_others(replies.with_place(with_offer(answer), draft), draft.others)
    return replace(draft, answer=answer)


def check(draft: Draft) -> Draft | Answer:
    """Let the Answer out only if every number and link in it is in the record or in our words.

    A model's wording that fails gives way to the composed one; should that fail too, nothing of it
    is sent.
    """
    if draft.answer is None or draft.entry is None:
        raise RuntimeError("check needs an answer")
    titles = [request.entry.title for request in draft.others]
    ours = (all_words(), replies.place_words(draft), step_words(draft))
    allowed = " ".join((record_text(draft.entry), *ours, *titles))
    for answer in (draft.answer, _composed(draft)):
        if not unsupported(text_of(answer), allowed):
            return answer
    log.error("answer held back: %s has figures outside the record", draft.entry.id)
    return _reply(Status.ERROR_INTERNAL, say("error.internal"))


def _composed(draft: Draft) -> Answer:
    result = compose(draft)
    assert isinstance(result, Draft)
    assert result.answer is not None
    return result.answer


def _continued(draft: Draft) -> Draft:
    """The Draft about what the conversation was about, if anything."""
    entry = draft.known.edition.library.entries.get(draft.context.entry_id or "")
    facet = draft.context.facet
    return replace(draft, entry=entry, facets=(facet,) if entry and facet else ())


def _with_action(draft: Draft, action: str) -> Draft:
    return replace(draft, question=draft.question.model_copy(update={"action": action}))


def _reply(status: Status, text: str) -> Answer:
    return Answer(status=status, blocks=(Block(kind=BlockKind.TEXT, lines=(text,)),))
