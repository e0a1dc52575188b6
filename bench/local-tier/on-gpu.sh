#!/usr/bin/env bash
# The local tier's bench on a machine with a GPU, without network and without Node. What it needs is brought in folders
# (see `stage.sh`), which may come one after the other:
#   on-gpu.sh take FOLDER   keeps the folder's files, and unpacks or joins what is whole
#   on-gpu.sh build         begins to build llama.cpp's server, and goes on in the background
#   on-gpu.sh wait SECONDS  waits for the build, at most so long
#   on-gpu.sh bench [ARGS]  runs the bench on what is there; results in $OUT
# TIER is the folder it works in; CMAKE_FLAGS replaces those that build for Hopper GPUs.
set -euo pipefail

TIER=${TIER:-/tmp/local-tier}
OUT=${OUT:-$TIER/results}
FLAGS=${CMAKE_FLAGS:--DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=90}
JOBS=${JOBS:-$(nproc)}
SERVER=$TIER/llama.cpp/build/bin/llama-server

take() {
  mkdir -p "$TIER"
  cp "$1"/* "$TIER"/
  cd "$TIER"
  for archive in *.tar.gz; do
    [ -e "$archive" ] || continue
    tar -xzf "$archive"
    rm "$archive"
  done
  local sums
  for sums in *.sha256; do
    [ -e "$sums" ] || continue
    join "${sums%.sha256}"
  done
  du -sh "$TIER"
}

# NAME.part-* → NAME, once all of them are there and make what NAME.sha256 says.
join() {
  [ -e "$1" ] && return
  ls "$1".part-* >/dev/null 2>&1 || return 0
  cat "$1".part-* >"$1"
  if sha256sum --check --status "$1.sha256"; then
    rm "$1".part-*
    case $1 in *.gz) gunzip -c "$1" >"${1%.gz}"; chmod +x "${1%.gz}" ;; esac
  else
    rm "$1"
  fi
}

build() {
  cd "$TIER/llama.cpp"
  # shellcheck disable=SC2086
  setsid nohup bash -c "
    cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF $FLAGS \
      -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_OPENSSL=OFF \
      -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF &&
    cmake --build build --target llama-server -j $JOBS
    echo \$? >build.status
  " >"$TIER/build.log" 2>&1 </dev/null &
  echo "building with $FLAGS, $JOBS at a time"
}

wait_for_build() {
  local left=$1
  until [ -e "$TIER/llama.cpp/build.status" ]; do
    if [ "$left" -le 0 ]; then
      tail -n 5 "$TIER/build.log"
      echo 'still building'
      return 0
    fi
    sleep 1
    left=$((left - 1))
  done
  tail -n 2 "$TIER/build.log"
  [ "$(cat "$TIER/llama.cpp/build.status")" = 0 ] || { tail -n 40 "$TIER/build.log"; return 1; }
}

bench() {
  mkdir -p "$OUT"
  wait_for_build 400
  [ -x "$SERVER" ] || { echo 'llama-server is not built yet'; return 1; }
  cd "$TIER/trimtab"
  "$TIER/node" bench/local-tier.mjs --server "$SERVER" --weights "$TIER/model.gguf" --data "$TIER/data" \
    --out "$OUT" "$@"
}

case ${1:-} in
  take) take "$2" ;;
  build) build ;;
  wait) wait_for_build "$2" ;;
  bench) shift; bench "$@" ;;
  *) sed -n '2,9p' "$0"; exit 1 ;;
esac
