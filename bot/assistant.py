"""The bot as the channels see it: a Question in, an Answer out, once per Question."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot import decide
from bot.checklist.desk import Checklists
from bot.course.course import Course
from bot.deletion import asks_deletion
from bot.draft import Context, Draft, Known
from bot.handoff.step import is_wish
from bot.handoff.talk import HandoffTalk
from bot.journal import Journal
from bot.messages import node, say
from bot.model import Answer, Block, BlockKind, Choice, Question, Status
from bot.notices import Notices
from bot.pipeline import Pipeline, Watch
from bot.protect import mask
from bot.scam.asking import asked
from bot.team.desk import TeamDesk, with_news
from bot.typed import with_opinion
from bot.understand import MAX_FACETS, parts
from knowledge import clock
from knowledge.model import Procedure
from knowledge.places import Place
from retrieval.confidence import confidence

log = logging.getLogger(__name__)

_MAX_WORDS, _MAX_LETTERS = 600, 20_000
"""Longer texts are cut: a request stands in the first or last part of the longest letters seen."""

_ACTION = re.compile(
    r"entry:[a-z0-9-]+(:[a-z_]+)?|place:[a-z-]+(/\d{5})?|fb[+-]:\w+|fbr:\w+:\w+|delete|joined"
    r"|scam|practice(:skip|:end)?|course(:[a-z0-9-]+){0,4}"
    r"|guide:[a-z0-9-]+:\d{1,2}|leaflet:[a-z0-9-]+:a[46]|team:[a-z]+(:[a-z0-9-]+)?"
    r"|checklist(:[a-z0-9-]+(:[a-z0-9]+)?)?|handoff(:[a-z]+(:\d{1,9})?)?",
    re.ASCII,
)
"""What our Choices send. Anything else was made by hand, and may hold anything."""


class Assistant:
    """Answers Questions. Thread-safe; asking again under the same id gives the same Answer."""

    def __init__(
        self,
        known: Callable[[], Known],
        journal: Journal,
        pipeline: Pipeline,
        today: Callable[[], date] = clock.today,
        course: Course | None = None,
        given: Callable[[int], None] = lambda curated: None,
        notices: Notices | None = None,
        handoffs: HandoffTalk | None = None,
    ) -> None:
        """`given` is told the number of each curated answer that was given; without `handoffs`
        nobody can be handed over to a person."""
        self._known, self._journal, self._pipeline, self._today = known, journal, pipeline, today
        self._course = course or Course(journal)
        self._given = given
        self._notices, self._handoffs = notices, handoffs
        self._teams = TeamDesk(journal.engine, journal.pseudonym, notices)
        self._checklists = Checklists(journal, notices)

    @property
    def journal(self) -> Journal:
        """Where its answers are kept."""
        return self._journal

    def reply(self, question: Question) -> Answer:
        """The Answer; raises only when the Journal is out of reach."""
        begun = time.monotonic()
        if earlier := self._journal.answer_to(question.id):
            return earlier
        question = _safe(question)
        context = self._journal.context(question)
        if handed := self._handed(question, context):
            return self._record(question, handed, begun, context.place)
        question = with_opinion(question, context)
        if answer := self._command(question):
            return answer
        if told := self._teams.reply(question, context, self._today()):
            kept, answer = told
            return self._record(kept, answer, begun)
        person = is_wish(question.text, question.action)
        scam = None if person else asked(question.text, context.asked_scam)
        draft = Draft(question, self._known(), context, self._today(), scam=scam)
        plain = not (scam or person)
        if plain and (own := self._own_answer(draft)):
            return self._record(question, own, begun)
        answer, drafts = self._answer_or_error(draft)
        place = next((d.place for d in drafts if d.place), None)
        answer = self._checklists.after(
            question, answer, draft.known, place or context.place, draft.today
        )
        answer = self._course.after(question, answer, draft.known, draft.today)
        if answer.status.family == "refused":  # "bún bò Huế" is not where somebody lives
            place = draft.context.place
        answer = self._teams.hinted(question, answer)
        if self._handoffs:
            answer = self._handoffs.beside(question, answer)
        return self._record(question, answer, begun, place, _scores(drafts))

    def _own_answer(self, draft: Draft) -> Answer | None:
        """The Answer of what keeps something of a person: their checklists, and the course."""
        question = draft.question
        if stopped := self._checklists.quiet(question):
            self._course.quiet(question)
            return stopped
        about = (question, draft.context, draft.known, draft.today)
        return self._checklists.reply(*about) or self._course.reply(*about)

    def _handed(self, question: Question, context: Context) -> Answer | None:
        """What concerns a handoff to a person; afterwards the talk goes on where it was."""
        if self._handoffs is None or asks_deletion(question):
            return None
        answer = self._handoffs.reply(question, context)
        if answer is None or answer.entry_id:
            return answer
        return answer.model_copy(update={"entry_id": context.entry_id, "facet": context.facet})

    def _record(
        self,
        question: Question,
        answer: Answer,
        begun: float,
        place: Place | None = None,
        scores: Sequence[dict[str, Any]] = (),
    ) -> Answer:
        """Write down what is told, with what a team's leader has answered before it; `begun` is
        when the question came, by the monotonic clock."""
        alone = answer.status in (Status.ANSWERED_EMERGENCY, Status.ANSWERED_BY_PERSON)
        silent = answer.status is Status.ANSWERED_NOTHING and not question.unasked
        waiting = [] if alone or silent else self._teams.waiting(question)
        answer = with_news(answer, waiting)
        if answer.status is Status.ANSWERED_NOTHING and question.unasked:
            return answer  # a notice that nobody needs any more
        told = self._journal.record(
            question,
            answer,
            place,
            scores,
            field=self._field(answer),
            ms=round(1000 * (time.monotonic() - begun)),
        )
        self._teams.told(question, waiting)
        if told.curated is not None:
            self._given(told.curated)
        return told

    def _field(self, answer: Answer) -> str:
        """What figures tell Answers apart by: the field of a Procedure, or the kind of another
        Entry; "" without one."""
        entry = self._known().edition.library.entries.get(answer.entry_id or "")
        if entry is None:
            return ""
        return entry.field if isinstance(entry, Procedure) else entry.kind

    def rehearse(
        self,
        question: Question,
        known: Known | None = None,
        context: Context | None = None,
        *,
        today: date | None = None,
        watch: Watch | None = None,
        by_model: bool = False,
    ) -> tuple[Answer, list[Draft]]:
        """What `reply` would say, with the Drafts it came from; the Journal has no part in it.

        By the Edition answered from, or by another; without a conversation before it, unless one
        is given. The model tier is left out unless asked for: it costs, and says it otherwise each
        time.
        """
        question, context = _safe(question), context or Context()
        draft = Draft(
            question,
            known or self._known(),
            context,
            today or self._today(),
            scam=asked(question.text, context.asked_scam),
        )
        if asks_deletion(draft.question):
            none = say("journal.nothing_to_delete")
            return _text(Status.ANSWERED_DATA_DELETED, none), [draft]
        return self._answer_or_error(draft, watch, by_model=by_model)

    def _answer_or_error(
        self, draft: Draft, watch: Watch | None = None, *, by_model: bool = True
    ) -> tuple[Answer, list[Draft]]:
        try:
            return self._answer(draft, watch, by_model=by_model)
        except Exception:
            log.exception("question %s failed", draft.question.id)
            return _text(Status.ERROR_INTERNAL, say("error.internal")), [draft]

    def _answer(
        self, draft: Draft, watch: Watch | None = None, *, by_model: bool = True
    ) -> tuple[Answer, list[Draft]]:
        """Answer each question of the message; several Answers become one."""

        def run(draft: Draft) -> tuple[Answer, Draft]:
            return self._pipeline.run(draft, watch, by_model=by_model)

        single = draft.question.action or draft.scam or draft.context.practising
        texts = ("",) if single else parts(draft.question.text)
        if len(texts) == 1:
            answer, end = run(draft)
            return answer, [end]
        answers: list[Answer] = []
        drafts: list[Draft] = []
        for text in texts:
            asked = draft.question.model_copy(update={"text": text})
            answer, end = run(replace(draft, question=asked))
            if answer.status is Status.ANSWERED_EMERGENCY:
                return answer, [end]
            answers.append(answer)
            drafts.append(end)
            if answer.entry_id:  # "… còn lệ phí?" goes on with what was just answered
                draft = replace(
                    draft, context=Context(answer.entry_id, answer.facet, place=end.place)
                )
        if len({answer.entry_id for answer in answers}) == 1 and drafts[0].entry is not None:
            facets = tuple(dict.fromkeys(facet for d in drafts for facet in d.facets))
            whole = replace(drafts[0], question=draft.question, facets=facets[:MAX_FACETS])
            answer, end = run(whole)
            return answer, [end]
        if all(answer.status.family == "answered" for answer in answers):
            return _joined(answers), drafts
        # Not clearly several questions: take the message as one.
        answer, end = run(draft)
        return answer, [end]

    def _command(self, question: Question) -> Answer | None:
        """What concerns the Journal itself: deletion and feedback."""
        action = question.action or ""
        if asks_deletion(question):
            member, learned = self._teams.forget(question), self._course.forget(question)
            prepared = self._checklists.forget(question)
            if self._handoffs:
                self._handoffs.forget(question)
            if self._notices:
                self._notices.forget(self._journal.pseudonym(question))
            count = self._journal.forget(question)
            gone = count or learned or member or prepared
            key = "journal.deleted" if gone else "journal.nothing_to_delete"
            return _text(Status.ANSWERED_DATA_DELETED, say(key, count=count))
        kind, _, rest = action.partition(":")
        if kind not in ("fb+", "fb-", "fbr"):
            return None
        answer_id, _, reason = rest.partition(":")
        reasons = node("journal.reasons")
        known = self._journal.feedback(
            answer_id, kind == "fb+", reason if reason in reasons else None
        )
        if kind == "fb-" and known:
            choices = tuple(
                Choice(label=label, action=f"fbr:{answer_id}:{key}")
                for key, label in reasons.items()
            )
            asked = _text(Status.CLARIFICATION_FEEDBACK, say("journal.ask_reason"))
            # Recorded, so that a typed number picks one of these choices …
            return self._journal.record(question, asked.model_copy(update={"choices": choices}))
        if kind == "fb+":
            return _text(Status.ANSWERED_FEEDBACK, say("journal.thanks_up"))
        thanks = _text(Status.ANSWERED_FEEDBACK, say("journal.thanks_down"))
        # … and after this, one of the choices before them. Another reason was made by hand.
        return self._journal.record(question, thanks) if known and reason in reasons else thanks


def _joined(answers: list[Answer]) -> Answer:
    """One Answer made of several: their blocks in order, their choices and sources once."""
    blocks = [block for answer in answers for block in answer.blocks]
    said = [b for b in blocks if b.kind is not BlockKind.WARNING]
    warned = dict.fromkeys(b for b in blocks if b.kind is BlockKind.WARNING)
    choices = {choice.action: choice for answer in answers for choice in answer.choices}
    sources = {source.title: source for answer in answers for source in answer.sources}
    last = answers[-1]
    checked = [answer.checked_on for answer in answers if answer.checked_on]
    return last.model_copy(
        update={
            "status": Status.ANSWERED_SEVERAL,
            "blocks": (*said, *warned),
            "choices": tuple(choices.values())[:5],
            "sources": tuple(sources.values()),
            "checked_on": min(checked, default=None),
            "facet": None,
        }
    )


def _scores(drafts: list[Draft]) -> list[dict[str, Any]]:
    """The first Hits of each question, for whoever looks into an answer later; with the very first
    of a question stands how sure it was, and from where on it would have been answered."""
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        for place, hit in enumerate(draft.hits[:5]):
            row: dict[str, Any] = {
                "entry": hit.entry_id,
                "score": round(hit.score, 4),
                "dense": round(hit.dense, 4),
                "coverage": round(hit.coverage, 4),
            }
            if place == 0 and draft.reading is not None:
                row["right"] = round(confidence(draft.hits, draft.reading).right, 4)
                row["sure_from"] = decide.sure_from(draft.reading)
            rows.append(row)
    return rows


def _safe(question: Question) -> Question:
    """The Question without personal data, of a length that can be read, with an action of ours."""
    text = question.text
    if len(text) > _MAX_LETTERS:
        text = f"{text[: _MAX_LETTERS // 2]} … {text[-_MAX_LETTERS // 2 :]}"
    text = mask(text)
    words = text.split()
    if len(words) > _MAX_WORDS:
        text = " ".join([*words[: _MAX_WORDS // 2], "…", *words[-_MAX_WORDS // 2 :]])
    action = question.action or ""
    ours = _ACTION.fullmatch(action) and mask(action) == action
    return question.model_copy(update={"text": text, "action": action if ours else None})


def _text(status: Status, line: str) -> Answer:
    return Answer(status=status, blocks=(Block(kind=BlockKind.TEXT, lines=(line,)),))
