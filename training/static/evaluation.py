"""Figures on sets that shaped nothing: AUC with bootstrap intervals, rank correlation, answerable questions found again."""

import random
from pathlib import Path

import numpy
from scipy.stats import rankdata

from texts import rows

SEED = 20


def pair_sets(data: Path) -> dict[str, list[tuple[str, str, float]]]:
    """Pairs with a label (or a score), by set; those of questions in a fixed random order."""
    questions = [(row["a"], row["b"], float(row["same"])) for row in rows(data, "cache/qqp_part")]
    random.Random(SEED).shuffle(questions)
    return {
        "qqp": questions,
        "medical": [(row["a"], row["b"], float(row["same"])) for row in rows(data, "cache/medical_pairs")],
        "stsb_dev": [(row["a"], row["b"], row["score"]) for row in rows(data, "cache/stsb_dev")],
    }


def texts_of(pairs) -> list[str]:
    return sorted({text for pair in pairs for text in pair[:2]})


def area_under_curve(scores: numpy.ndarray, labels: numpy.ndarray) -> float:
    """Share of pairs of a positive and a negative that the scores order rightly; ties count half."""
    positive = labels > 0.5
    count, others = positive.sum(), (~positive).sum()
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def rank_correlation(scores: numpy.ndarray, labels: numpy.ndarray) -> float:
    return float(numpy.corrcoef(rankdata(scores), rankdata(labels))[0, 1])


def with_interval(measure, scores, labels, rounds: int = 300) -> tuple[float, float, float]:
    """The measure and its 95 % interval by bootstrap over pairs."""
    chance = numpy.random.default_rng(SEED)
    picks = [chance.integers(0, len(scores), len(scores)) for _ in range(rounds)]
    values = [measure(scores[pick], labels[pick]) for pick in picks]
    low, high = numpy.percentile(values, [2.5, 97.5])
    return measure(scores, labels), float(low), float(high)


def cosines(pairs, vectors: dict[str, numpy.ndarray]) -> numpy.ndarray:
    return numpy.array([float(vectors[a] @ vectors[b]) for a, b, _ in pairs])


def question_stream(pairs) -> tuple[list[str], list[str], list[set[int]]]:
    """
    The first questions of 20,000 pairs are remembered; the second of each true pair is asked, if it is not remembered itself.
    What is remembered, what is asked, and for each asked one the places of its twins.
    """
    remembered = sorted({a for a, _, _ in pairs[:20_000]})
    place = {text: index for index, text in enumerate(remembered)}
    twins: dict[str, set[int]] = {}
    for a, b, label in pairs[:20_000]:
        if label > 0.5 and b not in place:
            twins.setdefault(b, set()).add(place[a])
    asked = sorted(twins)
    return remembered, asked, [twins[text] for text in asked]


def recall(remembered: numpy.ndarray, asked: numpy.ndarray, twins: list[set[int]], most: int = 10) -> numpy.ndarray:
    """For each asked question the place of its best twin among the nearest, from 0; `most` where it is further down."""
    places = numpy.full(len(asked), most)
    for start in range(0, len(asked), 500):
        scores = asked[start : start + 500] @ remembered.T
        nearest = numpy.argsort(-scores, axis=1)[:, :most]
        for row, near in enumerate(nearest):
            hits = [rank for rank, index in enumerate(near) if int(index) in twins[start + row]]
            if hits:
                places[start + row] = hits[0]
    return places
