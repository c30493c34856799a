"""What the chat does while a person is asked for, waited for, or there.

While a person is there the bot is silent: what people write goes to the desk. It still answers an
emergency, a wish to end, and a wish to have one's data deleted (which comes before all this)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from bot.draft import Context, Draft, Known
from bot.handoff import lines
from bot.handoff.desks import Desk, Desks
from bot.handoff.office import where_to_go
from bot.handoff.outbox import KEY, SAID, Outbox
from bot.handoff.step import is_wish
from bot.handoff.store import Handoff, Handoffs
from bot.handoff.telling import Telling
from bot.handoff.times import times
from bot.handoff.words import agrees, ends, gives_up, refuses
from bot.journal import Journal
from bot.messages import say
from bot.model import Answer, Channel, Question, Status
from bot.notices import Notices
from bot.smalltalk import small_talk
from bot.typed import picked
from knowledge import clock
from knowledge.places import Place

RECENT = timedelta(days=30)
"""How far back it is looked how long people usually wait."""
OPINION = "fb"
"""What the actions of an opinion on an Answer begin with: it is no word to anybody."""
ENOUGH = 5
"""So few handoffs say nothing of it yet."""


class HandoffTalk:
    """Hears what concerns a handoff. Thread-safe."""

    def __init__(
        self,
        journal: Journal,
        known: Callable[[], Known],
        handoffs: Handoffs,
        desks: Desks,
        today: Callable[[], date] = clock.today,
        notices: Notices | None = None,
    ) -> None:
        """`notices` are None where this server sends on no channel: then only who is on the web
        page can be handed over."""
        self.journal, self.known, self._today = journal, known, today
        self.engine = journal.engine
        self.handoffs, self.desks, self._notices = handoffs, desks, notices
        self.outbox = Outbox(handoffs, desks, notices)
        self.telling = Telling(journal, known, handoffs, desks, today)

    def offer(self, draft: Draft, place: Place) -> Answer | None:
        """What a desk for the place says: that it may be asked, or when it can be. None if there is
        none, or if whoever asks can't be written to."""
        desks, now = self.desks.for_place(place), self.handoffs.clock()
        if not desks:
            return None
        entry = draft.known.edition.library.entries.get(draft.context.entry_id or "")
        if not self._can_be_told(draft.question):
            line = say("handoff.private") if "/" in draft.question.conversation else ""
            return where_to_go(draft.known.edition, draft.today, place, entry, line)
        free = [desk for desk in desks if desk.is_open(now)]
        if desk := next((desk for desk in free if not self.handoffs.is_full(desk)), None):
            return lines.consent(desk, now)
        line = next((line for desk in desks if (line := lines.closed(desk, now))), "")
        if free:
            line = say("handoff.full", desk=free[0].name)
        return where_to_go(draft.known.edition, draft.today, place, entry, line)

    def reply(self, question: Question, context: Context) -> Answer | None:
        """The Answer where the message concerns a handoff; None where the bot goes on."""
        conversation = self.journal.pseudonym(question)
        action = question.action or ""
        if question.unasked and action.startswith(SAID):
            return self.telling.by_notice(action.removeprefix(SAID), question)
        if action == lines.LOOK and question.channel is Channel.WEB:
            return self.telling.on_page(question)
        handoff = self.handoffs.current(conversation)
        if question.unasked or action.startswith(OPINION):
            return None
        if handoff and handoff.taken:
            return self._to_desk(question, context, handoff)
        if handoff:
            return self._while_waiting(question, context, handoff)
        return self._agreed(question, context, conversation)

    def beside(self, question: Question, answer: Answer) -> Answer:
        """The Answer of the bot; to somebody who waits it says so, once."""
        if question.unasked or answer.status is Status.ANSWERED_EMERGENCY or not answer.blocks:
            return answer
        handoff = self.handoffs.current(self.journal.pseudonym(question))
        if handoff is None or not handoff.waits or handoff.question == question.id:
            return answer
        if not self.handoffs.remind(handoff, question.id):
            return answer
        line = lines.still_waiting(self.handoffs.ahead(handoff))
        return answer.model_copy(update={"blocks": (*answer.blocks, line)})

    def can_reach(self, handoff: Handoff) -> bool:
        """Whether what is said now reaches the person: on the web their page comes for it, and
        elsewhere the channel's window must be open."""
        if handoff.channel is Channel.WEB:
            return True
        return self._notices is not None and self._notices.may_write(handoff.conversation)

    def forget(self, question: Question) -> bool:
        """The person has their data deleted; whether there was anything."""
        conversation = self.journal.pseudonym(question)
        if self._notices:
            self._notices.drop(conversation, KEY)
        return self.handoffs.forget(conversation)

    def _can_be_told(self, question: Question) -> bool:
        if question.channel is Channel.WEB:
            return True
        return self._notices is not None and self._notices.reachable(question)

    def _agreed(self, question: Question, context: Context, conversation: str) -> Answer | None:
        """What becomes of our question whether a desk may take over."""
        action = question.action or _typed(question.text, context)
        if action == lines.NO:
            return lines.told(say("handoff.declined"))
        if action == lines.END:
            return lines.told(say("handoff.none"))
        kind, _, number = action.rpartition(":")
        if kind != lines.YES or not number.isdigit():
            return None
        desk, place, now = self.desks.get(int(number)), context.place, self.handoffs.clock()
        open_ = desk is not None and desk.is_open(now) and not self.handoffs.is_full(desk)
        if desk is None or not open_ or not self._can_be_told(question):
            where = place or (desk and desk.where)
            return self._elsewhere(where, context.entry_id, desk) if where else None
        place = place or desk.where
        if place is None:
            return None
        if self._notices:
            self._notices.keep(question, conversation)
        handoff = self.handoffs.begin(desk, question, conversation, place, context.entry_id)
        return self._acknowledged(desk, handoff)

    def _acknowledged(self, desk: Desk, handoff: Handoff) -> Answer:
        since = self.handoffs.clock() - RECENT
        usual = times(self.engine, [desk.id], since)
        known = usual.until_taken if usual.taken >= ENOUGH else None
        return lines.acknowledged(desk, handoff, self.handoffs.ahead(handoff), known)

    def _elsewhere(self, place: Place, entry_id: str | None, desk: Desk | None) -> Answer:
        edition, now = self.known().edition, self.handoffs.clock()
        line = lines.closed(desk, now) if desk and desk.serves else say("handoff.no_desk")
        if desk and desk.is_open(now):
            line = say("handoff.full", desk=desk.name)
        entry = edition.library.entries.get(entry_id or "")
        return where_to_go(edition, self._today(), place, entry, line)

    def _while_waiting(
        self, question: Question, context: Context, handoff: Handoff
    ) -> Answer | None:
        if handoff.question == question.id or is_wish(question.text, question.action):
            desk = self.desks.get(handoff.desk_id)
            return self._acknowledged(desk, handoff) if desk else None
        action = question.action or _typed(question.text, context)
        if action.startswith(lines.YES):
            number = self.handoffs.ahead(handoff)
            return lines.told(say("handoff.still", number=number))
        # "thôi" may also end what is being practised meanwhile.
        quits = ends if context.practising else gives_up
        stops = action == lines.END or (not question.action and quits(question.text))
        if stops and self.handoffs.leave(handoff):
            return lines.told(say("handoff.cancelled"))
        return None

    def _to_desk(self, question: Question, context: Context, handoff: Handoff) -> Answer:
        """What somebody says to the person who is there."""
        # A typed "1" is said to the person, whatever was offered before.
        stops = question.action == lines.END or (not question.action and ends(question.text))
        if stops and self.handoffs.leave(handoff):
            desk = self.desks.get(handoff.desk_id)
            return lines.told(say("handoff.by_person", who=lines.name(desk, handoff)))
        text = question.text or lines.media(question.media or "")
        if question.action:
            label = next((c.label for c in context.choices if c.action == question.action), "")
            text = say("handoff.pressed", label=label or question.action)
        self.handoffs.turns.hear(handoff.id, question.id, text, self.handoffs.clock())
        urgent = small_talk(question.text)
        if urgent and urgent.status is Status.ANSWERED_EMERGENCY:
            return urgent
        return lines.silence()


def _typed(text: str, context: Context) -> str:
    """The action of a yes or a no that was typed after our question."""
    if choice := picked(text, context.choices):
        return choice.action
    if not context.asked_person:
        return ""
    for choice in context.choices:
        if choice.action.startswith(lines.YES) and agrees(text):
            return choice.action
        if choice.action == lines.NO and refuses(text):
            return choice.action
    return ""
