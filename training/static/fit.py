"""Fits one vector a token so that the cosine of two sums of them follows the teacher's cosine of the two texts."""

import numpy
from scipy import sparse

SEED = 6


def counts(ids: list[list[int]], tokens: int) -> sparse.csr_matrix:
    """One row a text: how often each token occurs."""
    indptr = numpy.cumsum([0] + [len(row) for row in ids])
    indices = numpy.fromiter((token for row in ids for token in row), dtype=numpy.int32, count=int(indptr[-1]))
    matrix = sparse.csr_matrix(
        (numpy.ones(len(indices), dtype=numpy.float32), indices, indptr), shape=(len(ids), tokens)
    )
    matrix.sum_duplicates()
    return matrix


def projection(teacher: numpy.ndarray, dimensions: int) -> numpy.ndarray:
    """The directions (columns) in which the teacher's vectors differ most, not centred: cosines are of the vectors as they are."""
    _, vectors = numpy.linalg.eigh(teacher.T.astype(numpy.float64) @ teacher)
    return vectors[:, ::-1][:, :dimensions].astype(numpy.float32)


def zipf_start(token_vectors: numpy.ndarray, texts: sparse.csr_matrix) -> numpy.ndarray:
    """The teacher's vector of each token alone, weighed by how rare it is (smooth inverse frequency)."""
    frequency = numpy.asarray(texts.sum(axis=0)).ravel() / texts.sum()
    weight = 1e-3 / (1e-3 + frequency)
    return (token_vectors * weight[:, None]).astype(numpy.float32)


def least_squares(texts, targets, start, penalty: float, rounds: int) -> numpy.ndarray:
    """Ridge regression towards the start, by conjugate gradients: (X'X + penalty) (E - start) = X'(T - X start)."""
    solution = numpy.zeros_like(start)
    residual = texts.T @ (targets - texts @ start)
    direction = residual.copy()
    size = (residual**2).sum(axis=0)
    for _ in range(rounds):
        image = texts.T @ (texts @ direction) + penalty * direction
        step = size / ((direction * image).sum(axis=0) + 1e-12)
        solution += step * direction
        residual -= step * image
        smaller = (residual**2).sum(axis=0)
        direction = residual + (smaller / (size + 1e-12)) * direction
        size = smaller
    return (start + solution).astype(numpy.float32)


def alike(teacher: numpy.ndarray, count: int, clusters: int = 512) -> numpy.ndarray:
    """
    For each text some of those that the teacher finds most alike (itself aside). Looked for within clusters about random
    texts: exact neighbours of 170,000 texts would take longer than all the rest.
    """
    chance = numpy.random.default_rng(SEED)
    centres = teacher[chance.choice(len(teacher), clusters, replace=False)]
    member = numpy.concatenate([(block @ centres.T).argmax(axis=1) for block in numpy.array_split(teacher, 100)])
    found = numpy.tile(numpy.arange(len(teacher))[:, None], (1, count))
    for cluster in range(clusters):
        inside = numpy.flatnonzero(member == cluster)
        if len(inside) <= count:
            continue
        for block in numpy.array_split(numpy.arange(len(inside)), 1 + len(inside) // 2000):
            cosine = teacher[inside[block]] @ teacher[inside].T
            cosine[numpy.arange(len(block)), block] = -1
            found[inside[block]] = inside[numpy.argpartition(-cosine, count, axis=1)[:, :count]]
    return found


def unit(vectors: numpy.ndarray) -> numpy.ndarray:
    return vectors / (numpy.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


class Adam:
    def __init__(self, table: numpy.ndarray):
        self.first, self.second, self.steps = numpy.zeros_like(table), numpy.zeros_like(table), 0

    def step(self, table: numpy.ndarray, gradient: numpy.ndarray, rate: float) -> None:
        """Moves the rows whose tokens occurred; the others keep still, moments included."""
        self.steps += 1
        rows = numpy.flatnonzero(numpy.abs(gradient).max(axis=1))
        part = gradient[rows]
        first = self.first[rows] = 0.9 * self.first[rows] + 0.1 * part
        second = self.second[rows] = 0.99 * self.second[rows] + 0.01 * part**2
        correction = numpy.sqrt(1 - 0.99**self.steps) / (1 - 0.9**self.steps)
        table[rows] -= rate * correction * first / (numpy.sqrt(second) + 1e-8)


def distil(table, texts, teacher, targets, neighbours, options) -> numpy.ndarray:
    """
    Batches of texts together with one alike of each: every cosine within a batch is drawn to the teacher's, those of alike
    texts more than others, and each vector to the teacher's own, projected. The rate falls to nothing along a cosine.
    """
    chance = numpy.random.default_rng(SEED)
    adam = Adam(table)
    half = options["batch"] // 2
    steps = options["epochs"] * (texts.shape[0] // half)
    done = 0
    for epoch in range(options["epochs"]):
        order = chance.permutation(texts.shape[0])
        for begin in range(0, len(order) - half + 1, half):
            some = order[begin : begin + half]
            beside = neighbours[some, chance.integers(0, neighbours.shape[1], half)]
            batch = numpy.unique(numpy.concatenate([some, beside]))
            slope = gradient(table, texts[batch], teacher[batch], targets[batch], options)
            adam.step(table, slope, options["rate"] * 0.5 * (1 + numpy.cos(numpy.pi * done / steps)))
            done += 1
        print(f"epoch {epoch + 1} of {options['epochs']}", flush=True)
    return table


def gradient(table, texts, teacher, targets, options) -> numpy.ndarray:
    sums = texts @ table
    norms = numpy.linalg.norm(sums, axis=1, keepdims=True) + 1e-9
    own = sums / norms
    truth = teacher @ teacher.T
    error = (own @ own.T - truth) * (1 + options["alike"] * numpy.clip(truth, 0, 1) ** 2)
    numpy.fill_diagonal(error, 0)
    slope = 4 * error @ own / len(own) - 2 * options["direct"] * targets
    # What changes only the length does not count.
    slope -= (slope * own).sum(axis=1, keepdims=True) * own
    return numpy.asarray(texts.T @ (slope / norms))
