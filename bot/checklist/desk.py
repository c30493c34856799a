"""Checklists as the assistant sees them: which Questions are theirs."""

from __future__ import annotations

import re
from datetime import date

from bot.checklist import words
from bot.checklist.deeds import Spoken, deed_of, deeds_of, spoken_of
from bot.checklist.lines import ACTION, Lines, action, text, told
from bot.checklist.lists import Lists, Turn
from bot.checklist.moment import asks_reminder
from bot.checklist.reminder import ReminderDesk
from bot.checklist.store import CheckLists
from bot.checklist.words import Said
from bot.compose import MAX_CHOICES, Composer
from bot.course.words import asked_in_words
from bot.draft import Context, Known
from bot.journal import Journal
from bot.messages import say
from bot.model import Answer, Question, Status
from bot.notices import Notices
from bot.typed import picked
from knowledge.model import Procedure
from knowledge.places import Place

_OURS = re.compile(rf"{ACTION}:([a-z0-9-]+)(?::([a-z0-9]+))?")


class Checklists:
    """Answers what is asked of checklists. Thread-safe."""

    def __init__(self, journal: Journal, notices: Notices | None = None) -> None:
        """Without `notices` nobody can be reminded."""
        self._journal = journal
        self._store = CheckLists(journal.engine)
        self._lists = Lists(self._store)
        self._reminders = ReminderDesk(self._store, notices)

    def reply(
        self, question: Question, context: Context, known: Known, today: date
    ) -> Answer | None:
        """The Answer to a Question on a checklist; None for all else."""
        turn = self._turn(question, context, known, context.place, today)
        if question.action:
            return self._pressed(turn, question.action)
        if context.practising or not question.text.strip():
            return None
        ways = (self._mine, self._of_list, self._reminder, self._picked, self._days_later)
        return next((answer for way in ways if (answer := way(turn))), None)

    def after(
        self, question: Question, answer: Answer, known: Known, place: Place | None, today: date
    ) -> Answer:
        """The Answer of the pipeline; a list that was wished for becomes somebody's own."""
        entry = known.edition.library.entries.get(answer.entry_id or "")
        if answer.status is not Status.ANSWERED_CHECKLIST or not isinstance(entry, Procedure):
            return answer
        opened = self._lists.open(self._turn(question, Context(), known, place, today), entry)
        return _with_others(opened, answer)

    def quiet(self, question: Question) -> Answer | None:
        """What is said to somebody who wants no reminders and would have had one; None to all
        others."""
        wished = question.action or asked_in_words(question.text)
        if wished != "course:quiet":
            return None
        ended = self._reminders.quiet(question, self._journal.pseudonym(question))
        return told([text(say("checklist.remind.stopped"))]) if ended else None

    def forget(self, question: Question) -> bool:
        """Delete what is kept of a conversation. Whether there was anything."""
        return self._store.forget(self._journal.pseudonym(question))

    def _turn(
        self, question: Question, context: Context, known: Known, place: Place | None, today: date
    ) -> Turn:
        library = known.edition.library
        composer = Composer(library, known.edition.number, today)
        lines = Lines(composer, place, today, self._reminders.reaches(question))
        return Turn(question, self._journal.pseudonym(question), context, library, lines)

    def _pressed(self, turn: Turn, pressed: str) -> Answer | None:
        """What a button of ours asks for."""
        found = _OURS.fullmatch(pressed)
        if found is None:
            return self._lists.mine(turn) if pressed == ACTION else None
        entry, deed = turn.entry(found[1]), found[2] or ""
        if deed == "due" and turn.question.unasked:
            return self._lists.due(turn, entry)
        if entry is None:  # an old button, and the Entry is gone since
            self._store.drop(turn.conversation, found[1])
            gone = told([text(say("unanswerable.gone"))])
            return gone.model_copy(update={"status": Status.UNANSWERABLE_NOTHING_FOUND})
        if deed == "drop":
            return self._lists.drop(turn, entry)
        if isinstance(entry, Procedure) and turn.lines.papers(entry).papers:
            return self._done(turn, entry, deed)
        return self._lists.open(turn, entry)

    def _done(self, turn: Turn, entry: Procedure, deed: str) -> Answer:
        """A deed on a list that there is."""
        if of_paper := deed_of(deed):
            return self._lists.mark(turn, entry, [of_paper])
        if deed == "cases":
            return self._lists.cases(turn, entry)
        if deed == "none":
            return self._lists.no_case(turn, entry)
        if deed == "remind":
            return self._reminders.ask(turn.question, entry)
        if found := re.fullmatch(r"r([1-9]\d?)", deed):
            return self._reminders.in_days(turn.question, turn.conversation, entry, int(found[1]))
        return self._lists.open(turn, entry)

    def _mine(self, turn: Turn) -> Answer | None:
        """What is said to somebody who asks for all their lists, or for one without naming it."""
        written = turn.question.text
        bare = words.begun(written) == "" and not turn.context.entry_id
        if not words.asks_all_mine(written) and not bare:
            return None
        if bare and not self._store.all(turn.conversation):
            asked = told([text(say("checklist.which"))])
            return asked.model_copy(update={"status": Status.CLARIFICATION_TOPIC})
        return self._lists.mine(turn)

    def _of_list(self, turn: Turn) -> Answer | None:
        """What is said of the list that was shown last."""
        written, spoken = turn.question.text, _spoken(turn)
        entry = turn.entry(spoken.entry if spoken else turn.context.entry_id)
        if not isinstance(entry, Procedure):
            return None
        again, missing = words.asks_again(written), words.asks_missing(written)
        if (again or missing) and (spoken or self._store.kept(turn.conversation, entry.id)):
            return self._lists.open(turn, entry) if again else self._lists.mark(turn, entry, ())
        if spoken is None:
            return None
        if words.ends(written):
            return self._lists.drop(turn, entry)
        if words.has_all(written):
            return self._lists.mark_all(turn, entry)
        return self._marked(turn, entry, spoken)

    def _marked(self, turn: Turn, entry: Procedure, spoken: Spoken) -> Answer | None:
        """What is said of papers by their numbers. A single number beyond them is one of the other
        Choices, or none."""
        found = words.said(turn.question.text)
        named = len(spoken.cases or spoken.papers)
        alone = len(found) == 1 and found[0].verb is None and len(found[0].numbers) == 1
        if not found or (alone and not 1 <= found[0].numbers[0] <= named):
            return None
        deeds, wrong = deeds_of(found, spoken)
        return self._lists.mark(turn, entry, deeds, wrong)

    def _reminder(self, turn: Turn) -> Answer | None:
        """A wish to be reminded, of the list spoken of or the only one there is."""
        if not asks_reminder(turn.question.text, turn.question.asked_at):
            return None
        spoken = _spoken(turn)
        kept = [kept.entry for kept in self._store.all(turn.conversation)]
        recent = spoken.entry if spoken else turn.context.entry_id
        meant = recent if recent in kept else kept[0] if len(kept) == 1 else None
        entry = turn.entry(meant)
        if isinstance(entry, Procedure):
            return self._reminders.wished(turn.question, turn.conversation, entry)
        return self._lists.mine(turn, "checklist.remind.which") if kept else None

    def _days_later(self, turn: Turn) -> Answer | None:
        """What is said of a list when nothing has been spoken of for a while: "xong 2" marks in the
        only list there is, as it was shown last; a mere number shows it."""
        if turn.context.choices:
            return None
        written = turn.question.text
        found, missing = words.said(written), words.asks_missing(written)
        if not (found or missing or words.asks_again(written)):
            return None
        lists = self._store.all(turn.conversation)
        if not lists:
            return None
        entry = turn.entry(lists[0].entry)
        if len(lists) > 1 or not isinstance(entry, Procedure):
            return self._lists.mine(turn)
        if missing:
            return self._lists.mark(turn, entry, ())
        if not found or _numbers_alone(found):
            return self._lists.open(turn, entry)
        deeds, wrong = deeds_of(found, Spoken(entry.id, tuple(lists[0].shown)))
        return self._lists.mark(turn, entry, deeds, wrong)

    def _picked(self, turn: Turn) -> Answer | None:
        """A typed number or label of a Choice of ours. After talk of something else a number marks
        nothing: the list is shown again."""
        choice = picked(turn.question.text, turn.context.choices)
        found = _OURS.fullmatch(choice.action) if choice else None
        if found and deed_of(found[2] or "") and _spoken(turn) is None:
            return self._pressed(turn, action(found[1]))
        return self._pressed(turn, choice.action) if choice else None


def _numbers_alone(found: tuple[Said, ...]) -> bool:
    return any(said.verb is None for said in found)


def _spoken(turn: Turn) -> Spoken | None:
    """The list that was shown last, unless something else was spoken of since."""
    spoken = spoken_of(turn.context.choices)
    return spoken if spoken and spoken.entry == turn.context.entry_id else None


def _with_others(opened: Answer, answer: Answer) -> Answer:
    """The opened list with what else the message asked for, as the pipeline offers it."""
    others = [c for c in answer.choices if _OURS.fullmatch(c.action) and c.action.count(":") == 1]
    others = [c for c in others if c.action != action(opened.entry_id or "")][:MAX_CHOICES]
    if not others:
        return opened
    titles = "; ".join(choice.label for choice in others)
    said = text(say("answer.others", titles=titles))
    update = {"blocks": (*opened.blocks, said), "choices": (*opened.choices, *others)}
    return opened.model_copy(update=update)
