"""The talk about a prompt: what a message means in it, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.compose import MAX_CHOICES
from bot.decide import POSSIBLE, is_sure
from bot.draft import Draft
from bot.messages import say
from bot.model import Answer, Block, BlockKind, Choice, Part, Practice, Status
from bot.practice import prompt
from bot.smalltalk import small_talk
from bot.understand import facets_asked, stands_alone
from knowledge.load import Library
from knowledge.model import EntryId
from knowledge.wording import fold
from retrieval.confidence import confidence

START, SKIP, END = "practice", "practice:skip", "practice:end"
"""The actions of the Choices."""
OFFERED_IN: tuple[EntryId, ...] = ("bai-2-hoi-cho-ro", "hoi-ai-cho-tot")
"""Entries that offer to practise, and are offered after it."""

Improve = Callable[[str], str | None]
"""A finished prompt → a model's wording of it that was checked, or None."""

_PLEASE = r"(?: (?:di|nhe|nha|a|ad|em|toi|minh|voi|giup|nua|luon|oi))*"
_START = re.compile(
    r"\s*(?:/thuhoi\b(?:@\w+)?|(?:(?:cho|em|toi|minh|muon|xin) )*(?:thu|tap|luyen)"
    rf" (?:hoi|viet cau (?:hoi|lenh))(?: cho)? ai\b{_PLEASE})(?P<then>\s*[:,\n-]?\s*)"
)
_END = re.compile(rf"(?:xong(?: roi)?|dung(?: lai)?|thoi|ket thuc|thoat|het|du roi|nghi){_PLEASE}")
_SKIP = re.compile(rf"(?:bo qua|khong (?:biet|co|can)|ko (?:biet|co|can)|chua biet){_PLEASE}")
_RESUME = re.compile(rf"(?:lam |hoc |thu )?tiep(?: tuc)?{_PLEASE}")
_ASKS = re.compile(
    r"\?|\b(?:gi|o dau|nao|lam sao|the nao|ra sao|bao nhieu|bao lau|may ngay|duoc khong|can gi)\b"
)


def practise(draft: Draft, improve: Improve | None) -> Draft | Answer:
    """Begin, go on with or end the talk about a prompt; any other message goes on its way."""
    action, text = draft.question.action, draft.question.text.strip()
    plain = " ".join(fold(text).split()).strip(" .!,")
    library, edition = draft.known.edition.library, draft.known.edition.number
    if action == START:
        return _ask(Practice())
    if not action and (given := _begun(draft.question.text)) is not None:
        first = prompt.take(Practice(), given) if given else Practice()
        return _next(first, library, edition, improve)
    practice = draft.context.practice
    if practice is None:
        return draft
    if action == SKIP or (not action and draft.context.practising and _SKIP.fullmatch(plain)):
        return _next(prompt.skip(practice), library, edition, improve)
    if action == END or (not action and _END.fullmatch(plain)):
        return _end(practice, library, edition, improve)
    if action:
        return draft
    if not draft.context.practising:  # something else was asked in between
        return _ask(practice) if _RESUME.fullmatch(plain) else draft
    if _is_other(draft, text):
        return draft
    return _next(prompt.take(practice, text), library, edition, improve)


def _begun(text: str) -> str | None:
    """The prompt behind the words that begin the talk, perhaps empty; None without those words."""
    begun = _START.match(fold(text))
    if begun is None:
        return None
    rest = text[begun.end() :].strip()
    clear = not rest or begun["then"].strip() or prompt.commands(rest)
    return rest if clear or text.lstrip().startswith("/") else None


def with_reminder(answer: Answer, draft: Draft) -> Answer:
    """The Answer to a question in the middle of the talk, with how to go on."""
    left = draft.context.practice and draft.context.practising
    if not left or draft.question.action or answer.status.value.endswith("practice"):
        return answer
    if answer.status.family not in ("answered", "clarification"):
        return answer
    line = Block(kind=BlockKind.TEXT, lines=(say("practice.resume"),))
    return answer.model_copy(update={"blocks": (*answer.blocks, line)})


def with_offer(answer: Answer) -> Answer:
    """The Answer with the Choice to practise, if it is about an Entry that teaches to ask."""
    choices = (*offer(answer.entry_id), *answer.choices)
    return answer.model_copy(update={"choices": choices[:MAX_CHOICES]})


def offer(entry_id: str | None) -> tuple[Choice, ...]:
    """The Choice to practise, of an Entry that teaches to ask."""
    return (_choice("start", START),) if entry_id in OFFERED_IN else ()


