"""
Writes what the reference tokenizer makes of every text of the data folder, for `npm run bench:embedding -- --reference FILE`.
    python training/static/word_piece_reference.py --data FOLDER --out FILE
"""

import argparse
import gzip
import json
from pathlib import Path

from vocabulary import rows_of

LONGEST = 8_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    texts: dict[str, None] = {}
    for file in sorted(asked.data.glob("*/*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                texts.update(dict.fromkeys(text[:LONGEST] for text in strings(json.loads(line))))
    ordered = list(texts)
    with open(asked.out, "w", encoding="utf-8") as out:
        for begin in range(0, len(ordered), 10_000):
            part = ordered[begin : begin + 10_000]
            for pair in zip(part, rows_of(part, most=4096)):
                out.write(json.dumps(pair, separators=(",", ":")) + "\n")
    print(f"{len(ordered)} texts in {asked.out}")


def strings(value):
    """Those of at least two words: questions, options, passages; no names of categories."""
    if isinstance(value, str):
        if " " in value:
            yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


if __name__ == "__main__":
    main()
