"""The second tier, and the one home of LangChain: a language model leads from fact to fact.

It never writes a fact. It is shown each one beside a token and writes the token; code puts the
composed lines there, whole and all of them. Its own words may hold no figure, office, law or
denial (prompts/claims.txt). Whatever goes wrong, the composed Answer stands.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path
from threading import BoundedSemaphore, Thread
from typing import Any, TypeVar, cast

from langchain.chat_models import init_chat_model
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langsmith import tracing_context
from pydantic import BaseModel, Field, SecretStr

from bot.model import Answer, Block, BlockKind, Status
from bot.practice.wording import breach
from knowledge.model import AnyEntry, Facet
from retrieval.text import clean, is_bare, is_syllable, tone_style

log = logging.getLogger(__name__)

_PROMPTS = Path(__file__).with_name("prompts")
_PROMPT = (_PROMPTS / "compose.txt").read_text(encoding="utf-8")
_IMPROVE = (_PROMPTS / "improve.txt").read_text(encoding="utf-8")
_CLAIM_LINES = (_PROMPTS / "claims.txt").read_text(encoding="utf-8").splitlines()
_REWRITTEN = {Status.ANSWERED_FACET, Status.ANSWERED_OVERVIEW}
"""Guides and Lessons are their editors' prose already; the other Statuses have fixed words."""

_HALF_QUESTION = 300  # characters; longer ones lose their middle: letters ask at either end
_MAX_WORDS = 80  # the model's own, in one reply
_CALLS_AT_ONCE = 8
_REST_S = 30.0
"""After a timeout nobody waits for the model for so long: a server that hangs costs one delay."""

_TOKEN = re.compile(r"\{\{\s*([a-z_]+:\d+)\s*\}\}")
_BULLET = re.compile(r"^\s*(?:[-+*•]|\d{1,2}[.)])\s*(?=[\w{])", re.MULTILINE)
_ALLOWED = re.compile(r"""(?:[^\W\d_]|[\s.,:;!?…"'()-])*""")
_CLAIMS = re.compile(rf"\b(?:{'|'.join(x for x in _CLAIM_LINES if x and x[0] != '#')})\b")


class Reply(BaseModel):
    """What the model returns."""

    answer: str = Field(description="Câu trả lời; mỗi dữ kiện là một ký hiệu như {{fee:1}}")
    complete: bool = Field(description="Các dữ kiện có trả lời được câu hỏi không")


class Wording(BaseModel):
    """What the model returns of a learner's prompt."""

    answer: str = Field(description="Câu hỏi đã viết lại cho gọn và rõ")


_Returned = TypeVar("_Returned", bound=BaseModel)


class Breach(Exception):
    """The reply broke a rule. The message names the rule and holds nothing of the reply."""


@dataclass(frozen=True)
class ModelSettings:
    """Where the model is. `provider` is LangChain's name; "openai" serves any compatible URL."""

    provider: str
    name: str
    url: str | None = None
    key: SecretStr | None = None
    timeout_s: float = 8.0


def connect(settings: ModelSettings) -> BaseChatModel:
    """A LangChain chat model. ImportError, naming the package, if the provider's is missing."""
    logging.getLogger("openai").setLevel(logging.INFO)  # its DEBUG lines hold people's texts
    options: dict[str, Any] = {"max_retries": 0, "temperature": 0}
    # The Rewriter's deadline comes first; a call that it left behind is hung up soon after.
    options["timeout"] = settings.timeout_s + 1
    if settings.url:
        options["base_url"] = settings.url
    if settings.key:
        options["api_key"] = settings.key.get_secret_value()
    elif settings.url and settings.provider == "openai":
        options["api_key"] = "none"  # a local server needs no key, but the client insists on one
    model = init_chat_model(settings.name, model_provider=settings.provider, **options)
    return cast(BaseChatModel, model)


class Rewriter:
    """Rewrites composed Answers and learners' prompts with a model, or leaves them. Safe to share
    between threads."""

    def __init__(
        self,
        model: BaseChatModel,
        timeout_s: float = 8.0,
        used: Callable[[str, int, int], None] = lambda model, tokens_in, tokens_out: None,
    ) -> None:
        """`used` is told of each call that the provider counted: model, tokens read and written.
        It must not raise."""
        self._used = used
        self._model = model
        self._timeout_s = timeout_s
        self._calls = BoundedSemaphore(_CALLS_AT_ONCE)
        self._rests_until = 0.0

    def rewrite(self, question: str, entry: AnyEntry, answer: Answer) -> Answer:
        """The Answer with the model's words around the facts, or as it was, within `timeout_s`."""
        titles = [block for block in answer.blocks if block.kind is BlockKind.TITLE]
        resting = time.monotonic() < self._rests_until
        if resting or answer.status not in _REWRITTEN or len(titles) != 1:  # titled parts stay so
            return answer
        title, facts = titles[0].lines[0], tokens(answer)
        try:
            reply = self._ask(Reply, _messages(question, title, facts))
            body = expand(reply, facts, (entry.title, *title.split(": ")))
        except Exception as error:  # any provider, any transport: the composed Answer stands
            reason = error if isinstance(error, Breach) else type(error).__name__
            log.warning("model tier: %s stays as composed: %s", entry.id, reason)
            return answer
        warnings = [block for block in answer.blocks if block.kind is BlockKind.WARNING]
        return answer.model_copy(update={"blocks": (*titles, *body, *warnings)})

    def improve(self, prompt: str) -> str | None:
        """A shorter wording of a learner's prompt, checked; None whatever goes wrong."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            messages = [SystemMessage(_IMPROVE), HumanMessage(_quoted(prompt))]
            wording = tone_style(clean(self._ask(Wording, messages).answer)).replace("**", "")
            if broken := breach(wording, prompt):
                raise Breach(broken)
        except Exception as error:  # as above: the learner's own prompt stands
            reason = error if isinstance(error, Breach) else type(error).__name__
            log.warning("model tier: a prompt stays as it was: %s", reason)
            return None
        return wording

    def _ask(self, schema: type[_Returned], messages: list[BaseMessage]) -> _Returned:
        """The model's reply. TimeoutError past the deadline, otherwise what the provider raises."""
        # A client's timeout is per read: a server that drips never meets it. The call therefore has
        # a thread of its own, which is left behind at the deadline.
        if not self._calls.acquire(blocking=False):
            raise TimeoutError("every call is still waiting")
        future: Future[_Returned] = Future()
        Thread(target=self._call, args=(schema, messages, future), daemon=True).start()
        try:
            return future.result(self._timeout_s)
        except TimeoutError:
            self._rests_until = time.monotonic() + _REST_S
            raise

    def _call(
        self, schema: type[_Returned], messages: list[BaseMessage], future: Future[_Returned]
    ) -> None:
        usage = UsageMetadataCallbackHandler()
        try:
            # LANGSMITH_TRACING in the environment would send people's questions to a third party.
            with tracing_context(enabled=False):
                bound = self._model.with_structured_output(schema, method="json_schema")
                reply = bound.invoke(messages, {"callbacks": [usage]})
            future.set_result(schema.model_validate(reply))
        except Exception as error:
            future.set_exception(error)
        finally:
            self._calls.release()
            for model, tokens in usage.usage_metadata.items():
                self._used(model, tokens["input_tokens"], tokens["output_tokens"])


