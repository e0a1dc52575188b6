"""Asks the questions on standard input through the official Python SDK; prints the answers as JSON."""

import json
import sys

from openai import OpenAI

job = json.load(sys.stdin)
client = OpenAI(base_url=job["baseUrl"], api_key="not-needed", max_retries=0)


def ask(question):
    return ask_chat(question) if question["api"] == "chat" else ask_responses(question)


def ask_chat(question):
    answer = client.chat.completions.create(
        model=job["model"],
        max_tokens=job["maxTokens"],
        temperature=0,
        messages=[{"role": "user", "content": question["text"]}],
        extra_headers=question["headers"],
        stream=question["stream"],
    )
    if not question["stream"]:
        return answer.choices[0].message.content
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)


def ask_responses(question):
    asked = dict(
        model=job["model"],
        max_output_tokens=job["maxTokens"],
        temperature=0,
        store=False,
        input=question["text"],
        extra_headers=question["headers"],
    )
    if not question["stream"]:
        return client.responses.create(**asked).output_text
    # `responses.stream` wants an answer that was not cut short by its bound, as most here are.
    events = client.responses.create(stream=True, **asked)
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


json.dump([ask(question) for question in job["questions"]], sys.stdout)
