"""Writes a student as it ships: int8 (or int4) rows with a float step each, float norms, one JSON header.

Layout: "TTEN", uint32 header length, JSON header, zeros to a multiple of 16, then the tensors at the header's offsets.
"""
import json

import numpy as np
import torch


def levels(weight, bits):
    top = 2 ** (bits - 1) - 1
    weight = weight.detach().float().cpu()
    step = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / top
    return (weight / step).round().clamp(-top, top).to(torch.int8).numpy(), step[:, 0].numpy()


@torch.no_grad()
def export(student, path):
    shape, tensors = student.shape, {}
    floats = lambda value: value.detach().float().cpu().numpy().astype("<f4")
    values, tensors["tokens.step"] = levels(student.tokens, shape.bits)
    if shape.bits == 4:  # two columns a byte, the even one low, each plus 8
        pairs = (values + 8).astype(np.uint8)
        values = pairs[:, 0::2] | (pairs[:, 1::2] << 4)
    tensors["tokens"] = values
    tensors["positions"] = floats(student.positions)

    def dense(name, layer):
        tensors[name], tensors[name + ".step"] = levels(layer.weight, 8)
        tensors[name + ".bias"] = floats(layer.bias)

    def norm(name, layer):
        tensors[name + ".scale"], tensors[name + ".shift"] = floats(layer.weight), floats(layer.bias)

    dense("lift", student.lift)
    norm("norm", student.norm)
    for at, layer in enumerate(student.layers):
        for name in ("qkv", "mix", "grow", "shrink"):
            dense(f"{at}.{name}", getattr(layer, name))
        norm(f"{at}.norm1", layer.norm1)
        norm(f"{at}.norm2", layer.norm2)
    dense("out", student.out)
    places, body = {}, bytearray()
    for name, value in tensors.items():
        body += bytes(-len(body) % 16)
        places[name] = {"offset": len(body), "kind": str(value.dtype), "shape": list(value.shape)}
        body += np.ascontiguousarray(value).tobytes()
    header = json.dumps({"shape": {key: getattr(shape, key) for key in ("embedding", "bits", "width", "layers", "inner", "heads")},
                         "tensors": places}, separators=(",", ":")).encode()
    start = b"TTEN" + len(header).to_bytes(4, "little") + header
    path.write_bytes(start + bytes(-len(start) % 16) + body)