def tokens(answer: Answer) -> dict[str, Block]:
    """All but title and warnings by token, "fee:1" → Block: each item alone, steps together."""
    parts: list[Block] = []
    for block in answer.blocks:
        if block.kind is BlockKind.ITEMS:
            parts += [Block(kind=block.kind, lines=(line,)) for line in block.lines]
        elif block.kind not in (BlockKind.TITLE, BlockKind.WARNING):
            parts.append(block)
    return {f"{answer.facet or Facet.OVERVIEW}:{i}": part for i, part in enumerate(parts, 1)}


def expand(reply: Reply, facts: dict[str, Block], names: tuple[str, ...]) -> list[Block]:
    """The reply as Blocks: facts where the tokens stand, the model's own words between them.

    Raises Breach unless every fact is there once (a missing one misleads; the order is free) and
    the words pass `judge`, in which they may repeat `names`, titles of ours.
    """
    if not reply.complete:
        raise Breach("says the facts do not answer")
    plain = tone_style(clean(reply.answer)).replace("**", "")
    pieces = _TOKEN.split(_BULLET.sub("", plain))
    words = [piece.lstrip(" \n.,;:").rstrip() for piece in pieces[::2]]
    if sorted(pieces[1::2]) != sorted(facts):
        raise Breach("a fact is missing, repeated or unknown")
    judge(words, names)
    blocks: list[Block] = []
    for own, token in zip_longest(words, pieces[1::2]):
        blocks += [Block(kind=BlockKind.TEXT, lines=(line,)) for line in own.splitlines()]
        if token:
            fact = facts[token]
            joins = blocks and fact.kind is blocks[-1].kind is BlockKind.ITEMS
            lines = blocks.pop().lines + fact.lines if joins else fact.lines
            blocks.append(Block(kind=fact.kind, lines=lines))
    return blocks


def judge(pieces: list[str], names: tuple[str, ...]) -> None:
    """Raises Breach unless the pieces are whole Vietnamese sentences that claim nothing."""
    if any(piece and not (piece[0].isupper() and piece[-1] in ".:!?…") for piece in pieces):
        raise Breach("its words run into a fact")  # "{{fee:1}} nếu nộp trực tuyến" adds a condition
    text = "\n".join(filter(None, pieces))
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(tone_style(name))}(?!\w)", "", text, flags=re.IGNORECASE)
    words = re.findall(r"[^\W\d_]+", text)
    if not _ALLOWED.fullmatch(text) or re.search(r"\w\.\w", text):
        raise Breach("has a figure, a link or a sign of its own")
    if len(words) > _MAX_WORDS:
        raise Breach("runs on")
    if not all(is_syllable(word.lower()) for word in words) or (len(words) > 3 and is_bare(text)):
        raise Breach("is not plain Vietnamese")
    starts = pairwise(word.lstrip("(\"'") or "-" for word in text.split())
    names_something = any(w[0].isupper() and before[-1] not in ".:!?…" for before, w in starts)
    if names_something or _CLAIMS.search(" ".join(words).lower()):
        raise Breach("names or claims something of its own")


def _messages(question: str, title: str, facts: dict[str, Block]) -> list[BaseMessage]:
    """Rules and facts from us, then the question apart, in a role that commands nothing."""
    facts_told = (f"{{{{{token}}}}} = {' / '.join(fact.lines)}" for token, fact in facts.items())
    if len(question.split()) < 2:  # a pressed button or a typed "2": its title is the question
        question = title
    system = _PROMPT.format(title=title, facts="\n".join(facts_told))
    return [SystemMessage(system), HumanMessage(_quoted(question))]


def _quoted(text: str) -> str:
    """A person's text between marks that it cannot hold itself, its middle cut if it is long."""
    text = " ".join(re.sub(r"[{}<>]", " ", text).split())
    if len(text) > 2 * _HALF_QUESTION:
        text = f"{text[:_HALF_QUESTION]} … {text[-_HALF_QUESTION:]}"
    return f"<<<\n{text}\n>>>"
