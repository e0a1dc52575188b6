#!/usr/bin/env bash
# Folders that `on-gpu.sh` takes: `stage.sh FOLDER LLAMA_CPP NODE WEIGHTS DATA [BYTES]`, each of at most BYTES (38 million).
# LLAMA_CPP is a checkout of llama.cpp, NODE a Node binary of the version that this checkout's packages were installed
# with, WEIGHTS a GGUF file, DATA a folder with `questions/`. Build trimtab first (`npm run build`).
set -euo pipefail

folder=$(realpath -m "$1") llama=$(realpath "$2") node=$(realpath "$3") weights=$(realpath "$4") data=$(realpath "$5")
bytes=${6:-38000000}
root=$(realpath "$(dirname "$0")/../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rm -rf "$folder"
mkdir -p "$folder" "$scratch/trimtab" "$scratch/data"

# trimtab with what it needs to run; the models that it ships take part in nothing here.
cp -r "$root"/{dist,migrations,policies,package.json} "$scratch/trimtab"
find "$scratch/trimtab/dist" -name '*.map' -delete
mkdir -p "$scratch/trimtab/bench" "$scratch/trimtab/examples/real-model" "$scratch/trimtab/node_modules"
cp -r "$root"/bench/local-tier "$root"/bench/local-tier.mjs "$root"/bench/seeded.mjs "$scratch/trimtab/bench"
cp "$root/examples/real-model/questions.json" "$scratch/trimtab/examples/real-model"
modules=$(cd "$root" && npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$root/||p" | grep -v -e '@xenova' -e sharp -e onnx || true)
for module in $modules; do
  mkdir -p "$scratch/trimtab/$(dirname "$module")"
  cp -rT "$root/$module" "$scratch/trimtab/$module"
done
rm -rf "$scratch"/trimtab/node_modules/better-sqlite3/{deps,src} \
  "$scratch"/trimtab/node_modules/better-sqlite3/build/Release/{obj,obj.target,*.a,test_extension.node} \
  "$scratch"/trimtab/node_modules/tiktoken/encoders/*.{js,cjs}
cp -r "$data/questions" "$scratch/data"
tar -czf "$scratch/trimtab.tar.gz" -C "$scratch" trimtab data

# llama.cpp without what its server for NVIDIA's cards does not need.
tar -czf "$scratch/llama.tar.gz" -C "$(dirname "$llama")" --transform "s|^$(basename "$llama")|llama.cpp|" \
  --exclude=.git --exclude='tools/ui/src' --exclude='tools/ui/tests' --exclude='tools/ui/static' \
  --exclude='ggml-vulkan' --exclude='ggml-sycl' --exclude='ggml-metal' --exclude='ggml-opencl' --exclude='ggml-webgpu' \
  --exclude='ggml-hexagon' --exclude='ggml-openvino' --exclude='ggml-cann' --exclude='ggml-et' --exclude='miniaudio/examples' \
  $(cd "$(dirname "$llama")" && for part in CMakeLists.txt LICENSE licenses cmake common ggml include scripts src tools vendor; do
    echo "$(basename "$llama")/$part"; done)

# The build comes first: it runs while the rest is brought.
gzip -9 -c "$node" >"$scratch/node.gz"
cp "$weights" "$scratch/model.gguf"
(cd "$scratch" && for file in node.gz model.gguf; do
  sha256sum "$file" >"$file.sha256"
  split -b $((bytes / 8)) -d "$file" "$file.part-"
done)

place() { # each file into the first folder that has room for it
  local file size number=1
  for file in "$@"; do
    size=$(stat -c %s "$file")
    number=1
    while [ -d "$folder/$number" ] && [ $(($(du -sb --apparent-size "$folder/$number" | cut -f1) + size)) -gt "$bytes" ]; do
      number=$((number + 1))
    done
    mkdir -p "$folder/$number"
    cp "$file" "$folder/$number/"
  done
}
cp "$root/bench/local-tier/on-gpu.sh" "$scratch/"
place "$scratch/on-gpu.sh" "$scratch/llama.tar.gz" "$scratch/trimtab.tar.gz" "$scratch"/*.sha256 \
  "$scratch"/model.gguf.part-* "$scratch"/node.gz.part-*
du -sb "$folder"/*
