#!/usr/bin/env bash
# From a fresh clone to a checked int8 model: installs what is missing, builds a release, trains a
# float network on the embedded digits and fine-tunes it on the integer arithmetic it ships with.
# A second run only does what changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

scripts/setup.sh build

options=()
if ! grep -qs '^OCTET_BUILD_TESTS:BOOL=ON$' build/release/CMakeCache.txt; then
  options+=(-DOCTET_BUILD_TESTS=OFF)  # they take more packages; the preset alone turns them on
fi
if command -v ccache >/dev/null; then
  options+=("-DCMAKE_CXX_COMPILER_LAUNCHER=env;CCACHE_SLOPPINESS=pch_defines,time_macros;ccache")
fi
mkdir -p build
log=build/configure.log
cmake --preset release "${options[@]}" >$log 2>&1 || { cat $log >&2; exit 1; }
echo "building (a few minutes the first time)"
cmake --build build/release --target trainer octet

echo
build/release/apps/trainer/trainer --config configs/finetune_qat.json --resume
echo
echo "To call the programs by name:"
echo "  export PATH=\"$PWD/build/release/apps/trainer:$PWD/build/release/apps/octet:\$PATH\""
echo "Look at the model:"
echo "  octet inspect runs/finetune_qat/model.tflite"
