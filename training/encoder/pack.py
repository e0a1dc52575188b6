"""Writes the teacher's weights as float16, without positions past the limit. usage: pack.py MODEL_FOLDER OUT_FOLDER"""
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

model, out = Path(sys.argv[1]), Path(sys.argv[2])
weights = {name: value.astype(np.float16) for name, value in load_file(model / "model.safetensors").items()
           if value.dtype == np.float32 and not name.startswith("pooler")}
name = "embeddings.position_embeddings.weight"
weights[name] = weights[name][:128].copy()
save_file(weights, out / "teacher.safetensors")
