"""Teacher and students: BERT-shaped encoders small enough to read, with weights rounded as they will ship."""
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

TEACHER_WIDTH = 384
LIMIT = 128


@dataclass
class Shape:
    name: str
    embedding: int  # columns of the token table
    bits: int  # of the token table: 8 or 4
    width: int
    layers: int
    inner: int
    heads: int
    taken: list = field(default_factory=list)  # layers of the teacher it starts from; none: random
    rate: float = 1e-3
    start: str = ""  # a file of export.py to go on from, or none


class Teacher(nn.Module):
    """all-MiniLM-L6-v2 as published: mean of the last layer's tokens, unit length."""

    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def linear(self, x, name):
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def norm(self, x, name):
        return F.layer_norm(x, (TEACHER_WIDTH,), self.weights[name + ".weight"], self.weights[name + ".bias"], 1e-12)

    def forward(self, ids, mask):
        w, at = self.weights, "embeddings."
        x = w[at + "word_embeddings.weight"][ids] + w[at + "position_embeddings.weight"][: ids.shape[1]]
        x = self.norm(x + w[at + "token_type_embeddings.weight"][0], at + "LayerNorm")
        for layer in range(6):
            at = f"encoder.layer.{layer}."
            heads = [self.linear(x, f"{at}attention.self.{part}").unflatten(-1, (12, 32)).transpose(1, 2)
                     for part in ("query", "key", "value")]
            y = F.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None, :]).transpose(1, 2).flatten(2)
            x = self.norm(x + self.linear(y, at + "attention.output.dense"), at + "attention.output.LayerNorm")
            y = self.linear(F.gelu(self.linear(x, at + "intermediate.dense")), at + "output.dense")
            x = self.norm(x + y, at + "output.LayerNorm")
        return x


def rounded(weight, bits=8):
    """Each row on 2^bits - 1 levels about zero; the gradient passes as if nothing were rounded."""
    top = 2 ** (bits - 1) - 1
    step = weight.detach().abs().amax(1, keepdim=True).clamp(min=1e-8) / top
    return weight + ((weight / step).round().clamp(-top, top) * step - weight).detach()


def read(path):
    """What export.py wrote, as a state dict."""
    data = Path(path).read_bytes()
    end = 8 + int.from_bytes(data[4:8], "little")
    header, body = json.loads(data[8:end]), (end + 15) // 16 * 16
    raw = {name: np.frombuffer(data, place["kind"], int(np.prod(place["shape"])), body + place["offset"]).reshape(place["shape"])
           for name, place in header["tensors"].items()}
    if header["shape"]["bits"] == 4:
        raw["tokens"] = np.stack([raw["tokens"] & 15, raw["tokens"] >> 4], -1).reshape(len(raw["tokens"]), -1).astype(np.int8) - 8
    state = {}
    for name, value in raw.items():
        if name.endswith((".scale", ".shift")):
            key = name.replace(".scale", ".weight").replace(".shift", ".bias")
        else:
            key = name if name in ("tokens", "positions") or name.endswith(".bias") else f"{name}.weight"
        if name.endswith(".step") or name == "vocabulary":
            continue
        value = value * raw[name + ".step"][:, None] if value.dtype == np.int8 else value
        state[f"layers.{key}" if key[0].isdigit() else key] = torch.tensor(value, dtype=torch.float32)
    return state


class Dense(nn.Linear):
    def forward(self, x):
        return F.linear(x, rounded(self.weight), self.bias)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads, width = shape.heads, shape.width
        self.qkv, self.mix = Dense(width, 3 * width), Dense(width, width)
        self.grow, self.shrink = Dense(width, shape.inner), Dense(shape.inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x, mask):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :]).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.mix(y))
        return self.norm2(x + self.shrink(F.relu(self.grow(x))))


class Student(nn.Module):
    def __init__(self, shape, teacher):
        super().__init__()
        self.shape = shape
        words = teacher["embeddings.word_embeddings.weight"].float()
        middle = words.mean(0)
        _, _, axes = torch.linalg.svd((words - middle)[::3], full_matrices=False)
        axes = axes[: shape.embedding]
        self.tokens = nn.Parameter((words - middle) @ axes.T)
        self.lift = Dense(shape.embedding, shape.width)
        self.positions = nn.Parameter(torch.randn(LIMIT, shape.width) * 0.02)
        self.norm = nn.LayerNorm(shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.out = Dense(shape.width, TEACHER_WIDTH)
        if shape.width == TEACHER_WIDTH and shape.taken:
            self.start_from(teacher, axes, middle)
        if shape.start:
            self.load_state_dict(read(shape.start), strict=True)

    @torch.no_grad()
    def start_from(self, teacher, axes, middle):
        get = lambda name: teacher[name].float()
        self.lift.weight.copy_(axes.T)
        self.lift.bias.copy_(middle + get("embeddings.token_type_embeddings.weight")[0])
        self.positions.copy_(get("embeddings.position_embeddings.weight")[:LIMIT])
        self.norm.weight.copy_(get("embeddings.LayerNorm.weight"))
        self.norm.bias.copy_(get("embeddings.LayerNorm.bias"))
        self.out.weight.copy_(torch.eye(TEACHER_WIDTH))
        self.out.bias.zero_()
        for layer, source in zip(self.layers, self.shape.taken):
            at = f"encoder.layer.{source}."
            for kind in ("weight", "bias"):
                parts = [get(f"{at}attention.self.{part}.{kind}") for part in ("query", "key", "value")]
                getattr(layer.qkv, kind).copy_(torch.cat(parts))
                getattr(layer.mix, kind).copy_(get(f"{at}attention.output.dense.{kind}"))
                getattr(layer.norm1, kind).copy_(get(f"{at}attention.output.LayerNorm.{kind}"))
                getattr(layer.norm2, kind).copy_(get(f"{at}output.LayerNorm.{kind}"))
            grow, shrink = get(at + "intermediate.dense.weight"), get(at + "output.dense.weight")
            kept = (grow.norm(dim=1) * shrink.norm(dim=0)).topk(self.shape.inner).indices.sort().values
            layer.grow.weight.copy_(grow[kept])
            layer.grow.bias.copy_(get(at + "intermediate.dense.bias")[kept])
            layer.shrink.weight.copy_(shrink[:, kept])
            layer.shrink.bias.copy_(get(at + "output.dense.bias"))

    def forward(self, ids, mask):
        x = self.lift(F.embedding(ids, rounded(self.tokens, self.shape.bits)))
        x = self.norm(x + self.positions[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        return self.out(x)


def pooled(x, mask):
    """Mean over the tokens, unit length."""
    x, keep = x.float(), mask[..., None].float()
    return F.normalize((x * keep).sum(1) / keep.sum(1), dim=-1)
