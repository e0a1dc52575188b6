"""How near a student is to its teacher, and how well it tells questions apart, on texts that trained nothing."""
import numpy as np
import torch

from students import LIMIT, pooled


@torch.no_grad()
def vectors(model, ids, lengths, device):
    lengths = lengths.astype(np.int64)
    out = torch.zeros(len(lengths), 384, device=device)
    starts, order = lengths.cumsum() - lengths, lengths.argsort()
    for rows in np.array_split(order, max(1, len(order) // 512)):
        width = int(lengths[rows].max())
        padded = np.zeros((len(rows), width), dtype=np.int64)
        for at, row in enumerate(rows):
            padded[at, : lengths[row]] = ids[starts[row] : starts[row] + lengths[row]]
        length = torch.tensor(lengths[rows], device=device)
        mask = torch.arange(width, device=device) < length[:, None]
        out[torch.tensor(rows, device=device)] = pooled(model(torch.tensor(padded, device=device), mask), mask)
    return out


def area(similar, same):
    """Area under the ROC curve, from ranks."""
    ranks = torch.empty(len(similar), dtype=torch.float64, device=similar.device)
    ranks[similar.argsort()] = torch.arange(1, len(similar) + 1, dtype=torch.float64, device=similar.device)
    positives = same.sum().double()
    return float((ranks[same].sum() - positives * (positives + 1) / 2) / (positives * (len(same) - positives)))


def labelled(x, labels):
    """Area, nearest neighbour right, and wrong share among the nearest tenth of neighbours."""
    similar = x @ x.T
    same = labels[:, None] == labels
    upper = torch.triu(torch.ones_like(same), 1)
    pairs = area(similar[upper], same[upper])
    best, at = similar.fill_diagonal_(-2).max(1)
    right = same[torch.arange(len(at)), at]
    served = best.argsort(descending=True)[: len(best) // 10]
    return pairs, float(right.float().mean()), float(1 - right[served].float().mean())


def judge(name, model, arrays, teacher, device):
    embed = lambda who, key: vectors(who, arrays[key + ".ids"], arrays[key + ".lengths"], device)
    made, wanted = embed(model, "held"), embed(teacher, "held")
    cosine = float((made * wanted).sum(1).mean())
    near = (wanted @ wanted.T).topk(31, dim=1)
    seen = (made[:, None] * made[near.indices]).sum(-1)[:, 1:].flatten()
    agreement = float(torch.corrcoef(torch.stack([seen, near.values[:, 1:].flatten()]))[0, 1])
    line = [f"{name:10} cosine {cosine:.4f} neighbours r {agreement:.4f}"]
    for key in ("advising", "banking"):
        labels = torch.tensor(arrays[key + ".labels"], device=device)
        auc, first, wrong = labelled(embed(model, key), labels)
        line.append(f"{key} auc {auc:.4f} top1 {first:.4f} wrong@10% {wrong:.4f}")
    asked, kept = embed(model, "disfl.disfluent"), embed(model, "disfl.original")
    found = (asked @ kept.T).argmax(1) == torch.arange(len(kept), device=device)
    line.append(f"disfl top1 {float(found.float().mean()):.4f}")
    print(" | ".join(line), flush=True)
