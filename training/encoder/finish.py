"""Adds the vocabulary and the digest to what train.py wrote. usage: finish.py TRAINED.bin VOCAB.txt OUT.bin"""
import hashlib, json, sys
from pathlib import Path

trained, vocabulary, out = (Path(argument) for argument in sys.argv[1:4])
data = trained.read_bytes()
end = 8 + int.from_bytes(data[4:8], "little")
header = json.loads(data[8:end])
body = bytearray(data[(end + 15) // 16 * 16 :])
words = vocabulary.read_bytes()
header["tensors"]["vocabulary"] = {"offset": len(body), "kind": "uint8", "shape": [len(words)]}
body += words
text = json.dumps({**header, "digest": hashlib.sha256(body).hexdigest()}, separators=(",", ":")).encode()
start = b"TTEN" + len(text).to_bytes(4, "little") + text
out.write_bytes(start + bytes(-len(start) % 16) + body)
print(out, out.stat().st_size, "bytes")
