"""Vectors and nearest neighbours for `npm run bench:cache`, on one core.

vectors.py embed MODEL TOKENIZER OUT   texts as a JSON array on stdin → rows of 384 float32 (mean of tokens, unit length)
vectors.py time MODEL TOKENIZER            the same texts one by one → [p50, p99] milliseconds of processor time on stdout
vectors.py nearest VECTORS DIMENSIONS K OUT   {"remembered": [row], "asked": [row]} on stdin → K × (int32 row, float32 cosine) an asked row
"""
import json
import sys
import time

import numpy as np


def encoder(model, tokenizer_file):
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = {given.name for given in session.get_inputs()}
    tokenizer = Tokenizer.from_file(tokenizer_file)
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()

    def encode(texts):
        encoded = tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        feed = {"input_ids": np.array([one.ids for one in encoded], np.int64), "attention_mask": mask}
        if "token_type_ids" in names:
            feed["token_type_ids"] = np.zeros_like(mask)
        hidden = session.run(None, feed)[0]
        if hidden.ndim == 3:
            weight = mask[:, :, None].astype(np.float32)
            hidden = (hidden * weight).sum(1) / weight.sum(1)
        return hidden / np.linalg.norm(hidden, axis=1, keepdims=True)

    return encode


def embed(model, tokenizer_file, out):
    encode = encoder(model, tokenizer_file)
    texts = json.load(sys.stdin)
    vectors = np.zeros((len(texts), 384), np.float32)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        vectors[rows] = encode([texts[row] for row in rows])
    vectors.tofile(out)


def time_one_by_one(model, tokenizer_file):
    encode = encoder(model, tokenizer_file)
    took = []
    for text in json.load(sys.stdin):
        begin = time.process_time()
        encode([text])
        took.append(1000 * (time.process_time() - begin))
    print(json.dumps(np.percentile(took[20:], [50, 99]).round(2).tolist()))


def nearest(file, dimensions, count, out):
    vectors = np.fromfile(file, np.float32).reshape(-1, dimensions)
    given = json.load(sys.stdin)
    remembered = np.array(given["remembered"], np.int64)
    pool = vectors[remembered]
    found = []
    for start in range(0, len(given["asked"]), 512):
        similar = vectors[given["asked"][start : start + 512]] @ pool.T
        best = np.argpartition(-similar, count, axis=1)[:, :count]
        cosine = np.take_along_axis(similar, best, 1)
        order = np.argsort(-cosine, axis=1, kind="stable")
        rows = remembered[np.take_along_axis(best, order, 1)].astype(np.int32)
        cosine = np.take_along_axis(cosine, order, 1).astype(np.float32)
        found.append(np.stack([rows, cosine.view(np.int32)], 2))
    np.concatenate(found).tofile(out)


if sys.argv[1] == "embed":
    embed(*sys.argv[2:5])
elif sys.argv[1] == "time":
    time_one_by_one(*sys.argv[2:4])
else:
    nearest(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
