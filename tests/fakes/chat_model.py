"""Chat models that say what the test tells them to: in the process, and over HTTP.

An answer is a template: "{facts}" becomes every token that the prompt offers, one a line.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tracers import LangChainTracer
from pydantic import BaseModel, PrivateAttr

GOOD = "Bạn xem thông tin dưới đây nhé:\n{facts}\nCần biết thêm gì bạn cứ hỏi tiếp."


def offered(prompt: str) -> list[str]:
    """The tokens that the prompt lists with their facts, in its order: ["{{fee:1}}", …]."""
    return re.findall(r"^(\{\{[a-z_]+:\d+\}\}) = ", prompt, re.MULTILINE)


def fill(answer: str, prompt: str) -> str:
    """The answer with the prompt's tokens in the places of "{facts}" and "{first}"."""
    found = offered(prompt)
    return answer.replace("{facts}", "\n".join(found)).replace("{first}", "".join(found[:1]))


class ScriptedModel(BaseChatModel):
    """A LangChain chat model with one scripted reply. Structured output the way OpenAI's has it:
    the schema is bound to the call, the reply is JSON text, and the parser raises on anything else.
    """

    answer: str = GOOD
    complete: bool = True
    raw: str | None = None
    """The reply's whole text, instead of JSON."""
    seconds: float = 0.0
    error: Exception | None = None
    _prompts: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _traced: list[bool] = PrivateAttr(default_factory=list)

    @property
    def asked(self) -> list[list[BaseMessage]]:
        """The messages of every call so far."""
        return self._prompts

    @property
    def traced(self) -> list[bool]:
        """Of every call so far, whether LangChain was about to report it to LangSmith."""
        return self._traced

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        method: Literal["json_schema"] = "json_schema",
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        if include_raw or not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            raise NotImplementedError("only a pydantic schema, and its object back")
        bound = self.bind(response_format=schema.model_json_schema(), **kwargs)
        return bound | PydanticOutputParser(pydantic_object=schema)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        assert "answer" in kwargs["response_format"]["properties"], "asked without a schema"
        self._prompts.append(messages)
        handlers = run_manager.handlers if run_manager else []
        self._traced.append(any(isinstance(handler, LangChainTracer) for handler in handlers))
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        text = self.raw
        if text is None:
            answer = fill(self.answer, str(messages[0].content))
            text = json.dumps({"answer": answer, "complete": self.complete}, ensure_ascii=False)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


def openai_server(answer: str = GOOD, drip_s: float = 0.0) -> FastAPI:
    """A server of OpenAI's chat completions. With `drip_s`, a blank every so often and no reply."""
    app = FastAPI()

    async def drip() -> AsyncIterator[bytes]:
        while True:  # blanks before JSON are allowed, so a client goes on reading
            yield b" "
            await asyncio.sleep(drip_s)

    @app.post("/v1/chat/completions")
    def complete(call: dict[str, Any]) -> Any:
        if drip_s:
            return StreamingResponse(drip(), media_type="application/json")
        assert call["response_format"]["type"] == "json_schema"
        reply = {"answer": fill(answer, call["messages"][0]["content"]), "complete": True}
        message = {"role": "assistant", "content": json.dumps(reply, ensure_ascii=False)}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": call["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    return app
