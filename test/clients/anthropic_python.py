"""Asks for messages through the unmodified Python SDK; prints what came back as JSON, one key a check."""

import asyncio
import json
import sys

from anthropic import Anthropic, AsyncAnthropic, BadRequestError

base_url, model = sys.argv[1:3]
options = {"base_url": base_url, "api_key": "provider-key", "max_retries": 0}
client = Anthropic(**options)
TOOLS = [
    {
        "name": "get_weather",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    }
]


def ask(text):
    return {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": text}]}


def message():
    answer = client.messages.create(**ask("naïve ☂"))
    usage = answer.usage
    return {
        "text": answer.content[0].text,
        "stop_reason": answer.stop_reason,
        "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
    }


def stream():
    with client.messages.stream(**ask("one two three")) as events:
        pieces = list(events.text_stream)
        final = events.get_final_message()
    return {"pieces": pieces, "text": final.content[0].text, "stop_reason": final.stop_reason}


def tools():
    whole = client.messages.create(**ask("weather?"), tools=TOOLS)
    with client.messages.stream(**ask("weather?"), tools=TOOLS) as events:
        streamed = events.get_final_message()
    said = [block.model_dump(include={"name", "input"}) for block in (whole.content[0], streamed.content[0])]
    use = whole.content[0]
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "rain"}
    turns = [
        *ask("weather?")["messages"],
        {"role": "assistant", "content": whole.content},
        {"role": "user", "content": [result]},
    ]
    answer = client.messages.create(**{**ask(""), "messages": turns}, tools=TOOLS)
    return {"calls": said, "answer": answer.content[0].text}


def refusal():
    try:
        client.messages.create(**{**ask("hi"), "messages": []})
    except BadRequestError as error:
        return {"status": error.status_code, "body": error.body}


async def asynchronous():
    async with AsyncAnthropic(**options) as other:
        answer = await other.messages.create(**ask("hello"))
        pieces = []
        async with other.messages.stream(**ask("hello")) as events:
            async for piece in events.text_stream:
                pieces.append(piece)
    return {"text": answer.content[0].text, "pieces": pieces}


checks = [message, stream, tools, refusal]
results = {check.__name__: check() for check in checks}
results["asynchronous"] = asyncio.run(asynchronous())
print(json.dumps(results))
