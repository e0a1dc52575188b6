"""Asks through LangChain's and LlamaIndex's models, unmodified; prints what came back as JSON, one key a model."""

import json
import sys

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

origin, chat_model, responses_model, claude = sys.argv[1:5]
key = {"api_key": "provider-key", "max_retries": 0}
openai = {**key, "base_url": f"{origin}/v1"}


class Weather(BaseModel):
    """Weather of a city."""

    city: str
    days: int


def langchain(model):
    answer = model.invoke("hello, world")
    usage = answer.usage_metadata
    bound = model.bind_tools([Weather])
    streamed = None
    for chunk in bound.stream("weather?"):
        streamed = chunk if streamed is None else streamed + chunk
    return {
        "text": answer.text,
        "usage": [usage["input_tokens"], usage["output_tokens"]],
        "pieces": [chunk.text for chunk in model.stream("one two three") if chunk.text],
        "calls": [call["args"] for call in (*bound.invoke("weather?").tool_calls, *streamed.tool_calls)],
        "structured": model.with_structured_output(Weather).invoke("weather?").model_dump(),
    }


def llama_index(model):
    asked = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="hello, world")]
    return {
        "text": model.chat(asked).message.content,
        "pieces": [chunk.delta for chunk in model.stream_complete("one two three") if chunk.delta],
    }


print(
    json.dumps(
        {
            "langchain chat": langchain(ChatOpenAI(model=chat_model, **openai)),
            "langchain responses": langchain(
                ChatOpenAI(model=responses_model, use_responses_api=True, **openai)
            ),
            "langchain responses by messages": langchain(
                ChatOpenAI(model=claude, use_responses_api=True, **openai)
            ),
            "langchain anthropic": langchain(ChatAnthropic(model=claude, base_url=origin, **key)),
            "langchain anthropic by chat": langchain(ChatAnthropic(model=chat_model, base_url=origin, **key)),
            "llama index chat": llama_index(
                OpenAILike(model=chat_model, api_base=openai["base_url"], is_chat_model=True, **key)
            ),
            "llama index chat by messages": llama_index(
                OpenAILike(model=claude, api_base=openai["base_url"], is_chat_model=True, **key)
            ),
        }
    )
)
