"""The texts that shape the static embedder: licensed ones only (data/README.md says which), in a fixed order."""

import gzip
import hashlib
import json
import re
from pathlib import Path

from questions_made import questions_made

# Sets marked "eval only" (QQP, medical pairs, STS-B, most of same_query, ...) and share-alike ones are never read here.
LICENCES = {
    "disfl_qa": "CC BY 4.0",
    "clinc150": "CC BY 3.0",
    "banking77": "CC BY 4.0",
    "nq_open": "Apache-2.0",
    "same_table": "BSD-3-Clause (WikiSQL)",
    "advising": "CC BY 4.0 (text2sql-data)",
    "mmlu": "Apache-2.0 (RouteLLM's half of MMLU)",
    "wordnet": "WordNet 3.0 licence",
    "made": "made here from templates and WordNet's words",
}

# Of an exam's question: long ones take the teacher's time and teach little of single questions.
MOST_CHARACTERS = 300


def sources(data: Path, wordnet: Path) -> dict[str, list[str]]:
    """Texts by source, each text once, in the order of the files."""
    found = {
        "disfl_qa": [row[key] for row in rows(data, "cache/disfl_qa_train") for key in ("original", "disfluent")],
        "clinc150": [row["text"] for row in rows(data, "intent/clinc150")],
        "banking77": [row["text"] for row in rows(data, "intent/banking77_train")],
        "nq_open": [row["question"] for row in rows(data, "questions/nq_open_dev")],
        "same_table": [row["question"] for row in rows(data, "cache/same_table")],
        "advising": [row["question"] for row in rows(data, "cache/same_query") if row["dataset"] == "advising"],
        "mmlu": [text for text in mmlu_stems(data) if len(text) <= MOST_CHARACTERS],
        "wordnet": wordnet_examples(wordnet) + wordnet_definitions(wordnet),
        "made": questions_made(wordnet),
    }
    seen: set[str] = set()
    unique: dict[str, list[str]] = {}
    for source, texts in found.items():
        unique[source] = []
        for text in texts:
            text = " ".join(text.split())[:600]
            if len(text) > 1 and text not in seen:
                seen.add(text)
                unique[source].append(text)
    return unique


def held_out(text: str) -> bool:
    """One text in twenty is kept back by its digest: choices are made on those."""
    return hashlib.sha256(text.encode()).digest()[0] % 20 == 0


def rows(data: Path, name: str):
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def mmlu_stems(data: Path) -> list[str]:
    """The questions without their options."""
    return [re.split(r"\n[A-D]\. ", row["prompt"])[0] for row in rows(data, "routing/routellm_mmlu_half")]


def glosses(wordnet: Path):
    for part in ("noun", "verb", "adj", "adv"):
        with open(wordnet / f"data.{part}", encoding="utf-8") as file:
            for line in file:
                if not line.startswith("  "):
                    yield part, line.split(), line.rstrip().split(" | ", 1)[1]


def wordnet_examples(wordnet: Path) -> list[str]:
    """Every other one."""
    return [example for _, _, gloss in glosses(wordnet) for example in re.findall(r'"([^"]{6,})"', gloss)][::2]


def wordnet_definitions(wordnet: Path) -> list[str]:
    """Each ninth synset as `word: definition`."""
    chosen = []
    for index, (_, fields, gloss) in enumerate(glosses(wordnet)):
        if index % 9 == 0:
            chosen.append(f"{fields[4].replace('_', ' ')}: {gloss.split(chr(34))[0].strip('; ')}")
    return chosen
