"""Edits of token ids on the device: near neighbours of real texts, which the teacher then judges."""
import torch

START, END = 101, 102
FIRST_WORD, VOCABULARY = 999, 30522


def inner(ids, length):
    at = torch.arange(ids.shape[1], device=ids.device)
    return (at >= 1) & (at < length[:, None] - 1)


def some(ids, low, high):
    share = low + (high - low) * torch.rand(ids.shape[0], 1, device=ids.device)
    return torch.rand(ids.shape, device=ids.device) < share


def strangers(ids, length):
    """Tokens drawn from the other texts of the batch, one in seven from the whole vocabulary."""
    count, width = ids.shape
    row = torch.randint(count, ids.shape, device=ids.device)
    column = 1 + (torch.rand(ids.shape, device=ids.device) * (length[row] - 2)).long().clamp(max=width - 2)
    drawn = ids[row, column]
    anything = torch.randint(FIRST_WORD, VOCABULARY, ids.shape, device=ids.device)
    return torch.where(torch.rand(ids.shape, device=ids.device) < 1 / 7, anything, drawn)


def closed(ids, length):
    """Ends each row with its last token and padding."""
    at = torch.arange(ids.shape[1], device=ids.device)
    ids = torch.where(at == length[:, None] - 1, END, ids)
    return torch.where(at >= length[:, None], 0, ids), length


def replace(ids, length):
    hit = some(ids, 0.03, 0.35) & inner(ids, length)
    return torch.where(hit, strangers(ids, length), ids), length


def drop(ids, length):
    gone = some(ids, 0.05, 0.35) & inner(ids, length)
    order = gone.to(torch.int8).argsort(dim=1, stable=True)
    return closed(ids.gather(1, order), length - gone.sum(1))


def shuffle(ids, length):
    at = torch.arange(ids.shape[1], device=ids.device).float().expand(ids.shape)
    reach = 1 + 5 * torch.rand(ids.shape[0], 1, device=ids.device)
    noise = torch.where(inner(ids, length), torch.rand(ids.shape, device=ids.device) * reach, 0.0)
    last = (length[:, None] - 1).float()
    key = torch.where(inner(ids, length), torch.minimum(at + noise, last - 0.5), at)
    return ids.gather(1, key.argsort(dim=1, stable=True)), length


def insert(ids, length):
    width = ids.shape[1]
    at = torch.arange(width, device=ids.device)
    place = 1 + (torch.rand(ids.shape[0], 1, device=ids.device) * (length[:, None] - 1)).long()
    moved = torch.where(at > place, ids.roll(1, 1), ids)
    moved = torch.where(at == place, strangers(ids, length), moved)
    return closed(moved, (length + 1).clamp(max=width))


def splice(ids, length):
    """The beginning of one text, the end of another."""
    other, other_length = ids.roll(7, 0), length.roll(7, 0)
    at = torch.arange(ids.shape[1], device=ids.device)
    share = torch.rand(ids.shape[0], 1, device=ids.device)
    head = 1 + (share * (length[:, None] - 2)).long()
    skipped = 1 + (torch.rand(ids.shape[0], 1, device=ids.device) * (other_length[:, None] - 2)).long()
    source = (at - head + skipped).clamp(0, ids.shape[1] - 1)
    total = (head + other_length[:, None] - skipped).clamp(max=ids.shape[1])
    return closed(torch.where(at < head, ids, other.gather(1, source)), total[:, 0])


EDITS = (replace, replace, replace, drop, shuffle, insert, splice)


def edited(ids, length):
    """One kind of edit a seventh of the batch, in the order of the rows (which is random)."""
    parts = [edit(*part) for edit, *part in zip(EDITS, ids.chunk(len(EDITS)), length.chunk(len(EDITS)))]
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])
