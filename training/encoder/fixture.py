"""Vectors of a few texts as the training code computes them, for test/embedding. usage: fixture.py ENCODER.bin MODEL_FOLDER OUT.json"""
import json, sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from students import Shape, Student, pooled

TEXTS = [
    "How do I change the delivery address of an order that has not been shipped yet?",
    "flights from Boston to Denver",
    "flights from Denver to Boston",
    "a",
    "Ist das Café geöffnet? 東京 5.5 µm!",
    "Explain photosynthesis to a ten-year-old. " * 30,
]
path, model, out = (Path(argument) for argument in sys.argv[1:4])
data = path.read_bytes()
shape = json.loads(data[8 : 8 + int.from_bytes(data[4:8], "little")])["shape"]
student = Student(Shape("encoder", **shape, start=str(path)), load_file(model / "model.safetensors"))
tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(128)
rows = []
for text in TEXTS:
    ids = torch.tensor([tokenizer.encode(text).ids])
    mask = torch.ones_like(ids, dtype=torch.bool)
    with torch.no_grad():
        vector = pooled(student(ids, mask), mask)[0]
    rows.append({"text": text, "vector": [round(float(value), 5) for value in vector]})
out.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")) + "\n")