def _is_other(draft: Draft, text: str) -> bool:
    """Whether a message is no part of a prompt: small talk, or a question of its own, which names
    what is asked of a procedure that is found, or surely means an Entry."""
    if text.startswith("/"):
        return True
    answer = small_talk(text)
    if answer is not None:
        return True
    if prompt.commands(text) and not _ASKS.search(fold(text)):
        return False
    asks, facets = _ASKS.search(fold(text)), facets_asked(text)
    if not asks and not facets:
        return False
    reading = draft.known.searcher.read(text)
    if not stands_alone(reading.text, reading.original):
        return False
    confident = confidence(draft.known.searcher.search(reading), reading)
    found = bool(asks and facets) and confident.offered >= POSSIBLE
    return found or is_sure(confident, reading)


def _ask(practice: Practice) -> Answer:
    """Ask for the prompt, or for the part that it lacks next."""
    if not practice.text:
        lines = (say("practice.begin"), say("practice.never"))
        blocks = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
        return _going_on(blocks, practice, ())
    return _going_on(tuple(_state(practice)), practice, (_choice("skip", SKIP),))


def _next(practice: Practice, library: Library, edition: int, improve: Improve | None) -> Answer:
    if practice.text and practice.asked is None:
        return _end(practice, library, edition, improve)
    return _ask(practice)


def _going_on(blocks: tuple[Block, ...], practice: Practice, choices: tuple[Choice, ...]) -> Answer:
    return Answer(
        status=Status.CLARIFICATION_PRACTICE,
        blocks=blocks,
        choices=(*choices, _choice("end", END)),
        practice=practice,
    )


def _state(practice: Practice) -> Iterator[Block]:
    """The prompt so far, what it has, and what it lacks, with the reason."""
    yield Block(kind=BlockKind.TITLE, lines=(say("practice.title"),))
    if prompt.personal(_all(practice)):
        yield Block(kind=BlockKind.WARNING, lines=(say("practice.personal"),))
    yield Block(kind=BlockKind.TEXT, lines=(say("practice.so_far", prompt=prompt.whole(practice)),))
    have = [say(f"practice.parts.{part}") for part in Part if part in prompt.said(practice)]
    if have:
        yield Block(kind=BlockKind.TEXT, lines=(say("practice.have", parts=", ".join(have)),))
    if practice.asked:
        yield Block(kind=BlockKind.TEXT, lines=(say(f"practice.ask.{practice.asked}"),))


def _end(practice: Practice, library: Library, edition: int, improve: Improve | None) -> Answer:
    """The finished prompt, why it is better, and what to remember."""
    offered = [library.entries[i] for i in OFFERED_IN if i in library.entries]
    again = Choice(label=say("practice.again"), action=START)
    leads = [Choice(label=entry.title, action=f"entry:{entry.id}") for entry in offered]
    blocks = _finished(practice, improve) if practice.text else iter(_nothing())
    return Answer(
        status=Status.ANSWERED_PRACTICE,
        blocks=tuple(blocks),
        choices=(again, *leads),
        edition=edition,
    )


def _nothing() -> tuple[Block, ...]:
    return (Block(kind=BlockKind.TEXT, lines=(say("practice.nothing"),)),)


def _finished(practice: Practice, improve: Improve | None) -> Iterator[Block]:
    text, said = prompt.whole(practice), prompt.said(practice)
    if Part.LIMITS not in said:
        text = f"{text} {say('practice.default_limit')}"
    yield Block(kind=BlockKind.TITLE, lines=(say("practice.finished"),))
    yield Block(kind=BlockKind.TEXT, lines=(say("practice.copy", prompt=text),))
    if better := improve(text) if improve else None:
        yield Block(kind=BlockKind.TEXT, lines=(say("practice.model", prompt=better),))
    why = [say(f"practice.why.{part}") for part in Part if part in said | {Part.LIMITS}]
    yield Block(kind=BlockKind.ITEMS, lines=tuple(why))
    if prompt.personal(_all(practice)):
        yield Block(kind=BlockKind.WARNING, lines=(say("practice.personal"),))
    yield Block(kind=BlockKind.WARNING, lines=(say("practice.check"),))


def _all(practice: Practice) -> str:
    return " ".join((practice.text, *(text for _, text in practice.added)))


def _choice(name: str, action: str) -> Choice:
    return Choice(label=say(f"practice.{name}"), action=action)
