"""Calls every endpoint through the unmodified Python SDK; prints what came back as JSON, one key a check."""

import asyncio
import json
import sys

from openai import AsyncOpenAI, BadRequestError, OpenAI
from pydantic import BaseModel

base_url, chat_model, embedding_model = sys.argv[1:4]
options = {"base_url": base_url, "api_key": "provider-key", "max_retries": 0}
client = OpenAI(**options)
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            },
        },
    }
]


class Forecast(BaseModel):
    city: str
    days: int
    tags: list[str]


def ask(text):
    return {"model": chat_model, "messages": [{"role": "user", "content": text}]}


def chat():
    answer = client.chat.completions.create(**ask("naïve ☂"))
    return {"content": answer.choices[0].message.content, "usage": answer.usage.model_dump()}


def stream():
    chunks = list(client.chat.completions.create(**ask("one two three"), stream=True))
    return {
        "pieces": [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content],
        "finish": chunks[-1].choices[0].finish_reason,
        "with_usage": sum(c.usage is not None for c in chunks),
    }


def tools():
    call = client.chat.completions.create(**ask("weather?"), tools=TOOLS).choices[0].message.tool_calls[0]
    return {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}


def tools_streamed():
    with client.chat.completions.stream(**ask("weather?"), tools=TOOLS) as events:
        for _ in events:
            pass
        call = events.get_final_completion().choices[0].message.tool_calls[0]
    return {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}


def parse():
    answer = client.chat.completions.parse(**ask("forecast"), response_format=Forecast)
    return answer.choices[0].message.parsed.model_dump()


def embeddings():
    answer = client.embeddings.create(model=embedding_model, input=["one", "two"])
    return [item.embedding for item in answer.data]


def embeddings_again():
    answer = client.embeddings.create(model=embedding_model, input=["three", "two", "one", "four"])
    return [item.embedding for item in answer.data]


def refusal():
    try:
        client.chat.completions.create(model=chat_model, messages=[{"role": "user", "content": [{"type": "x"}]}])
    except BadRequestError as error:
        return {"status": error.status_code, "param": error.param, "code": error.code}


async def asynchronous():
    async with AsyncOpenAI(**options) as other:
        answer = await other.chat.completions.create(**ask("hello"))
        pieces = []
        async for chunk in await other.chat.completions.create(**ask("one two three"), stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                pieces.append(chunk.choices[0].delta.content)
        return {"content": answer.choices[0].message.content, "pieces": pieces}


checks = [chat, stream, tools, tools_streamed, parse, embeddings, refusal]
results = {check.__name__: check() for check in checks}
results["asynchronous"] = asyncio.run(asynchronous())
results["embeddings_again"] = embeddings_again()
json.dump(results, sys.stdout)
