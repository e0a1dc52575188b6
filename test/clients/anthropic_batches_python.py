"""Makes a batch of messages, keeps a file and lists models through the unmodified Python SDK; prints JSON."""

import json
import sys

from anthropic import Anthropic, NotFoundError

base_url, key = sys.argv[1:3]
client = Anthropic(base_url=base_url, api_key=key, max_retries=0)


def batch():
    params = {
        "model": "claude-haiku-4-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Say three."}],
    }
    made = client.messages.batches.create(requests=[{"custom_id": "three", "params": params}])
    listed = made.id in [one.id for one in client.messages.batches.list(limit=1)]
    client.messages.batches.retrieve(made.id)
    answers = [one.result.message.content[0].text for one in client.messages.batches.results(made.id)]
    deleted = client.messages.batches.delete(made.id).type
    return {"answers": answers, "listed": listed, "deleted": deleted}


def files():
    made = client.beta.files.upload(file=("b.txt", b"xyz", "text/plain"))
    listed = made.id in [one.id for one in client.beta.files.list()]
    content = client.beta.files.download(made.id).read().decode()
    client.beta.files.delete(made.id)
    return {"filename": made.filename, "listed": listed, "content": content}


def models():
    listed = [one.id for one in client.models.list() if one.id.startswith("claude")]
    found = client.models.retrieve("claude/claude-haiku-4-5").id
    try:
        client.models.retrieve("claude/nothing")
        missing = None
    except NotFoundError as error:
        missing = error.body["error"]["type"]
    return {"listed": listed, "found": found, "missing": missing}


print(json.dumps({"batch": batch(), "files": files(), "models": models()}))
