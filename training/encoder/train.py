"""Distils several students from one teacher on the same batches.

usage: train.py TEXTS TEACHER OUT SECONDS SHAPES [--device cpu] [--tokens N]
SHAPES is a JSON list of students.Shape fields. The learning rate falls with the steps; their number is
SECONDS over the time of a step, measured after the first 60, and is printed (--steps repeats a run).
"""
import argparse, json, time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from edits import edited
from export import export
from judge import judge
from students import LIMIT, Shape, Student, Teacher, pooled

SHARES = {"clinc": 3, "disfl": 4, "nq": 2, "table": 5, "mmlu": 3, "mmlu_pro": 3, "mmlu_pro_options": 3, "arena": 0.3,
          "gloss": 16, "example": 14, "filled": 34, "long": 9}
WIDTHS = (16, 24, 32, 64, LIMIT)
SEED = 6


class Pool:
    """Texts by padded width, drawn by their source's share."""

    def __init__(self, arrays, device, tokens):
        ragged, weights = [], []
        for name in SHARES:
            if name != "long":
                lengths = arrays[f"train.{name}.lengths"].astype(np.int64)
                ragged += np.split(arrays[f"train.{name}.ids"].astype(np.int32), lengths.cumsum()[:-1])
                weights += [SHARES[name] / len(lengths)] * len(lengths)
        human = len(ragged) - len(arrays["train.filled.lengths"])  # "filled" is the last source
        chance, long = np.random.default_rng(SEED), []
        for _ in range(60_000):
            parts = [ragged[at][1:-1] for at in chance.integers(human, size=chance.integers(2, 9))]
            long.append(np.concatenate([[101], *parts])[: LIMIT - 1].tolist() + [102])
        ragged += [np.array(each, dtype=np.int32) for each in long]
        weights += [SHARES["long"] / len(long)] * len(long)
        lengths, weights = np.array([len(each) for each in ragged]), np.array(weights)
        self.device, self.buckets, low, chances = device, [], 2, []
        for width in WIDTHS:
            members = np.flatnonzero((lengths > low) & (lengths <= width))
            low = width
            ids = np.zeros((len(members), width), dtype=np.int32)
            for row, member in enumerate(members):
                ids[row, : lengths[member]] = ragged[member]
            cumulated = torch.tensor(weights[members].cumsum() / weights[members].sum(), device=device)
            size = tokens // width // 14 * 14
            self.buckets.append((torch.tensor(ids, device=device), torch.tensor(lengths[members], device=device), cumulated, size))
            chances.append(weights[members].sum() / size)
        self.chances = np.array(chances) / sum(chances)
        self.chance = np.random.default_rng(SEED)

    def batch(self):
        """The first half as drawn, the second an edit of the first, row by row."""
        ids, lengths, cumulated, size = self.buckets[self.chance.choice(len(WIDTHS), p=self.chances)]
        rows = torch.searchsorted(cumulated, torch.rand(size // 2, device=self.device, dtype=torch.float64))
        rows = rows.clamp(max=len(lengths) - 1)
        first, length = ids[rows].long(), lengths[rows]
        second, second_length = edited(first, length)
        ids, length = torch.cat([first, second]), torch.cat([length, second_length])
        return ids, torch.arange(ids.shape[1], device=self.device) < length[:, None]


def losses(made, wanted, mask, late):
    """Vectors, similarities of an edit to its text and of near neighbours, and (early) every token."""
    keep = mask[..., None]
    tokens = (((made - wanted).square() * keep).sum() / (wanted.square() * keep).sum())
    s, t = pooled(made, mask), pooled(wanted, mask)
    half = len(s) // 2
    vectors = (1 - (s * t).sum(1)).mean()
    pairs = ((s[:half] * s[half:]).sum(1) - (t[:half] * t[half:]).sum(1)).square().mean()
    near = (t[:half] @ t.T).topk(9, dim=1)
    seen = (s[:half, None] * s[near.indices]).sum(-1)
    neighbours = (seen - near.values).square().mean()
    return (1.0 - 0.8 * late) * tokens + 4 * vectors + 10 * pairs + 10 * neighbours


def main():
    parser = argparse.ArgumentParser()
    for name in ("texts", "teacher", "out", "seconds", "shapes"):
        parser.add_argument(name)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tokens", type=int, default=49152)
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    device, out = options.device, Path(options.out)
    torch.manual_seed(SEED)
    torch.backends.cuda.matmul.allow_tf32 = True
    begun = time.time()
    arrays = dict(np.load(options.texts))
    weights = {name: value.to(device) for name, value in load_file(options.teacher).items()}
    kind = torch.float16 if device == "cuda" else torch.float32
    teacher = Teacher({name: value.to(kind) for name, value in weights.items()}).to(device)
    students = [Student(Shape(**shape), weights).to(device) for shape in json.loads(options.shapes)]
    makers = [torch.optim.AdamW([
        {"params": [p for n, p in student.named_parameters() if p.ndim > 1 and n != "tokens"], "weight_decay": 0.01},
        {"params": [p for n, p in student.named_parameters() if p.ndim == 1 or n == "tokens"], "weight_decay": 0.0},
    ], lr=student.shape.rate, betas=(0.9, 0.98), fused=device == "cuda") for student in students]
    pool = Pool(arrays, device, options.tokens)
    print(f"ready after {time.time() - begun:.0f} s", flush=True)
    judge("teacher", teacher, arrays, teacher, device)
    step, steps, since, means = 0, options.steps or 10**9, time.time(), [0.0] * len(students)
    while step < steps:
        ids, mask = pool.batch()
        with torch.no_grad():
            wanted = teacher(ids, mask).float()
        late = min(1.0, step / steps * 2) if steps < 10**9 else 0.0
        for at, (student, maker) in enumerate(zip(students, makers)):
            share = min(1.0, (step + 1) / 300) * max(0.0, 0.5 * (1 + np.cos(np.pi * step / steps)) if steps < 10**9 else 1.0)
            for group in maker.param_groups:
                group["lr"] = student.shape.rate * share
            with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
                made = student(ids, mask)
            loss = losses(made.float(), wanted, mask, late)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            maker.step()
            maker.zero_grad(set_to_none=True)
            means[at] = loss.detach() if step == 0 else 0.98 * means[at] + 0.02 * loss.detach()
        step += 1
        if step == 10:
            timed = time.time() if device == "cpu" else (torch.cuda.synchronize(), time.time())[1]
        if step == 60 and not options.steps:
            if device == "cuda":
                torch.cuda.synchronize()
            each = (time.time() - timed) / 50
            steps = max(61, int((float(options.seconds) - (time.time() - since)) / each * 0.97))
            print(f"{each * 1000:.1f} ms a step, {steps} steps", flush=True)
        if step % max(1, min(2000, steps // 5)) == 0 and steps < 10**9:
            print(step, f"{time.time() - since:.0f} s", " ".join(f"{float(mean):.4f}" for mean in means), flush=True)
            if step < steps and step % (4 * max(1, min(2000, steps // 5))) == 0:
                for student in students:
                    judge(student.shape.name, student, arrays, teacher, device)
    for student in students:
        judge(student.shape.name, student, arrays, teacher, device)
        export(student, out / f"{student.shape.name}.bin")
        print((out / f"{student.shape.name}.bin").stat().st_size, "bytes", student.shape)


main()
