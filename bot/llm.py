"""The second tier: a language model puts the record's facts into a fluent reply.

The model never writes a fact. It is shown each fact with a token and writes the token where the
fact belongs; code puts the record's own words there. What it adds around them must hold no number
and no link. A failure, a timeout or a breach leaves the composed Answer as it was.
The one home of LangChain.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, Field, SecretStr

from bot.model import Answer, Block, BlockKind, Status
from knowledge.model import AnyEntry, Facet

log = logging.getLogger(__name__)

_PROMPT = (Path(__file__).parent / "prompts" / "compose.txt").read_text(encoding="utf-8")
_TOKEN = re.compile(r"\{\{\s*([a-z_]+:\d+)\s*\}\}")
_REWRITTEN = {Status.ANSWERED_FACET, Status.ANSWERED_OVERVIEW, Status.ANSWERED_GUIDE}
_LISTS = {BlockKind.ITEMS, BlockKind.STEPS}
_MAX_LENGTH = 2500


class Reply(BaseModel):
    """What the model returns."""

    answer: str = Field(description="Câu trả lời, dữ kiện viết bằng ký hiệu như {{fee:1}}")
    used: list[str] = Field(default_factory=list, description="Các ký hiệu đã dùng, ví dụ fee:1")
    complete: bool = Field(description="Dữ kiện có đủ trả lời câu hỏi không")


@dataclass(frozen=True)
class ModelSettings:
    """Where the model is. `provider` is LangChain's name; "openai" serves any compatible URL."""

    provider: str
    name: str
    url: str | None = None
    key: SecretStr | None = None
    timeout_s: float = 8.0


def connect(settings: ModelSettings) -> BaseChatModel:
    """A LangChain chat model for the settings."""
    options: dict[str, object] = {"timeout": settings.timeout_s, "max_retries": 0}
    if settings.url:
        options["base_url"] = settings.url
    # A local server needs no key, but the client insists on one.
    options["api_key"] = settings.key.get_secret_value() if settings.key else "none"
    model = init_chat_model(
        settings.name, model_provider=settings.provider, temperature=0, **options
    )
    return cast(BaseChatModel, model)


class Rewriter:
    """Rewrites composed Answers with a model, or leaves them."""

    def __init__(self, model: BaseChatModel) -> None:
        self._model = model.with_structured_output(Reply, method="json_schema")

    def rewrite(self, question: str, entry: AnyEntry, answer: Answer) -> Answer:
        """The Answer in the model's words around the record's facts; the same Answer if that fails."""
        if answer.status not in _REWRITTEN:
            return answer
        facts = tokens(answer)
        prompt = _PROMPT.format(
            title=entry.title,
            facts="\n".join(f"{{{{{token}}}}} = {text}" for token, text in facts.items()),
            question=question,
        )
        try:
            reply = Reply.model_validate(self._model.invoke(prompt))
        except Exception as error:  # any provider, any transport: the composed Answer stands
            log.warning("model tier failed: %s", type(error).__name__)
            return answer
        text = expand(reply, facts)
        if text is None:
            log.warning("model tier refused: its reply broke the rules")
            return answer
        return answer.model_copy(update={"blocks": _blocks(answer, text)})


def tokens(answer: Answer) -> dict[str, str]:
    """The composed Answer's facts by token: "fee:1" → the line as composed."""
    name = answer.facet or Facet.OVERVIEW
    lines = [line for block in answer.blocks if block.kind in _LISTS for line in block.lines]
    return {f"{name}:{i}": line for i, line in enumerate(lines, 1)}


def expand(reply: Reply, facts: Mapping[str, str]) -> str | None:
    """The reply with its tokens replaced by facts; None if it breaks the rules.

    Broken: says itself incomplete, uses no fact, leaves out a fact it was given (partial answers
    are what mislead), writes a figure, link or brace of its own, or runs on.
    """
    used = [token for token in _TOKEN.findall(reply.answer) if token in facts]
    own_words = _TOKEN.sub(" ", reply.answer)
    if not reply.complete or set(used) != set(facts):
        return None
    if re.search(r"\d|https?:|www\.|\.vn\b|[{}<>]", own_words) or len(own_words) > _MAX_LENGTH:
        return None
    return _TOKEN.sub(lambda match: facts.get(match[1], ""), reply.answer).strip()


def _blocks(answer: Answer, text: str) -> tuple[Block, ...]:
    """Title and warnings stay as composed; the rest becomes the model's paragraphs."""
    title = tuple(b for b in answer.blocks if b.kind is BlockKind.TITLE)[:1]
    warnings = tuple(b for b in answer.blocks if b.kind is BlockKind.WARNING)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    body = tuple(Block(kind=BlockKind.TEXT, lines=(line,)) for line in lines)
    return (*title, *body, *warnings)


