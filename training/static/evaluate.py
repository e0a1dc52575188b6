"""
Prints what models/static/static.bin reaches on sets that shaped nothing, beside its teacher, with 95 % intervals.
    python training/static/evaluate.py --data FOLDER [--model FILE]
"""

import argparse
import struct
from pathlib import Path

import numpy

from evaluation import (
    area_under_curve,
    cosines,
    pair_sets,
    question_stream,
    rank_correlation,
    recall,
    texts_of,
    with_interval,
)
from fit import counts, unit
from teacher import teach
from train import OUT
from vocabulary import rows_of


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=OUT)
    asked = parser.parse_args()
    table = read(asked.model)
    sets = pair_sets(asked.data)
    for name, pairs in sets.items():
        measure = rank_correlation if name == "stsb_dev" else area_under_curve
        labels = numpy.array([pair[2] for pair in pairs])
        texts = texts_of(pairs)
        show(f"{name} static", with_interval(measure, cosines(pairs, vectors(table, texts)), labels), len(pairs))
        if name != "qqp":
            show(f"{name} MiniLM", with_interval(measure, cosines(pairs, taught(name, texts)), labels), len(pairs))
    # The teacher takes minutes for all of them: it is compared on a part.
    part = sets["qqp"][:5_000]
    labels, texts = numpy.array([pair[2] for pair in part]), texts_of(part)
    show("qqp part static", with_interval(area_under_curve, cosines(part, vectors(table, texts)), labels), len(part))
    show("qqp part MiniLM", with_interval(area_under_curve, cosines(part, taught("qqp", texts)), labels), len(part))
    found(table, *question_stream(sets["qqp"]))


def found(table, remembered: list[str], asked: list[str], twins: list[set[int]]) -> None:
    """The teacher here as it is learned from (int8), which is twice as fast."""
    quick = teach("stream", remembered + asked).astype(numpy.float32)
    own = vectors(table, remembered + asked)
    own = numpy.stack([own[text] for text in remembered + asked])
    size = len(remembered)
    by_teacher = recall(quick[:size], quick[size:], twins)
    by_static = recall(own[:size], own[size:], twins)
    print(f"{size} remembered, {len(asked)} asked, each of them answerable")
    for name, places in (("MiniLM", by_teacher), ("static", by_static)):
        print(f"{name}: found first {(places < 1).mean():.4f}, among five {(places < 5).mean():.4f}, ten {(places < 10).mean():.4f}")
    first = by_teacher < 1
    print(f"of what MiniLM finds first, static has first {(by_static[first] < 1).mean():.4f}, among five {(by_static[first] < 5).mean():.4f}, ten {(by_static[first] < 10).mean():.4f}")


def read(file: Path) -> numpy.ndarray:
    content = file.read_bytes()
    _, dimensions, tokens, names = struct.unpack("<4I", content[4:20])
    rows = numpy.frombuffer(content, dtype=numpy.uint8, offset=64 + names).reshape(tokens, dimensions)
    return rows.astype(numpy.float32) - 128


def vectors(table: numpy.ndarray, texts: list[str]) -> dict[str, numpy.ndarray]:
    return dict(zip(texts, unit(counts(rows_of(texts, most=4096), len(table)) @ table)))


def taught(name: str, texts: list[str]) -> dict[str, numpy.ndarray]:
    return dict(zip(texts, teach(name, texts, exact=True).astype(numpy.float32)))


def show(name: str, figures: tuple[float, float, float], pairs: int) -> None:
    print(f"{name}: {figures[0]:.4f} [{figures[1]:.4f}, {figures[2]:.4f}] ({pairs} pairs)", flush=True)


if __name__ == "__main__":
    main()
