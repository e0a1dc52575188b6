"""Asks the questions on standard input through the official Python SDK; prints the answers as JSON."""

import json
import sys

from openai import OpenAI

job = json.load(sys.stdin)
client = OpenAI(base_url=job["baseUrl"], api_key="not-needed", max_retries=0)


def ask(question):
    answer = client.chat.completions.create(
        model=job["model"],
        max_tokens=job["maxTokens"],
        messages=[{"role": "user", "content": question["text"]}],
        extra_headers=question["headers"],
        stream=question["stream"],
    )
    if not question["stream"]:
        return answer.choices[0].message.content
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)


json.dump([ask(question) for question in job["questions"]], sys.stdout)
